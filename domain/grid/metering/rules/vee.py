"""Validation of interval reads: rules 1 to 9 of grid.md 2.7, each setting its flag. Rule 10 and estimates: estimation.

All rules work on meter-major columns: rows sorted by meter, then time, each (meter, interval) once. They flag and never
change a value; what is suspicious is for people to look at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.flags import MEANINGS, Flag
from domain.grid.metering.rules.local_days import US_PER_MINUTE
from domain.grid.metering.rules.runs import group_numbers, starts_of

MINUTES_PER_HOUR = 60
NOMINAL_V = 120.0
WEEK_DAYS = 7
DAY_KEY = 1_000_000
SUM_CHECK = "VEE-07"


@dataclass(frozen=True)
class VeeSettings:
    """Limits of the rules, with the defaults of grid.md 2.7.

    Attributes:
        snap_s: how far a stamp may be off the interval grid and is still snapped to it (rule 1).
        spike_ratio: a read this many times the day's third-highest above it is a spike (rule 3).
        spike_floor_kw: below this mean power nothing is called a spike, since a kettle is no fault.
        high_low: a day's energy outside these multiples of its usual is flagged (rule 4).
        high_low_weeks: how many weeks back the usual is taken from; same weekday, median.
        high_low_min_days: fewer like days than this tell nothing.
        high_low_floor_kwh: a usual day below this tells nothing.
        day_share: share of a day's intervals from which its energy counts as whole.
        zero_hours: an unbroken run of zeros at least this long is flagged (rule 5).
        sum_share, sum_kwh_per_interval: allowed difference of intervals and register, the larger holds (rule 7).
        range_a: ANSI C84.1 range A on the 120 V base (rule 9); scaled to the meter's service voltage.
        late_after_h: a read that arrives later than this after its interval is late.
    """

    snap_s: int = 600
    spike_ratio: float = 1.8
    spike_floor_kw: float = 5.0
    high_low: tuple[float, float] = (0.25, 3.0)
    high_low_weeks: int = 4
    high_low_min_days: int = 2
    high_low_floor_kwh: float = 0.5
    day_share: float = 0.9
    zero_hours: float = 24.0
    sum_share: float = 0.005
    sum_kwh_per_interval: float = 0.1
    range_a: tuple[float, float] = (114.0, 126.0)
    late_after_h: float = 4.0


@dataclass(frozen=True)
class MeterMajor:
    """Reads of one interval length, sorted by meter and time.

    Attributes:
        meter: index of the meter, int32. read_at: interval end, microseconds. kwh: net energy.
        voltage, register_kwh: NaN where there is none.
        arrived_at: microseconds; -1 where the file does not say.
        day: local day number of the interval. minutes: interval length.
        has_pv, service_v: per meter, by its index.
    """

    meter: NDArray[np.int32]
    read_at: NDArray[np.int64]
    kwh: NDArray[np.float64]
    voltage: NDArray[np.float64]
    register_kwh: NDArray[np.float64]
    arrived_at: NDArray[np.int64]
    day: NDArray[np.int32]
    minutes: int
    has_pv: NDArray[np.bool_]
    service_v: NDArray[np.float64]


@dataclass(frozen=True)
class DailyEnergy:
    """Energy of whole local days. Grain: meter and day; kWh. Sorted by meter and day."""

    meter: NDArray[np.int32]
    day: NDArray[np.int32]
    kwh: NDArray[np.float64]


@dataclass(frozen=True)
class Findings:
    """Flags to add to each read, and how many reads each rule flagged, by its id."""

    flags: NDArray[np.int32]
    by_rule: dict[str, int]


def validate(
    reads: MeterMajor,
    history: DailyEnergy,
    settings: VeeSettings,
    weather_index: NDArray[np.float64] | None = None,
) -> Findings:
    """Flags by rules 3 to 7 and 9, and lateness.

    Args:
        reads: what came.
        history: whole days before the reads' days, for rule 4; days in `reads` count as history of later ones.
        settings: limits.
        weather_index: the usual is multiplied by it, per read; 1 where None.
    """
    found = {
        Flag.SPIKE: spikes(reads, settings),
        Flag.HIGH_LOW: high_low(reads, history, settings, weather_index),
        Flag.ZERO: zero_runs(reads, settings),
        Flag.NEGATIVE: (reads.kwh < 0) & ~reads.has_pv[reads.meter],
        Flag.VOLTAGE: outside_range_a(reads, settings),
        Flag.LATE: late(reads, settings),
    }
    by_rule = {MEANINGS[flag].vee_rule_id: int(mask.sum()) for flag, mask in found.items()}
    unlike_register = sum_mismatch(reads, settings)
    by_rule[SUM_CHECK] = int(unlike_register.sum())
    flags = np.where(unlike_register, int(Flag.CONFLICT), 0)
    for flag, mask in found.items():
        flags = flags | np.where(mask, int(flag), 0)
    return Findings(flags.astype(np.int32), dict(sorted((rule, n) for rule, n in by_rule.items() if n)))


def spikes(reads: MeterMajor, settings: VeeSettings) -> NDArray[np.bool_]:
    """Rule 3: reads that stand above their day's third-highest by `spike_ratio` times that third-highest."""
    size = len(reads.kwh)
    third = np.full(size, np.inf)
    order = np.lexsort((-reads.kwh, reads.day, reads.meter))
    starts = starts_of(reads.meter[order], reads.day[order])
    lengths = np.diff(np.append(starts, size))
    per_day = np.full(len(starts), np.inf)
    enough = lengths >= 3
    per_day[enough] = np.maximum(reads.kwh[order][starts[enough] + 2], 0.0)
    third[order] = np.repeat(per_day, lengths)
    floor = settings.spike_floor_kw * reads.minutes / MINUTES_PER_HOUR
    answer: NDArray[np.bool_] = (reads.kwh - third >= settings.spike_ratio * third) & (reads.kwh >= floor)
    return answer


