"""One node of a syllabus as a form shows it, and the whole syllabus with that node as it was typed.

A node is the course itself (`course`), a module or a lesson. Minutes of modules and of the course are sums and follow;
what a removed objective was assessed by no longer names it.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

COURSE = "course"
MOST_OBJECTIVES = 8
# What each kind of node has beside its objectives, and whether it is one text, a list of lines or of ids.
TEXTS = {
    "course": ("title", "description"),
    "module": ("title", "summary"),
    "lesson": ("title", "depth", "estimatedMinutes"),
}
LISTS = {"course": ("outcomes", "prerequisites"), "module": (), "lesson": ("prerequisites",)}
Json = dict[str, Any]


def kind_of(node_id: str) -> str:
    """course, module or lesson, by how its id is written."""
    return "course" if node_id == COURSE else "lesson" if "l" in node_id else "module"


def place_of(content: Json, node_id: str) -> tuple[str | int, ...] | None:
    """The way to the node within the syllabus; None where there is none of that id."""
    if node_id == COURSE:
        return ()
    return next((place for place, node in _nodes(content) if node["id"] == node_id), None)


def at(content: Json, place: tuple[str | int, ...]) -> Json:
    """The node at a place."""
    found: Any = content
    for step in place:
        found = found[step]
    return dict(found)


def as_typed(node: Json, kind: str) -> dict[str, str]:
    """The node as the fields of a form: one line for each entry of a list, an empty row for one objective more."""
    values = {name: str(node[name]) for name in TEXTS[kind]}
    separator = ", " if kind == "lesson" else "\n"
    values |= {name: separator.join(node.get(name, [])) for name in LISTS[kind]}
    for place in range(rows_of(node, kind)):
        own = node["objectives"][place] if place < len(node["objectives"]) else {}
        values |= {
            f"verb_{place}": own.get("verb", "explain"),
            f"text_{place}": own.get("text", ""),
            f"outcomes_{place}": ", ".join(str(one + 1) for one in own.get("outcomeIndexes", [])),
        }
    return values


def rows_of(node: Json, kind: str) -> int:
    """How many objectives the form has room for."""
    return 0 if kind == "course" else min(len(node["objectives"]) + 1, MOST_OBJECTIVES)


def with_node(content: Json, place: tuple[str | int, ...], kind: str, values: Mapping[str, str]) -> Json:
    """The syllabus with the node as it was typed. What is no number stays text, and the shape refuses it."""
    made = copy.deepcopy(content)
    node: Any = made
    for step in place:
        node = node[step]
    for name in TEXTS[kind]:
        node[name] = _whole(values[name]) if name == "estimatedMinutes" else values[name]
    for name in LISTS[kind]:
        node[name] = _entries(values[name], r"[,\s]+" if kind == "lesson" else r"\n")
    if kind != "course":
        node["objectives"] = list(_objectives(made, node, rows_of(node, kind), values))
    _let_hooks_follow(node)
    _sum_up(made)
    return made


def field_of(location: str, place: tuple[str | int, ...]) -> str | None:
    """The field of the form that a wrong member stands in; None where it stands elsewhere in the syllabus."""
    before = ".".join(str(step) for step in place)
    own = location.removeprefix(f"{before}.") if before else location
    if before and own == location:
        return None
    steps = own.split(".")
    if steps[0] != "objectives":
        return steps[0]
    if len(steps) < 3:
        return "text_0"
    return f"{'outcomes' if steps[2] == 'outcomeIndexes' else steps[2]}_{steps[1]}"


def _nodes(content: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    for number, module in enumerate(content["modules"]):
        yield ("modules", number), module
        for own, lesson in enumerate(module["lessons"]):
            yield ("modules", number, "lessons", own), lesson


def _whole(typed: str) -> int | str:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 8 else typed


def _entries(typed: str, separator: str) -> list[str]:
    return [one.strip() for one in re.split(separator, typed) if one.strip()]


def _objectives(content: Json, node: Json, rows: int, values: Mapping[str, str]) -> Iterator[Json]:
    """Those with a text, in their order; a new one has the next free id of the course."""
    taken = {one["id"] for _, other in _nodes(content) for one in other["objectives"]}
    for place in range(rows):
        if not values[f"text_{place}"]:
            continue
        known = place < len(node["objectives"])
        own = dict(node["objectives"][place]) if known else {"id": _free(taken)}
        served = [_whole(one) for one in _entries(values[f"outcomes_{place}"], r"[,\s]+")]
        own["verb"], own["text"] = values[f"verb_{place}"], values[f"text_{place}"]
        own["outcomeIndexes"] = [one - 1 if isinstance(one, int) else one for one in served]
        yield own


def _free(taken: set[str]) -> str:
    return next(name for name in (f"o{number:03}" for number in range(1, 1000)) if name not in taken)


def _let_hooks_follow(node: Json) -> None:
    """A hook names objectives of its lesson alone; one that names none any more goes."""
    if "assessmentHooks" not in node:
        return
    own = {one["id"] for one in node["objectives"]}
    for hook in node["assessmentHooks"]:
        hook["objectiveIds"] = [one for one in hook["objectiveIds"] if one in own]
    node["assessmentHooks"] = [hook for hook in node["assessmentHooks"] if hook["objectiveIds"]]


def _sum_up(content: Json) -> None:
    """Minutes of modules and course, where each lesson's are a number."""
    for module in content["modules"]:
        minutes = [lesson["estimatedMinutes"] for lesson in module["lessons"]]
        if not all(isinstance(one, int) for one in minutes):
            return
        module["estimatedMinutes"] = sum(minutes)
    content["totalMinutes"] = sum(module["estimatedMinutes"] for module in content["modules"])
