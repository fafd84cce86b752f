"""A lesson or a quiz as the fields of a form, and its content with what was typed. Pure.

A field's name is the place of its member within the content, as refusals name it too.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MOST_CONCEPTS = 12
Json = dict[str, Any]
Written = Literal["line", "text", "lines", "number", "choice"]


@dataclass(frozen=True)
class Field:
    """One field: where its member stands, what it is called, and how it is written."""

    name: str
    label: str
    written: Written
    hint: str = ""


@dataclass(frozen=True)
class Group:
    """Fields that belong together, under a heading."""

    heading: str
    fields: tuple[Field, ...]


def fields_of(kind: str, content: Json) -> list[Group]:
    """The form of a lesson or quiz, in the order in which it is read."""
    return _of_lesson(content) if kind == "LESSON" else _of_quiz(content)


def _of_lesson(content: Json) -> list[Group]:
    known = len(content["explanation"]["concepts"])
    concepts = [_concept(place, is_new=place == known) for place in range(min(known + 1, MOST_CONCEPTS))]
    top = (
        Field("title", "Title", "line"),
        Field("durationMinutes", "Minutes", "number"),
        Field("objectives", "Objectives", "lines", "One a line."),
    )
    last = (
        Field("practice.prompt", "What the learner does", "text"),
        Field("practice.expectedOutcome", "It came out right if", "text"),
    )
    return [
        Group("The lesson", top),
        Group("Overview", (Field("explanation.overview", "Overview", "text"),)),
        *concepts,
        Group("To take away", (Field("keyTakeaways", "Points", "lines", "One a line, two at least."),)),
        Group("Practice", last),
    ]


def _concept(place: int, *, is_new: bool) -> Group:
    at = f"explanation.concepts.{place}"
    return Group(
        "One concept more" if is_new else f"Concept {place + 1}",
        (
            Field(f"{at}.title", "Title", "line", "Empty with its text: there is no such concept."),
            Field(f"{at}.explanation", "Explanation", "text"),
            Field(f"{at}.example", "Example", "text", "May be empty."),
        ),
    )


def _of_quiz(content: Json) -> list[Group]:
    return [
        Group("The quiz", (Field("passThresholdPct", "Passed at, %", "number"),)),
        *(_question(place) for place in range(len(content["questions"]))),
    ]


def _question(place: int) -> Group:
    at = f"questions.{place}"
    return Group(
        f"Question {place + 1}",
        (
            Field(f"{at}.question", "Question", "text", "Empty: the question is taken out."),
            Field(f"{at}.options", "Options", "lines", "Four, one a line."),
            Field(f"{at}.correctIndex", "The right one", "choice"),
            Field(f"{at}.explanation", "Why it is right", "text", "Told after the answer."),
        ),
    )


def values_of(groups: list[Group], content: Json) -> dict[str, str]:
    """What the fields hold as it stands."""
    return {field.name: _shown(field, _at(content, field.name)) for group in groups for field in group.fields}


def with_words(kind: str, content: Json, values: Mapping[str, str]) -> Json:
    """The content as it was typed. What is no number stays text, and the shape refuses it."""
    made = copy.deepcopy(content)
    if kind == "LESSON":
        made["explanation"]["concepts"].append({})
    for group in fields_of(kind, content):
        for field in group.fields:
            _put(made, field, values[field.name].replace("\r\n", "\n"))
    if kind == "LESSON":
        concepts = made["explanation"]["concepts"]
        made["explanation"]["concepts"] = [one for one in concepts if one.get("title") or one.get("explanation")]
    else:
        made["questions"] = [one for one in made["questions"] if one["question"]]
    return made


def field_at(location: str, values: Mapping[str, str]) -> str | None:
    """The field that a wrong member stands in, or one that holds it; None where no field does."""
    steps = location.split(".")
    ways = (".".join(steps[:length]) for length in range(len(steps), 0, -1))
    return next((way for way in ways if way in values), None)


def _shown(field: Field, value: Any) -> str:
    if value is None:
        return ""
    return "\n".join(value) if field.written == "lines" else str(value)


def _at(content: Json, name: str) -> Any:
    """The member at a place; None where there is none yet."""
    found: Any = content
    for step in name.split("."):
        if isinstance(found, list):
            found = found[int(step)] if int(step) < len(found) else None
        else:
            found = None if found is None else found.get(step)
    return found


def _put(content: Json, field: Field, typed: str) -> None:
    *way, last = field.name.split(".")
    held: Any = content
    for step in way:
        held = held[int(step)] if isinstance(held, list) else held[step]
    if field.written == "lines":
        held[last] = [one.strip() for one in typed.split("\n") if one.strip()]
    elif field.written in ("number", "choice"):
        held[last] = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 8 else typed
    elif typed:
        held[last] = typed
    elif last == "example":
        held.pop(last, None)
    else:
        held[last] = typed