def daily_energy(reads: MeterMajor, settings: VeeSettings) -> tuple[DailyEnergy, NDArray[np.int64], NDArray[np.bool_]]:
    """Energy per meter and day, the group of each read, and which groups are whole days."""
    starts = starts_of(reads.meter, reads.day)
    if not len(starts):
        return DailyEnergy(reads.meter, reads.day, reads.kwh), starts, np.zeros(0, np.bool_)
    lengths = np.diff(np.append(starts, len(reads.kwh)))
    sums = np.add.reduceat(reads.kwh, starts)
    # A day of 23 hours is whole too: the share leaves room for it.
    whole = lengths >= settings.day_share * 24 * MINUTES_PER_HOUR / reads.minutes
    return DailyEnergy(reads.meter[starts], reads.day[starts], sums), group_numbers(starts, len(reads.kwh)), whole


def high_low(
    reads: MeterMajor, history: DailyEnergy, settings: VeeSettings, weather_index: NDArray[np.float64] | None = None
) -> NDArray[np.bool_]:
    """Rule 4: all reads of whole days whose energy is outside the usual of the same weekday in the last weeks."""
    own, group, whole = daily_energy(reads, settings)
    if not len(own.kwh):
        return np.zeros(0, np.bool_)
    known_key = np.concatenate([_key(own.meter, own.day)[whole], _key(history.meter, history.day)])
    known_kwh = np.concatenate([own.kwh[whole], history.kwh])
    known_key, first = np.unique(known_key, return_index=True)
    known_kwh = known_kwh[first]
    back = np.arange(1, settings.high_low_weeks + 1) * WEEK_DAYS
    wanted = _key(own.meter, own.day)[:, None] - back[None, :]
    place = np.minimum(np.searchsorted(known_key, wanted), max(len(known_key) - 1, 0))
    like = (
        np.where(known_key[place] == wanted, known_kwh[place], np.nan)
        if len(known_key)
        else np.full(wanted.shape, np.nan)
    )
    usual = _row_median(like, settings.high_low_min_days)
    index = np.ones(len(own.kwh)) if weather_index is None else weather_index[starts_of(reads.meter, reads.day)]
    low, high = (usual * index * limit for limit in settings.high_low)
    odd = whole & (usual >= settings.high_low_floor_kwh) & ((own.kwh < low) | (own.kwh > high))
    answer: NDArray[np.bool_] = odd[group]
    return answer


