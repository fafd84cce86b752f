"""What changed between the content that was last signed and the one that is proposed, as lines to read."""

import difflib
import json
import textwrap
from collections.abc import Sequence
from typing import Any

MOST_LINES = 400
LONGEST_LINE = 2000
# Comparing takes the square of this at worst: a re-ranked list of 50,000 rows would hold the page for hours.
MOST_COMPARED = 2000


def lines_of(content: Any) -> list[str]:
    """Any content as lines: long text as it is written, the rest as one `path: value` a line, in order."""
    return [line for path, value in _leaves(content, "") for line in _written(path, value)]


def readable(lines: Sequence[str]) -> list[str]:
    """The first of the lines, none longer than a reader takes in; whoever shows them says that there are more."""
    return [_cut(line) for line in lines[:MOST_LINES]]


def difference(former: Any, proposed: Any) -> list[tuple[str, str]]:
    """Marks and lines: `-` was signed, `+` is proposed, blank stands in both (three lines around each change).

    What differs may be longer than a page holds: then the last line, marked `…`, says that it goes on.
    """
    old, new = lines_of(former), lines_of(proposed)
    head = _equal(old, new)
    tail = _equal(old[head:][::-1], new[head:][::-1])
    start = max(head - 3, 0)
    olds, news = (lines[start : max(len(lines) - tail + 3, start)] for lines in (old, new))
    found = difflib.unified_diff(olds[:MOST_COMPARED], news[:MOST_COMPARED], lineterm="", n=3)
    lines = [line for line in found if not line.startswith(("---", "+++"))]
    told = [("…", "") if line.startswith("@@") else (line[0], _cut(line[1:])) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES or max(len(olds), len(news)) > MOST_COMPARED:
        told.append(("…", "There is more that differs; the whole content has it."))
    return told


def _equal(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines from the beginning on are the same."""
    return next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} … ({len(line):,} characters)"


def _leaves(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [
            leaf for name in sorted(value) for leaf in _leaves(value[name], f"{path}.{name}" if path else str(name))
        ]
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return [leaf for index, item in enumerate(value) for leaf in _leaves(item, f"{path}[{index}]")]
    return [(path, value)]


def _written(path: str, value: Any) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return [f"{path}:", *textwrap.indent(value, "  ").splitlines()]
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [f"{path}: {shown}" if path else shown]
