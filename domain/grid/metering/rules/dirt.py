"""What goes wrong between a meter and the head end: each fault with its own stream and rate (grid.md 2.6)."""

from dataclasses import dataclass, fields
from functools import lru_cache
from math import exp, log
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.chance import draw, uniform
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.fleet import SLOT_US

COLLECTORS_PER_FEEDER = 4
MEDIAN_DELAY_MIN = 6.0
LATE_AFTER_MIN = 240.0
# Nothing arrives later than a day after its interval: what is missing then is estimated.
LONGEST_DELAY_MIN = 1440.0
_MINUTE_US = 60_000_000
# The lowest 11 bits of a draw, which its uniform number leaves aside, choose among as many delays.
_DELAYS = 2048


@dataclass(frozen=True)
class DirtRates:
    """Rates of the dirty-data processes; all zero is a perfect head end.

    Attributes:
        missing: share of intervals that never arrive.
        collector_gap_per_day: chance that a collector falls silent on a day, for 1 to 8 hours.
        gap_arrives_late: share of a gap's reads that arrive after it.
        drifting: share of meters whose clock is off; their reads are snapped to the grid and flagged.
        spike: share of intervals with a spurious peak.
        stuck_per_month: chance that a meter reads zero for a month.
        repeated: share of reads that arrive twice, alike.
        disputed: share of reads that arrive twice, with another energy the second time.
        late: share of reads that arrive more than four hours after their interval; half of all arrive within six
            minutes, and what lies between is lognormal.
    """

    missing: float = 0.005
    collector_gap_per_day: float = 0.001
    gap_arrives_late: float = 0.8
    drifting: float = 0.003
    spike: float = 0.0001
    stuck_per_month: float = 0.0005
    repeated: float = 0.002
    disputed: float = 0.0002
    late: float = 0.05


CLEAN = DirtRates(*[0.0] * len(fields(DirtRates)))


@dataclass(frozen=True)
class Dirt:
    """What happened to each read, shape (meters, intervals) each."""

    lost: NDArray[np.bool_]
    flags: NDArray[np.int32]
    factor: NDArray[np.float64]
    delay_us: NDArray[np.int64]
    repeated: NDArray[np.bool_]
    disputed: NDArray[np.bool_]


def soil(
    keys: NDArray[np.uint64], ends: NDArray[np.int64], interval_us: int, day_number: NDArray[np.int64], rates: DirtRates
) -> Dirt:
    """Draw the faults of reads that end at `ends` for meters with the streams `keys`.

    Returns:
        lost reads, flag bits to add, a factor on the energy (0 stuck, 4 spike, 1 else), the delay of arrival, and reads
        that arrive twice.
    """
    numbers = ends // interval_us
    bits = draw(keys[:, None], numbers[None, :])
    # One draw decides between disjoint faults: each has its slice of [0, 1).
    lost, spiky, repeated, disputed = _slices(
        uniform(bits), [rates.missing, rates.spike, rates.repeated, rates.disputed]
    )
    stuck = uniform(draw(keys[:, None] ^ np.uint64(0x5), (day_number // 30)[None, :])) < rates.stuck_per_month
    factor = np.where(stuck, 0.0, np.where(spiky, 4.0, 1.0))
    delays, marks = _delays(rates.late)
    lot = (bits & np.uint64(_DELAYS - 1)).astype(np.intp)
    delay = delays[lot]
    flags = marks[lot]
    for fault, flag in ((spiky & ~stuck, Flag.SPIKE), (stuck, Flag.ZERO), (disputed, Flag.CONFLICT)):
        flags[fault] |= int(flag)
    flags[uniform(draw(keys ^ np.uint64(0x9), np.zeros(1, np.int64))) < rates.drifting] |= int(Flag.DRIFT)
    gaps = _collector_gaps(keys, ends, day_number, rates)
    if gaps is not None:
        in_gap, gap_end = gaps
        late = in_gap & (uniform(draw(keys[:, None] ^ np.uint64(0x11), numbers[None, :])) < rates.gap_arrives_late)
        lost = lost | (in_gap & ~late)
        after_gap = np.minimum(gap_end - ends[None, :] + delay, int(LONGEST_DELAY_MIN * _MINUTE_US))
        delay = np.where(late, after_gap, delay)
        flags[late] |= int(Flag.LATE)
    return Dirt(lost, flags, factor, delay, repeated & ~lost, disputed & ~lost)


def _slices(chance: NDArray[np.float64], shares: list[float]) -> list[NDArray[np.bool_]]:
    """For each share, where `chance` falls into its slice of [0, 1); the slices lie one after the other from 0 on."""
    bounds = np.cumsum(shares)
    few = np.nonzero(chance < bounds[-1])
    which = np.searchsorted(bounds, chance[few], side="right")
    found = [np.zeros(chance.shape, dtype=bool) for _ in shares]
    for number, one in enumerate(found):
        one[few] = which == number
    return found


@lru_cache(maxsize=16)
def _delays(late: float) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Delays of arrival, equally likely, in microseconds, whole seconds each; and the flag of those that are late.

    Lognormal: the median is six minutes, and the share `late` lies beyond four hours.
    """
    normal = NormalDist()
    spread = log(LATE_AFTER_MIN / MEDIAN_DELAY_MIN) / normal.inv_cdf(1.0 - late) if late > 0.0 else 0.0
    ranks = ((number + 0.5) / _DELAYS for number in range(_DELAYS))
    minutes = [min(MEDIAN_DELAY_MIN * exp(spread * normal.inv_cdf(rank)), LONGEST_DELAY_MIN) for rank in ranks]
    delays = np.array([max(round(one * 60.0), 1) * 1_000_000 for one in minutes], dtype=np.int64)
    marks = np.where(delays > int(LATE_AFTER_MIN * _MINUTE_US), int(Flag.LATE), 0).astype(np.int32)
    for kept in (delays, marks):
        kept.flags.writeable = False
    return delays, marks


def _collector_gaps(
    keys: NDArray[np.uint64], ends: NDArray[np.int64], day_number: NDArray[np.int64], rates: DirtRates
) -> tuple[NDArray[np.bool_], NDArray[np.int64]] | None:
    """Which reads fall into a silent spell of their collector, and when that spell ends (microseconds).

    None on the many days on which no collector falls silent: then nothing more has to be drawn.
    """
    collector = keys % np.uint64(COLLECTORS_PER_FEEDER)
    each = np.arange(COLLECTORS_PER_FEEDER, dtype=np.uint64)
    spells = draw(each[:, None] + np.uint64(0xC011EC70), day_number[None, :])
    if not (uniform(spells) < rates.collector_gap_per_day).any():
        return None
    spell = spells[collector.astype(np.intp)]
    happens = uniform(spell) < rates.collector_gap_per_day
    start_slot = ((spell & np.uint64(0xFF)) % np.uint64(80)).astype(np.int64)
    length = 4 + ((spell >> np.uint64(8)) % np.uint64(29)).astype(np.int64)
    slot = (ends // SLOT_US) % 96
    inside = happens & (slot[None, :] >= start_slot) & (slot[None, :] < start_slot + length)
    return inside, ends[None, :] + (start_slot + length - slot[None, :]) * SLOT_US
