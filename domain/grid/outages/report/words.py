"""How the report writes: cautious about acts, exact about times, and never longer than a table's cell can hold."""

import re

from domain.grid.outages.charts.reading import lasting
from domain.kernel.charts.words import NONE, number, percent, signed
from domain.kernel.report import words

MOST_LETTERS = 420
# A sentence that begins with one of these would read as an order to the field or the control room.
_ORDER = re.compile(
    r"(?:please\s+)?(?:open|close|trip|operate|execute|switch|isolate|reclose|energi[sz]e|de-?energi[sz]e|restore|dispatch"
    r"|send|connect|disconnect|transfer|ground|earth|tag|lock|replace|shed|start|stop)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")
_POSITIONS = {
    "open": "open",
    "close": "closed",
    "closed": "closed",
    "connect": "connected",
    "disconnect": "disconnected",
}


def as_proposal(text: str) -> str:
    """The text with each sentence that would read as an order turned into a proposal."""
    return " ".join(_proposed(part) for part in _SENTENCE.split(text.strip())) if text.strip() else ""


def _proposed(sentence: str) -> str:
    if not _ORDER.match(sentence):
        return sentence
    return f"Proposed for validation: {sentence[:1].lower()}{sentence[1:]}"


def position(proposed: object) -> str:
    """The position that a step proposes for its device."""
    return _POSITIONS.get(str(proposed or "").lower(), str(proposed or NONE))


def cut(text: str, most: int = MOST_LETTERS) -> str:
    """The text, or its beginning with how much is left out; the whole stands in the replay."""
    if len(text) <= most:
        return text
    return f"{text[:most].rstrip()}… ({number(len(text) - most)} more letters in the replay)"


def utc(text: str | None) -> str:
    """2026-07-14 05:32:20Z, as provenance writes instants."""
    try:
        return words.utc(text)
    except ValueError:
        # What runs and feedback call an instant is theirs; it is shown as it stands.
        return cut(text or "", 40)


def minutes(value: float | None) -> str:
    """A length of time."""
    if value is None:
        return NONE
    return f"\u2212{lasting(-value)}" if value < 0 else lasting(value)


def signed_minutes(value: float | None) -> str:
    """+38 min or \u22129 min."""
    if value is None:
        return NONE
    return f"+{minutes(value)}" if value > 0 else minutes(value)


def share(value: float | None, decimals: int = 1) -> str:
    """0.804 as 80.4 %."""
    return NONE if value is None else percent(value * 100, decimals)


def significant(value: float | None) -> str:
    """A small index with enough digits to be told apart: 0.0221, 3.22, 145.8."""
    if value is None:
        return NONE
    return number(value, 4 if abs(value) < 0.1 else 3 if abs(value) < 1 else 2 if abs(value) < 100 else 1)


def change(value: float | None, decimals: int = 0) -> str:
    """A difference with its sign."""
    return signed(value, decimals)
