"""What an executor is: an instruction and what it rests on in, parts out. No database, no store, no side effect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from domain.courses.authoring.generation.author import Author, Prompt, RawAnswer
from domain.courses.authoring.rules.package import Frozen
from domain.courses.content.lesson import Lesson
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document
from domain.courses.regeneration.rules.instruction import Target


@dataclass(frozen=True)
class Material:
    """What stands when the job runs, read before it: nothing of it is changed.

    Attributes:
        syllabus: the approved revision that the instruction names.
        lessons: contents of lessons by id, the approved ones where there are.
        request: the learning intent that the syllabus was drafted from; None where nobody knows it.
    """

    syllabus: Frozen[Syllabus]
    lessons: Mapping[str, Lesson] = field(default_factory=dict)
    request: SyllabusRequest | None = None


@dataclass(frozen=True)
class ExecutionResult:
    """What came of it: valid content, with what was asked and answered."""

    kind: str
    contents: tuple[Document, ...]
    answer: RawAnswer
    prompt: Prompt


class RegenerationExecutor(Protocol):
    """Makes one kind of target anew."""

    type: str

    def run(
        self, instruction: Mapping[str, Any], target: Target, material: Material, author: Author
    ) -> ExecutionResult:
        """Carry the instruction out.

        Raises:
            Invalid: GENERATION_INVALID, what the author answered does not fit.
            Unavailable: the author could not be reached.
            NotFound: the syllabus plans no such thing.
        """
        ...
