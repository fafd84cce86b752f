"""Which windows are due: each interval once, in order, within its local day, whatever the clock and the watermark."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.grid.metering.rules.due import CATCH_UP, closed_part, due_windows, grid_point

NEW_YORK = ZoneInfo("America/New_York")
ZONES = st.sampled_from([NEW_YORK, ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland"), ZoneInfo("UTC")])
INTERVALS = st.sampled_from([15, 30, 60])
TICKS = st.integers(0, 4 * 24 * 400).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * n))


def test_usually_the_interval_that_has_just_closed() -> None:
    now = datetime(2026, 3, 3, 10, 15, tzinfo=UTC)
    (due,) = due_windows(now - timedelta(minutes=15), now - timedelta(hours=5), now, 15, NEW_YORK)
    assert (due.start, due.end, due.day) == (now - timedelta(minutes=15), now, date(2026, 3, 3))


def test_a_tenant_of_hours_publishes_each_hour() -> None:
    start, published = datetime(2026, 3, 3, 8, tzinfo=UTC), []
    watermark = start
    for tick in range(1, 13):
        for due in due_windows(watermark, start, start + timedelta(minutes=15 * tick), 60, NEW_YORK):
            published.append((tick, due.end - due.start))
            watermark = due.end
    assert published == [(4, timedelta(hours=1)), (8, timedelta(hours=1)), (12, timedelta(hours=1))]


def test_while_it_was_stopped_nothing_is_caught_up() -> None:
    now = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
    (due,) = due_windows(now - timedelta(days=9), now - timedelta(minutes=20), now, 15, NEW_YORK)
    assert (due.start, due.end) == (now - timedelta(minutes=30), now)


def test_a_clock_that_runs_ahead_goes_on_by_one_interval_and_not_past_a_day() -> None:
    now = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
    ahead = now + timedelta(hours=3)
    (due,) = due_windows(ahead, now - timedelta(days=1), now, 15, NEW_YORK)
    assert (due.start, due.end) == (ahead, ahead + timedelta(minutes=15))
    assert list(due_windows(now + timedelta(hours=24), now - timedelta(days=1), now, 15, NEW_YORK)) == []


@given(now=TICKS, minutes=INTERVALS, zone=ZONES, since=st.integers(0, 400), behind=st.none() | st.integers(-50, 900))
def test_due_windows_are_whole_intervals_in_order_each_within_one_local_day(
    now: datetime, minutes: int, zone: ZoneInfo, since: int, behind: int | None
) -> None:
    watermark = None if behind is None else now - timedelta(minutes=15 * behind)
    windows = list(due_windows(watermark, now - timedelta(minutes=since), now, minutes, zone))
    for due in windows:
        assert due.start < due.end
        assert grid_point(due.start, minutes) == due.start
        assert due.start.astimezone(zone).date() == due.day
        assert (due.end - timedelta(microseconds=1)).astimezone(zone).date() == due.day
    for before, after in pairwise(windows):
        assert before.end == after.start
    if windows:
        assert windows[-1].end - windows[0].start <= CATCH_UP + timedelta(minutes=minutes)
        assert watermark is None or windows[0].start >= grid_point(watermark, minutes)


@given(missed=st.lists(st.booleans(), min_size=1, max_size=200), minutes=INTERVALS, zone=ZONES)
def test_every_interval_is_published_once_however_many_ticks_are_missed(
    missed: list[bool], minutes: int, zone: ZoneInfo
) -> None:
    start = datetime(2026, 10, 31, 22, tzinfo=UTC)
    watermark, ends = None, []
    for tick, is_missed in enumerate([*missed, False], start=1):
        now = start + timedelta(minutes=15 * tick)
        for due in [] if is_missed and now - start < CATCH_UP else due_windows(watermark, start, now, minutes, zone):
            assert watermark is None or due.start == watermark
            watermark = due.end
            ends.append(due.end)
    assert ends == sorted(set(ends))
    assert watermark in (None, grid_point(start + timedelta(minutes=15 * (len(missed) + 1)), minutes))


@given(on=st.dates(date(2024, 1, 1), date(2027, 1, 1)), minutes=INTERVALS, zone=ZONES, hours=st.integers(-30, 60))
def test_the_closed_part_of_a_day_lies_within_it_and_behind_now(
    on: date, minutes: int, zone: ZoneInfo, hours: int
) -> None:
    midnight = datetime(on.year, on.month, on.day, tzinfo=zone).astimezone(UTC)
    now = midnight + timedelta(hours=hours, minutes=7)
    part = closed_part(on, now, minutes, zone)
    if hours < 0:
        assert part is None
    elif part is not None:
        assert part[0] == midnight
        assert part[0] < part[1] <= now
        assert timedelta(hours=22) < part[1] - part[0] <= timedelta(hours=25) or hours < 26
