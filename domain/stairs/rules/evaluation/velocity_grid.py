"""The nine-point grid: judged by its mean, described by its spread (R-07)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from domain.kernel.errors import Invalid
from domain.stairs.rules.evaluation.notes import Note, observes
from domain.stairs.rules.evaluation.numbers import decimal_text, exact, json_number, plain, rounded
from domain.stairs.rules.evaluation.submission import GridPoint

POINTS = range(1, 10)


@dataclass(frozen=True, slots=True)
class Grid:
    """Nine velocities by point, m/s, and their exact mean."""

    velocities: tuple[Fraction, ...]
    mean: Fraction

    @property
    def least(self) -> tuple[Fraction, int]:
        """The least velocity and the lowest number of a point that has it."""
        value = min(self.velocities)
        return value, self.velocities.index(value) + 1

    def figures(self) -> dict[str, Any]:
        """Mean, extremes and spread for the result; cov is the population's standard deviation over the mean."""
        least, point = self.least
        return {
            "mean": json_number(rounded(self.mean, 4)),
            "min": json_number(rounded(least, 3)),
            "min_point": point,
            "max": json_number(rounded(max(self.velocities), 3)),
            "cov": json_number(self._cov()),
        }

    def _cov(self) -> Decimal | None:
        if self.mean == 0:
            return None
        square = sum(((one - self.mean) ** 2 for one in self.velocities), Fraction()) / len(self.velocities)
        context = Context(prec=60)
        ratio = square / self.mean**2
        root = context.sqrt(context.divide(Decimal(ratio.numerator), Decimal(ratio.denominator)))
        return rounded(exact(root), 4) if self.mean > 0 else rounded(-exact(root), 4)


def grid_of(points: Sequence[GridPoint]) -> Grid:
    """The grid of the submitted points, in whatever order they came.

    Raises:
        Invalid: not nine points with the numbers 1 to 9 once each.
    """
    by_number: dict[int, Fraction] = {point.point: exact(point.velocity_ms) for point in points}
    if len(points) != len(POINTS) or set(by_number) != set(POINTS):
        missing = [number for number in POINTS if number not in by_number]
        told = f"missing {', '.join(map(str, missing))}" if missing else "a number is repeated or not one of 1 to 9"
        raise Invalid(
            f"The grid has {len(points)} points ({told}); nothing was judged.",
            hint="Submit nine points with the numbers 1 to 9 once each.",
            code="GRID_INCOMPLETE",
        )
    velocities = tuple(by_number[number] for number in POINTS)
    return Grid(velocities, sum(velocities, Fraction()) / len(POINTS))


def notes_on(grid: Grid, uneven_pct: Decimal) -> list[Note]:
    """Reverse flow and unevenness: a reviewer must acknowledge them, no rule fails them."""
    notes = []
    against = [number for number in POINTS if grid.velocities[number - 1] <= 0]
    if against:
        named = ", ".join(map(str, against))
        notes.append(observes("REVERSE_FLOW", f"No flow or reverse flow at point {named}.", points=against))
    least, point = grid.least
    if least < grid.mean * exact(uneven_pct) / 100:
        text = (
            f"Point {point} with {plain(rounded(least, 3))} m/s is below {plain(uneven_pct)} % of the mean"
            f" {plain(rounded(grid.mean, 3))} m/s."
        )
        notes.append(observes("UNEVEN_GRID", text, point=point))
    return notes


def mean_text(grid: Grid) -> str:
    """The unrounded mean as text: what the verdict was made from (R-03)."""
    return decimal_text(grid.mean)
