"""What an author is: prompt and context in, a raw answer out. What the answer is worth is decided elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from domain.courses.authoring.rules.answers import Kind, Place
from domain.courses.content.lesson import Lesson
from domain.courses.content.request import SyllabusRequest


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt. `id` and `sha256` are those of the template, so that a change of wording shows."""

    id: str
    sha256: str
    text: str


@dataclass(frozen=True)
class Context:
    """What is asked, as values; an author that reads prose takes the prompt instead.

    Attributes:
        seed: the request's seed, also for content made later.
        request: the learning intent; a syllabus is made from it, content takes its style.
        place: for lessons, quizzes and projects.
        lessons: contents of lessons by id, as far as they are there, for quizzes and projects.
        instruction: what a person wants done differently than before; empty for a first draft.
    """

    seed: int
    request: SyllabusRequest | None = None
    place: Place | None = None
    lessons: Mapping[str, Lesson] = field(default_factory=dict)
    instruction: str = ""


@dataclass(frozen=True)
class RawAnswer:
    """What an author said, letter for letter: it is stored, and reading it again gives the same content."""

    text: str
    provider: str
    model: str
    seed: int
    prompt_id: str
    prompt_sha256: str


class Author(Protocol):
    """Writes drafts: the offline author, or a model behind the same door."""

    def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
        """The answer to one prompt.

        Raises:
            Unavailable: the author could not be reached, or gave up.
            Invalid: GENERATION_INVALID, the answer broke off.
        """
        ...
