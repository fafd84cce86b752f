"""What the engine notices on the way: codes with a sentence, and whether a pass can stand beside them (R-11)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

# What a reviewer must acknowledge before a session is approved (R-07, and what an honest mistake would look like).
MUST_ACKNOWLEDGE = frozenset({"EVIDENCE_TIME_ODD", "LIMITS_CONTRADICT", "REVERSE_FLOW", "TEST_TIME_ODD", "UNEVEN_GRID"})


class Weight(IntEnum):
    """What a note does: nothing, a flag beside the verdict, or no pass while it stands."""

    OBSERVED = 0
    FLAGGED = 1
    BLOCKS_A_PASS = 2


@dataclass(frozen=True, slots=True)
class Note:
    """One thing noticed.

    Attributes:
        code: UPPER_SNAKE, stable.
        text: one sentence for a person.
        data: figures behind it, as JSON values.
    """

    code: str
    text: str
    weight: Weight = Weight.OBSERVED
    data: Mapping[str, Any] = field(default_factory=dict)


def blocks(code: str, text: str, **data: Any) -> Note:
    """A note beside which no pass can stand."""
    return Note(code, text, Weight.BLOCKS_A_PASS, data)


def flags(code: str, text: str, **data: Any) -> Note:
    """A note that is shown as a flag and changes no verdict."""
    return Note(code, text, Weight.FLAGGED, data)


def observes(code: str, text: str, **data: Any) -> Note:
    """A note that is no more than an observation (R-16)."""
    return Note(code, text, Weight.OBSERVED, data)


def flag_codes(notes: Iterable[Note]) -> list[str]:
    """Codes of all flags, each once, in the order of the alphabet."""
    return sorted({note.code for note in notes if note.weight >= Weight.FLAGGED})


def blocking_codes(notes: Iterable[Note]) -> list[str]:
    """Codes beside which no pass can stand."""
    return sorted({note.code for note in notes if note.weight is Weight.BLOCKS_A_PASS})


def as_observations(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """All notes as members of the result, each once, in an order that does not depend on that of the input."""
    by_words = {(note.code, note.text): note for note in notes}
    ordered = [by_words[words] for words in sorted(by_words)]
    return [{"code": note.code, "text": note.text, "data": dict(note.data)} for note in ordered]
