"""Daily aggregate rows: what a day added, and how things stood at its end.

Grain: course, lesson (NO_LESSON for the row of the course) and UTC day; every lesson of every course has a row.
The population is E as it stood at the end of the day, so that a later revocation moves no earlier row. A learner is new
as a viewer on the day on which both the first view and the enrolment are there.

Columns of the day add up over disjoint learners, and over days but for revocations: viewers_new, completers_new,
micros, micros_learners (over learners only), attempts, passes. The others say how many there were by the day's end.
In the row of the course viewers are learners who opened any lesson, completers those who completed the course, and
micros_learners counts a learner once. A pair of events over midnight belongs to the first day: its time is there once
the second event is, so a day is computed from its events and those of the next 1,800 s.
"""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.facts import DAY, NEVER, NO_LESSON, Columns, Facts, distinct_events
from domain.courses.insight.rules.grouping import Ints, counts, sums
from domain.courses.insight.rules.quizzes import Attempts, attempts_of, of_enrolled
from domain.courses.insight.rules.reach import furthest_cells, reached_from
from domain.courses.insight.rules.sessions import Credits, credits_of
from domain.courses.insight.rules.standing import Standing, standing
from domain.courses.insight.rules.times import time_spent


@dataclass(frozen=True)
class DailyRows(Columns):
    """One row per course and lesson, ordered so, the course's own row first; all of one day."""

    course: Ints
    lesson: Ints
    day: Ints
    viewers_new: Ints
    completers_new: Ints
    micros: Ints
    micros_learners: Ints
    attempts: Ints
    passes: Ints
    enrolled_to_date: Ints
    viewers_to_date: Ints
    completers_to_date: Ints
    reached_to_date: Ints
    completed_to_date: Ints


def daily_rows(facts: Facts, day: int) -> DailyRows:
    """The rows of one UTC day, given in days since 1970, from all that is known of it now."""
    events = distinct_events(facts.events)
    end = standing(facts, (day + 1) * DAY)
    credited = credits_of(events)
    credited = credited.where(credited.day == day)
    attempts = attempts_of(events, facts.scores_known)
    return rows_at_end(end, credited, attempts.where((attempts.at >= day * DAY) & (attempts.at < end.until)))


def rows_at_end(end: Standing, credited: Credits, attempts: Attempts) -> DailyRows:
    """The rows of the day that ends with `end`, from the day's credited time and attempts alone."""
    day = end.until // DAY - 1
    return _joined(
        day, end, _lesson_columns(end, day, credited, attempts), _course_columns(end, day, credited, attempts)
    )


def _lesson_columns(end: Standing, day: int, credited: Credits, attempts: Attempts) -> tuple[Ints, ...]:
    size = len(end.cells)
    active = end.is_active[end.enrolment]
    since, done = _since(end, end.lessons.opened_at), _since(end, end.lessons.completed_at)
    spent = time_spent(end, credited)
    own, cell = of_enrolled(end, attempts)
    furthest = furthest_cells(end)
    course = course_enrolments(end)
    return (
        counts(end.cell[active & (since >= day * DAY) & (since < end.until)], size),
        counts(end.cell[active & (done >= day * DAY) & (done < end.until)], size),
        _total(spent.cell, spent.micros, size),
        counts(spent.cell, size),
        counts(cell, size),
        counts(cell[own.passed == 1], size),
        course[0][end.cells.course],
        counts(end.cell[active], size),
        counts(end.cell[active & (done < end.until)], size),
        reached_from(counts(furthest[end.is_active & (furthest >= 0)], size), end.cells.start),
        course[1][end.cells.course],
    )


def _course_columns(end: Standing, day: int, credited: Credits, attempts: Attempts) -> tuple[Ints, ...]:
    size, enrolments = len(end.courses), end.enrolments
    first_open = np.full(len(enrolments), NEVER, np.int64)
    np.minimum.at(first_open, end.enrolment, _since(end, end.lessons.opened_at))
    opened = end.is_active & (first_open < NEVER)
    done = np.maximum(enrolments.completed_at, enrolments.enrolled_at)
    spent = time_spent(end, credited)
    own, _ = of_enrolled(end, attempts)
    learners = np.unique(spent.enrolment)
    enrolled, completed = course_enrolments(end)
    viewers = counts(enrolments.course[opened], size)
    return (
        counts(enrolments.course[opened & (first_open >= day * DAY)], size),
        counts(enrolments.course[end.is_active & end.is_completed & (done >= day * DAY)], size),
        _total(enrolments.course[spent.enrolment], spent.micros, size),
        counts(enrolments.course[learners], size),
        counts(own.course, size),
        counts(own.course[own.passed == 1], size),
        enrolled,
        viewers,
        completed,
        viewers,
        completed,
    )


def course_enrolments(end: Standing) -> tuple[Ints, Ints]:
    """E of each course, and how many of E completed it."""
    size, course = len(end.courses), end.enrolments.course
    return counts(course[end.is_active], size), counts(course[end.is_active & end.is_completed], size)


def _since(end: Standing, at: Ints) -> Ints:
    """When something of a lesson began to count: with the enrolment, where it came before it."""
    return np.where(at == NEVER, NEVER, np.maximum(at, end.enrolments.enrolled_at[end.enrolment]))


def _total(of: Ints, micros: Ints, size: int) -> Ints:
    out = np.zeros(size, np.int64)
    (keys,), added = sums([of], micros)
    out[keys] = added
    return out


def _joined(day: int, end: Standing, lessons: tuple[Ints, ...], courses: tuple[Ints, ...]) -> DailyRows:
    course = np.concatenate((np.arange(len(end.courses)), end.cells.course)).astype(np.int64)
    lesson = np.concatenate((np.full(len(end.courses), NO_LESSON), end.cells.lesson)).astype(np.int64)
    columns = [np.concatenate(pair) for pair in zip(courses, lessons, strict=True)]
    order = np.lexsort((lesson, course))
    return DailyRows(*(column[order] for column in (course, lesson, np.full(len(course), day, np.int64), *columns)))
