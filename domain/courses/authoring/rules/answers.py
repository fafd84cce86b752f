"""From a model's raw answer to content, or a refusal: the gate through which everything generated passes.

A syllabus' answer leaves out what follows from the request and from sums (`SyllabusAnswer`); the post-processor puts
that in. Lessons, quizzes and projects are answered as a JSON array of exactly the published shapes, one for each place
that the syllabus plans, in its order, with its ids, titles and objectives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from domain.courses.authoring.rules.fit import (
    lesson_problems,
    plans_project,
    project_problems,
    quiz_problems,
    syllabus_problems,
)
from domain.courses.authoring.rules.strict_json import read_json, refused
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import (
    Description,
    ModuleTitle,
    Objective,
    Prerequisite,
    Sentence,
    Summary,
    Syllabus,
    SyllabusLesson,
)
from domain.courses.content.text import Content, Document, ModuleId

Kind = Literal["SYLLABUS", "LESSON", "QUIZ", "PROJECT"]
D = TypeVar("D", Lesson, Quiz, Project)
MOST_TOLD = 50


class ModuleAnswer(Content):
    """A module without its minutes: they are the sum of its lessons'."""

    id: ModuleId
    title: ModuleTitle
    summary: Summary
    objectives: Annotated[list[Objective], Field(min_length=1, max_length=8)]
    prerequisites: Annotated[list[ModuleId], Field(max_length=30)] = []
    lessons: Annotated[list[SyllabusLesson], Field(min_length=1, max_length=30)]


class SyllabusAnswer(Document):
    """What an author answers when a syllabus is asked for."""

    description: Description
    prerequisites: Annotated[list[Prerequisite], Field(max_length=20)] = []
    outcomes: Annotated[list[Sentence], Field(min_length=1, max_length=12)]
    modules: Annotated[list[ModuleAnswer], Field(min_length=1, max_length=30)]


@dataclass(frozen=True)
class MadeBy:
    """What a syllabus says of how it was made."""

    generator: str
    model: str
    prompt_id: str
    prompt_sha256: str


@dataclass(frozen=True)
class Place:
    """Where content is wanted: a module of an approved syllabus, or a part of it.

    Attributes:
        syllabus: the approved syllabus.
        syllabus_id: the course's id.
        module_id: the module.
        only: ids of single lessons (for lessons and quizzes) that are wanted; none means the whole module.
    """

    syllabus: Syllabus
    syllabus_id: str
    module_id: str
    only: tuple[str, ...] = ()

    def lessons(self) -> list[SyllabusLesson]:
        """The lessons that are wanted, in the syllabus' order."""
        module = self.syllabus.module(self.module_id)
        planned = module.lessons if module else []
        return [lesson for lesson in planned if not self.only or lesson.id in self.only]

    def wanted(self, kind: Kind) -> list[str]:
        """The ids of the content that the syllabus plans here, in its order."""
        if kind == "LESSON":
            return [lesson.id for lesson in self.lessons()]
        if kind == "QUIZ":
            return [f"{lesson.id}q" for lesson in self.lessons() if lesson.hook("quiz")]
        module = self.syllabus.module(self.module_id)
        return [f"{self.module_id}p01"] if module and plans_project(module) else []


def read_syllabus(raw: str, request: SyllabusRequest, made_by: MadeBy) -> Syllabus:
    """The syllabus of an answer, with everything put in that follows from the request and from sums.

    Raises:
        Invalid: GENERATION_INVALID; nothing is mended.
    """
    answer = _validated(SyllabusAnswer.model_validate, read_json(raw))
    syllabus = _validated(Syllabus.model_validate, _completed(answer, request, made_by))
    problems = syllabus_problems(syllabus, request)
    if problems:
        raise refused("the syllabus is not what was asked for.", _told(problems))
    return syllabus


def read_lessons(raw: str, place: Place) -> list[Lesson]:
    """The lessons of an answer. Raises: Invalid GENERATION_INVALID."""
    return _read_items(raw, Lesson, place, place.wanted("LESSON"), lesson_problems)


def read_quizzes(raw: str, place: Place) -> list[Quiz]:
    """The quizzes of an answer. Raises: Invalid GENERATION_INVALID."""
    return _read_items(raw, Quiz, place, place.wanted("QUIZ"), quiz_problems)


def read_projects(raw: str, place: Place) -> list[Project]:
    """The projects of an answer. Raises: Invalid GENERATION_INVALID."""
    return _read_items(raw, Project, place, place.wanted("PROJECT"), project_problems)


def _completed(answer: SyllabusAnswer, request: SyllabusRequest, made_by: MadeBy) -> dict[str, Any]:
    content = answer.model_dump(mode="json")
    for module in content["modules"]:
        module["estimatedMinutes"] = sum(lesson["estimatedMinutes"] for lesson in module["lessons"])
    return {
        **content,
        "schemaVersion": "1.0",
        "title": request.course_title,
        "audience": request.target_audience,
        "level": request.skill_level,
        "language": request.language,
        "totalMinutes": sum(module["estimatedMinutes"] for module in content["modules"]),
        "metadata": {
            "generator": made_by.generator,
            "promptId": made_by.prompt_id,
            "promptSha256": made_by.prompt_sha256,
            "model": made_by.model,
            "seed": request.seed,
            "requestSha256": content_hash(content_text(request)),
        },
    }


def _read_items(
    raw: str, shape: type[D], place: Place, wanted: list[str], problems_of: Callable[[D, Syllabus, str], list[str]]
) -> list[D]:
    answer = read_json(raw)
    if not isinstance(answer, list):
        raise refused("an array was asked for.")
    if len(answer) != len(wanted):
        raise refused(f"it holds {len(answer)} item(s), and the syllabus plans {len(wanted)}: {', '.join(wanted)}.")
    items = [_validated(shape.model_validate, item, f"/{index}") for index, item in enumerate(answer)]
    ids = [item.id for item in items]
    if ids != wanted:
        raise refused(f"its ids are {', '.join(ids)}; the syllabus has {', '.join(wanted)}, in this order.")
    problems = [problem for item in items for problem in problems_of(item, place.syllabus, place.syllabus_id)]
    if problems:
        raise refused("the content does not fit its syllabus.", _told(problems))
    return items


V = TypeVar("V")


def _validated(validate: Callable[[Any], V], value: Any, pointer: str = "") -> V:
    try:
        return validate(value)
    except ValidationError as cause:
        found = cause.errors(include_url=False, include_context=False, include_input=False)
        errors = [
            {"field": pointer + "".join(f"/{step}" for step in error["loc"]), "message": error["msg"]}
            for error in found
        ]
        told = f"{errors[0]['field'] or 'the whole'}: {errors[0]['message']}"
        raise refused(f"{len(errors)} thing(s) do not fit the schema, the first {told}.", errors[:MOST_TOLD]) from None


def _told(problems: list[str]) -> list[dict[str, Any]]:
    return [{"field": "content", "message": problem} for problem in problems[:MOST_TOLD]]
