"""What the offline author knows: subjects as files, checked as they are read.

A subject's text is wrapped for reading; a blank line makes a paragraph, a line that begins with "- " an item of a list.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from domain.courses.content.syllabus import Verb

FOLDER = Path(__file__).parent / "subjects"
# In this order where a title fits two equally well; the frame is for titles that fit none.
SUBJECTS = ("countersign",)
FRAME = "frame"
PLACE_OF_TOPIC = "{topic}"


def _flowing(value: Any) -> Any:
    """Lines joined to paragraphs."""
    if not isinstance(value, str):
        return value
    paragraphs = []
    for block in value.strip().split("\n\n"):
        lines: list[str] = []
        for line in block.splitlines():
            if lines and not line.startswith("- "):
                lines[-1] = f"{lines[-1]} {line.strip()}"
            else:
                lines.append(line.strip())
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)


Prose = Annotated[str, BeforeValidator(_flowing), Field(min_length=1)]


class Known(BaseModel):
    """Base of what is known; a misspelt member of a file is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class KnownObjective(Known):
    """An objective and the outcomes that it serves, counted from 0."""

    verb: Verb
    text: Prose
    outcomes: list[int] = []


class KnownConcept(Known):
    """One idea, with a worked example."""

    title: str
    text: Prose
    example: Prose | None = None


class KnownQuestion(Known):
    """A question with its right option, three usual mistakes and why."""

    ask: Prose
    right: Prose
    wrong: Annotated[list[Prose], Field(min_length=3, max_length=3)]
    why: Prose
    objective: int = 0


class KnownPractice(Known):
    """Something to do, and how one knows that it came out right."""

    do: Prose
    seen: Prose


class KnownLesson(Known):
    """A lesson. `priority` 1 stays in the shortest course; `minutes` is what it takes at ease."""

    key: str
    title: Annotated[str, Field(min_length=5, max_length=80)]
    minutes: Annotated[int, Field(ge=5, le=60)]
    priority: Literal[1, 2, 3]
    depth: Literal["introduce", "practise", "master"] = "introduce"
    needs: list[str] = []
    objectives: Annotated[list[KnownObjective], Field(min_length=1, max_length=3)]
    ask: Prose
    overview: Prose
    concepts: Annotated[list[KnownConcept], Field(min_length=1)]
    takeaways: Annotated[list[Prose], Field(min_length=2)]
    practice: KnownPractice
    questions: list[KnownQuestion] = []


class KnownDeliverable(Known):
    """Something to hand in."""

    name: str
    text: Prose
    format: Literal["text", "code", "link", "file"]


class KnownCriterion(Known):
    """What is judged; the four levels from best to worst."""

    name: str
    weight: int
    levels: Annotated[list[Prose], Field(min_length=4, max_length=4)]


class KnownProject(Known):
    """A module's project."""

    title: str
    problem: Prose
    constraints: list[Prose]
    deliverables: list[KnownDeliverable]
    criteria: list[KnownCriterion]


class KnownModule(Known):
    """Lessons that belong together."""

    title: str
    summary: Prose
    objectives: list[KnownObjective]
    project: KnownProject | None = None
    lessons: list[KnownLesson]


class Subject(Known):
    """A subject. Each of `keywords` is enough by itself: all its words must stand in the title."""

    title: str
    keywords: list[str]
    description: Prose
    prerequisites: list[Prose]
    outcomes: list[Prose]
    modules: list[KnownModule]

    @property
    def lessons(self) -> list[KnownLesson]:
        """All its lessons in order."""
        return [lesson for module in self.modules for lesson in module.lessons]


class Mode(Known):
    """A way to practise any lesson; `{lesson}` stands for the lesson's title."""

    title: str
    verb: Verb
    objective: str
    overview: Prose
    steps: Prose
    prompt: Prose
    seen: Prose


@cache
def _file(name: str) -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def subject(name: str) -> Subject:
    """One of `SUBJECTS`."""
    return Subject.model_validate(_file(name))


@cache
def modes() -> tuple[Mode, ...]:
    """The ways to practise, in their order."""
    return tuple(Mode.model_validate(mode) for mode in _file("practice")["modes"])


@cache
def frame(topic: str) -> Subject:
    """The frame for a topic that the author knows nothing about."""
    return Subject.model_validate(_with_topic(_file(FRAME), topic))


def _with_topic(value: Any, topic: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _with_topic(member, topic) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_topic(item, topic) for item in value]
    return value.replace(PLACE_OF_TOPIC, topic) if isinstance(value, str) else value
