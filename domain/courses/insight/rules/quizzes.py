"""Attempts on quizzes, and who passed. The quiz of a lesson is named by the lesson.

fail_rate               failed attempts / attempts
learner_pass_rate       learners who ever passed / learners who attempted
first_attempt_pass_rate learners whose first attempt passed / learners who attempted
attempts_per_learner    attempts / learners who attempted
retry_rate              learners with 3 or more attempts / learners who attempted

An attempt is a quiz_attempted with a score; one that was opened and not handed in has none. Whether it passed is what
it says itself, else whether a quiz_passed of the learner follows before the next attempt. A pass with no attempt before
it stands for one attempt that passed: whoever passed has attempted.
"""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.facts import Columns, Events, EventType
from domain.courses.insight.rules.grouping import Ints, counts, group_starts, ordered
from domain.courses.insight.rules.standing import Standing
from domain.courses.insight.rules.wilson import Rate, rate, unknown_of

RETRIED_AT = 3


@dataclass(frozen=True)
class Attempts(Columns):
    """One row per attempt, ordered by learner, course, lesson, time and event id.

    Attributes:
        passed: 1 or 0. ever: 1 where a quiz_passed belongs to the attempt, whatever the attempt says itself.
    """

    learner: Ints
    course: Ints
    lesson: Ints
    at: Ints
    passed: Ints
    ever: Ints


@dataclass(frozen=True)
class Quiz:
    """The figures of one quiz; rates of passing have no numerator where outcomes are not told."""

    attempts: int
    attempters: int
    fail_rate: Rate
    learner_pass_rate: Rate
    first_attempt_pass_rate: Rate
    attempts_per_learner: float | None
    retry_rate: Rate


def attempts_of(events: Events, scores_known: bool = True) -> Attempts:
    """The attempts of events of which each stands once; without scores every quiz_attempted is one."""
    attempted = events.kind == EventType.QUIZ_ATTEMPTED
    if scores_known:
        attempted &= ~np.isnan(events.score)
    rows = events.where((attempted | (events.kind == EventType.QUIZ_PASSED)) & (events.learner >= 0))
    # At one instant the attempt comes before its pass.
    rows = rows.where(ordered([rows.learner, rows.course, rows.lesson, rows.at, rows.kind, rows.event]))
    if not len(rows):
        return Attempts(*([np.empty(0, np.int64)] * 6))
    quiz_starts = group_starts([rows.learner, rows.course, rows.lesson])
    is_attempt = (rows.kind == EventType.QUIZ_ATTEMPTED) | quiz_starts
    attempt = np.cumsum(is_attempt) - 1
    ever = np.zeros(int(is_attempt.sum()), np.int64)
    np.maximum.at(ever, attempt, (rows.kind == EventType.QUIZ_PASSED).astype(np.int64))
    kept = rows.where(is_attempt)
    passed = np.where((kept.kind == EventType.QUIZ_PASSED) | (kept.passed < 0), ever, kept.passed)
    return Attempts(kept.learner, kept.course, kept.lesson, kept.at, passed, np.maximum(ever, passed))


def of_enrolled(standing: Standing, attempts: Attempts) -> tuple[Attempts, Ints]:
    """The attempts of E on lessons that are there, and the cell of each."""
    enrolment = standing.enrolment_of(attempts.learner, attempts.course)
    cell = standing.cells.of(attempts.course, attempts.lesson)
    there = (enrolment >= 0) & (cell >= 0)
    there[there] &= standing.is_active[enrolment[there]]
    return attempts.where(there), cell[there]


def quizzes(standing: Standing, attempts: Attempts, outcomes_known: bool = True) -> list[Quiz]:
    """The quiz figures of each cell (course and lesson), in the cells' order; attempts of those who are enrolled alone.

    Without `outcomes_known` rates of passing have no numerator.
    """
    own, cell = of_enrolled(standing, attempts)
    size = len(standing.cells)
    begins = group_starts([own.learner, own.course, own.lesson]) if len(own) else np.zeros(0, np.bool_)
    first = np.flatnonzero(begins)
    learner_cell = cell[first]
    each = np.diff(np.append(first, len(own)))
    ever = np.maximum.reduceat(own.ever, first) if len(first) else own.ever
    figures = (
        counts(cell, size),
        counts(learner_cell, size),
        counts(cell[own.passed == 0], size),
        counts(learner_cell[ever == 1], size),
        counts(learner_cell[own.passed[first] == 1], size),
        counts(learner_cell[each >= RETRIED_AT], size),
    )
    return [_quiz([int(figure[at]) for figure in figures], outcomes_known) for at in range(size)]


def _quiz(figures: list[int], outcomes_known: bool) -> Quiz:
    attempts, attempters, failed, passers, first_passers, retried = figures

    def told(k: int, n: int) -> Rate:
        return rate(k, n) if outcomes_known else unknown_of(n)

    return Quiz(
        attempts,
        attempters,
        told(failed, attempts),
        told(passers, attempters),
        told(first_passers, attempters),
        attempts / attempters if attempters else None,
        rate(retried, attempters),
    )
