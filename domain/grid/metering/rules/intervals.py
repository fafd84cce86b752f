"""Interval reads and local time: how many intervals a local day has, which day a read belongs to, the interval grid.

A read carries its interval's END in UTC, so a local day holds (local midnight, next local midnight] (grid.md 2.5).
"""

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

US_PER_SECOND = 1_000_000
US_PER_MINUTE = 60 * US_PER_SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_start(zone: ZoneInfo, day: date) -> datetime:
    """The instant at which the local day begins, in UTC.

    A midnight that the clocks skip or repeat is resolved as PostgreSQL's AT TIME ZONE does, so that days here and
    partitions there have the same bounds: the offset before a skip, the offset after a repeat.
    """
    wall = datetime.combine(day, time.min)
    offsets = [wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta(0) for fold in (0, 1)]
    return (wall - min(offsets)).replace(tzinfo=UTC)


def expected_intervals(zone: ZoneInfo, day: date, minutes: int) -> int:
    """How many intervals of `minutes` the local day has: 96 of 15 minutes, 92 in spring and 100 in autumn in the US."""
    length = day_start(zone, day + timedelta(days=1)) - day_start(zone, day)
    return math.ceil(length / timedelta(minutes=minutes))


def offsets_us(zone: ZoneInfo, instants: NDArray[np.int64]) -> NDArray[np.int64]:
    """The offset of local time from UTC at each instant, both in microseconds."""
    hours, inverse = np.unique(instants // (15 * US_PER_MINUTE), return_inverse=True)
    found = np.fromiter((_offset_us(zone, int(quarter)) for quarter in hours), np.int64, len(hours))
    return found[inverse]


def _offset_us(zone: ZoneInfo, quarter: int) -> int:
    instant = EPOCH + timedelta(minutes=15 * quarter)
    return int((instant.astimezone(zone).utcoffset() or timedelta(0)) / timedelta(microseconds=1))


def local_days(zone: ZoneInfo, read_at: NDArray[np.int64]) -> NDArray[np.int32]:
    """The local day of each read, as days since 1970-01-01: the day within whose bounds its interval ends."""
    inside = read_at - 1
    by_clock: NDArray[Any] = (inside + offsets_us(zone, inside)) // (24 * 60 * US_PER_MINUTE)
    numbers, inverse = np.unique(by_clock, return_inverse=True)
    starts = np.array([to_us(day_start(zone, day_of(int(number)))) for number in numbers], np.int64)
    # Where the clocks repeat midnight, the first of the two hours after it still belongs to the day before.
    days: NDArray[Any] = by_clock - (inside < starts[inverse])
    return days.astype(np.int32)


def snap(
    read_at: NDArray[np.int64], offset_us: NDArray[np.int64], minutes: NDArray[np.int16], tolerance_s: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stamps moved to the nearest point of the local interval grid, and how far each was off, in microseconds.

    A stamp further off than `tolerance_s`, or than just under half its interval, stays where it is; VEE rule 1.
    """
    step = minutes.astype(np.int64) * US_PER_MINUTE
    behind = (read_at + offset_us) % step
    off = np.where(behind * 2 > step, behind - step, behind)
    reach = np.minimum(tolerance_s * US_PER_SECOND, step // 2 - 1)
    return np.where(np.abs(off) <= reach, read_at - off, read_at), off


def day_of(number: int) -> date:
    """The date of a day number, days since 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=number)


def as_instant(microseconds: int) -> datetime:
    """A stamp of a read as an instant in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def to_us(instant: datetime) -> int:
    """An instant as microseconds since 1970."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def iso(read_at: NDArray[np.int64]) -> NDArray[np.object_]:
    """Stamps as ISO 8601 text in UTC, for people."""
    return pd.DatetimeIndex(read_at.view("M8[us]")).strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy(dtype=object)
