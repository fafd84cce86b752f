"""Roll-ups: exact, indifferent to the order of rows, and right on the two days on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.metering.rules import rollup
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.local_days import (
    day_date,
    day_number,
    expected_intervals,
    iso_utc,
    local_days,
    local_midnight_us,
)
from domain.grid.metering.rules.reads import Reads

EASTERN = ZoneInfo("America/New_York")
QUARTER = 15 * 60 * 1_000_000


def make_reads(start: datetime, intervals: int, meters: int = 2, minutes: int = 15, seed: int = 1) -> Reads:
    """Complete reads of some meters on two feeders; the first stamp is the end of the first interval."""
    rng = np.random.default_rng(seed)
    first = int(start.timestamp()) * 1_000_000
    read_at = first + (np.arange(intervals, dtype=np.int64) + 1) * minutes * 60_000_000
    n = meters * intervals
    return Reads(
        meters=[f"M{number}" for number in range(meters)],
        feeders=[f"F{number % 2}" for number in range(meters)],
        meter=np.repeat(np.arange(meters, dtype=np.int32), intervals),
        read_at=np.tile(read_at, meters),
        kwh=np.round(rng.uniform(-0.2, 2, n), 4),
        voltage=np.where(rng.random(n) < 0.1, np.nan, np.round(rng.uniform(105, 127, n), 2)),
        flags=np.where(rng.random(n) < 0.2, int(Flag.ESTIMATED), int(Flag.ACTUAL)).astype(np.int32),
        arrived_at=np.tile(read_at, meters) + 60_000_000,
        interval_minutes=minutes,
        source="test",
    )


def shuffled(reads: Reads, seed: int) -> Reads:
    order = np.random.default_rng(seed).permutation(len(reads))
    columns = ("meter", "read_at", "kwh", "voltage", "flags", "arrived_at")
    return Reads(
        **{name: getattr(reads, name)[order] for name in columns},
        meters=reads.meters,
        feeders=reads.feeders,
        interval_minutes=reads.interval_minutes,
        source=reads.source,
    )


@pytest.mark.parametrize(
    ("on", "minutes", "expected"),
    [
        (date(2026, 3, 8), 15, 92),
        (date(2026, 11, 1), 15, 100),
        (date(2026, 6, 1), 15, 96),
        (date(2026, 3, 8), 30, 46),
        (date(2026, 11, 1), 60, 25),
    ],
)
def test_days_of_23_and_25_hours_have_their_intervals(on: date, minutes: int, expected: int) -> None:
    assert expected_intervals(day_number(on), minutes, EASTERN) == expected
    start = datetime(on.year, on.month, on.day, tzinfo=EASTERN).astimezone(UTC)
    reads = make_reads(start - timedelta(hours=5), (24 + 10) * 60 // minutes, meters=1, minutes=minutes)
    days = rollup.meter_days(reads, EASTERN)
    assert dict(zip(days.local_day.tolist(), days.reads.tolist(), strict=True))[day_number(on)] == expected


def test_a_read_that_ends_at_midnight_belongs_to_the_day_before() -> None:
    midnight = np.array([local_midnight_us(day_number(date(2026, 5, 2)), EASTERN)])
    assert day_date(int(local_days(midnight, QUARTER, EASTERN)[0])) == date(2026, 5, 1)
    assert day_date(int(local_days(midnight + QUARTER, QUARTER, EASTERN)[0])) == date(2026, 5, 2)
    assert iso_utc(int(midnight[0])) == "2026-05-02T04:00:00Z"


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC"])
def test_local_days_agree_with_the_calendar_in_odd_zones(zone: str) -> None:
    ends = np.arange(1_700_000_100_000_000, 1_700_000_100_000_000 + 400 * 86_400_000_000, 41 * QUARTER, dtype=np.int64)
    days = local_days(ends, QUARTER, ZoneInfo(zone))
    for end, day in zip(ends[::7].tolist(), days[::7].tolist(), strict=True):
        start = datetime.fromtimestamp((end - QUARTER) / 1e6, ZoneInfo(zone))
        assert day_date(day) == start.date()


def test_meter_days_add_up_exactly() -> None:
    reads = make_reads(datetime(2026, 3, 6, 5, tzinfo=UTC), 5 * 96, meters=3)
    days = rollup.meter_days(reads, EASTERN)
    assert days.energy.sum() == np.rint(reads.kwh * 10_000).astype(int).sum()
    assert days.reads.sum() == len(reads)
    assert days.reads_estimated.sum() == (reads.flags == Flag.ESTIMATED).sum()
    assert days.negative_reads.sum() == (reads.kwh < 0).sum()


@given(st.integers(0, 1000))
def test_any_order_of_rows_gives_the_same_bytes(seed: int) -> None:
    reads = make_reads(datetime(2026, 10, 31, 4, tzinfo=UTC), 200, meters=4)
    weights = np.array([3, 1, 4, 1])
    for one, other in (
        (rollup.meter_days(reads, EASTERN), rollup.meter_days(shuffled(reads, seed), EASTERN)),
        (
            rollup.feeder_intervals(reads, EASTERN, weights),
            rollup.feeder_intervals(shuffled(reads, seed), EASTERN, weights),
        ),
    ):
        for name, values in vars(one).items():
            assert np.asarray(values).tobytes() == np.asarray(getattr(other, name)).tobytes(), name


def test_feeder_intervals_count_what_is_expected_and_what_came() -> None:
    reads = make_reads(datetime(2026, 5, 1, tzinfo=UTC), 4, meters=4)
    keep = ~((reads.meter == 2) & (reads.read_at == reads.read_at[1]))
    columns = {name: getattr(reads, name)[keep] for name in ("meter", "read_at", "kwh", "voltage", "flags")}
    fewer = Reads(
        **columns,
        meters=reads.meters,
        feeders=reads.feeders,
        arrived_at=reads.arrived_at[keep],
        interval_minutes=15,
        source="test",
    )
    rolled = rollup.feeder_intervals(fewer, EASTERN, np.array([10, 20, 30, 40]))
    assert rolled.feeders == ("F0", "F1")
    assert rolled.reads_expected.tolist() == [2] * 8
    assert (rolled.reads_received + rolled.reads_estimated).tolist() == [2, 1, 2, 2, 2, 2, 2, 2]
    assert rolled.reads_estimated.sum() == (fewer.flags == Flag.ESTIMATED).sum() > 0
    assert rolled.weight_expected.tolist() == [40] * 4 + [60] * 4
    assert (rolled.weight_received + rolled.weight_estimated).tolist() == [40, 10, 40, 40, 60, 60, 60, 60]
    came = fewer.flags == Flag.ACTUAL
    assert rolled.weight_received.sum() == np.array([10, 20, 30, 40])[fewer.meter[came]].sum()
    assert rolled.metered.sum() == np.rint(fewer.kwh * 10_000).astype(int).sum()
    assert rolled.voltage_below_a.sum() == (fewer.voltage < 114).sum()
    assert rolled.voltage_below_b.sum() == (fewer.voltage < 110).sum()
    assert (rolled.last_arrived_at == rolled.read_at + 60_000_000).all()


def test_a_gap_is_made_up_for_where_it_lies_and_unmatched_intervals_count_as_unread() -> None:
    one = np.ones(3, dtype=np.int64)
    days = rollup.feeder_days(
        feeder=np.zeros(3, np.int32),
        local_day=np.zeros(3, np.int32),
        delivered=np.array([100, 200, 300]),
        metered=np.array([95, 95, 0]),
        reads_expected=2 * one,
        reads_received=np.array([2, 1, 0]),
        reads_known=np.array([2, 1, 0]),
        weight_expected=10 * one,
        weight_known=np.array([10, 5, 0]),
    )
    assert (days.delivered[0], days.metered[0], days.metered_hat[0]) == (300, 190, 95 + 190)
    assert (days.intervals_matched[0], days.reads_expected[0], days.reads_received[0]) == (2, 6, 3)


def test_an_estimate_corrects_the_energy_and_is_not_covered_by_it() -> None:
    one = np.ones(2, dtype=np.int64)
    days = rollup.feeder_days(
        feeder=np.zeros(2, np.int32),
        local_day=np.zeros(2, np.int32),
        delivered=np.array([100, 100]),
        metered=np.array([60, 90]),
        reads_expected=3 * one,
        reads_received=np.array([1, 0]),
        reads_known=np.array([2, 3]),
        weight_expected=9 * one,
        weight_known=np.array([6, 9]),
    )
    assert (days.intervals_matched[0], days.metered_hat[0], days.reads_received[0]) == (1, 90, 1)


def test_no_reads_give_no_rows() -> None:
    reads = make_reads(datetime(2026, 5, 1, tzinfo=UTC), 0, meters=1)
    assert len(rollup.meter_days(reads, EASTERN)) == 0
    assert len(rollup.feeder_intervals(reads, EASTERN, np.array([1]))) == 0
