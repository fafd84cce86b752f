"""The canonical prompts: one template a kind, as a file with an id and a hash.

Templates hold `${name}` places. A template is never edited in silence: its hash stands in every draft made with it.
"""

import json
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from pydantic import BaseModel

from domain.courses.authoring.generation.author import Context, Prompt
from domain.courses.authoring.rules.answers import Kind, SyllabusAnswer
from domain.courses.content.hashes import content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.kernel.canonical import canonical_json, sha256_hex

FOLDER = Path(__file__).parent / "prompts"
IDS: dict[Kind, str] = {
    "SYLLABUS": "syllabus-1",
    "LESSON": "lessons-1",
    "QUIZ": "quizzes-1",
    "PROJECT": "projects-1",
}
_SHAPES: dict[Kind, type[BaseModel]] = {
    "SYLLABUS": SyllabusAnswer,
    "LESSON": Lesson,
    "QUIZ": Quiz,
    "PROJECT": Project,
}


@cache
def template(kind: Kind) -> str:
    """The template's text."""
    return (FOLDER / f"{IDS[kind]}.md").read_text(encoding="utf-8")


@cache
def template_hash(kind: Kind) -> str:
    """SHA-256 of the template's bytes."""
    return sha256_hex(template(kind).encode())


def prompt_for(kind: Kind, context: Context) -> Prompt:
    """The prompt of this kind with the context put in; the same context gives the same text."""
    values = {
        "schema": json.dumps(_SHAPES[kind].model_json_schema(), sort_keys=True),
        "input": canonical_json(_input(kind, context)).decode(),
        "instruction": context.instruction or "None: this is the first draft.",
    }
    return Prompt(IDS[kind], template_hash(kind), Template(template(kind)).substitute(values))


def _input(kind: Kind, context: Context) -> dict[str, Any]:
    request = json.loads(content_text(context.request)) if context.request else None
    if kind == "SYLLABUS" or context.place is None:
        return {"request": request}
    place = context.place
    module = place.syllabus.module(place.module_id)
    return {
        "request": request,
        "syllabusId": place.syllabus_id,
        "syllabus": place.syllabus.model_dump(mode="json"),
        "moduleId": place.module_id,
        "moduleTitle": module.title if module else "",
        "ids": place.wanted(kind),
        "count": len(place.wanted(kind)),
        "lessons": [json.loads(content_text(context.lessons[item])) for item in sorted(context.lessons)],
    }
