"""Conformal correction of estimates: closed outages say by how much the next ones must be stretched.

One-sided split conformal prediction: with n closed outages the factor on P90 is the ceil(0.9 (n + 1))-th smallest
ratio of what was to what was said, so that the next one ends within P90 with a probability of 0.9 to 0.9 + 1/(n + 1),
whatever the true distribution, as long as it stays the same.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

CONFORMAL_VERSION = "conformal/1"


@dataclass(frozen=True)
class ConformalSettings:
    """How many closed outages are asked for, and how far back. [M]"""

    version: str = CONFORMAL_VERSION
    coverage: float = 0.9
    needed: int = 30
    newest: int = 1000


@dataclass(frozen=True, slots=True)
class ClosedEstimate:
    """An estimate whose outage is closed: uncorrected P50 and P90 and the actual minutes, all from the same instant."""

    outage_id: str
    closed_at: datetime
    device_level: str
    p50_min: float
    p90_min: float
    actual_min: float


@dataclass(frozen=True, slots=True)
class Correction:
    """Factors on P50 and P90, and on how many closed outages of which level they stand; none below the number asked."""

    p50_factor: float = 1.0
    p90_factor: float = 1.0
    n: int = 0
    level: str | None = None


NO_CORRECTION = Correction()
DEFAULT = ConformalSettings()


def learn_correction(
    history: Iterable[ClosedEstimate], device_level: str, as_of: datetime, settings: ConformalSettings = DEFAULT
) -> Correction:
    """The correction for one device level; from all levels where it has too few closed outages itself."""
    known = sorted(
        (one for one in history if one.closed_at <= as_of and min(one.p50_min, one.p90_min, one.actual_min) > 0.0),
        key=lambda one: (one.closed_at, one.outage_id, one.p50_min),
    )
    own = [one for one in known if one.device_level == device_level]
    if len(own) >= settings.needed:
        return _factors(own[-settings.newest :], settings, device_level)
    if len(known) >= settings.needed:
        return _factors(known[-settings.newest :], settings, None)
    return NO_CORRECTION


def _factors(closed: Sequence[ClosedEstimate], settings: ConformalSettings, level: str | None) -> Correction:
    middle = _quantile([one.actual_min / one.p50_min for one in closed], 0.5)
    upper = _quantile([one.actual_min / one.p90_min for one in closed], settings.coverage)
    return Correction(round(middle, 9), round(upper, 9), len(closed), level)


def _quantile(ratios: Sequence[float], share: float) -> float:
    place = min(math.ceil(round(share * (len(ratios) + 1), 9)), len(ratios))
    return sorted(ratios)[place - 1]
