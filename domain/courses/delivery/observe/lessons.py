"""Progress: lessons that a learner has completed, and the course when everything is done. It never goes backwards."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.courses.content.package import CoursePackage
from domain.courses.delivery.observe.learner import Learner
from domain.courses.delivery.observe.reading import Begun, begun
from domain.courses.delivery.rules.progress import is_completed, percent
from domain.courses.delivery.store import enrollments, lessons
from domain.courses.delivery.store.enrollments import Enrollment
from domain.courses.delivery.store.lessons import Done
from domain.kernel.errors import Conflict, Invalid


@dataclass(frozen=True)
class Progress:
    """How far a learner is in the pinned version.

    Attributes:
        done: completed lessons by their place.
        passed: ids of the quizzes that were passed.
        completed_at: when everything was done for the first time.
    """

    lessons: int
    done: dict[int, Done]
    passed: frozenset[str]
    completed_at: datetime | None

    @property
    def percent(self) -> int:
        """Completed lessons in percent, cut to whole numbers."""
        return percent(len(self.done), self.lessons)

    @property
    def resume_idx(self) -> int:
        """The place of the first lesson that is not completed; the first of all where everything is."""
        return next((index for index in range(self.lessons) if index not in self.done), 0)


def progress_of(connection: Connection, enrollment: Enrollment, package: CoursePackage) -> Progress:
    """How far the enrolment is."""
    done = lessons.completed(connection, enrollment.enrollment_id, enrollment.package_version)
    return Progress(
        lessons=len(package.lessons),
        done={one.lesson_idx: one for one in done},
        passed=frozenset(lessons.passed_quizzes(connection, enrollment.enrollment_id)),
        completed_at=enrollment.completed_at,
    )


def mark(
    connection: Connection, learner: Learner, course_id: str, lesson_idx: int, completed: bool
) -> tuple[Done | None, Progress, bool]:
    """Note a lesson as completed; answers it, how far the learner is, and whether this call completed it.

    Raises:
        NotFound: COURSE_NOT_FOUND.
        Forbidden: NOT_ENROLLED and what else keeps the course shut.
        Invalid: LESSON_OUT_OF_RANGE.
        Conflict: COMPLETION_STANDS, what was completed is to be undone.
    """
    found = locked(connection, learner, course_id)
    package, enrollment = found.package, found.enrollment
    if not 0 <= lesson_idx < len(package.lessons):
        last = len(package.lessons) - 1
        raise Invalid(
            f"Nothing was noted: the lessons of this course are counted from 0 to {last}.",
            code="LESSON_OUT_OF_RANGE",
            errors=[{"field": "lessonIdx", "message": f"a whole number from 0 to {last}"}],
        )
    lesson_id = package.lessons[lesson_idx].id
    is_new = completed and lessons.complete(
        connection, enrollment.enrollment_id, enrollment.package_version, lesson_idx, lesson_id
    )
    progress = finished(connection, enrollment, package)
    done = progress.done.get(lesson_idx)
    if done is not None and not completed:
        raise Conflict(
            "The lesson is completed, and stays so; nothing was changed.",
            hint="It can be read again at any time.",
            code="COMPLETION_STANDS",
        )
    return done, progress, is_new


def locked(connection: Connection, learner: Learner, course_id: str) -> Begun:
    """The learner's course with its enrolment locked, so that of two last steps at once one sees the other.

    Raises:
        NotFound: COURSE_NOT_FOUND.
        Forbidden: NOT_ENROLLED and what else keeps the course shut.
    """
    first = begun(connection, learner, course_id)
    enrollments.lock(connection, learner.tenant_id, first.enrollment.enrollment_id)
    # Read again: the learner may have moved to another version while this waited.
    return begun(connection, learner, course_id)


def finished(connection: Connection, enrollment: Enrollment, package: CoursePackage) -> Progress:
    """How far the enrolment is; notes the course as completed where nothing is left. The caller holds the lock."""
    progress = progress_of(connection, enrollment, package)
    if enrollment.completed_at is not None:
        return progress
    completed = [one.lesson_id for one in progress.done.values()]
    if not is_completed(package.lesson_order, completed, [quiz.id for quiz in package.quizzes], progress.passed):
        return progress
    at = enrollments.set_completed(connection, enrollment.enrollment_id)
    return Progress(progress.lessons, progress.done, progress.passed, at)
