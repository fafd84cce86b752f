"""Learners act: enrol, complete lessons, attempt quizzes, move to a newer version."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api.courses.learn_metrics import enrollments_total, lesson_completed_total
from api.courses.learn_schemas import (
    Answers,
    AttemptTold,
    Enroll,
    EnrollmentTold,
    Mark,
    MarkTold,
    MovedTold,
    ProgressTold,
    Upgrade,
)
from api.courses.learn_session import LEARNS, LearnerDep, LearnerSession
from domain.courses.delivery.observe import enrolling, lessons, quizzes, upgrading
from domain.courses.delivery.observe.reading import begun
from domain.courses.delivery.store.enrollments import Enrollment

router = APIRouter(prefix="/api/learn", tags=["Learning"])


@router.post(
    "/enroll",
    dependencies=[LEARNS],
    response_model=EnrollmentTold,
    status_code=201,
    responses={200: {"model": EnrollmentTold, "description": "The enrolment stood already."}},
    summary="Enrol in a course",
)
def enroll(body: Enroll, connection: LearnerSession, learner: LearnerDep, response: Response) -> Any:
    """Pins the newest published version. Asked again, the same enrolment is answered with 200."""
    enrollment, is_new = enrolling.enroll(connection, learner, body.course_id)
    response.status_code = 201 if is_new else 200
    if is_new:
        enrollments_total.inc()
    return _enrollment(enrollment)


@router.post("/progress", dependencies=[LEARNS], response_model=MarkTold, summary="Mark a lesson as completed")
def mark(body: Mark, connection: LearnerSession, learner: LearnerDep) -> Any:
    """What is completed stays so: taking it back is 409. The course is completed in the same transaction as its last
    lesson, where every quiz is passed.
    """
    done, progress, is_new = lessons.mark(connection, learner, body.course_id, body.lesson_idx, body.completed)
    if is_new:
        lesson_completed_total.inc()
    found = begun(connection, learner, body.course_id)
    return {
        "courseId": body.course_id,
        "version": found.version.version,
        "lessonIdx": body.lesson_idx,
        "lessonId": found.package.lessons[body.lesson_idx].id,
        "completed": done is not None,
        "completedAt": done.completed_at if done else None,
        "percent": progress.percent,
        "courseCompletedAt": progress.completed_at,
    }


@router.get(
    "/progress/{course_id}", dependencies=[LEARNS], response_model=ProgressTold, summary="How far the learner is"
)
def progress(course_id: str, connection: LearnerSession, learner: LearnerDep) -> Any:
    """Every lesson of the pinned version."""
    found = begun(connection, learner, course_id)
    told = lessons.progress_of(connection, found.enrollment, found.package)
    quiz_ids = {quiz.id for quiz in found.package.quizzes}
    return {
        "enrollmentId": found.enrollment.enrollment_id,
        "courseId": course_id,
        "version": found.version.version,
        "lessons": [
            {
                "lessonIdx": index,
                "lessonId": lesson.id,
                "completed": index in told.done,
                "completedAt": told.done[index].completed_at if index in told.done else None,
            }
            for index, lesson in enumerate(found.package.lessons)
        ],
        "percent": told.percent,
        "quizzesPassed": len(quiz_ids & told.passed),
        "quizzes": len(quiz_ids),
        "completedAt": told.completed_at,
    }


def _has_quiz(course_id: str, index: int, connection: LearnerSession, learner: LearnerDep) -> None:
    """Whether there is such a quiz and the learner may attempt it; asked before the body is judged."""
    quizzes.quiz_at(begun(connection, learner, course_id).package, index)


@router.post(
    "/courses/{course_id}/lessons/{index}/quiz-attempts",
    dependencies=[LEARNS, Depends(_has_quiz)],
    response_model=AttemptTold,
    status_code=201,
    summary="Answer a quiz and have it graded",
)
def attempt(course_id: str, index: int, body: Answers, connection: LearnerSession, learner: LearnerDep) -> Any:
    """Graded here, from the key that no learner is sent. Each attempt is kept."""
    made = quizzes.attempt(connection, learner, course_id, index, body.answers)
    return {
        "attempt": made.attempt.attempt,
        "score": made.graded.score_pct,
        "passed": made.graded.passed,
        "correct": made.graded.correct,
        "questions": made.graded.questions,
        "perQuestion": [{"correct": one.correct, "explanation": one.explanation} for one in made.graded.per_question],
        "courseCompletedAt": made.progress.completed_at,
    }


def _own(enrollment_id: UUID, connection: LearnerSession, learner: LearnerDep) -> Enrollment:
    """The learner's own enrolment; asked before the body is judged."""
    return upgrading.own_enrollment(connection, learner, enrollment_id)


@router.post(
    "/enrollments/{enrollment_id}/upgrade",
    dependencies=[LEARNS],
    response_model=MovedTold,
    summary="Move to a newer version",
)
def upgrade(
    own: Annotated[Enrollment, Depends(_own)],
    connection: LearnerSession,
    learner: LearnerDep,
    body: Upgrade | None = None,
) -> Any:
    """Keeps what was completed and is still there, by the lessons' ids. It never happens by itself."""
    moved = upgrading.upgrade(connection, learner, own.enrollment_id, body.version if body else None)
    carried = moved.carried
    return {
        "enrollmentId": moved.enrollment.enrollment_id,
        "courseId": moved.enrollment.course_id,
        "fromVersion": moved.from_version,
        "version": moved.enrollment.package_version,
        "moved": carried is not None,
        "kept": [lesson for _, lesson in carried.kept] if carried else [],
        "dropped": list(carried.dropped) if carried else [],
        "added": list(carried.added) if carried else [],
        "percent": moved.progress.percent,
        "completedAt": moved.progress.completed_at,
    }


def _enrollment(enrollment: Enrollment) -> dict[str, Any]:
    return {
        "enrollmentId": enrollment.enrollment_id,
        "courseId": enrollment.course_id,
        "version": enrollment.package_version,
        "createdAt": enrollment.created_at,
        "completedAt": enrollment.completed_at,
    }
