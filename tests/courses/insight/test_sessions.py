"""The session-gap rule, case by case, with seconds that can be added by hand."""

from typing import Any

import pytest

from domain.courses.insight.rules.facts import SECOND, distinct_events
from domain.courses.insight.rules.sessions import credits_of
from tests.courses.insight.made import at, day, study

Row = tuple[Any, ...]


def credited(happened: list[Row]) -> dict[tuple[str, int, str], float]:
    """(course, lesson, day) -> seconds, of the one learner."""
    facts = study([("ann", "C", "2026-03-01")], happened).facts
    found = credits_of(distinct_events(facts.events))
    rows = zip(found.course.tolist(), found.lesson.tolist(), found.day.tolist(), found.micros.tolist(), strict=True)
    return {(facts.courses[c].course_id, lesson, _date(d)): micros / SECOND for c, lesson, d, micros in rows}


def _date(number: int) -> str:
    return next(text for text in ("2026-03-01", "2026-03-02", "2026-03-03") if day(text) == number)


def viewed(number: int, lesson: int, when: str, course: str = "C", kind: str = "lesson_viewed") -> Row:
    return (f"e{number}", "ann", course, kind, lesson, when)


@pytest.mark.parametrize(
    ("second", "seconds"),
    [("10:29:59", 1799.0), ("10:30:00", 1800.0), ("10:30:01", None), ("10:00:00", None), ("10:00:01", 1.0)],
)
def test_a_gap_counts_up_to_1800_s_and_not_when_it_is_zero(second: str, seconds: float | None) -> None:
    found = credited([viewed(1, 0, "2026-03-01T10:00:00"), viewed(2, 1, f"2026-03-01T{second}")])
    assert found == ({} if seconds is None else {("C", 0, "2026-03-01"): seconds})


def test_a_gap_of_a_microsecond_more_than_1800_s_does_not_count() -> None:
    assert credited([viewed(1, 0, "2026-03-01T10:00:00"), viewed(2, 1, "2026-03-01T10:30:00.000001")]) == {}


def test_a_session_over_midnight_belongs_to_the_day_of_the_first_event() -> None:
    found = credited(
        [
            viewed(1, 0, "2026-03-01T23:50:00"),
            viewed(2, 0, "2026-03-02T00:10:00"),
            viewed(3, 0, "2026-03-02T00:15:00"),
        ]
    )
    assert found == {("C", 0, "2026-03-01"): 1200.0, ("C", 0, "2026-03-02"): 300.0}


def test_lesson_left_ends_a_lesson_and_credits_nothing_after_it() -> None:
    found = credited(
        [
            viewed(1, 0, "2026-03-01T10:00:00"),
            viewed(2, 0, "2026-03-01T10:05:00", kind="lesson_left"),
            viewed(3, 1, "2026-03-01T10:10:00"),
            viewed(4, 1, "2026-03-01T10:12:00", kind="lesson_left"),
        ]
    )
    assert found == {("C", 0, "2026-03-01"): 300.0, ("C", 1, "2026-03-01"): 120.0}


def test_another_course_between_takes_its_own_time() -> None:
    found = credited(
        [
            viewed(1, 0, "2026-03-01T10:00:00"),
            viewed(2, 3, "2026-03-01T10:04:00", course="D"),
            viewed(3, 0, "2026-03-01T10:10:00"),
            viewed(4, 1, "2026-03-01T10:11:00"),
        ]
    )
    assert found == {("C", 0, "2026-03-01"): 240.0 + 60.0, ("D", 3, "2026-03-01"): 360.0}


def test_a_course_view_closes_a_gap_and_has_no_lesson_of_its_own() -> None:
    view = ("e2", "ann", "D", "course_view", None, "2026-03-01T10:01:00")
    found = credited([viewed(1, 0, "2026-03-01T10:00:00"), view, viewed(3, 1, "2026-03-01T10:20:00")])
    assert found == {("C", 0, "2026-03-01"): 60.0}


def test_a_duplicate_changes_nothing() -> None:
    rows = [viewed(1, 0, "2026-03-01T10:00:00"), viewed(2, 0, "2026-03-01T10:10:00")]
    assert credited([*rows, rows[0], rows[1], rows[0]]) == credited(rows) == {("C", 0, "2026-03-01"): 600.0}


def test_of_events_at_one_instant_the_last_by_id_takes_the_time() -> None:
    rows = [
        viewed(1, 0, "2026-03-01T10:00:00"),
        viewed(2, 7, "2026-03-01T10:00:00"),
        viewed(3, 1, "2026-03-01T10:05:00"),
    ]
    assert credited(rows) == credited(rows[::-1]) == {("C", 7, "2026-03-01"): 300.0}


def test_learners_do_not_close_each_others_gaps() -> None:
    rows = [viewed(1, 0, "2026-03-01T10:00:00"), ("e2", "bob", "C", "lesson_viewed", 0, "2026-03-01T10:01:00")]
    assert credited(rows) == {}


def test_no_more_than_four_hours_of_a_lesson_and_day_count() -> None:
    start, rows = at("2026-03-01T10:00:00"), []
    for number in range(11):
        seconds = 1500 * number
        rows.append(
            viewed(number, 0, f"2026-03-01T{10 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}")
        )
    assert start + 15_000 * SECOND == at("2026-03-01T14:10:00")
    assert credited(rows) == {("C", 0, "2026-03-01"): 14_400.0}
    assert credited(rows[:-1]) == {("C", 0, "2026-03-01"): 13_500.0}


def test_no_event_and_one_event_credit_nothing() -> None:
    assert credited([]) == {}
    assert credited([viewed(1, 0, "2026-03-01T10:00:00")]) == {}
