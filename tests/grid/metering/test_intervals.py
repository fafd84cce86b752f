"""Local days of interval reads: how many intervals they have, which reads they hold, and the interval grid."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text

from domain.grid.metering.rules.intervals import (
    as_instant,
    day_of,
    day_start,
    expected_intervals,
    local_days,
    offsets_us,
    snap,
    to_us,
)
from domain.kernel.db import transaction
from tests.conftest import Database

ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Kathmandu",
]


@pytest.mark.parametrize(
    ("zone", "day", "per_15", "per_30", "per_60"),
    [
        ("America/New_York", date(2026, 3, 7), 96, 48, 24),
        ("America/New_York", date(2026, 3, 8), 92, 46, 23),
        ("America/New_York", date(2026, 11, 1), 100, 50, 25),
        ("America/Los_Angeles", date(2026, 3, 8), 92, 46, 23),
        ("America/Phoenix", date(2026, 3, 8), 96, 48, 24),
        ("Europe/Berlin", date(2026, 3, 29), 92, 46, 23),
        ("Europe/Berlin", date(2026, 10, 25), 100, 50, 25),
        ("Australia/Sydney", date(2026, 10, 4), 92, 46, 23),
        ("Australia/Sydney", date(2026, 4, 5), 100, 50, 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 94, 47, 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 98, 49, 25),
        ("America/Havana", date(2026, 3, 8), 92, 46, 23),
        ("America/Havana", date(2026, 10, 31), 100, 50, 25),
        ("America/Havana", date(2026, 11, 1), 96, 48, 24),
    ],
)
def test_a_local_day_has_as_many_intervals_as_its_clocks_allow(
    zone: str, day: date, per_15: int, per_30: int, per_60: int
) -> None:
    counts = [expected_intervals(ZoneInfo(zone), day, minutes) for minutes in (15, 30, 60)]
    assert counts == [per_15, per_30, per_60]


@given(st.sampled_from(ZONES), st.integers(0, 400))
@example("America/Havana", 303)
@example("America/Havana", 66)
@example("Australia/Lord_Howe", 276)
def test_every_interval_of_a_day_belongs_to_it(name: str, offset: int) -> None:
    zone, day = ZoneInfo(name), date(2026, 1, 1) + timedelta(days=offset)
    start, minutes = to_us(day_start(zone, day)), 30
    ends = start + np.arange(1, expected_intervals(zone, day, minutes) + 1, dtype=np.int64) * minutes * 60_000_000
    assert {day_of(int(number)) for number in local_days(zone, ends)} == {day}
    assert day_of(int(local_days(zone, np.array([start]))[0])) == day - timedelta(days=1)


@pytest.mark.parametrize("name", ZONES)
def test_days_have_the_bounds_of_their_partitions(database: Database, name: str) -> None:
    with transaction(None) as connection:
        rows = connection.execute(
            text("SELECT day::date AS day, (SELECT from_ts FROM day_bounds(:zone, day::date)) AS first FROM"
                 " generate_series(date '2026-01-01', date '2026-12-31', interval '1 day') AS day"),
            {"zone": name},
        ).all()  # fmt: skip
    assert [row.first - timedelta(microseconds=1) for row in rows] == [
        day_start(ZoneInfo(name), row.day) for row in rows
    ]


def test_offsets_change_at_the_instant_of_the_change() -> None:
    change = datetime(2026, 3, 8, 7, tzinfo=UTC)
    instants = np.array([to_us(change) - 1, to_us(change)])
    assert (offsets_us(ZoneInfo("America/New_York"), instants) // 3_600_000_000).tolist() == [-5, -4]


@given(st.integers(-449, 449), st.integers(0, 5000))
def test_a_stamp_near_the_grid_is_snapped_to_it(off_s: int, number: int) -> None:
    true = np.array([1_700_000_100_000_000 + number * 900_000_000])
    stamped = true + off_s * 1_000_000
    snapped, off = snap(stamped, np.zeros(1, np.int64), np.array([15], np.int16), 600)
    assert (snapped.tolist(), off.tolist()) == (true.tolist(), [off_s * 1_000_000])


def test_a_stamp_further_off_than_allowed_stays() -> None:
    stamped = np.array([to_us(datetime(2026, 1, 1, 0, 2, tzinfo=UTC))])
    snapped, off = snap(stamped, np.zeros(1, np.int64), np.array([15], np.int16), 60)
    assert (snapped.tolist(), off.tolist()) == (stamped.tolist(), [120_000_000])
    assert as_instant(int(snapped[0])).minute == 2
