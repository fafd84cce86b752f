"""How far a session has come. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.stairs.rules.evaluation.numbers import rounded


@dataclass(frozen=True, slots=True)
class Progress:
    """How many tests of a session stand in each state, and came out how.

    Attributes:
        completion_pct: carried out, percent of all to one decimal (the source's figure; never 100 after a skip).
        resolved_pct: carried out or skipped, percent of all to one decimal. Both are 0.0 without tests.
    """

    total: int
    pending: int
    in_progress: int
    completed: int
    skipped: int
    failed: int
    compliant: int
    non_compliant: int
    indeterminate: int
    completion_pct: Decimal
    resolved_pct: Decimal


def progress_of(counts: Mapping[str, int]) -> Progress:
    """Progress from the counts by state and by verdict; what is not named is none."""
    names = [name for name in Progress.__slots__ if not name.endswith("_pct")]
    found = {name: counts.get(name, 0) for name in names}
    done = found["completed"]
    return Progress(
        **found,
        completion_pct=_share(done, found["total"]),
        resolved_pct=_share(done + found["skipped"], found["total"]),
    )


def _share(part: int, whole: int) -> Decimal:
    return rounded(Fraction(100 * part, whole), 1) if whole else Decimal("0.0")
