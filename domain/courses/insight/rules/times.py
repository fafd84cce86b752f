"""Time on lessons from credited time: mean and median over the learners who have any, and shares against the plan.

Learners without a measured gap are left out, not counted as zero: their time is not known. All figures are lower
bounds, since time after the last event of a session is not known either.
"""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.facts import SECOND
from domain.courses.insight.rules.grouping import Ints, Mask, counts, group_starts, sums
from domain.courses.insight.rules.sessions import Credits
from domain.courses.insight.rules.standing import Standing
from domain.courses.insight.rules.wilson import Rate, rate

SHORT_SHARE = 0.25
LONG_SHARE = 2.0


@dataclass(frozen=True)
class LessonTime:
    """Time on one lesson: seconds together, and mean and median of the `n` learners who have any."""

    seconds: float
    n: int
    avg_seconds: float | None
    median_seconds: float | None


@dataclass(frozen=True)
class TimeSpent:
    """Credited time of enrolled learners. Grain: enrolment and cell, ordered by cell, then time."""

    enrolment: Ints
    cell: Ints
    micros: Ints


def time_spent(standing: Standing, credited: Credits) -> TimeSpent:
    """The whole time of each enrolment of E on each lesson."""
    enrolment = standing.enrolment_of(credited.learner, credited.course)
    cell = standing.cells.of(credited.course, credited.lesson)
    there = (enrolment >= 0) & (cell >= 0)
    there[there] &= standing.is_active[enrolment[there]]
    (cell, enrolment), micros = sums([cell[there], enrolment[there]], credited.micros[there])
    order = np.lexsort((enrolment, micros, cell))
    return TimeSpent(enrolment[order], cell[order], micros[order])


def lesson_times(standing: Standing, spent: TimeSpent) -> list[LessonTime]:
    """Time on each cell."""
    first = np.flatnonzero(group_starts([spent.cell]))
    found = (
        {
            int(spent.cell[start]): _of(spent.micros[start:end])
            for start, end in zip(first, [*first[1:], len(spent.cell)], strict=True)
        }
        if len(first)
        else {}
    )
    nobody = LessonTime(0.0, 0, None, None)
    return [found.get(cell, nobody) for cell in range(len(standing.cells))]


def _of(rising: Ints) -> LessonTime:
    total, n = int(rising.sum()), len(rising)
    middle = int(rising[(n - 1) // 2]) + int(rising[n // 2])
    return LessonTime(total / SECOND, n, total / (n * SECOND), middle / (2 * SECOND))


def shares_of_plan(standing: Standing, spent: TimeSpent) -> tuple[list[Rate | None], list[Rate | None]]:
    """Of each cell: viewers with known time who spent under a quarter, and over twice, the planned time.

    None where no time is planned.
    """
    size, plan = len(standing.cells), _planned_micros(standing)
    viewer = np.isin(spent.cell * len(standing.enrolments) + spent.enrolment, _viewer_keys(standing))
    own = plan[spent.cell]
    known = counts(spent.cell[viewer], size).tolist()

    def shares(among: Mask) -> list[Rate | None]:
        parts = counts(spent.cell[viewer & among], size).tolist()
        return [None if np.isnan(plan[at]) else rate(parts[at], known[at]) for at in range(size)]

    return shares(spent.micros < SHORT_SHARE * own), shares(spent.micros > LONG_SHARE * own)


def _viewer_keys(standing: Standing) -> Ints:
    return standing.cell * len(standing.enrolments) + standing.enrolment


def _planned_micros(standing: Standing) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    minutes = [lesson.planned_minutes for course in standing.courses for lesson in course.lessons]
    return np.array([np.nan if one is None else one * 60 * SECOND for one in minutes], np.float64)
