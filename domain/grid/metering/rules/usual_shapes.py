"""Load curves for meters of which nothing is known but their class (grid.md 2.2): what source 003 calls the baseline.

A household sleeps from three to five, wakes from seven to nine and peaks from six to eight in the evening; a small
business works from eight to six. Weekends: a household 7 % more, a business 35 % less. Shapes, not measurements.
"""

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.fleet import PROFILE_DAYS, SLOTS_PER_DAY

HOUSEHOLD, BUSINESS = "GL_USUAL_HOUSEHOLD", "GL_USUAL_BUSINESS"
SOURCE = "usual shape by class"
# Local hour and height between which the curve runs straight.
_HOUSEHOLD = ((0, 0.75), (3, 0.5), (5, 0.5), (7.5, 1.15), (9.5, 0.95), (15, 1.0), (18, 1.7), (20, 1.75), (24, 0.75))
_BUSINESS = ((0, 0.5), (6, 0.5), (8.5, 1.6), (17.5, 1.6), (20, 0.7), (24, 0.5))
_FIRST_SATURDAY = 1  # the profile year begins on a Friday


def usual_shapes() -> dict[str, NDArray[np.float32]]:
    """Profile id -> a leap year of quarter hours with mean 1."""
    return {HOUSEHOLD: _year(_HOUSEHOLD, 1.07), BUSINESS: _year(_BUSINESS, 0.65)}


def _year(curve: tuple[tuple[float, float], ...], weekend: float) -> NDArray[np.float32]:
    hours, heights = zip(*curve, strict=True)
    day = np.interp(np.arange(SLOTS_PER_DAY) / 4.0, hours, heights)
    days = np.arange(PROFILE_DAYS)
    factor = np.where((days - _FIRST_SATURDAY) % 7 < 2, weekend, 1.0)
    year = np.outer(factor, day).ravel()
    shape: NDArray[np.float32] = (year / year.mean()).astype("<f4")
    return shape
