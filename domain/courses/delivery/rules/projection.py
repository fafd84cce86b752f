"""What a learner sees of a published course: members that are named here, and nothing else.

Left out are the answer key, the reasons of answers, and all that tells of drafting and review: revisions, hashes and
the manifest. A hash of a quiz is left out too, since with the reasons at hand it would tell the key by trial.
"""

from typing import Any

from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz

LESSON = {
    "id",
    "module_id",
    "lesson_index",
    "title",
    "duration_minutes",
    "objectives",
    "explanation",
    "key_takeaways",
    "practice",
    "metadata",
}
QUIZ: dict[str, Any] = {
    "id": True,
    "lesson_id": True,
    "pass_threshold_pct": True,
    "questions": {"__all__": {"id", "question", "options", "objective_id"}},
}
PROJECT = {
    "id",
    "module_id",
    "title",
    "problem_statement",
    "lesson_ids",
    "constraints",
    "deliverables",
    "estimated_minutes",
    "rubric",
    "metadata",
}
PACKAGE = {"schema_version", "title", "language", "level", "modules", "lesson_order", "totals"}


def lesson_seen(lesson: Lesson) -> dict[str, Any]:
    """One lesson as its learner sees it, without what would give answers away."""
    return lesson.model_dump(mode="json", by_alias=True, include=LESSON)


def quiz_seen(quiz: Quiz) -> dict[str, Any]:
    """A quiz with its questions and options, without what is right."""
    return quiz.model_dump(mode="json", by_alias=True, include=QUIZ)


def project_seen(project: Project) -> dict[str, Any]:
    """A project with its rubric, by which learners judge their own work before others do."""
    return project.model_dump(mode="json", by_alias=True, include=PROJECT)


def package_seen(package: CoursePackage) -> dict[str, Any]:
    """The whole course."""
    return {
        **package.model_dump(mode="json", by_alias=True, include=PACKAGE),
        "lessons": [lesson_seen(lesson) for lesson in package.lessons],
        "quizzes": [quiz_seen(quiz) for quiz in package.quizzes],
        "projects": [project_seen(project) for project in package.projects],
    }


def quiz_of(package: CoursePackage, lesson_id: str) -> Quiz | None:
    """The quiz of a lesson, with its key; None where the lesson has none."""
    return next((quiz for quiz in package.quizzes if quiz.lesson_id == lesson_id), None)
