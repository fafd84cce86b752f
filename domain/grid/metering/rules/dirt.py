"""What goes wrong between a meter and the head end: each fault with its own stream and rate (grid.md 2.6)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.chance import draw, uniform
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.fleet import SLOT_US

COLLECTORS_PER_FEEDER = 4
_MINUTE_US = 60_000_000


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
    """

    missing: float = 0.005
    collector_gap_per_day: float = 0.001
    gap_arrives_late: float = 0.8
    drifting: float = 0.003
    spike: float = 0.0001
    stuck_per_month: float = 0.0005


CLEAN = DirtRates(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Dirt:
    """What happened to each read, shape (meters, intervals) each."""

    lost: NDArray[np.bool_]
    flags: NDArray[np.int32]
    factor: NDArray[np.float64]
    delay_us: NDArray[np.int64]


def soil(
    keys: NDArray[np.uint64], ends: NDArray[np.int64], interval_us: int, day_number: NDArray[np.int64], rates: DirtRates
) -> Dirt:
    """Draw the faults of reads that end at `ends` for meters with the streams `keys`.

    Returns:
        lost reads, flag bits to add, a factor on the energy (0 stuck, 4 spike, 1 else) and the delay of arrival.
    """
    numbers = ends // interval_us
    chance = uniform(draw(keys[:, None], numbers[None, :]))
    lost = chance < rates.missing
    # One draw decides between disjoint faults: the next slice of [0, 1) is the spikes'.
    spiky = (chance >= rates.missing) & (chance < rates.missing + rates.spike)
    stuck = uniform(draw(keys[:, None] ^ np.uint64(0x5), (day_number // 30)[None, :])) < rates.stuck_per_month
    factor = np.where(stuck, 0.0, np.where(spiky, 4.0, 1.0))
    flags = np.where(uniform(draw(keys ^ np.uint64(0x9), np.zeros(1, np.int64))) < rates.drifting, int(Flag.DRIFT), 0)
    flags = np.broadcast_to(flags[:, None], lost.shape).astype(np.int32)
    # Most reads arrive a few minutes after the interval: 3 to 9, by meter and interval.
    delay = (3 + (chance * 6).astype(np.int64)) * _MINUTE_US
    gaps = _collector_gaps(keys, ends, day_number, rates)
    if gaps is None:
        return Dirt(lost, flags, factor, delay)
    in_gap, gap_end = gaps
    late = in_gap & (uniform(draw(keys[:, None] ^ np.uint64(0x11), numbers[None, :])) < rates.gap_arrives_late)
    lost = lost | (in_gap & ~late)
    delay = np.where(late, gap_end - ends[None, :] + delay, delay)
    return Dirt(lost, np.where(late, flags | int(Flag.LATE), flags), factor, delay)


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
