"""Which lines of an OpenDSS model are taken, which are passed over, and which refuse the model. Pure.

A model is a script: beside what describes a circuit the language can solve, draw, write files, start programs and load
libraries. Only what describes is handed to the engine; the rest is never run.
"""

import re
from dataclasses import dataclass

DESCRIBES = frozenset(
    {"new", "edit", "more", "m", "~", "set", "enable", "disable", "open", "close", "clear", "clearall", "batchedit"}
    | {"calcvoltagebases", "setkvbase", "makebuslist", "setbusxy", "connect", "disconnect", "remove"}
    | {"setloadandgenkv", "rephase", "reprocessbuses"}
)
INCLUDES = frozenset({"redirect", "compile"})
PLACES = frozenset({"buscoords", "latlongcoords", "giscoords"})
# What these would change or start is not for a model to say.
REFUSED = frozenset(
    {"abort", "alignfile", "cd", "clone", "doscmd", "newactor", "obfuscate", "solveall", "top", "uuids", "var"}
)
REFUSED_SETTINGS = re.compile(r"\bset\b.*\b(datap\w*|editor|registry\w*|numcpus|numcores|numactors)\s*=", re.IGNORECASE)
# A library that the engine would load into its process.
LIBRARY = re.compile(r"\.(so|dll|dylib|exe|bat|sh)(\.[\d.]+)?$", re.IGNORECASE)
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s,=()\[\]{}\"']+")
_COMMENT = re.compile(r"\s*(!|//)")
_DATA = re.compile(r"\.(dss|txt|csv|dat|sng|dbl)$", re.IGNORECASE)
_CLOSING = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}


@dataclass(frozen=True)
class Line:
    """One line of a model.

    Attributes:
        text: what is handed to the engine: the line without its remark.
        verb: its command in full; empty for what has none, such as a property on its own.
        words: what follows it, without quotation marks.
    """

    text: str
    verb: str
    words: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The words that could name a file of data."""
        return tuple(one for one in self.words if _DATA.search(one))


def lines_of(text: str) -> list[tuple[int, str]]:
    """The lines that say something, with their numbers; comments, also of several lines, are left out."""
    found, in_comment = [], False
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if not in_comment and line.startswith("/*"):
            in_comment = True
        elif not in_comment and line.strip() and not _COMMENT.match(line):
            found.append((number, line.replace("\0", " ")))
        if in_comment and "*/" in line:
            in_comment = False
    return found


def read_line(text: str, known: frozenset[str]) -> Line:
    """The line's command and words; `known` are the engine's commands, in lower case.

    A command may be cut short, as the engine takes it, where what is left means one command alone.

    Raises:
        ValueError: it is no line that a description has; the message says why.
    """
    text = _without_remark(text)
    words = [one.strip("\"'") for one in _TOKEN.findall(text)]
    verb = _verb(words[0].lower(), known) if words else ""
    line = Line(text, verb, tuple(words[1:] if verb else words))
    if verb in INCLUDES:
        line = Line(text, verb, (_argument(text),))
    if verb in REFUSED or (verb and verb not in known and verb not in DESCRIBES):
        raise ValueError(f"{verb!r} is no command of a description")
    if verb == "set" and REFUSED_SETTINGS.search(text):
        raise ValueError("a description does not set folders, editors or processors")
    for one in line.words:
        if LIBRARY.search(one):
            raise ValueError(f"{one!r} is a program, which a description does not need")
    return line


def _verb(first: str, known: frozenset[str]) -> str:
    """The command that the first word means; none where it is a property."""
    if first in known or first == "~":
        return first
    meant = sorted(one for one in known if one.startswith(first))
    if len(meant) > 1 and not DESCRIBES.issuperset(meant):
        raise ValueError(f"{first!r} could be {' or '.join(meant[:3])}: write the command out")
    if first == "command":
        raise ValueError("'command=' hides a command: write the command alone")
    return meant[0] if meant else ""


def _argument(text: str) -> str:
    """What an include names: all that brackets or quotation marks hold, else one word."""
    rest = re.sub(r"^\W*\w+\W*?[\s=,]+(file\s*=\s*)?", "", text, count=1, flags=re.IGNORECASE)
    closing = _CLOSING.get(rest[:1])
    return rest[1:].partition(closing)[0].strip() if closing else (rest.split() or [""])[0]


def _without_remark(text: str) -> str:
    """The line up to its remark. What a quotation holds is no remark."""
    is_in = ""
    for at, letter in enumerate(text):
        if is_in:
            is_in = "" if letter == is_in else is_in
        elif letter in "\"'":
            is_in = letter
        elif letter == "!" or text.startswith("//", at):
            return text[:at]
    return text
