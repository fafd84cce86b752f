"""What holds for any facts: no order, repetition or split matters, reached never rises, disjoint learners add up."""

import random
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.courses.insight.rules.daily import DailyRows, daily_rows, rows_at_end
from domain.courses.insight.rules.evaluations import evaluations
from domain.courses.insight.rules.facts import DAY, EVENT_TYPES, Facts, distinct_events, joined
from domain.courses.insight.rules.figures import Figures
from domain.courses.insight.rules.funnels import ALWAYS, view_funnels
from domain.courses.insight.rules.quizzes import attempts_of
from domain.courses.insight.rules.ruleset import ruleset
from domain.courses.insight.rules.sessions import credits_of
from domain.courses.insight.rules.standing import last_activity, lesson_state, standing_of
from tests.courses.insight.made import at, day, study

Row = tuple[Any, ...]
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
TAUGHT: list[Row] = [(course, number, f"L{number}", 1.0) for course in "CD" for number in range(4)]
FIRST_DAY = day("2026-03-01")


def stamp(minutes: float) -> str:
    return (BEGIN + timedelta(minutes=minutes)).replace(tzinfo=None).isoformat()


# Anywhere in four days, within one hour, and around midnight: so that gaps of all kinds are drawn.
minutes = st.integers(0, 8 * 60 * 24 * 4).map(lambda one: one / 8) | st.integers(0, 60) | st.integers(1_420, 1_460)
moments = minutes.map(stamp)


@st.composite
def event_rows(draw: st.DrawFn) -> list[Row]:
    rows: list[Row] = []
    for number in range(draw(st.integers(0, 40))):
        kind = draw(st.sampled_from(EVENT_TYPES))
        of_quiz = kind == "quiz_attempted"
        score = draw(st.none() | st.integers(0, 100)) if of_quiz else None
        passed = draw(st.none() | st.booleans()) if of_quiz else None
        lesson = None if kind == "course_view" else draw(st.integers(0, 3))
        learner = draw(st.sampled_from("abcd"))
        rows.append((f"e{number}", learner, draw(st.sampled_from("CD")), kind, lesson, draw(moments), score, passed))
    return rows


@st.composite
def enrolment_rows(draw: st.DrawFn) -> list[Row]:
    row = st.tuples(st.sampled_from("abc"), st.sampled_from("CD"), moments, st.none() | moments, st.none() | moments)
    return draw(st.lists(row, max_size=8))


def told(facts: Facts, as_of: str = "2026-03-20") -> dict[str, Any]:
    """Every figure of the facts as plain values."""
    found = Figures(facts, at(as_of))
    return {
        "courses": [column.tolist() for column in asdict(found.courses).values()],
        "lessons": [column.tolist() for column in asdict(found.lessons).values()],
        "drop_off": found.drop_offs(found.reach),
        "matured": found.drop_offs(found.matured_reach),
        "times": found.times,
        "quizzes": found.quizzes,
        "funnels": view_funnels(found.standing, found.events, ALWAYS),
        "evaluations": evaluations(found, ruleset()),
        "days": [plain(daily_rows(facts, FIRST_DAY + number)) for number in range(6)],
    }


def plain(rows: DailyRows) -> dict[str, list[int]]:
    return {one.name: getattr(rows, one.name).tolist() for one in fields(rows)}


