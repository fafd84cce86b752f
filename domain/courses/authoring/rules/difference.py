"""What changed between two revisions: by JSON pointers, and within texts word by word."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

# Comparing takes the square of this at worst; longer texts are shown whole, as one replaced by the other.
MOST_WORDS = 4_000
_PIECE = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A run of words: standing in both, only in the former, or only in the new text."""

    mark: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True)
class Change:
    """One difference. `pointer` is an RFC 6901 pointer into the new content, or into the former for what was removed.

    `words` is there where both values are text.
    """

    op: Literal["add", "remove", "replace"]
    pointer: str
    before: Any
    after: Any
    words: tuple[Piece, ...] = ()


def changes(before: Any, after: Any) -> list[Change]:
    """All differences, in the order of the content; the members of an object by name.

    Items of arrays are paired by their `id` where they have one, so that a lesson that moved is not told as two that
    changed.
    """
    return list(_changes(before, after, ""))


def word_difference(before: str, after: str) -> tuple[Piece, ...]:
    """The texts put together piece by piece: `same` and `removed` make the former, `same` and `added` the new one."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        return _pieces([("removed", before), ("added", after)])
    found: list[tuple[Literal["same", "removed", "added"], str]] = []
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(old[start:end])))
        else:
            found += [("removed", "".join(old[start:end])), ("added", "".join(new[new_start:new_end]))]
    return _pieces(found)


def _pieces(found: list[tuple[Literal["same", "removed", "added"], str]]) -> tuple[Piece, ...]:
    return tuple(Piece(mark, text) for mark, text in found if text)


def _changes(before: Any, after: Any, pointer: str) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_objects(before, after, pointer)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_arrays(before, after, pointer)
    elif type(before) is not type(after) or before != after:
        words = word_difference(before, after) if isinstance(before, str) and isinstance(after, str) else ()
        yield Change("replace", pointer, before, after, words)


def _of_objects(before: dict[str, Any], after: dict[str, Any], pointer: str) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        step = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        if name not in after:
            yield Change("remove", step, before[name], None)
        elif name not in before:
            yield Change("add", step, None, after[name])
        else:
            yield from _changes(before[name], after[name], step)


def _of_arrays(before: list[Any], after: list[Any], pointer: str) -> Iterator[Change]:
    old, new = _by_id(before), _by_id(after)
    if old is None or new is None:
        yield from _by_place(before, after, pointer)
        return
    for item_id, (index, item) in old.items():
        if item_id not in new:
            yield Change("remove", f"{pointer}/{index}", item, None)
    for item_id, (index, item) in new.items():
        if item_id in old:
            yield from _changes(old[item_id][1], item, f"{pointer}/{index}")
        else:
            yield Change("add", f"{pointer}/{index}", None, item)
    kept = [item_id for item_id in old if item_id in new]
    order = [item_id for item_id in new if item_id in old]
    if kept != order:
        yield Change("replace", pointer, kept, order)


def _by_place(before: list[Any], after: list[Any], pointer: str) -> Iterator[Change]:
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        yield from _changes(old, new, f"{pointer}/{index}")
    for index in range(len(after), len(before)):
        yield Change("remove", f"{pointer}/{index}", before[index], None)
    for index in range(len(before), len(after)):
        yield Change("add", f"{pointer}/{index}", None, after[index])


def _by_id(items: list[Any]) -> dict[str, tuple[int, Any]] | None:
    found = {
        item["id"]: (index, item)
        for index, item in enumerate(items)
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    }
    return found if items and len(found) == len(items) else None
