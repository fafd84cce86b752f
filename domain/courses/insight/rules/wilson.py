"""Rates as counts with a 95 % interval after Wilson (1927), which stays within 0 and 1 and holds for small n."""

from dataclasses import asdict, dataclass
from math import sqrt

Z = 1.96


@dataclass(frozen=True)
class Rate:
    """`k` of `n`; the value and its interval are None where n is 0, and k is None too where it cannot be known."""

    k: int | None
    n: int | None
    value: float | None
    low: float | None
    high: float | None

    def members(self) -> dict[str, int | float | None]:
        """As it stands in every answer: k, n, value, low, high."""
        return asdict(self)


UNKNOWN = Rate(None, None, None, None, None)


def rate(k: int, n: int) -> Rate:
    """The rate of `k` among `n`.

    Raises:
        ValueError: k is negative or above n; then the counting was wrong, and no figure is better than a false one.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no rate.")
    if n == 0:
        return Rate(k, n, None, None, None)
    low, high = wilson(k, n)
    return Rate(k, n, k / n, low, high)


def unknown_of(n: int) -> Rate:
    """A rate among `n` whose numerator the facts do not tell."""
    return Rate(None, n, None, None, None)


def wilson(k: int, n: int) -> tuple[float, float]:
    """Both ends of the interval, n >= 1; exactly 0 where k is 0 and exactly 1 where k is n, as the formula is."""
    share = k / n
    shrink = 1 + Z * Z / n
    centre = (share + Z * Z / (2 * n)) / shrink
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / shrink
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)
