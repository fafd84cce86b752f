"""What the page of a course shows: to a learner who is in it, and to one who is not."""

from typing import Any

from sqlalchemy import Connection

from domain.courses.content.package import CoursePackage
from domain.courses.delivery.observe import exporting, upgrading
from domain.courses.delivery.observe.learner import Learner
from domain.courses.delivery.observe.lessons import Progress, progress_of
from domain.courses.delivery.observe.reading import newest
from domain.courses.delivery.rules.price import price_words
from domain.courses.delivery.rules.projection import project_seen
from domain.courses.delivery.rules.window import EXPORTS
from domain.courses.delivery.store import products, versions
from domain.courses.delivery.store.enrollments import Enrollment
from domain.courses.delivery.store.versions import Version
from domain.kernel.errors import Forbidden

EXPORT_KINDS = (
    ("pdf", "PDF to print"),
    ("scorm12", "SCORM 1.2 package"),
    ("scorm2004", "SCORM 2004 package"),
    ("web", "Web pages"),
)


def reading_view(connection: Connection, learner: Learner, version: Version, enrollment: Enrollment) -> dict[str, Any]:
    """A course with the learner's progress, what to do next, and what may be taken along."""
    package = versions.content(connection, version)
    progress = progress_of(connection, enrollment, package)
    return {
        "version": version,
        "enrollment": enrollment,
        "progress": progress,
        "resume": package.lessons[progress.resume_idx],
        "modules": (modules := modules_of(package, progress)),
        "to_pass": [one for module in modules for one in module["lessons"] if one["has_quiz"] and not one["is_passed"]],
        "newer": upgrading.newer(connection, enrollment),
        "exports_left": exporting.left(connection, learner, version.course_id),
        "exports_most": EXPORTS.times,
        "exports_minutes": int(EXPORTS.span.total_seconds()) // 60,
        "export_kinds": EXPORT_KINDS,
    }


def landing_view(connection: Connection, learner: Learner, course_id: str, refusal: Forbidden | None) -> dict[str, Any]:
    """A course that the learner has not begun: what it holds by title, and how to begin."""
    version = newest(connection, course_id)
    offers = [
        {
            "product_id": one.product_id,
            "price_cents": one.price_cents,
            "price": price_words(one.price_cents, one.currency),
        }
        for one in products.listed(connection, on_sale=True)
        if (one.owner, one.course_id) == (version.owner, course_id)
    ]
    return {
        "version": version,
        "enrollment": None,
        "modules": modules_of(versions.content(connection, version), None),
        "offers": offers,
        "is_sold": products.is_monetised(connection, learner.tenant_id, version.owner, course_id),
        "refusal": refusal,
    }


def modules_of(package: CoursePackage, progress: Progress | None) -> list[dict[str, Any]]:
    """The modules with their lessons in order; without progress the titles alone."""
    quizzes = {quiz.lesson_id: quiz.id for quiz in package.quizzes}
    place = {lesson.id: (index, lesson) for index, lesson in enumerate(package.lessons)}
    told = []
    for module in package.modules:
        lessons = []
        for lesson_id in module.lesson_ids:
            index, lesson = place[lesson_id]
            quiz_id = quizzes.get(lesson_id)
            lessons.append(
                {
                    "index": index,
                    "title": lesson.title,
                    "minutes": lesson.duration_minutes,
                    "done": progress.done.get(index) if progress else None,
                    "has_quiz": quiz_id is not None,
                    "is_passed": progress is not None and quiz_id in progress.passed,
                }
            )
        projects = [project_seen(one) for one in package.projects if one.module_id == module.id] if progress else []
        told.append({"title": module.title, "lessons": lessons, "projects": projects})
    return told
