"""Attempts at a quiz, graded here: what a learner sends is answers, never a score."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.courses.content.package import CoursePackage
from domain.courses.content.quiz import Quiz
from domain.courses.delivery.observe.learner import Learner
from domain.courses.delivery.observe.lessons import Progress, finished, locked
from domain.courses.delivery.observe.reading import lesson_at
from domain.courses.delivery.rules.grading import Graded, grade
from domain.courses.delivery.rules.projection import quiz_of
from domain.courses.delivery.store import lessons
from domain.courses.delivery.store.lessons import Attempt
from domain.kernel.errors import NotFound


@dataclass(frozen=True)
class Attempted:
    """One attempt, what came of each question, and how far the learner is after it."""

    quiz: Quiz
    attempt: Attempt
    graded: Graded
    progress: Progress


def quiz_at(package: CoursePackage, lesson_idx: int) -> Quiz:
    """The quiz of the lesson at that place.

    Raises:
        NotFound: LESSON_NOT_FOUND, QUIZ_NOT_FOUND.
    """
    quiz = quiz_of(package, lesson_at(package, lesson_idx).id)
    if quiz is None:
        raise NotFound("This lesson has no quiz.", hint="Mark the lesson as completed.", code="QUIZ_NOT_FOUND")
    return quiz


def attempt(
    connection: Connection, learner: Learner, course_id: str, lesson_idx: int, answers: Sequence[int]
) -> Attempted:
    """Grade the answers and keep the attempt under the next number.

    Raises:
        NotFound: COURSE_NOT_FOUND, LESSON_NOT_FOUND, QUIZ_NOT_FOUND.
        Forbidden: NOT_ENROLLED and what else keeps the course shut.
        Invalid: ANSWERS_DO_NOT_FIT.
    """
    found = locked(connection, learner, course_id)
    quiz = quiz_at(found.package, lesson_idx)
    graded = grade(quiz, answers)
    enrollment = found.enrollment
    kept = lessons.insert_attempt(
        connection, enrollment.enrollment_id, enrollment.package_version, lesson_idx, quiz.id, answers, graded
    )
    return Attempted(quiz, kept, graded, finished(connection, enrollment, found.package))
