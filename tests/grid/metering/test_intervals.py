"""Local days of interval reads: how many intervals they have, which reads they hold, and the interval grid."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text

from domain.grid.metering.rules.intervals import as_instant, partition_days, snap, to_us
from domain.grid.metering.rules.local_days import (
    day_date,
    day_number,
    expected_intervals,
    local_midnight_us,
    utc_offset_us,
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
    ("zone", "day", "per_15", "per_30"),
    [
        ("America/New_York", date(2026, 3, 7), 96, 48),
        ("America/New_York", date(2026, 3, 8), 92, 46),
        ("America/New_York", date(2026, 11, 1), 100, 50),
        ("America/Los_Angeles", date(2026, 3, 8), 92, 46),
        ("America/Phoenix", date(2026, 3, 8), 96, 48),
        ("Europe/Berlin", date(2026, 3, 29), 92, 46),
        ("Europe/Berlin", date(2026, 10, 25), 100, 50),
        ("Australia/Sydney", date(2026, 10, 4), 92, 46),
        ("Australia/Sydney", date(2026, 4, 5), 100, 50),
        ("Australia/Lord_Howe", date(2026, 10, 4), 94, 47),
        ("Australia/Lord_Howe", date(2026, 4, 5), 98, 49),
        ("America/Havana", date(2026, 3, 8), 92, 46),
        ("America/Havana", date(2026, 10, 31), 100, 50),
        ("America/Havana", date(2026, 11, 1), 96, 48),
    ],
)
def test_a_local_day_has_as_many_intervals_as_its_clocks_allow(zone: str, day: date, per_15: int, per_30: int) -> None:
    counts = [expected_intervals(day_number(day), minutes, ZoneInfo(zone)) for minutes in (15, 30)]
    assert counts == [per_15, per_30]


@given(st.sampled_from(ZONES), st.integers(0, 400))
@example("America/Havana", 303)
@example("America/Havana", 66)
@example("Australia/Lord_Howe", 276)
def test_every_interval_of_a_day_belongs_to_it(name: str, offset: int) -> None:
    zone, day = ZoneInfo(name), date(2026, 1, 1) + timedelta(days=offset)
    start, minutes = local_midnight_us(day_number(day), zone), 30
    count = expected_intervals(day_number(day), minutes, zone)
    ends = start + np.arange(1, count + 1, dtype=np.int64) * minutes * 60_000_000
    assert {day_date(int(number)) for number in partition_days(zone, ends)} == {day}
    assert day_date(int(partition_days(zone, np.array([start]))[0])) == day - timedelta(days=1)


@pytest.mark.parametrize("name", ZONES)
def test_days_have_the_bounds_of_their_partitions(database: Database, name: str) -> None:
    with transaction(None) as connection:
        rows = connection.execute(
            text("SELECT day::date AS day, (SELECT from_ts FROM day_bounds(:zone, day::date)) AS first FROM"
                 " generate_series(date '2026-01-01', date '2026-12-31', interval '1 day') AS day"),
            {"zone": name},
        ).all()  # fmt: skip
    assert [row.first - timedelta(microseconds=1) for row in rows] == [
        as_instant(local_midnight_us(day_number(row.day), ZoneInfo(name))) for row in rows
    ]


def test_offsets_change_at_the_instant_of_the_change() -> None:
    change = datetime(2026, 3, 8, 7, tzinfo=UTC)
    instants = np.array([to_us(change) - 1, to_us(change)])
    assert (utc_offset_us(instants, ZoneInfo("America/New_York")) // 3_600_000_000).tolist() == [-5, -4]


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
