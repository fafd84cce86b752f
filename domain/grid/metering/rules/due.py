"""Which windows of reads are due: pure arithmetic of a tenant's schedule, its watermark and the clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.grid.metering.rules.fleet import local_days

CATCH_UP = timedelta(days=2)
AHEAD = timedelta(hours=24)
TICK_MINUTES = 15


@dataclass(frozen=True)
class DueWindow:
    """One window to publish, within one local day of the tenant: [start, end) in UTC."""

    day: date
    start: datetime
    end: datetime


def grid_point(moment: datetime, interval_minutes: int) -> datetime:
    """The last point of the interval grid at or before `moment`, in UTC."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    step = timedelta(minutes=interval_minutes)
    return epoch + (moment - epoch) // step * step


def due_windows(
    watermark: datetime | None, started_at: datetime, now: datetime, interval_minutes: int, zone: ZoneInfo
) -> Iterator[DueWindow]:
    """What a tenant that publishes continuously has to publish at `now`, cut at local midnights.

    Usually the interval that has just closed. Intervals that were missed since publishing was started are caught up,
    two days of them at most. Where the demo clock runs ahead of the wall clock (windows were published by hand), it
    goes on by one interval each interval, up to a day ahead.

    Args:
        watermark: the end of the last window that was published, None before the first.
        started_at: when continuous publishing was started.
        now: the present instant.
        interval_minutes: 15, 30 or 60.
        zone: the tenant's local time.
    """
    closed = grid_point(now, interval_minutes)
    since = max(grid_point(started_at, interval_minutes), closed - CATCH_UP)
    start = since if watermark is None else max(since, grid_point(watermark, interval_minutes))
    end = closed
    if start > closed and grid_point(now, TICK_MINUTES) == closed:
        end = start + timedelta(minutes=interval_minutes)
    if start >= end or end > now + AHEAD:
        return
    for day, begin, until in local_days(start, end, zone):
        yield DueWindow(day, begin, until)


def closed_part(day: date, now: datetime, interval_minutes: int, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The part of a local day whose intervals have closed by `now`; None while none has."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    after = day + timedelta(days=1)
    next_midnight = datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)
    end = min(next_midnight, grid_point(now, interval_minutes))
    return (midnight, end) if end > midnight else None


def is_behind(since: datetime, now: datetime, interval_minutes: int) -> bool:
    """Whether reads that go up to `since` have fallen behind: by more than two intervals."""
    return now - since > 2 * timedelta(minutes=interval_minutes)
