"""Who completed what: of lessons, and of courses.

completion          completers / viewers, both distinct enrolled learners; a completer counts as a viewer
completion_enrolled completers / E
completed           enrolments with completed_at / E; as a percentage course_completion_pct
mean_progress_pct   100 * mean over E of completed lessons / lessons of the version
E leaves out revoked enrolments, which are counted apart; learners who merely stopped stay in it.
"""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.facts import NEVER
from domain.courses.insight.rules.grouping import Ints, counts
from domain.courses.insight.rules.standing import Standing
from domain.courses.insight.rules.wilson import Rate, rate


@dataclass(frozen=True)
class LessonCounts:
    """Distinct enrolled learners of each cell who opened the lesson, and who completed it."""

    viewers: Ints
    completers: Ints


@dataclass(frozen=True)
class CourseCounts:
    """Enrolments of each course: E, revoked, completed of E; and completed lessons of E together."""

    enrolled: Ints
    revoked: Ints
    completed: Ints
    lessons_completed: Ints


def lesson_counts(standing: Standing, opened_before: int = NEVER) -> LessonCounts:
    """Viewers and completers of each cell; with `opened_before`, only of viewers who opened it by then."""
    counted = standing.is_active[standing.enrolment] & (standing.lessons.opened_at <= opened_before)
    completed = counted & (standing.lessons.completed_at != NEVER)
    size = len(standing.cells)
    return LessonCounts(counts(standing.cell[counted], size), counts(standing.cell[completed], size))


def course_counts(standing: Standing, enrolled_before: int = NEVER) -> CourseCounts:
    """Enrolments of each course; with `enrolled_before`, only those that had begun by then."""
    enrolments, size = standing.enrolments, len(standing.courses)
    begun = enrolments.enrolled_at <= enrolled_before
    active = begun & standing.is_active
    done = active[standing.enrolment] & (standing.lessons.completed_at != NEVER)
    return CourseCounts(
        counts(enrolments.course[active], size),
        counts(enrolments.course[begun & ~standing.is_active], size),
        counts(enrolments.course[active & standing.is_completed], size),
        counts(standing.lessons.course[done], size),
    )


def rates_of(parts: Ints, wholes: Ints) -> list[Rate]:
    """The rate of each pair."""
    return [rate(k, n) for k, n in zip(parts.tolist(), wholes.tolist(), strict=True)]


def mean_progress_pct(standing: Standing, found: CourseCounts) -> list[float | None]:
    """Of each course; None where nobody is enrolled, or where the number of its lessons is not known."""
    sizes = np.diff(standing.cells.start).tolist()
    rows = zip(standing.courses, sizes, found.enrolled.tolist(), found.lessons_completed.tolist(), strict=True)
    return [
        100 * done / (enrolled * size) if enrolled and size and course.lessons_known else None
        for course, size, enrolled, done in rows
    ]
