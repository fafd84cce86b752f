"""Ask an author and pass what it says through the gate: drafts come out, or an error and nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.courses.authoring.generation.author import Author, Context, Prompt, RawAnswer
from domain.courses.authoring.generation.prompts import prompt_for
from domain.courses.authoring.rules.answers import (
    Kind,
    MadeBy,
    Place,
    read_lessons,
    read_projects,
    read_quizzes,
    read_syllabus,
)
from domain.courses.content.lesson import Lesson
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document
from domain.kernel.errors import NotFound

D = TypeVar("D", bound=Document)


@dataclass(frozen=True)
class Draft(Generic[D]):
    """Valid content with the answer and the prompt that it came from; all of it is stored."""

    contents: tuple[D, ...]
    answer: RawAnswer
    prompt: Prompt

    @property
    def content(self) -> D:
        """The first content; a syllabus' draft has only this one."""
        return self.contents[0]


def generate_syllabus(request: SyllabusRequest, author: Author, *, instruction: str = "") -> Draft[Syllabus]:
    """A draft of a course's map from a learning intent.

    Raises:
        Invalid: GENERATION_INVALID, with what does not fit.
        Unavailable: the author could not be reached.
    """
    context = Context(seed=request.seed, request=request, instruction=instruction)
    prompt = prompt_for("SYLLABUS", context)
    answer = author.generate("SYLLABUS", prompt, context)
    made_by = MadeBy(answer.provider, answer.model, answer.prompt_id, answer.prompt_sha256)
    return Draft((read_syllabus(answer.text, request, made_by),), answer, prompt)


def generate_lessons(
    place: Place, author: Author, *, request: SyllabusRequest | None = None, instruction: str = ""
) -> Draft[Lesson]:
    """Drafts of a module's lessons, exactly those that the approved syllabus plans. Raises as `generate_syllabus`.

    Args:
        place: the module, or single lessons of it.
        author: who writes.
        request: the learning intent that the syllabus was made from; gives the style.
        instruction: what a person wants done differently.
    """
    answer, prompt = _asked("LESSON", place, author, _context(place, {}, request, instruction))
    return Draft(tuple(read_lessons(answer.text, place)), answer, prompt)


def generate_quizzes(
    place: Place,
    author: Author,
    lessons: Mapping[str, Lesson] | None = None,
    *,
    request: SyllabusRequest | None = None,
    instruction: str = "",
) -> Draft[Quiz]:
    """Drafts of a module's quizzes, one for each quiz hook. Raises as `generate_syllabus`.

    Args:
        place: the module, or single lessons of it.
        author: who writes.
        lessons: contents of lessons by id, newest approved; questions are asked from them.
        request: the learning intent that the syllabus was made from; gives the style.
        instruction: what a person wants done differently.
    """
    answer, prompt = _asked("QUIZ", place, author, _context(place, lessons or {}, request, instruction))
    return Draft(tuple(read_quizzes(answer.text, place)), answer, prompt)


def generate_projects(
    place: Place,
    author: Author,
    lessons: Mapping[str, Lesson] | None = None,
    *,
    request: SyllabusRequest | None = None,
    instruction: str = "",
) -> Draft[Project]:
    """The draft of a module's project, where the syllabus has a project hook. Raises as `generate_syllabus`."""
    answer, prompt = _asked("PROJECT", place, author, _context(place, lessons or {}, request, instruction))
    return Draft(tuple(read_projects(answer.text, place)), answer, prompt)


def _context(place: Place, lessons: Mapping[str, Lesson], request: SyllabusRequest | None, instruction: str) -> Context:
    seed = place.syllabus.metadata.seed
    return Context(seed, request=request, place=place, lessons=lessons, instruction=instruction)


def _asked(kind: Kind, place: Place, author: Author, context: Context) -> tuple[RawAnswer, Prompt]:
    if not place.wanted(kind):
        raise NotFound(
            f"Nothing was generated: the syllabus plans no {kind.lower()} in {place.module_id}.",
            hint="Name another module, or revise the syllabus before it is approved.",
            code="NOTHING_PLANNED",
        )
    prompt = prompt_for(kind, context)
    return author.generate(kind, prompt, context), prompt
