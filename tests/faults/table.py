"""What was broken, how often, what was checked after it and what was lost: one table for a whole run of the tests."""

from dataclasses import dataclass, field
from pathlib import Path

LOST_SHOWN = 10


@dataclass(frozen=True)
class Row:
    """One kind of fault, or one kind of work beside which things were broken.

    Attributes:
        what: the fault or the work.
        faults: how often it was broken; 0 where that is counted in another row.
        checks: how many things were compared afterwards.
        losses: how many of them were missing, doubled or altered.
    """

    what: str
    faults: int
    checks: int
    losses: int


@dataclass
class Table:
    """All kinds, in the order in which they were tried."""

    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, *, faults: int, checks: int, lost: list[str] | None = None) -> None:
        """Write one kind down.

        Raises:
            AssertionError: something was lost; it is named.
        """
        missing = lost or []
        self.rows.append(Row(what, faults, checks, len(missing)))
        assert not missing, f"{what}: {len(missing)} of {checks} lost: {missing[:LOST_SHOWN]}"

    def lines(self) -> list[str]:
        """The table as text; nothing without a row."""
        if not self.rows:
            return []
        whole = Row(
            "all",
            sum(row.faults for row in self.rows),
            sum(row.checks for row in self.rows),
            sum(row.losses for row in self.rows),
        )
        head = f"{'broken':<72}{'faults':>8}{'checks':>10}{'losses':>8}"
        shown = [f"{row.what:<72}{row.faults:>8,}{row.checks:>10,}{row.losses:>8,}" for row in [*self.rows, whole]]
        return [head, *shown]

    def keep(self, file: Path) -> None:
        """Keep it beside the other results."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(self.lines()) + "\n")


# One process runs a soak; its tests lie in several folders and write into one table.
TABLE = Table()
