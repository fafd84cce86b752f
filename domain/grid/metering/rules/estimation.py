"""Missing reads: where they are (VEE rule 8), when not to estimate (rule 10, storm mode), and the estimation ladder.

The ladder of grid.md 2.7, first rung that holds: an outage is zero and flagged O; in storm mode nothing else is
estimated; a short gap between two reads is interpolated; a gap of some days takes the average of the last like days,
moved by the feeder's index; anything else takes the class profile, scaled to the energy of the gap.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.local_days import US_PER_MINUTE
from domain.grid.metering.rules.reads import round_kwh

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 1440


@dataclass(frozen=True)
class EstimationSettings:
    """Rungs of the ladder and the limit of storm mode, with the defaults of grid.md 2.7.

    Attributes:
        interpolate_h: gaps up to this are interpolated.
        like_days_d: gaps up to this take the average of like days.
        like_days: how many like days (same weekday) the average needs and uses, the latest first.
        storm_share: below this share of the area's usual reads, nothing is estimated.
        storm_devices: areas with fewer devices never count as a storm.
    """

    interpolate_h: float = 2.0
    like_days_d: float = 7.0
    like_days: int = 3
    storm_share: float = 0.70
    storm_devices: int = 100


class Method(StrEnum):
    """How a gap was filled."""

    OUTAGE = "outage"
    STORM = "suppressed_by_storm_mode"
    INTERPOLATION = "linear_interpolation"
    LIKE_DAYS = "average_of_like_days"
    PROFILE = "class_profile"
    NONE = "nothing_to_go_by"


@dataclass(frozen=True)
class Gap:
    """Consecutive missing intervals of one meter: the first one's end (microseconds), and how many."""

    meter: int
    first_end: int
    intervals: int
    minutes: int

    @property
    def length_min(self) -> int:
        """Length in minutes."""
        return self.intervals * self.minutes


@dataclass(frozen=True)
class GapContext:
    """What is known around a gap; n is its number of intervals.

    Attributes:
        before, after: energy of the neighbouring reads, kWh; None where there is none.
        like_days: energy of the same intervals on earlier like days, latest first, shape (days, n); NaN: missing.
        feeder_index: how the feeder's energy now compares to those days, shape (n,), 1: the same.
        profile: the class's shape over the gap, any scale, shape (n,); None where there is none.
        gap_kwh: what the register moved over the gap, or where no register is kept what the meter usually takes in
            such hours; None where neither is known.
        outage: intervals that a known outage covers, shape (n,).
        storm: whether storm mode holds in the meter's area.
    """

    before: float | None
    after: float | None
    like_days: NDArray[np.float64]
    feeder_index: NDArray[np.float64]
    profile: NDArray[np.float64] | None
    gap_kwh: float | None
    outage: NDArray[np.bool_]
    storm: bool = False


@dataclass(frozen=True)
class Estimate:
    """A filled gap: kWh per interval (NaN: left open), flag bits per interval (0: left open), and how it was done."""

    kwh: NDArray[np.float64]
    flags: NDArray[np.int32]
    method: Method


def find_gaps(
    meter: NDArray[np.int32], read_at: NDArray[np.int64], minutes: int, window: tuple[int, int], meters: int
) -> list[Gap]:
    """Rule 8: missing intervals of each meter between the window's start and end (microseconds), by meter and time.

    Rows are sorted by meter and time; meters without any read have one gap of the whole window.
    """
    step = minutes * US_PER_MINUTE
    # Sentinels just outside the window make leading and trailing gaps look like inner ones.
    everyone = np.arange(meters, dtype=np.int32)
    all_meters = np.concatenate([meter, everyone, everyone])
    all_times = np.concatenate([read_at, np.full(meters, window[0]), np.full(meters, window[1] + step)])
    order = np.lexsort((all_times, all_meters))
    who, when = all_meters[order], all_times[order]
    missing = np.diff(when) // step - 1
    at = np.flatnonzero((np.diff(who) == 0) & (missing > 0))
    return [Gap(int(who[i]), int(when[i]) + step, int(missing[i]), minutes) for i in at]


def storm_areas(
    received: NDArray[np.int64],
    expected: NDArray[np.int64],
    norm_share: NDArray[np.float64],
    settings: EstimationSettings,
) -> NDArray[np.bool_]:
    """Rule 10: areas where so few reads arrive, compared with their last seven days, that nothing is estimated.

    Args:
        received: reads of each area now.
        expected: devices that should have sent one.
        norm_share: share of reads that usually arrives there, 0 to 1.
        settings: limits.
    """
    share = received / np.maximum(expected, 1)
    answer: NDArray[np.bool_] = (expected >= settings.storm_devices) & (share < settings.storm_share * norm_share)
    return answer


def estimate(gap: Gap, context: GapContext, settings: EstimationSettings) -> Estimate:
    """Fill a gap by the first rung of the ladder that holds.

    Intervals inside an outage are zero and flagged O whatever fills the others, and are never estimated.
    """
    kwh, method = _fill(gap, context, settings)
    filled = np.isfinite(kwh) & ~context.outage
    flags = np.where(context.outage, int(Flag.OUTAGE), np.where(filled, int(Flag.ESTIMATED), 0)).astype(np.int32)
    kwh = np.where(context.outage, 0.0, kwh)
    return Estimate(round_kwh(kwh), flags, Method.OUTAGE if context.outage.all() else method)


def _fill(gap: Gap, context: GapContext, settings: EstimationSettings) -> tuple[NDArray[np.float64], Method]:
    size = gap.intervals
    nothing = np.full(size, np.nan)
    if context.storm:
        return nothing, Method.STORM
    if gap.length_min <= settings.interpolate_h * MINUTES_PER_HOUR and not (
        context.before is None or context.after is None
    ):
        steps = np.arange(1, size + 1) / (size + 1)
        return context.before + (context.after - context.before) * steps, Method.INTERPOLATION
    if gap.length_min <= settings.like_days_d * MINUTES_PER_DAY:
        like, enough = _like_days(context.like_days, settings.like_days)
        if enough.all() and size:
            return like * context.feeder_index, Method.LIKE_DAYS
    return _profile(context, nothing)


def _like_days(days: NDArray[np.float64], wanted: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The average of each interval's latest `wanted` like days, and whether there are as many."""
    known = np.isfinite(days)
    used = known & (np.cumsum(known, axis=0) <= wanted)
    count = used.sum(axis=0)
    total = np.where(used, days, 0.0).sum(axis=0)
    return total / np.maximum(count, 1), count >= wanted


def _profile(context: GapContext, nothing: NDArray[np.float64]) -> tuple[NDArray[np.float64], Method]:
    """The class's shape with the energy of the gap; an outage inside takes none of it."""
    if context.profile is None or context.gap_kwh is None:
        return nothing, Method.NONE
    shape = np.where(context.outage, 0.0, context.profile)
    total = shape.sum()
    if total <= 0:
        return nothing, Method.NONE
    return shape * (context.gap_kwh / total), Method.PROFILE
