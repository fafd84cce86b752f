"""The running numbers of a report's figures and tables, and how long a table may become."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.kernel.charts.chart import Chart
from domain.kernel.charts.words import number
from domain.kernel.report.blocks import Col, Figure, Table

MOST_ROWS = 15


@dataclass
class Numbering:
    """One composition of a report; numbers are given in the order in which parts ask."""

    _figures: int = field(default=0, init=False)
    _tables: int = field(default=0, init=False)

    # Where a reader finds the rows that a table leaves out.
    whole = "the record"

    def figure(self, chart: Chart) -> Figure:
        """The chart with the next number."""
        self._figures += 1
        return Figure(self._figures, chart)

    def table(
        self,
        caption: str,
        columns: tuple[Col, ...],
        rows: Sequence[tuple[str, ...]],
        emphasis: frozenset[int] = frozenset(),
        note: str = "",
        most: int = MOST_ROWS,
        part: float = 1.0,
    ) -> Table:
        """The table with the next number; of more than `most` rows the first, and how many are left out."""
        left_out = len(rows) - most
        if left_out > 0:
            note = f"{note} {number(left_out)} more rows stand in {self.whole}.".strip()
        self._tables += 1
        return Table(self._tables, caption, columns, tuple(rows[:most]), emphasis, note, part)
