"""Publish the JSON Schemas (2020-12) of the shapes: `python -m domain.courses.content.schemas` writes them anew."""

import json
from pathlib import Path

from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document

FOLDER = Path(__file__).parent / "schemas"
PUBLISHED: dict[str, type[Document]] = {
    "course_package": CoursePackage,
    "lesson": Lesson,
    "project": Project,
    "quiz": Quiz,
    "syllabus": Syllabus,
    "syllabus_request": SyllabusRequest,
}


def schema_text(name: str) -> str:
    """The published schema of this name, as the file holds it."""
    return json.dumps(PUBLISHED[name].model_json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def publish() -> None:
    """Write every schema's file."""
    for name in PUBLISHED:
        (FOLDER / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    publish()
