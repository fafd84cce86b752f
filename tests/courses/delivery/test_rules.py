"""The pure rules of delivery: grades, progress, windows, prices, and what a learner sees."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.courses.content.quiz import Quiz
from domain.courses.delivery.rules.grading import grade
from domain.courses.delivery.rules.price import amount_typed, amount_words, price_words, typed_amount
from domain.courses.delivery.rules.progress import carry, is_completed, percent
from domain.courses.delivery.rules.projection import package_seen
from domain.courses.delivery.rules.window import EXPORTS, Window
from domain.kernel.errors import Invalid
from tests.courses import small_course
from tests.courses.delivery.school import UNSEEN_NAMES

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LESSONS = st.lists(st.sampled_from([f"m01l{number:02d}" for number in range(12)]), unique=True, min_size=1)


def quiz(keys: list[int], threshold: int = 70) -> Quiz:
    question = small_course.quiz_json()["questions"][0]
    questions = [
        question | {"id": f"q{number:02d}", "question": f"Which of these is number {number}?", "correctIndex": key}
        for number, key in enumerate(keys)
    ]
    return Quiz.model_validate(small_course.quiz_json() | {"questions": questions, "passThresholdPct": threshold})


KEYS = st.lists(st.integers(0, 3), min_size=1, max_size=20)


@given(KEYS, st.data(), st.integers(1, 100))
def test_a_grade_is_whole_and_never_rounded_up(keys: list[int], data: Any, threshold: int) -> None:
    answers = data.draw(st.lists(st.integers(0, 3), min_size=len(keys), max_size=len(keys)))
    graded = grade(quiz(keys, threshold), answers)
    right = sum(a == k for a, k in zip(answers, keys, strict=True))
    assert (graded.correct, graded.questions) == (right, len(keys))
    assert graded.score_pct * len(keys) <= 100 * right < (graded.score_pct + 1) * len(keys)
    assert graded.passed == (100 * right >= threshold * len(keys))
    assert [one.correct for one in graded.per_question] == [a == k for a, k in zip(answers, keys, strict=True)]


@pytest.mark.parametrize("answers", [[], [0], [0, 0, 0], [0, 4], [0, -1]])
def test_answers_that_do_not_fit_are_refused(answers: list[int]) -> None:
    with pytest.raises(Invalid, match="was not taken"):
        grade(quiz([0, 0]), answers)


@given(LESSONS, LESSONS, st.data())
def test_what_was_completed_and_is_still_there_stays(before: list[str], after: list[str], data: Any) -> None:
    done = set(data.draw(st.lists(st.sampled_from(before), unique=True)))
    carried = carry(done, before, after)
    kept = {lesson for _, lesson in carried.kept}
    assert kept == done & set(after)
    assert set(carried.dropped) == done - set(after)
    assert kept | set(carried.dropped) == done
    assert all(after[index] == lesson for index, lesson in carried.kept)
    assert set(carried.added) == set(after) - set(before)


@given(LESSONS, st.data())
def test_a_course_is_completed_by_all_of_it_alone(lessons: list[str], data: Any) -> None:
    done = data.draw(st.lists(st.sampled_from(lessons), unique=True))
    everything = set(done) == set(lessons)
    assert is_completed(lessons, done, [], []) == everything
    assert is_completed(lessons, lessons, ["q"], []) is False
    assert is_completed(lessons, lessons, ["q"], ["q", "another"]) is True
    assert (percent(len(done), len(lessons)) == 100) == everything


TIMES = st.lists(st.integers(0, 1500).map(lambda s: NOW - timedelta(seconds=s)), max_size=12)


@given(TIMES, st.integers(1, 5))
def test_waiting_as_long_as_told_is_enough_and_no_longer_than_needed(times: list[datetime], most: int) -> None:
    window = Window(most, timedelta(minutes=10))
    wait = window.retry_after_s(times, NOW)
    assert (wait == 0) == (window.left(times, NOW) > 0)
    assert wait <= 600
    if wait:
        assert window.left(times, NOW + timedelta(seconds=wait)) > 0
        assert window.left(times, NOW + timedelta(seconds=wait - 1, microseconds=-1)) == 0


def test_a_fraction_of_a_second_is_waited_out_whole() -> None:
    given_out = [NOW - timedelta(seconds=599, milliseconds=999)] * 3
    assert EXPORTS.retry_after_s(given_out, NOW) == 1
    assert EXPORTS.retry_after_s([NOW - timedelta(minutes=10)] * 3, NOW) == 0
    assert EXPORTS.retry_after_s([NOW] * 3, NOW) == 600


@pytest.mark.parametrize(
    ("cents", "currency", "words"),
    [
        (0, "EUR", "free"),
        (4900, "EUR", "EUR\u00a049.00"),
        (124999, "USD", "USD\u00a01,249.99"),
        (5, "GBP", "GBP\u00a00.05"),
        (500, "JPY", "JPY\u00a0500"),
        (1250, "KWD", "KWD\u00a01.250"),
    ],
)
def test_prices_are_written_in_their_own_currency(cents: int, currency: str, words: str) -> None:
    assert price_words(cents, currency) == words


def test_what_is_nothing_is_an_amount_and_not_free() -> None:
    assert amount_words(0, "EUR") == "EUR\u00a00.00"


@given(st.integers(0, 999_999_999), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_is_read_as_it_is_written(cents: int, currency: str) -> None:
    assert typed_amount(amount_typed(cents, currency), currency) == cents


@pytest.mark.parametrize("typed", ["", "-1", "1.234", "abc", "1e3", "\u0664\u0669", "1.", "1.5.0", "99999999999"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        typed_amount(typed, "EUR")


def names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for one in value.values() for name in names(one)}
    return {name for one in value for name in names(one)} if isinstance(value, list) else set()


def test_a_learner_sees_no_key_and_nothing_of_review_at_any_depth() -> None:
    package = small_course.package()
    seen = package_seen(package)
    assert not names(seen) & set(UNSEEN_NAMES)
    told = str(seen)
    assert all(question.explanation not in told for one in package.quizzes for question in one.questions)
    assert all(entry.content_hash not in told for entry in package.manifest)
    assert seen["projects"][0]["rubric"]["criteria"]
    assert seen["lessons"][0]["practice"]["expectedOutcome"]
    assert seen["quizzes"][0]["questions"][0]["options"] == list(package.quizzes[0].questions[0].options)


def test_the_search_for_unseen_names_finds_them_where_they_are() -> None:
    assert names(small_course.package().model_dump(mode="json", by_alias=True)) >= {"correctIndex", "revision"}
