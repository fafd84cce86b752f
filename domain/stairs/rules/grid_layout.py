"""Where the nine points of a velocity grid lie in a doorway.

Points 1 to 3 are the top row from the left, 4 to 6 the middle, 7 to 9 the bottom. Stored points carry fractions of
width and height; a person with a tape measure needs metres: both are given, and points are matched by number alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

COLUMNS = (Decimal("0.25"), Decimal("0.5"), Decimal("0.75"))
ROWS = (Decimal("0.8"), Decimal("0.5"), Decimal("0.2"))
POINTS = 9
MILLIMETRES = Decimal("0.001")


@dataclass(frozen=True)
class GridPoint:
    """One point. x, y: metres from the left edge and from the floor; fx, fy: the same as fractions."""

    point: int
    x: Decimal
    y: Decimal
    fx: Decimal
    fy: Decimal


def grid_layout(width_m: Decimal, height_m: Decimal) -> tuple[GridPoint, ...]:
    """The nine points of a doorway of that width and height, in metres."""
    places = [(fx, fy) for fy in ROWS for fx in COLUMNS]
    return tuple(
        GridPoint(number, (fx * width_m).normalize(), (fy * height_m).normalize(), fx, fy)
        for number, (fx, fy) in enumerate(places, start=1)
    )


def mean_velocity(velocities: Sequence[Decimal]) -> Decimal:
    """The mean of the nine velocities in m/s, rounded half up to the three decimals that are stored."""
    return (sum(velocities, Decimal(0)) / len(velocities)).quantize(MILLIMETRES, ROUND_HALF_UP)
