"""An author for tests: it answers with the small course, or with whatever it is told to."""

import json
from collections.abc import Callable
from typing import Any

from domain.courses.authoring.generation.author import Context, Prompt, RawAnswer
from domain.courses.authoring.rules.answers import Kind
from tests.courses.small_course import COURSE, lesson_json, project_json, quiz_json, syllabus_json


def answer_of(kind: Kind, context: Context) -> Any:
    """The small course's own answer."""
    if kind == "SYLLABUS":
        told = syllabus_json()
        kept = {name: told[name] for name in ("description", "prerequisites", "outcomes", "modules")}
        for module in kept["modules"]:
            del module["estimatedMinutes"]
        return kept
    assert context.place is not None
    wanted = context.place.wanted(kind)
    found = [_part(kind, one) for one in wanted]
    return json.loads(json.dumps(found).replace(COURSE, context.place.syllabus_id))


def _part(kind: Kind, wanted: str) -> Any:
    return {"LESSON": lambda: lesson_json(wanted), "QUIZ": quiz_json, "PROJECT": project_json}[kind]()


class FixedAuthor:
    """Says what it is given; `spoil` turns the good answer into another text."""

    def __init__(self, spoil: Callable[[Any], str] = json.dumps) -> None:
        self.spoil = spoil

    def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
        """The answer."""
        text = self.spoil(answer_of(kind, context))
        return RawAnswer(text, "test", "fixed", context.seed, prompt.id, prompt.sha256)
