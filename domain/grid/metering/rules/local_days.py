"""Local days of interval reads: which day a read belongs to, and how many intervals a day has.

A read carries the END of its interval, so its day is that of (read_at - interval) in the zone. Instants are
microseconds since 1970-01-01T00:00Z; local days are counted from 1970-01-01 (int32), as `date.toordinal` less an
offset. The two days on which clocks change have 23 and 25 hours: 92 and 100 quarter-hours (grid.md 2.5).
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

US_PER_SECOND = 1_000_000
US_PER_MINUTE = 60 * US_PER_SECOND
US_PER_DAY = 86_400 * US_PER_SECOND
_QUARTER = 15 * US_PER_MINUTE  # clocks everywhere change on a quarter of an hour
_FEW_QUARTERS = 4 * 96
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def utc_offset_us(instants: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """The zone's offset from UTC at each instant, in microseconds, shape of `instants`."""
    quarters = instants // _QUARTER
    if not quarters.size:
        return np.zeros(instants.shape, dtype=np.int64)
    first, last = int(quarters.min()), int(quarters.max())
    if last - first < _FEW_QUARTERS:
        # A few days, as a load brings them: every quarter's offset, looked up by position and without sorting.
        return _offsets(tuple(range(first, last + 1)), zone)[quarters - first]
    distinct, where = np.unique(quarters, return_inverse=True)
    return _offsets(tuple(distinct.tolist()), zone)[where].reshape(instants.shape)


@lru_cache(maxsize=64)
def _offsets(quarters: tuple[int, ...], zone: ZoneInfo) -> NDArray[np.int64]:
    moments = [(_EPOCH + timedelta(minutes=15 * quarter)).astimezone(zone) for quarter in quarters]
    return np.array([(moment.utcoffset() or timedelta()) // _MICROSECOND for moment in moments], dtype=np.int64)


def local_clock_us(
    read_at: NDArray[np.int64], interval_us: NDArray[np.int64] | int, zone: ZoneInfo
) -> NDArray[np.int64]:
    """The wall clock at the START of each interval, as if it were UTC microseconds."""
    starts = read_at - interval_us
    clock: NDArray[np.int64] = starts + utc_offset_us(starts, zone)
    return clock


def local_days(read_at: NDArray[np.int64], interval_us: NDArray[np.int64] | int, zone: ZoneInfo) -> NDArray[np.int32]:
    """The local day of each read, in days since 1970-01-01."""
    return (local_clock_us(read_at, interval_us, zone) // US_PER_DAY).astype(np.int32)


def day_date(day: int) -> date:
    """The date of a day number."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


def day_number(on: date) -> int:
    """The day number of a date."""
    return on.toordinal() - _EPOCH_ORDINAL


def local_midnight_us(day: int, zone: ZoneInfo) -> int:
    """The instant at which a local day begins.

    A midnight that the clocks skip or repeat is resolved as PostgreSQL's AT TIME ZONE does, so that days here and
    partitions there have the same bounds: by the offset before a skip, and by the one after a repeat.
    """
    on = day_date(day)
    midnight = datetime(on.year, on.month, on.day, tzinfo=zone)
    offset = min(midnight.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return (midnight.replace(tzinfo=UTC) - offset - _EPOCH) // timedelta(microseconds=1)


def expected_intervals(day: int, interval_minutes: int, zone: ZoneInfo) -> int:
    """How many intervals a local day has: 96 quarter-hours, 92 in spring's change of clocks, 100 in autumn's."""
    length = local_midnight_us(day + 1, zone) - local_midnight_us(day, zone)
    return int(length // (interval_minutes * US_PER_MINUTE))


def iso_utc(instant: int) -> str:
    """An instant as ISO 8601 in UTC: 2026-11-21T08:15:00Z."""
    moment = _EPOCH + timedelta(microseconds=instant)
    return moment.isoformat().replace("+00:00", "Z")
