"""A day's gaps as the estimation ladder takes them: each with its neighbours, like days, profile, outages and storms.

Pure. A short gap between two reads is filled as a whole, also across midnight, so that both days fill it alike; of
any other gap only the part inside the day, cut where storm mode begins and ends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.estimation import MINUTES_PER_DAY, EstimationSettings, Gap, GapContext
from domain.grid.metering.rules.local_days import US_PER_MINUTE


@dataclass(frozen=True)
class DayKnowledge:
    """What is known of M meters of one interval length on one local day of n intervals.

    Attributes:
        ends: the day's interval ends, microseconds, shape (n,). slot: position of each in a usual day.
        kwh_at: reads around the day, by meter and interval end; kWh.
        like_days: earlier like days, latest first, shape (days, M, slots of a usual day); NaN: missing.
        feeder_index: how each meter's feeder compares to those days, shape (M,).
        shape: each meter's class shape over the day, shape (M, n); NaN: unknown.
        usual_kwh: what each meter usually takes in a day, shape (M,); NaN: unknown.
        silent_days: whole days without a read that adjoin the day before and after it, shape (M, 2).
        storm: where storm mode holds, shape (M, n). outage: where a known outage lies, shape (M, n).
    """

    ends: NDArray[np.int64]
    slot: NDArray[np.int64]
    kwh_at: Mapping[tuple[int, int], float]
    like_days: NDArray[np.float64]
    feeder_index: NDArray[np.float64]
    shape: NDArray[np.float64]
    usual_kwh: NDArray[np.float64]
    silent_days: NDArray[np.int64]
    storm: NDArray[np.bool_]
    outage: NDArray[np.bool_]


def _is_short(gap: Gap, known: DayKnowledge, settings: EstimationSettings) -> bool:
    """Whether the gap lies between two reads and is short enough to be interpolated."""
    step = gap.minutes * US_PER_MINUTE
    neighbours = ((gap.meter, gap.first_end - step), (gap.meter, gap.first_end + gap.intervals * step))
    return gap.length_min <= settings.interpolate_h * 60 and all(one in known.kwh_at for one in neighbours)


def pieces(gap: Gap, known: DayKnowledge, settings: EstimationSettings) -> Iterator[tuple[Gap, GapContext]]:
    """The gap, or its parts inside the day, with what is known around each."""
    step = gap.minutes * US_PER_MINUTE
    cells = (gap.first_end + np.arange(gap.intervals) * step - known.ends[0]) // step
    inside = cells[(cells >= 0) & (cells < len(known.ends))]
    if not len(inside):
        return
    if _is_short(gap, known, settings):
        yield gap, _between(gap, cells, inside, known)
        return
    storm = known.storm[gap.meter, inside]
    for part in np.split(inside, np.flatnonzero(np.diff(storm)) + 1):
        clipped = Gap(gap.meter, int(known.ends[part[0]]), len(part), gap.minutes)
        yield clipped, _alone(clipped, part, known, too_long=_true_length_min(gap, cells, known) > _limit_min(settings))


def _between(gap: Gap, cells: NDArray[np.int64], inside: NDArray[np.int64], known: DayKnowledge) -> GapContext:
    step = gap.minutes * US_PER_MINUTE
    outage = np.zeros(gap.intervals, np.bool_)
    outage[np.isin(cells, inside)] = known.outage[gap.meter, inside]
    return GapContext(
        before=known.kwh_at[gap.meter, gap.first_end - step],
        after=known.kwh_at[gap.meter, gap.first_end + gap.intervals * step],
        like_days=np.full((0, gap.intervals), np.nan),
        feeder_index=np.ones(gap.intervals),
        profile=None,
        gap_kwh=None,
        outage=outage,
        storm=bool(known.storm[gap.meter, inside].any()),
    )


def _alone(gap: Gap, part: NDArray[np.int64], known: DayKnowledge, *, too_long: bool) -> GapContext:
    outage, shape = known.outage[gap.meter, part], known.shape[gap.meter]
    like = known.like_days[:, gap.meter, :][:, known.slot[part]]
    day_total = np.nanmean(shape) * len(shape) if np.isfinite(shape).any() else 0.0
    has_profile = bool(np.isfinite(shape[part]).all() and day_total > 0 and np.isfinite(known.usual_kwh[gap.meter]))
    taken = shape[part][~outage].sum() / day_total if has_profile else 0.0
    return GapContext(
        before=None,
        after=None,
        like_days=np.full_like(like, np.nan) if too_long else like,
        feeder_index=np.full(len(part), known.feeder_index[gap.meter]),
        profile=shape[part] if has_profile else None,
        gap_kwh=float(known.usual_kwh[gap.meter] * taken) if has_profile else None,
        outage=outage,
        storm=bool(known.storm[gap.meter, part].any()),
    )


def _limit_min(settings: EstimationSettings) -> float:
    return settings.like_days_d * MINUTES_PER_DAY


def _true_length_min(gap: Gap, cells: NDArray[np.int64], known: DayKnowledge) -> int:
    """The gap's length with the silent days that adjoin it, as far as reads have come in."""
    size = len(known.ends)
    outside = np.array([(cells < 0).sum(), (cells >= size).sum()]) * gap.minutes
    reaches = np.array([cells[0] <= 0, cells[-1] >= size - 1])
    silent = known.silent_days[gap.meter] * MINUTES_PER_DAY * reaches
    return int(((cells >= 0) & (cells < size)).sum()) * gap.minutes + int(np.maximum(outside, silent).sum())
