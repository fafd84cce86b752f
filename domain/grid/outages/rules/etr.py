"""Estimated time to restoration: what has yet to happen, added up, with an upper bound that holds 90 times in 100.

P50 = dispatch + travel + search + repair, in minutes from `as_of`. Dispatch and travel are taken as known; search and
repair are lognormal with a spread by device level. What has happened already costs nothing more, and work that is under
way is conditioned on not being done yet. `conformal.py` corrects both figures from outages that are closed.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

from domain.grid.outages.rules.conformal import NO_CORRECTION, Correction

ETR_VERSION = "etr/1"
_NORMAL = NormalDist()
_FARTHEST = 37.0  # standard deviations; beyond them floats hold no survivors


@dataclass(frozen=True)
class EtrSettings:
    """The start values, all [M] general knowledge of the trade; closed outages correct them.

    Attributes:
        repair_median_min: per device level, the median from finding the fault to supply.
        cause_median_min: where the cause is known it says more than the device.
        sigma: spread of the logarithm; 0.5 puts P90 at 1.9 times the median.
    """

    version: str = ETR_VERSION
    repair_median_min: tuple[tuple[str, float], ...] = (
        ("xfmr_fuse", 80.0),
        ("fuse", 100.0),
        ("recloser", 75.0),
        ("sectionalizer", 75.0),
        ("switch", 75.0),
        ("tie", 75.0),
        ("breaker", 60.0),
    )
    cause_median_min: tuple[tuple[str, float], ...] = (("broken_pole", 270.0), ("cable_fault", 300.0))
    sigma: tuple[tuple[str, float], ...] = (("xfmr_fuse", 0.5), ("fuse", 0.55), ("breaker", 0.6))
    other_sigma: float = 0.6
    other_median_min: float = 90.0
    dispatch_min: float = 12.0
    travel_min: float = 20.0
    search_min: float = 15.0
    night_factor: float = 1.15
    storm_factor: float = 1.4


DEFAULT = EtrSettings()


def settings_of(settings: EtrSettings = DEFAULT) -> dict[str, Any]:
    """The settings as plain JSON, to be hashed with a run."""
    return {name: _plain(value) for name, value in asdict(settings).items()}


@dataclass(frozen=True, slots=True)
class Work:
    """What is known of an outage when its restoration is estimated.

    Attributes:
        device_level: type of the device that operated.
        cause: `broken_pole`, `cable_fault` or None.
        zones: probability and minutes to patrol of each zone, in the order of the patrol.
        dispatch_min, travel_min: minutes that they will still take; None for the usual, 0 once done.
        is_found: whether the fault has been found, then nothing is searched.
        worked_min: minutes of search or repair that have passed.
    """

    device_level: str
    cause: str | None = None
    zones: tuple[tuple[float, float], ...] = ()
    dispatch_min: float | None = None
    travel_min: float | None = None
    is_found: bool = False
    worked_min: float = 0.0
    is_night: bool = False
    is_storm: bool = False


@dataclass(frozen=True, slots=True)
class Etr:
    """An estimate in minutes from now; `parts` add up to the P50 before correction."""

    p50_min: float
    p90_min: float
    parts: dict[str, float]
    sigma: float
    correction: Correction
    version: str


def estimate(work: Work, settings: EtrSettings = DEFAULT, correction: Correction = NO_CORRECTION) -> Etr:
    """P50 and P90 of the minutes until restoration, from now, and what they are made of. Pure.

    `correction` scales both by how long former outages took against their estimates; P90 is never below P50.
    """
    dispatch = settings.dispatch_min if work.dispatch_min is None else work.dispatch_min
    travel = settings.travel_min if work.travel_min is None else work.travel_min
    search = 0.0 if work.is_found else _search(work, settings)
    repair = _repair_median(work, settings)
    sigma = dict(settings.sigma).get(work.device_level, settings.other_sigma)
    median, upper = (_remaining(search + repair, sigma, work.worked_min, share) for share in (0.5, 0.9))
    fixed = dispatch + travel
    p50 = (fixed + median) * correction.p50_factor
    p90 = max((fixed + upper) * correction.p90_factor, p50)
    share = median / (search + repair)
    parts = {
        "dispatch": round(dispatch, 3),
        "travel": round(travel, 3),
        "search": round(search * share, 3),
        "repair": round(repair * share, 3),
    }
    return Etr(round(p50, 3), round(p90, 3), parts, sigma, correction, settings.version)


def expected_search_min(zones: Sequence[tuple[float, float]]) -> float:
    """Expected minutes until the fault is found when the zones are walked in this order.

    A fault is found half-way through its zone on average; zones before it are walked to the end.
    """
    total = math.fsum(probability for probability, _ in zones)
    if total <= 0.0:
        return 0.0
    walked, terms = 0.0, []
    for probability, minutes in zones:
        terms.append(probability / total * (walked + minutes / 2.0))
        walked += minutes
    return math.fsum(terms)


def _search(work: Work, settings: EtrSettings) -> float:
    return expected_search_min(work.zones) if work.zones else settings.search_min


def _repair_median(work: Work, settings: EtrSettings) -> float:
    by_level = dict(settings.repair_median_min).get(work.device_level, settings.other_median_min)
    median = dict(settings.cause_median_min).get(work.cause or "", by_level)
    night = settings.night_factor if work.is_night else 1.0
    return median * night * (settings.storm_factor if work.is_storm else 1.0)


def _remaining(median: float, sigma: float, worked: float, share: float) -> float:
    """Quantile of what is left of a lognormal duration of which `worked` minutes have passed without an end.

    From the survivors beyond `worked`, so that it stays exact far out in the tail, where what is left grows again.
    """
    place = min((math.log(worked) - math.log(median)) / sigma, _FARTHEST) if worked > 0.0 else -_FARTHEST
    survivors = 0.5 * math.erfc(place / math.sqrt(2.0))
    quantile = -_NORMAL.inv_cdf(survivors * (1.0 - share))
    if place <= 0.0:
        return max(median * math.exp(sigma * quantile) - worked, 1.0)
    return max(worked * math.expm1(sigma * (quantile - place)), 1.0)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, tuple) else value
