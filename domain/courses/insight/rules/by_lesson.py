"""Figures lesson by lesson, of one version: what a dashboard draws and tables."""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.facts import SECOND, Lesson
from domain.courses.insight.rules.figures import Figures
from domain.courses.insight.rules.grouping import sums
from domain.courses.insight.rules.quizzes import Quiz
from domain.courses.insight.rules.reach import reach
from domain.courses.insight.rules.times import LessonTime
from domain.courses.insight.rules.wilson import Rate, rate

# Below it a number is shown greyed: hardly a signal is judged by so few.
SMALL_N = 30


@dataclass(frozen=True)
class LessonFigures:
    """One lesson of the version, to date.

    Attributes:
        reached: enrolled learners who got here or further; stopped: who went no further.
        in_progress: of those, how many may still go on.
        matured_drop_off: over learners of whom nothing more is expected.
    """

    lesson: Lesson
    completion: Rate
    completion_of_enrolled: Rate
    reached: int
    stopped: int
    in_progress: int
    drop_off: Rate
    matured_drop_off: Rate
    time: LessonTime
    quiz: Quiz


def lesson_figures(found: Figures) -> list[LessonFigures]:
    """Of the first course of the facts, in its order."""
    standing = found.standing
    settled = reach(standing, standing.is_active & standing.is_matured(found.as_of))
    enrolled = int(found.courses.enrolled[0])
    plain, matured = found.drop_offs(found.reach), found.drop_offs(found.matured_reach)
    viewers, completers = found.lessons.viewers.tolist(), found.lessons.completers.tolist()
    return [
        LessonFigures(
            lesson,
            rate(completers[at], viewers[at]),
            rate(completers[at], enrolled),
            int(found.reach.reached[at]),
            int(found.reach.stopped[at]),
            int(found.reach.stopped[at] - settled.stopped[at]),
            plain[at],
            matured[at],
            found.times[at],
            found.quizzes[at],
        )
        for at, lesson in enumerate(found.facts.courses[0].lessons)
    ]


def median_seconds(found: Figures) -> tuple[float | None, int]:
    """The median of learners' time in the course, and of how many it is."""
    _, micros = sums([found.spent.enrolment], found.spent.micros)
    if not len(micros):
        return None, 0
    return float(np.median(micros)) / SECOND, len(micros)
