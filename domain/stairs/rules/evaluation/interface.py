"""Interface tests: what the person attests, against what the definition asks for."""

from dataclasses import dataclass
from fractions import Fraction

from domain.stairs.rules.evaluation.limits import Limit, Limits
from domain.stairs.rules.evaluation.notes import Note, blocks
from domain.stairs.rules.evaluation.numbers import exact
from domain.stairs.rules.evaluation.place import Definition
from domain.stairs.rules.evaluation.submission import Attestation


@dataclass(frozen=True, slots=True)
class Attested:
    """The response time that was measured, s, and what stands against a pass."""

    response_s: Fraction | None
    notes: tuple[Note, ...]


def attested(told: Attestation, definition: Definition | None) -> Attested:
    """What an attestation amounts to; without a definition there is no pass."""
    notes = []
    response = None if told.response_time_s is None else exact(told.response_time_s)
    if definition is None:
        notes.append(blocks("DEFINITION_MISSING", "What the interface test asks for is not known."))
    if response is not None and response < 0:
        notes.append(blocks("CLOCK_ERROR", "The response time is below zero."))
    return Attested(response, tuple(notes))


def notes_on_time(told: Attestation, limits: Limits) -> list[Note]:
    """Without a time, where one is limited, there is no pass."""
    if limits.upper is None or told.response_time_s is not None or not told.matched:
        return []
    return [blocks("RESPONSE_TIME_MISSING", "The response time is limited, and none was taken.")]


def with_definition(limits: Limits, definition: Definition | None) -> Limits:
    """The limits with the definition's response time as one more upper limit; the least holds."""
    if definition is None or definition.response_time_s is None:
        return limits
    asked = Limit(definition.response_time_s, "definition")
    upper = limits.upper if limits.upper is not None and limits.upper.value < asked.value else asked
    return Limits(limits.lower, upper)
