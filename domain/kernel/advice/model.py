"""What is noticed and suggested, as rooms say it and as it is kept."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from domain.kernel.canonical import content_hash, derived_id

Room = Literal["grid", "stairs", "courses"]
Opens = Literal["inspection_case", "work_item"]
MACHINES: dict[str, str] = {"grid": "grid.advice", "stairs": "stairs.advice", "courses": "courses.insight"}


class Verdict(StrEnum):
    """What an evaluation says by its rule: strictly beyond one bound, strictly beyond the other, or neither.

    Too few to judge by is STAYS: nothing opens and nothing closes.
    """

    OPENS = "OPENS"
    STAYS = "STAYS"
    CLOSES = "CLOSES"


class Severity(StrEnum):
    """How far beyond its bound."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"

    @property
    def rank(self) -> int:
        """0, 1, 2: for comparing and for the queue."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class About:
    """What a signal is of; one episode at a time is open about it.

    Attributes:
        context: what bounds the subject, of courses `<course>@<version>`; else empty.
    """

    room: Room
    signal_type: str
    subject_type: str
    subject_id: str
    context: str = ""


@dataclass(frozen=True)
class Evaluation:
    """One look at one thing on one day, by one ruleset.

    Attributes:
        evaluated_on: the day that it is of, not the day on which it was computed.
        severity: given exactly where the verdict is OPENS.
        value: what was measured, in the unit that the evidence names; None where there is nothing to measure.
        k, n: of how many how many, where it is a share.
        low, high: the interval of the value.
        period: from, to and as-of of what went in, as text.
        thresholds: what opens, what closes, what is enough.
        evidence: what a person needs to check it: numbers, rows, hashes; no personal data.
    """

    about: About
    evaluated_on: date
    verdict: Verdict
    ruleset: str
    severity: Severity | None = None
    value: float | None = None
    k: int | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    period: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.OPENS) != (self.severity is not None):
            raise ValueError("an evaluation has a severity exactly where it opens a signal")

    def inputs_hash(self) -> str:
        """SHA-256 of all that it says; the same look again is the same row."""
        return content_hash(
            {
                "about": [getattr(self.about, name) for name in _ABOUT],
                "evaluated_on": self.evaluated_on.isoformat(),
                "verdict": self.verdict.value,
                "severity": self.severity.value if self.severity else None,
                "measured": [self.value, self.k, self.n, self.low, self.high],
                "period": dict(self.period),
                "ruleset": self.ruleset,
                "thresholds": dict(self.thresholds),
                "evidence": dict(self.evidence),
            }
        )


_ABOUT = ("room", "signal_type", "subject_type", "subject_id", "context")


@dataclass(frozen=True)
class Signal:
    """One episode. Grain: what it is about, and its number.

    Attributes:
        number: 1 for the first about this, rising.
        severity: by the last evaluation that would have opened it.
    """

    signal_id: uuid.UUID
    about: About
    number: int
    state: str
    severity: Severity
    ruleset: str
    opened_on: date
    last_evaluated_on: date
    opened_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has not closed."""
        return self.state == "OPEN"


@dataclass(frozen=True)
class Advice:
    """One suggestion as a room's mapping makes it.

    Attributes:
        scope: the kind of thing that it is about, such as LESSON or METER.
        target_id: `kind:id`.
        message: what was seen; it never claims a cause as fact.
        reasons: codes of what it is based on, by which precision is told.
        opens: what accepting it opens; None where nothing follows by itself.
        page_url: the room's page about the target.
    """

    scope: str
    suggestion_type: str
    target_id: str
    severity: Severity
    message: str
    evidence: Mapping[str, Any]
    reasons: Sequence[str] = ()
    opens: Opens | None = None
    page_url: str | None = None


AdviceOf = Callable[[Signal, Evaluation], Sequence[Advice]]


def signal_id_of(tenant_id: str, about: About, number: int) -> uuid.UUID:
    """The id of an episode: it follows from what it is about and its number."""
    return derived_id("advice.signal", tenant_id, *(getattr(about, name) for name in _ABOUT), str(number))


def suggestion_id_of(signal_id: uuid.UUID, advice: Advice) -> uuid.UUID:
    """The id of a suggestion: one of a type and target for an episode."""
    return derived_id("advice.suggestion", str(signal_id), advice.suggestion_type, advice.target_id)
