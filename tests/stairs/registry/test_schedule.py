"""The schedule is data: every shipped row is a schedule's, unverified, and a wrong one is told."""

from dataclasses import replace

import pytest

from domain.stairs.rules.schedule import (
    PRESSURE,
    SHIPPED_SCHEDULE,
    STRICT_SCHEDULE,
    ScheduleRow,
    sampled,
    schedule_problems,
    selected,
)


def test_shipped_rows_are_a_schedule_and_nobody_has_verified_them() -> None:
    assert schedule_problems(SHIPPED_SCHEDULE) == []
    assert schedule_problems(STRICT_SCHEDULE) == []
    assert not any(row.verified for row in SHIPPED_SCHEDULE)
    assert all(row.source for row in SHIPPED_SCHEDULE)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"archetype_id": "ARCH-NOISE-001"}, "no archetype"),
        ({"frequency": "weekly"}, "no frequency"),
        ({"dimension": "door"}, "no dimension door"),
        ({"selector": "some"}, "cannot be 'some'"),
        ({"selector": "all,lowest_middle_highest"}, "names the same twice"),
    ],
)
def test_a_wrong_row_is_told(change: dict, told: str) -> None:
    rows = [replace(SHIPPED_SCHEDULE[0], **change), *SHIPPED_SCHEDULE[1:]]
    assert any(told in problem for problem in schedule_problems(rows))


def test_a_missing_dimension_is_told_and_tests_nothing() -> None:
    rows = [ScheduleRow(PRESSURE, "monthly", "floor", "all")]
    assert schedule_problems(rows) == [f"{PRESSURE} monthly needs one row for each of: floor, door_configuration"]
    assert selected(rows, PRESSURE, "monthly") is None


@pytest.mark.parametrize(
    ("floors", "taken"), [("", ""), ("a", "a"), ("ab", "ab"), ("abc", "abc"), ("abcd", "abd"), ("abcdefg", "adg")]
)
def test_samples_are_the_lowest_the_middle_and_the_highest(floors: str, taken: str) -> None:
    assert "".join(sampled(floors, "lowest_middle_highest")) == taken
