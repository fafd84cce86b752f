"""What every part is told from: the summary, its time zone, and the running numbers of figures and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.grid.outages.report.blocks import Col, Figure, Table
from domain.grid.outages.report.brand import Brand
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.charts.chart import Chart
from domain.kernel.charts.words import number

MOST_ROWS = 15


@dataclass
class Telling:
    """One composition of a report; numbers are given in the order in which parts ask."""

    summary: ReplaySummary
    brand: Brand
    zone: ZoneInfo
    _figures: int = 0
    _tables: int = 0

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
            note = f"{note} {number(left_out)} more rows stand in the replay's JSON.".strip()
        self._tables += 1
        return Table(self._tables, caption, columns, tuple(rows[:most]), emphasis, note, part)
