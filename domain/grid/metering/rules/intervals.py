"""The interval grid and the bounds of partitions: where a stamp belongs, and in which day's table it is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.grid.metering.rules.local_days import (
    US_PER_DAY,
    US_PER_MINUTE,
    US_PER_SECOND,
    local_midnight_us,
    utc_offset_us,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def partition_days(zone: ZoneInfo, read_at: NDArray[np.int64]) -> NDArray[np.int32]:
    """The local day within whose bounds each read's interval ends, as days since 1970-01-01.

    It is the day of the interval's start too, except for an interval that lies across midnight.
    """
    inside = read_at - 1
    by_clock: NDArray[Any] = (inside + utc_offset_us(inside, zone)) // US_PER_DAY
    numbers, inverse = np.unique(by_clock, return_inverse=True)
    starts = np.array([local_midnight_us(int(number), zone) for number in numbers], np.int64)
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


def as_instant(microseconds: int) -> datetime:
    """A stamp of a read as an instant in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def to_us(instant: datetime) -> int:
    """An instant as microseconds since 1970."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def iso_texts(read_at: NDArray[np.int64]) -> NDArray[np.object_]:
    """Stamps as ISO 8601 text in UTC, for people."""
    return pd.DatetimeIndex(read_at.view("M8[us]")).strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy(dtype=object)
