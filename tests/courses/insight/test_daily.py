"""Daily rows: what each column counts, the course's own row, and what late events and revocations move."""

from dataclasses import fields
from typing import Any

import pytest

from domain.courses.insight.rules.daily import DailyRows, daily_rows
from domain.courses.insight.rules.facts import SECOND
from tests.courses.insight.made import day, study
from tests.courses.insight.test_golden_course import ENROLLED, HAPPENED, TAUGHT

Row = tuple[Any, ...]
COLUMNS = [one.name for one in fields(DailyRows)][3:]


def rows_on(text: str, happened: list[Row] = HAPPENED, enrolled: list[Row] = ENROLLED) -> dict[int, dict[str, int]]:
    """lesson_idx (-1 for the course) -> its columns."""
    found = daily_rows(study(enrolled, happened, TAUGHT).facts, day(text))
    assert set(found.day.tolist()) == {day(text)}
    return {
        lesson: {name: int(getattr(found, name)[row]) for name in COLUMNS}
        for row, lesson in enumerate(found.lesson.tolist())
    }


def test_every_lesson_has_a_row_and_the_course_has_one() -> None:
    assert list(rows_on("2026-03-02")) == [-1, 0, 1, 2, 3]
    assert list(rows_on("2020-01-01")) == [-1, 0, 1, 2, 3]


def test_a_day_counts_what_it_added_and_how_things_stood_at_its_end() -> None:
    found = rows_on("2026-03-02")
    # E: ann bob dan eve gus. dan opened 0; ann, bob and gus opened 1, ann and gus completed it.
    assert found[0] == dict(zip(COLUMNS, (1, 1, 600 * SECOND, 1, 0, 0, 5, 3, 3, 4, 0), strict=True))
    assert found[1] == dict(zip(COLUMNS, (3, 2, 1200 * SECOND, 1, 0, 0, 5, 3, 2, 3, 0), strict=True))
    assert found[2] == dict(zip(COLUMNS, (0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0), strict=True))
    assert found[-1] == dict(zip(COLUMNS, (2, 0, 1800 * SECOND, 2, 0, 0, 5, 4, 0, 4, 0), strict=True))


def test_completion_of_the_course_stands_on_its_day() -> None:
    assert [rows_on(text)[-1]["completers_new"] for text in ("2026-03-03", "2026-03-04", "2026-03-05")] == [0, 1, 0]
    assert rows_on("2026-03-05")[2]["completed_to_date"] == 1


def test_a_revocation_moves_the_rows_from_its_day_and_no_earlier_one() -> None:
    unrevoked = [row[:4] for row in ENROLLED]
    for text in ("2026-03-02", "2026-03-09"):
        assert rows_on(text) == rows_on(text, enrolled=unrevoked)
    assert rows_on("2026-03-10")[0]["viewers_to_date"] == 2
    assert rows_on("2026-03-09")[0]["viewers_to_date"] == 3


def test_the_time_of_a_session_over_midnight_is_of_the_first_day_once_the_second_event_is_there() -> None:
    late: list[Row] = [("n1", "bob", "C", "lesson_viewed", 2, "2026-03-05T23:55:00")]
    assert rows_on("2026-03-05", [*HAPPENED, *late])[2]["micros"] == 0
    closing: list[Row] = [*late, ("n2", "bob", "C", "lesson_left", 2, "2026-03-06T00:05:00")]
    assert rows_on("2026-03-05", [*HAPPENED, *closing])[2]["micros"] == 600 * SECOND
    assert rows_on("2026-03-06", [*HAPPENED, *closing])[2]["micros"] == 0


def test_a_late_event_changes_its_day_and_the_standing_from_then_on() -> None:
    late: list[Row] = [*HAPPENED, ("n1", "eve", "C", "lesson_viewed", 0, "2026-03-03T10:00:00")]
    assert rows_on("2026-03-02", late) == rows_on("2026-03-02")
    assert rows_on("2026-03-03", late)[0]["viewers_new"] == rows_on("2026-03-03")[0]["viewers_new"] + 1
    after, before = rows_on("2026-03-05", late), rows_on("2026-03-05")
    moved = {"viewers_to_date", "reached_to_date"}
    for lesson, columns in after.items():
        changed = {name for name in COLUMNS if columns[name] != before[lesson][name]}
        assert changed == (moved if lesson in {-1, 0} else set())


def test_attempts_and_passes_of_the_day() -> None:
    tried: list[Row] = [
        ("q1", "ann", "C", "quiz_attempted", 0, "2026-03-01T12:00:00", 10, False),
        ("q2", "ann", "C", "quiz_attempted", 0, "2026-03-02T12:00:00", 90, True),
        ("q3", "bob", "C", "quiz_attempted", 0, "2026-03-02T12:00:00", None, None),
        ("q4", "fay", "C", "quiz_attempted", 0, "2026-03-02T12:00:00", 90, True),
    ]
    found = [rows_on(text, [*HAPPENED, *tried]) for text in ("2026-03-01", "2026-03-02")]
    assert [(one[0]["attempts"], one[0]["passes"]) for one in found] == [(1, 0), (1, 1)]
    assert [(one[-1]["attempts"], one[-1]["passes"]) for one in found] == [(1, 0), (1, 1)]


def test_who_looked_before_enrolling_is_new_on_the_day_of_enrolling() -> None:
    enrolled: list[Row] = [("ann", "C", "2026-03-03T08:00:00")]
    days = [rows_on(f"2026-03-0{one}", enrolled=enrolled) for one in (2, 3, 4)]
    assert [one[1]["viewers_new"] for one in days] == [0, 1, 0]
    assert [one[1]["completers_new"] for one in days] == [0, 1, 0]
    assert [one[-1]["viewers_new"] for one in days] == [0, 1, 0]
    assert [one[1]["viewers_to_date"] for one in days] == [0, 1, 1]


@pytest.mark.parametrize("name", ["viewers_new", "completers_new"])
def test_new_ones_add_up_over_days_to_those_to_date(name: str) -> None:
    days = [f"2026-03-{one:02}" for one in range(1, 8)]
    for lesson in (-1, 0, 1, 2, 3):
        total = sum(rows_on(text)[lesson][name] for text in days)
        assert total == rows_on(days[-1])[lesson][name.replace("_new", "_to_date")]
