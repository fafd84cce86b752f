"""Lines and spreads that one odd value does not move: Theil and Sen's slope, the median's absolute deviation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

# Of a normal distribution, sigma over the median absolute deviation.
SIGMA_PER_MAD = 1.4826


@dataclass(frozen=True)
class Line:
    """y = at_zero + slope x."""

    slope: float
    at_zero: float

    def __call__(self, x: float) -> float:
        """The line's value."""
        return self.at_zero + self.slope * x


def theil_sen(x: Sequence[float], y: Sequence[float]) -> Line | None:
    """The line of the median slope through the median of the rest; None where all x are the same."""
    slopes = [(y[j] - y[i]) / (x[j] - x[i]) for i, j in combinations(range(len(x)), 2) if x[i] != x[j]]
    if not slopes:
        return None
    slope = median(slopes)
    return Line(slope, median(b - slope * a for a, b in zip(x, y, strict=True)))


def robust_sigma(values: Sequence[float]) -> float:
    """Spread about the median, as a standard deviation would be for normal values."""
    if not values:
        return math.nan
    middle = median(values)
    return SIGMA_PER_MAD * median(abs(value - middle) for value in values)