def _key(meter: NDArray[np.int32], day: NDArray[np.int32]) -> NDArray[np.int64]:
    """One sortable number for a meter's day."""
    return meter.astype(np.int64) * DAY_KEY + day


def _row_median(values: NDArray[np.float64], at_least: int) -> NDArray[np.float64]:
    """Median of the numbers of each row; NaN where fewer than `at_least` are there."""
    answer = np.full(len(values), np.nan)
    enough = np.isfinite(values).sum(axis=1) >= max(at_least, 1)
    if enough.any():
        answer[enough] = np.nanmedian(values[enough], axis=1)
    return answer


def zero_runs(reads: MeterMajor, settings: VeeSettings) -> NDArray[np.bool_]:
    """Rule 5: reads in an unbroken run of zeros of at least `zero_hours`; a missing read ends a run."""
    size = len(reads.kwh)
    if not size:
        return np.zeros(0, np.bool_)
    zero = reads.kwh == 0
    follows = np.zeros(size, np.bool_)
    follows[1:] = (np.diff(reads.read_at) == reads.minutes * US_PER_MINUTE) & (reads.meter[1:] == reads.meter[:-1])
    follows[1:] &= zero[1:] == zero[:-1]
    starts = np.flatnonzero(~follows)
    lengths = np.diff(np.append(starts, size))
    long = lengths * reads.minutes >= settings.zero_hours * MINUTES_PER_HOUR
    answer: NDArray[np.bool_] = np.repeat(long, lengths) & zero
    return answer


def sum_mismatch(reads: MeterMajor, settings: VeeSettings) -> NDArray[np.bool_]:
    """Rule 7: reads of days whose intervals do not add up to what the register moved.

    Compared between a day's first and last read with a register, where no read between them is missing; the
    allowed difference is the larger of a share of the movement and a fixed energy per interval.
    """
    size = len(reads.kwh)
    answer = np.zeros(size, np.bool_)
    rows = np.flatnonzero(np.isfinite(reads.register_kwh))
    if len(rows) < 2:
        return answer
    starts = starts_of(reads.meter[rows], reads.day[rows])
    lasts = np.append(starts[1:], len(rows)) - 1
    first, last = rows[starts], rows[lasts]
    running = np.cumsum(reads.kwh)
    count = last - first
    summed = running[last] - running[first]
    moved = reads.register_kwh[last] - reads.register_kwh[first]
    unbroken = reads.read_at[last] - reads.read_at[first] == count * reads.minutes * US_PER_MINUTE
    allowed = np.maximum(settings.sum_share * np.abs(moved), settings.sum_kwh_per_interval * count)
    wrong = unbroken & (count > 0) & (np.abs(summed - moved) > allowed)
    for begin, end in zip(first[wrong], last[wrong], strict=True):
        answer[begin + 1 : end + 1] = True
    return answer


def outside_range_a(reads: MeterMajor, settings: VeeSettings) -> NDArray[np.bool_]:
    """Rule 9: voltages outside range A of the meter's service voltage; a read without voltage is not flagged."""
    low, high = settings.range_a
    on_base = reads.voltage * NOMINAL_V / reads.service_v[reads.meter]
    return (on_base < low) | (on_base > high)


def late(reads: MeterMajor, settings: VeeSettings) -> NDArray[np.bool_]:
    """Reads that arrived later than `late_after_h` after their interval, where the file says when they arrived."""
    behind = reads.arrived_at - reads.read_at
    return (reads.arrived_at >= 0) & (behind > settings.late_after_h * MINUTES_PER_HOUR * US_PER_MINUTE)