@settings(max_examples=60, deadline=None)
@given(enrolment_rows(), event_rows(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(enrolled: list[Row], happened: list[Row], shuffle: random.Random) -> None:
    expected = told(study(enrolled, happened, TAUGHT).facts)
    enrolled, happened, taught = enrolled * 2, happened * 2, TAUGHT * 2
    for rows in (enrolled, happened, taught):
        shuffle.shuffle(rows)
    assert told(study(enrolled, happened, taught).facts) == expected


@settings(max_examples=60, deadline=None)
@given(enrolment_rows(), event_rows(), st.randoms(use_true_random=False))
def test_events_of_one_id_that_differ_count_once_whatever_their_order(
    enrolled: list[Row], happened: list[Row], shuffle: random.Random
) -> None:
    rows = [(f"e{int(number[1:]) % 5}", *rest) for number, *rest in happened]
    expected = told(study(enrolled, rows, TAUGHT).facts)
    shuffle.shuffle(rows)
    assert told(study(enrolled, rows, TAUGHT).facts) == expected


@settings(max_examples=60, deadline=None)
@given(event_rows(), st.integers(0, 40))
def test_any_split_of_the_events_joins_to_the_same(happened: list[Row], where: int) -> None:
    events = study([("a", "C", "2026-03-01")], happened, TAUGHT).facts.events
    first, second = events.where(np.arange(len(events)) < where), events.where(np.arange(len(events)) >= where)
    whole, again = distinct_events(events), distinct_events(joined([second, first, second]))
    for one in fields(whole):
        np.testing.assert_array_equal(getattr(whole, one.name), getattr(again, one.name))


@settings(max_examples=60, deadline=None)
@given(enrolment_rows(), event_rows())
def test_what_is_counted_stays_within_what_it_is_counted_of(enrolled: list[Row], happened: list[Row]) -> None:
    found = Figures(study(enrolled, happened, TAUGHT).facts, at("2026-03-20"))
    for reach in (found.reach, found.matured_reach):
        for course in range(len(found.facts.courses)):
            own = reach.reached[found.standing.cells.course == course]
            assert (np.diff(own) <= 0).all()
        assert ((reach.stopped >= 0) & (reach.stopped <= reach.reached)).all()
    enrolled_of_cell = found.courses.enrolled[found.standing.cells.course]
    assert (found.lessons.completers <= found.lessons.viewers).all()
    assert (found.lessons.viewers <= enrolled_of_cell).all()
    assert (found.reach.reached <= enrolled_of_cell).all()
    assert all(time.seconds >= 0 for time in found.times)


@settings(max_examples=60, deadline=None)
@given(enrolment_rows(), event_rows(), st.integers(0, 5))
def test_rows_of_disjoint_learners_add_up(enrolled: list[Row], happened: list[Row], number: int) -> None:
    happened = [row for row in happened if row[1] in "abc"]
    quiz: Row = ("known", "z", "C", "quiz_passed", 0, stamp(0))

    def rows(who: str) -> DailyRows:
        own = [row for row in enrolled if row[0] in who], [quiz, *(row for row in happened if row[1] in who)]
        return daily_rows(study(*own, TAUGHT).facts, FIRST_DAY + number)

    a, b, both = rows("a"), rows("bc"), rows("abc")
    for one in fields(both)[3:]:
        np.testing.assert_array_equal(getattr(a, one.name) + getattr(b, one.name), getattr(both, one.name))


@settings(max_examples=60, deadline=None)
@given(enrolment_rows(), event_rows())
def test_the_rows_to_date_of_a_day_are_the_figures_at_its_end(enrolled: list[Row], happened: list[Row]) -> None:
    facts = study(enrolled, happened, TAUGHT).facts
    rows = daily_rows(facts, FIRST_DAY + 2)
    found = Figures(facts, at("2026-03-04") - 1)
    of_lessons = rows.where(rows.lesson >= 0)
    np.testing.assert_array_equal(of_lessons.viewers_to_date, found.lessons.viewers)
    np.testing.assert_array_equal(of_lessons.completers_to_date, found.lessons.completers)
    np.testing.assert_array_equal(of_lessons.reached_to_date, found.reach.reached)
    of_courses = rows.where(rows.lesson < 0)
    np.testing.assert_array_equal(of_courses.enrolled_to_date, found.courses.enrolled)
    np.testing.assert_array_equal(of_courses.completed_to_date, found.courses.completed)


@settings(max_examples=60, deadline=None)
@given(enrolment_rows(), event_rows())
def test_seconds_and_attempts_of_all_days_are_those_of_the_whole(enrolled: list[Row], happened: list[Row]) -> None:
    enrolled = [(who, course, stamp(0), done, None) for who, course, _, done, _ in enrolled]
    facts = study(enrolled, happened, TAUGHT).facts
    days = [daily_rows(facts, FIRST_DAY + number) for number in range(6)]
    found = Figures(facts, at("2026-03-20"))
    of_lessons = days[0].lesson >= 0
    assert sum(one.micros[of_lessons] for one in days).tolist() == [round(t.seconds * 1e6) for t in found.times]
    assert sum(one.attempts[of_lessons] for one in days).tolist() == [quiz.attempts for quiz in found.quizzes]


@settings(max_examples=60, deadline=None)
@given(enrolment_rows(), event_rows())
def test_a_kept_lesson_state_gives_the_same_rows_as_the_events(enrolled: list[Row], happened: list[Row]) -> None:
    facts = study(enrolled, happened, TAUGHT).facts
    events = distinct_events(facts.events)
    number, until = FIRST_DAY + 1, (FIRST_DAY + 2) * DAY
    kept = standing_of(facts, lesson_state(events), last_activity(events), until)
    credited, attempts = credits_of(events), attempts_of(events)
    of_day = attempts.where((attempts.at >= number * DAY) & (attempts.at < until))
    assert plain(rows_at_end(kept, credited.where(credited.day == number), of_day)) == plain(daily_rows(facts, number))
