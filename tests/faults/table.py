"""What was broken, what was checked after it and what was lost."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One kind of fault.

    Attributes:
        what: the flow or the place.
        faults: how often it was broken.
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

    def add(self, what: str, *, faults: int, checks: int, losses: int = 0) -> None:
        """Write one kind down.

        Raises:
            AssertionError: something was lost.
        """
        self.rows.append(Row(what, faults, checks, losses))
        assert losses == 0, f"{what}: {losses} of {checks} lost"

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
        head = f"{'broken':<56}{'faults':>8}{'checks':>9}{'losses':>8}"
        shown = [f"{row.what:<56}{row.faults:>8,}{row.checks:>9,}{row.losses:>8,}" for row in [*self.rows, whole]]
        return ["", head, *shown]
