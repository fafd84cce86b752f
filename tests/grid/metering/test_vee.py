"""VEE rules 1 to 9, rule by rule, on reads that break one of them each."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.metering.rules.duplicates import once_each
from domain.grid.metering.rules.flags import Flag, codes
from domain.grid.metering.rules.intervals import partition_days, to_us
from domain.grid.metering.rules.vee import DailyEnergy, MeterMajor, VeeSettings, validate

START = to_us(datetime(2026, 6, 1, tzinfo=UTC))
STEP = 900_000_000
NO_HISTORY = DailyEnergy(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))


def _reads(
    kwh: list[float], *, meter: list[int] | None = None, at: list[int] | None = None, **columns: object
) -> MeterMajor:
    """Quarter-hour reads in UTC from 1 June 2026, one after another per meter."""
    size = len(kwh)
    who = np.array(meter if meter is not None else [0] * size, np.int32)
    steps = at if at is not None else [int((who[:i] == who[i]).sum()) + 1 for i in range(size)]
    read_at = START + np.array(steps, np.int64) * STEP
    meters = int(who.max(initial=0)) + 1
    values: dict[str, object] = {
        "meter": who,
        "read_at": read_at,
        "kwh": np.array(kwh, np.float64),
        "voltage": np.full(size, np.nan),
        "register_kwh": np.full(size, np.nan),
        "arrived_at": np.full(size, -1, np.int64),
        "day": partition_days(ZoneInfo("UTC"), read_at),
        "minutes": 15,
        "has_pv": np.zeros(meters, np.bool_),
        "service_v": np.full(meters, 120.0),
    }
    return MeterMajor(**(values | columns))  # type: ignore[arg-type]


def _letters(reads: MeterMajor, history: DailyEnergy = NO_HISTORY, settings: VeeSettings | None = None) -> list[str]:
    return [codes(int(flag)) for flag in validate(reads, history, settings or VeeSettings()).flags]


def test_reads_as_they_should_be_get_no_flag() -> None:
    assert set(_letters(_reads([0.2, 0.3, 0.25] * 64))) == {""}


def test_rule_2_keeps_the_first_counts_the_same_and_sets_apart_the_other() -> None:
    meter = np.array([1, 0, 0, 0, 1], np.int32)
    at = np.array([5, 5, 5, 5, 6], np.int64)
    kept = once_each(meter, at, np.array([9.0, 1.0, 1.0, 2.0, 9.0]), np.full(5, np.nan))
    assert (kept.kept.tolist(), kept.disputed.tolist()) == ([1, 0, 4], [True, False, False])
    assert (kept.repeated, kept.conflicts.tolist()) == (1, [3])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from([1.0, 2.0])), max_size=40))
def test_rule_2_loses_no_read(rows: list[tuple[int, int, float]]) -> None:
    meter = np.array([row[0] for row in rows], np.int32)
    at = np.array([row[1] for row in rows], np.int64)
    kept = once_each(meter, at, np.array([row[2] for row in rows]), np.full(len(rows), np.nan))
    assert len(kept.kept) + kept.repeated + len(kept.conflicts) == len(rows)
    assert len(kept.kept) == len({row[:2] for row in rows})
    assert all(np.diff(meter[kept.kept] * 100 + at[kept.kept]) > 0)


def test_rule_3_flags_a_read_far_above_the_days_third_highest() -> None:
    day = [0.5] * 96
    assert _letters(_reads([*day[:50], 1.5, *day[51:]])).count("S") == 1
    assert "S" not in _letters(_reads([*day[:50], 1.35, *day[51:]]))
    assert _letters(_reads([*day[:50], 9.0, 9.0, 9.0, *day[53:]])).count("S") == 0


def test_rule_3_leaves_a_kettle_alone() -> None:
    assert "S" not in _letters(_reads([0.05] * 50 + [0.5] + [0.05] * 45))


def test_rule_3_needs_three_reads_of_the_day() -> None:
    assert set(_letters(_reads([0.1, 50.0]))) == {""}


def test_rule_4_flags_days_unlike_the_same_weekday_of_the_last_four_weeks() -> None:
    day = int(partition_days(ZoneInfo("UTC"), np.array([START + STEP]))[0])
    back = np.array([day - 28, day - 21, day - 14, day - 7], np.int32)
    history = DailyEnergy(np.zeros(4, np.int32), back, np.array([10.0, 10.0, 12.0, 500.0]))
    for total, flagged in ((11.0, False), (2.8, False), (2.7, True), (32.0, False), (34.0, True)):
        assert set(_letters(_reads([total / 96] * 96), history)) == ({"H"} if flagged else {""}), total
    assert set(_letters(_reads([34.0 / 96] * 60), history)) == {""}, "a day that is not whole tells nothing"
    one = DailyEnergy(history.meter[:1], history.day[:1], history.kwh[:1])
    assert set(_letters(_reads([34.0 / 96] * 96), one)) == {""}, "one like day tells nothing"


def test_rule_4_moves_with_the_weather() -> None:
    day = int(partition_days(ZoneInfo("UTC"), np.array([START + STEP]))[0])
    history = DailyEnergy(np.zeros(2, np.int32), np.array([day - 14, day - 7], np.int32), np.array([10.0, 10.0]))
    reads = _reads([34.0 / 96] * 96)
    hot = validate(reads, history, VeeSettings(), weather_index=np.full(96, 1.5))
    assert not hot.flags.any()


def test_rule_4_takes_the_files_own_earlier_days_as_history() -> None:
    reads = _reads([0.1] * 96 * 14 + [0.4] * 96)
    found = validate(reads, NO_HISTORY, VeeSettings())
    assert codes(int(found.flags[-1])) == "H"
    assert found.by_rule == {"VEE-04": 96}


def test_rule_5_flags_unbroken_zeros_of_a_day_and_a_gap_breaks_them() -> None:
    assert _letters(_reads([0.1] + [0.0] * 96 + [0.1])).count("Z") == 96
    assert "Z" not in _letters(_reads([0.1] + [0.0] * 95 + [0.1]))
    gap = [*range(1, 61), *range(62, 110)]
    assert "Z" not in _letters(_reads([0.0] * len(gap), at=gap))
    assert "Z" not in _letters(_reads([0.0] * 100, meter=[0] * 50 + [1] * 50))


def test_rule_6_flags_negative_reads_of_meters_without_pv() -> None:
    reads = _reads([-0.1, 0.1, -0.1], meter=[0, 0, 1], has_pv=np.array([False, True]))
    assert _letters(reads) == ["N", "", ""]


def test_rule_7_compares_the_intervals_with_the_register() -> None:
    register = np.full(96, np.nan)
    register[[0, 95]] = [1000.0, 1000.0 + 95 * 0.25]
    assert set(_letters(_reads([0.25] * 96, register_kwh=register))) == {""}
    register[95] += 20.0
    found = validate(_reads([0.25] * 96, register_kwh=register), NO_HISTORY, VeeSettings())
    assert found.by_rule == {"VEE-07": 95}
    at = [*range(1, 50), *range(51, 98)]
    assert set(_letters(_reads([0.25] * 96, at=at, register_kwh=register))) == {""}, "a gap explains the difference"


@pytest.mark.parametrize(
    ("volts", "service", "letters"),
    [(113.9, 120, "V"), (114.0, 120, ""), (126.0, 120, ""), (126.1, 120, "V"), (240.0, 240, ""), (227.0, 240, "V")],
)
def test_rule_9_flags_voltage_outside_range_a_of_the_service(volts: float, service: float, letters: str) -> None:
    assert _letters(_reads([0.1], voltage=np.array([volts]), service_v=np.array([float(service)]))) == [letters]


def test_a_read_that_arrives_late_is_flagged_where_the_file_says_when() -> None:
    reads = _reads([0.1, 0.1, 0.1], at=[1, 2, 3])
    arrived = reads.read_at + np.array([3, 5, 0]) * 3_600_000_000
    arrived[2] = -1
    assert _letters(_reads([0.1, 0.1, 0.1], at=[1, 2, 3], arrived_at=arrived)) == ["", "L", ""]


@given(st.lists(st.floats(-50, 50), max_size=300), st.integers(1, 4))
def test_rules_only_flag_and_do_not_depend_on_other_meters(kwh: list[float], meters: int) -> None:
    alone = validate(_reads(kwh), NO_HISTORY, VeeSettings()).flags
    many = _reads(kwh * meters, meter=[m for m in range(meters) for _ in kwh])
    together = validate(many, NO_HISTORY, VeeSettings()).flags
    assert together.tolist() == alone.tolist() * meters
    assert not (together & int(Flag.ACTUAL | Flag.ESTIMATED)).any()
