"""Which runs of code lines stand twice: the same to the letter but for indentation, and long enough to be one thing.

Blank lines, comments and lone brackets are passed over; imports of Python too, since two modules may well need the
same names.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LEAST = 10
Line = tuple[int, str]
_BLOCKS = {".js": r"/\*.*?\*/", ".css": r"/\*.*?\*/", ".html": r"<!--.*?-->|\{#.*?#\}", ".sql": r"/\*.*?\*/"}
_LINE_COMMENTS = {".py": "#", ".sh": "#", ".sql": "--", ".js": "//"}


@dataclass(frozen=True, order=True)
class Twice:
    """A run of lines and where it stands, each from its first line to its last."""

    length: int
    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.one} stands again at {self.other}: {self.length} lines of code; let one piece serve both"


def code_lines(name: str, text: str) -> list[Line]:
    """The lines that count, stripped, each with its number."""
    ending = name[name.rindex(".") :]
    if ending in _BLOCKS:
        text = re.sub(_BLOCKS[ending], lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    imported = _imports(text) if ending == ".py" else set()
    comment = _LINE_COMMENTS.get(ending)
    return [
        (number, " ".join(line.split()))
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"\w", line) and number not in imported and not (comment and line.lstrip().startswith(comment))
    ]


def _imports(text: str) -> set[int]:
    return {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def repeated(files: Mapping[str, str], least: int = LEAST) -> list[Twice]:
    """Every pair of places that share `least` lines of code in a row, the longest first; each run is told once."""
    lines = {name: code_lines(name, text) for name, text in sorted(files.items())}
    places: dict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for name, known in lines.items():
        for at in range(len(known) - least + 1):
            places[tuple(line for _, line in known[at : at + least])].append((name, at))
    found = [pair for where in places.values() if len(where) > 1 for pair in _pairs(where, least)]
    return sorted(set(_grown(lines, found, least)), reverse=True)


def _pairs(where: list[tuple[str, int]], least: int) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    first = where[0]
    for other in where[1:]:
        # A run that overlaps itself, such as a list of equal lines, is one run.
        if first[0] != other[0] or other[1] - first[1] >= least:
            yield first, other


def _grown(
    lines: Mapping[str, list[Line]], pairs: Iterable[tuple[tuple[str, int], tuple[str, int]]], least: int
) -> Iterator[Twice]:
    for (one, at), (other, there) in pairs:
        mine, its = lines[one], lines[other]
        if at and there and mine[at - 1][1] == its[there - 1][1]:
            continue
        end = least
        while at + end < len(mine) and there + end < len(its) and mine[at + end][1] == its[there + end][1]:
            end += 1
        yield Twice(end, _place(one, mine[at : at + end]), _place(other, its[there : there + end]))


def _place(name: str, run: list[Line]) -> str:
    return f"{name}:{run[0][0]}-{run[-1][0]}"
