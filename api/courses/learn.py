"""Learners read: the catalogue, a course, a lesson. Nothing is written."""

from typing import Any

from fastapi import APIRouter, Response

from api.courses.learn_metrics import lesson_views_total
from api.courses.learn_schemas import CatalogueRow, CourseTold, LessonTold
from api.courses.learn_session import LEARNS, LearnerDep, LearnerSession
from domain.courses.content.package import CoursePackage
from domain.courses.delivery.observe.catalogue import catalogue
from domain.courses.delivery.observe.reading import lesson_at, opened
from domain.courses.delivery.rules.projection import lesson_seen, package_seen, project_seen, quiz_of, quiz_seen
from domain.courses.delivery.store import versions
from domain.courses.delivery.store.versions import Version
from domain.kernel.canonical import content_hash

router = APIRouter(prefix="/api/learn", tags=["Learning"])


@router.get("/courses", dependencies=[LEARNS], response_model=list[CatalogueRow], summary="The courses that there are")
def courses(connection: LearnerSession, learner: LearnerDep) -> list[dict[str, Any]]:
    """Published ones, and those that the learner is enrolled in; by title."""
    return [
        {
            "id": entry.version.course_id,
            "title": entry.version.title,
            "version": entry.version.version,
            "level": entry.version.level,
            "language": entry.version.language,
            "lessons": entry.version.lessons,
            "minutes": entry.version.minutes,
            "enrolled": entry.enrollment is not None,
            "percent": entry.percent,
            "sold": entry.is_sold,
            "purchased": entry.is_purchased,
        }
        for entry in catalogue(connection, learner)
    ]


@router.get(
    "/courses/{course_id}", dependencies=[LEARNS], response_model=CourseTold, summary="A course as its learner reads it"
)
def course(course_id: str, connection: LearnerSession, learner: LearnerDep, response: Response) -> Any:
    """The version that the learner is enrolled in; the newest where it was bought and not begun."""
    found = opened(connection, learner, course_id)
    seen = package_seen(versions.content(connection, found.version))
    response.headers["ETag"] = f'"{content_hash(seen)}"'
    enrollment_id = found.enrollment.enrollment_id if found.enrollment else None
    return {"courseId": course_id, "version": found.version.version, "enrollmentId": enrollment_id, **seen}


@router.get(
    "/courses/{course_id}/lessons/{index}", dependencies=[LEARNS], response_model=LessonTold, summary="One lesson"
)
def lesson(course_id: str, index: int, connection: LearnerSession, learner: LearnerDep) -> Any:
    """`index` counts from 0 over the whole course."""
    found = opened(connection, learner, course_id)
    told = _lesson(found.version, versions.content(connection, found.version), index)
    lesson_views_total.inc()
    return told


def _lesson(version: Version, package: CoursePackage, index: int) -> dict[str, Any]:
    one = lesson_at(package, index)
    quiz = quiz_of(package, one.id)
    last = len(package.lessons) - 1
    return {
        "courseId": version.course_id,
        "version": version.version,
        "lessonIdx": index,
        "previousIdx": index - 1 if index else None,
        "nextIdx": index + 1 if index < last else None,
        **lesson_seen(one),
        "quiz": quiz_seen(quiz) if quiz is not None else None,
        "projects": [
            project_seen(project)
            for project in package.projects
            if project.module_id == one.module_id and one.id in project.lesson_ids
        ],
    }
