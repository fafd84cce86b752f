"""The input of scoring: meters by intervals, on one regular axis of interval ends.

Meters stand in order of their ids whatever the order of the rows that they came from; so sums over meters, and with
them every score, are the same bytes for any permutation of the input.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.local_days import US_PER_DAY, US_PER_MINUTE, local_clock_us
from domain.grid.metering.rules.reads import Reads

Grid = NDArray[np.float32]


@dataclass(frozen=True)
class MeterMatrix:
    """What is known of M meters over T intervals; NaN is missing.

    Attributes:
        meter_ids: M ids in order.
        read_at: T interval ends, microseconds UTC, evenly spaced.
        day, slot: T local day numbers and local intervals of the day, by the interval's start.
        interval_minutes: spacing of the axis.
        kwh: (M, T) net energy.
        feeder_ids, feeder: distinct feeders in order, and M indexes into them.
        transformer: M group numbers, -1 where not known.
        voltage: (M, T) volts, or None where nothing measures it.
        delivered: (feeders, T) kWh at the feeder head, or None.
        meter_class: M classes, or None.
        has_pv, is_vacant: M booleans from permits and move-outs, or None.
        estimated: M shares of estimated reads in the judged window, or None.
        tamper: M counts of tamper reports in 30 days, or None.
    """

    meter_ids: tuple[str, ...]
    read_at: NDArray[np.int64]
    day: NDArray[np.int32]
    slot: NDArray[np.int32]
    interval_minutes: int
    kwh: Grid
    feeder_ids: tuple[str, ...]
    feeder: NDArray[np.int32]
    transformer: NDArray[np.int32]
    voltage: Grid | None = None
    delivered: NDArray[np.float64] | None = None
    meter_class: tuple[str, ...] | None = None
    has_pv: NDArray[np.bool_] | None = None
    is_vacant: NDArray[np.bool_] | None = None
    estimated: NDArray[np.float64] | None = None
    tamper: NDArray[np.int64] | None = None


def regular_axis(first: int, last: int, interval_minutes: int) -> NDArray[np.int64]:
    """Interval ends from first to last, both included."""
    step = interval_minutes * US_PER_MINUTE
    return np.arange(first, last + step, step, dtype=np.int64)


def day_and_slot(
    read_at: NDArray[np.int64], interval_minutes: int, zone: ZoneInfo
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Local day and interval of the day of an axis; the repeated hour of autumn shares its slots."""
    step = interval_minutes * US_PER_MINUTE
    clock = local_clock_us(read_at, step, zone)
    return (clock // US_PER_DAY).astype(np.int32), ((clock % US_PER_DAY) // step).astype(np.int32)


def from_reads(
    reads: Reads,
    zone: ZoneInfo,
    transformers: Mapping[str, str] | None = None,
    delivered: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]] | None = None,
) -> MeterMatrix:
    """Lay reads out as a matrix.

    Args:
        reads: one interval length, stamps on its grid, each (meter, read_at) once.
        zone: local time.
        transformers: transformer of each meter; left out or empty where not known.
        delivered: by feeder id, interval ends and kWh.
    """
    order = sorted(range(len(reads.meters)), key=lambda position: reads.meters[position])
    row_of = np.empty(len(order), dtype=np.int64)
    row_of[order] = np.arange(len(order))
    axis = regular_axis(int(reads.read_at.min()), int(reads.read_at.max()), reads.interval_minutes)
    row, column = row_of[reads.meter], (reads.read_at - axis[0]) // (reads.interval_minutes * US_PER_MINUTE)
    kwh = _laid_out(row, column, reads.kwh, (len(order), len(axis)))
    has_voltage = bool(np.isfinite(reads.voltage).any())
    feeder_ids = tuple(sorted(set(reads.feeders)))
    meter_ids = tuple(reads.meters[position] for position in order)
    day, slot = day_and_slot(axis, reads.interval_minutes, zone)
    matrix = MeterMatrix(
        meter_ids=meter_ids,
        read_at=axis,
        day=day,
        slot=slot,
        interval_minutes=reads.interval_minutes,
        kwh=kwh,
        feeder_ids=feeder_ids,
        feeder=codes([reads.feeders[position] for position in order], feeder_ids),
        transformer=transformer_groups([(transformers or {}).get(meter, "") for meter in meter_ids]),
        voltage=_laid_out(row, column, reads.voltage, kwh.shape) if has_voltage else None,
    )
    return replace(matrix, delivered=_delivered(matrix, delivered or {}))


def codes(names: list[str], distinct: tuple[str, ...]) -> NDArray[np.int32]:
    """Indexes of `names` in `distinct`."""
    position = {name: number for number, name in enumerate(distinct)}
    return np.fromiter((position[name] for name in names), dtype=np.int32, count=len(names))


def transformer_groups(names: list[str]) -> NDArray[np.int32]:
    """Group numbers of transformers in order of their ids; -1 for the empty name."""
    numbers = {name: number for number, name in enumerate(sorted(set(names) - {""}))}
    return np.fromiter((numbers.get(name, -1) for name in names), dtype=np.int32, count=len(names))


def _laid_out(
    row: NDArray[np.int64], column: NDArray[np.int64], values: NDArray[np.float64], shape: tuple[int, ...]
) -> Grid:
    grid = np.full(shape, np.nan, dtype=np.float32)
    grid[row, column] = values
    return grid


def _delivered(
    matrix: MeterMatrix, by_feeder: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
) -> NDArray[np.float64] | None:
    known = [feeder for feeder in matrix.feeder_ids if feeder in by_feeder]
    if not known:
        return None
    out = np.full((len(matrix.feeder_ids), len(matrix.read_at)), np.nan)
    for number, feeder in enumerate(matrix.feeder_ids):
        if feeder not in by_feeder:
            continue
        read_at, kwh = by_feeder[feeder]
        column, rest = np.divmod(read_at - matrix.read_at[0], matrix.interval_minutes * US_PER_MINUTE)
        inside = (column >= 0) & (column < len(matrix.read_at)) & (rest == 0)
        out[number, column[inside]] = kwh[inside]
    return out
