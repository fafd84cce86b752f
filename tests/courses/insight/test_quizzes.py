"""Quiz figures: what an attempt is, whether it passed, and what each rate is of."""

from typing import Any

import pytest

from domain.courses.insight.rules.quizzes import Quiz
from domain.courses.insight.rules.wilson import rate, unknown_of
from tests.courses.insight.made import figures

Row = tuple[Any, ...]
WHO = ("ann", "bob", "cat", "dan")


def quiz(happened: list[Row], revoked: str | None = None) -> Quiz:
    """The figures of lesson 0's quiz; rows (learner, attempted | passed, minute, score?, passed?)."""
    enrolled = [(who, "C", "2026-03-01", None, "2026-03-09" if who == revoked else None) for who in WHO]
    rows = [
        (f"e{number}", who, "C", f"quiz_{what}", 0, f"2026-03-02T10:{minute:02}:00", *told)
        for number, (who, what, minute, *told) in enumerate(happened)
    ]
    (found,) = figures(enrolled, rows).quizzes
    return found


def test_rates_of_attempts_and_of_learners() -> None:
    found = quiz(
        [
            ("ann", "attempted", 0, 40, False),
            ("ann", "attempted", 1, 90, True),
            ("bob", "attempted", 0, 80, True),
            ("cat", "attempted", 0, 10, False),
            ("cat", "attempted", 1, 20, False),
            ("cat", "attempted", 2, 30, False),
            ("nobody", "attempted", 0, 99, True),
        ]
    )
    assert (found.attempts, found.attempters, found.attempts_per_learner) == (6, 3, 2.0)
    assert found.fail_rate == rate(4, 6)
    assert found.learner_pass_rate == rate(2, 3)
    assert found.first_attempt_pass_rate == rate(1, 3)
    assert found.retry_rate == rate(1, 3)


def test_an_attempt_without_a_score_is_no_attempt() -> None:
    found = quiz([("ann", "attempted", 0, None, False), ("bob", "attempted", 0, 50, False)])
    assert (found.attempts, found.attempters, found.fail_rate) == (1, 1, rate(1, 1))


def test_a_pass_told_apart_belongs_to_the_attempt_before_it() -> None:
    found = quiz(
        [("ann", "attempted", 0, 30), ("ann", "attempted", 5, 80), ("ann", "passed", 5), ("bob", "attempted", 0, 10)]
    )
    assert found.fail_rate == rate(2, 3)
    assert found.learner_pass_rate == rate(1, 2)
    assert found.first_attempt_pass_rate == rate(0, 2)


def test_at_one_instant_the_attempt_comes_before_its_pass_whatever_their_ids() -> None:
    found = quiz([("ann", "passed", 5), ("ann", "attempted", 5, 80), ("bob", "attempted", 0, 10)])
    assert (found.attempts, found.fail_rate, found.learner_pass_rate) == (2, rate(1, 2), rate(1, 2))


def test_a_pass_without_an_attempt_is_one() -> None:
    found = quiz([("ann", "passed", 0), ("ann", "passed", 1), ("bob", "attempted", 0, 10)])
    assert (found.attempts, found.attempters) == (2, 2)
    assert found.learner_pass_rate == rate(1, 2)


def test_passing_after_failing_counts_for_ever() -> None:
    found = quiz([("ann", "attempted", 0, 90, True), ("ann", "attempted", 1, 10, False)])
    assert found.learner_pass_rate == found.first_attempt_pass_rate == rate(1, 1)


def test_the_revoked_do_not_count() -> None:
    rows: list[Row] = [("ann", "attempted", 0, 90, True), ("bob", "attempted", 0, 10, False)]
    assert quiz(rows, revoked="bob").fail_rate == rate(0, 1)


def test_where_outcomes_are_not_told_passing_is_unknown() -> None:
    found = quiz([("ann", "attempted", 0, 90), ("bob", "attempted", 0, 10)])
    assert found.fail_rate == found.learner_pass_rate == unknown_of(2)
    assert found.retry_rate == rate(0, 2)


@pytest.mark.parametrize(("attempts", "retried"), [(2, 0), (3, 1), (4, 1)])
def test_three_attempts_are_a_retry(attempts: int, retried: int) -> None:
    assert quiz([("ann", "attempted", one, 10, False) for one in range(attempts)]).retry_rate == rate(retried, 1)
