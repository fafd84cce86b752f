"""Which shape a part of a course has, and reading what a person wrote into it."""

from typing import Any

from pydantic import ValidationError

from domain.courses.authoring.rules.fit import lesson_problems, project_problems, quiz_problems
from domain.courses.content.lesson import Lesson
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document
from domain.kernel.errors import Invalid

SHAPES: dict[str, type[Document]] = {"SYLLABUS": Syllabus, "LESSON": Lesson, "QUIZ": Quiz, "PROJECT": Project}
MOST_PROBLEMS = 50


def read_content(kind: str, written: Any) -> Document:
    """What was written, as its shape.

    Raises:
        Invalid: CONTENT_INVALID, with one entry for each wrong member.
    """
    try:
        return SHAPES[kind].model_validate(written)
    except ValidationError as cause:
        raise Invalid(
            f"This is no {kind.lower()}; nothing was kept.",
            hint="`errors` names each member; the published JSON Schema says what it holds.",
            code="CONTENT_INVALID",
            errors=[_told(one) for one in cause.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]],
        ) from cause


def slot_of(content: Document) -> str:
    """The place of a part in its syllabus."""
    if isinstance(content, Lesson):
        return content.id
    if isinstance(content, Quiz):
        return content.lesson_id
    return content.module_id if isinstance(content, Project) else "syllabus"


def part_problems(content: Document, syllabus: Syllabus, syllabus_id: str) -> list[str]:
    """Where a lesson, quiz or project is not one that the syllabus plans."""
    if isinstance(content, Lesson):
        return lesson_problems(content, syllabus, syllabus_id)
    if isinstance(content, Quiz):
        return quiz_problems(content, syllabus, syllabus_id)
    return project_problems(content, syllabus, syllabus_id) if isinstance(content, Project) else []


def _told(entry: Any) -> dict[str, str]:
    return {"field": ".".join(str(part) for part in entry["loc"]) or "content", "message": str(entry["msg"])}
