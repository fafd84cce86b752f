"""Wilson's interval for a share: what a person can say of k out of n, however few they are. Pure."""

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.96


@dataclass(frozen=True)
class Share:
    """k of n with its 95 % interval; value and bounds are None where n is 0, never 0 and never not-a-number."""

    k: int
    n: int
    value: float | None
    low: float | None
    high: float | None


def share(k: int, n: int) -> Share:
    """Wilson 1927: centre (p + z2/2n)/(1 + z2/n), half width z sqrt(p(1-p)/n + z2/4n2)/(1 + z2/n).

    Raises:
        ValueError: k is not among n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no share")
    if n == 0:
        return Share(k, n, None, None, None)
    p, z2 = k / n, Z_95 * Z_95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Share(k, n, p, max(0.0, centre - half), min(1.0, centre + half))
