"""What a signal suggests to look at. One signal, always the same suggestions; an unknown type is an error.

Messages say what was seen and claim no cause. Evidence embeds every number, so that the same suggestions follow from it
when the raw events are long gone: `suggestions(signal_in(evidence))`. It names no person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.courses.insight.rules.wilson import Rate, Z


@dataclass(frozen=True)
class SignalTarget:
    """What a signal is of, by ids; the lesson's members are None for a course."""

    course_id: str
    package_version: int
    package_hash: str
    module_id: str | None = None
    lesson_id: str | None = None
    quiz_id: str | None = None
    lesson_idx: int | None = None
    title: str | None = None
    planned_minutes: int | None = None
    is_first_of_module: bool = False


@dataclass(frozen=True)
class AggregateRow:
    """A daily row that the rate stands on, by its hash."""

    day: str
    lesson_idx: int | None
    sha256: str


@dataclass(frozen=True)
class Signal:
    """An open episode with what it was judged by.

    Attributes:
        window: from, to and asOf as ISO 8601.
        thresholds: open, close and minN of the rule.
    """

    signal_id: str
    signal_type: str
    severity: str
    ruleset: str
    target: SignalTarget
    metric: Rate
    window: dict[str, str]
    thresholds: dict[str, float | int]
    aggregate_rows: tuple[AggregateRow, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """A suggestion, as it is stored. `target_id` is kind:id."""

    scope: str
    type: str
    target_id: str
    severity: str
    message: str
    evidence: dict[str, Any]


# Scope and type of each suggestion, and its message. Placeholders are filled from the signal; a lesson has the number
# that every page shows, which counts from 1.
TEMPLATES = {
    "LOW_COURSE_COMPLETION": (
        "{k} of {n} learners enrolled at least 30 days completed version {v} ({pct}%; 95% {low}-{high})."
        " Review course length and sequence."
    ),
    "LOW_LESSON_COMPLETION": (
        "Lesson {idx} '{title}': {k} of {n} who opened it completed it. It may be too long or unclear."
    ),
    "HIGH_DROP_OFF": (
        "After lesson {idx} '{title}' {k} of {n} learners went no further. Check for a difficulty spike."
    ),
    "LOW_QUIZ_PASS_RATE": (
        "Quiz of lesson {idx}: {k} of {n} learners passed. Check the questions and the lesson's explanation."
    ),
    "HIGH_QUIZ_RETRY": (
        "Quiz of lesson {idx}: {k} of {n} learners needed 3 or more attempts. Check for ambiguous options."
    ),
    "LOW_TIME_ON_LESSON": "Lesson {idx}: {k} of {n} learners spent less than a quarter of the planned {min} min.",
    "HIGH_TIME_ON_LESSON": "Lesson {idx}: {k} of {n} learners took over twice the planned {min} min.",
    "HIGH_REFUND_RATE": "{k} of {n} purchases older than 30 days were refunded.",
}
_Kinds = tuple[tuple[str, str], ...]


def map_signal_to_suggestions(signal: Signal) -> tuple[Suggestion, ...]:
    """The suggestions of a signal, at least one.

    Raises:
        ValueError: the signal's type is not known, or its target lacks an id that the suggestion needs.
    """
    message, evidence = _message(signal), evidence_of(signal)
    return tuple(
        Suggestion(scope, kind, _target_id(scope, signal.target), signal.severity, message, evidence)
        for scope, kind in _kinds(signal)
    )


def _kinds(signal: Signal) -> _Kinds:
    """Scope and type of each suggestion."""
    match signal.signal_type:
        case "LOW_COURSE_COMPLETION":
            return (("COURSE", "LOW_COMPLETION"),)
        case "LOW_LESSON_COMPLETION":
            unclear: _Kinds = (("LESSON", "CONTENT_CLARITY"),) if signal.severity == "HIGH" else ()
            return (("LESSON", "LOW_COMPLETION"), *unclear)
        case "HIGH_DROP_OFF":
            module: _Kinds = (("MODULE", "DROP_OFF"),) if signal.target.is_first_of_module else ()
            return (("LESSON", "DROP_OFF"), *module)
        case "LOW_QUIZ_PASS_RATE":
            return (("QUIZ", "CONTENT_CLARITY"),)
        case "HIGH_QUIZ_RETRY":
            return (("QUIZ", "HIGH_RETRY"),)
        case "LOW_TIME_ON_LESSON":
            return (("LESSON", "LOW_ENGAGEMENT"),)
        case "HIGH_TIME_ON_LESSON":
            return (("LESSON", "CONTENT_CLARITY"),)
        case "HIGH_REFUND_RATE":
            return (("COURSE", "LOW_ENGAGEMENT"),)
        case unknown:
            raise ValueError(f"No suggestion is defined for a signal of type {unknown!r}.")


_IDS: dict[str, Callable[[SignalTarget], str | None]] = {
    "COURSE": lambda target: target.course_id,
    "MODULE": lambda target: target.module_id,
    "LESSON": lambda target: target.lesson_id,
    "QUIZ": lambda target: target.quiz_id,
}


def _target_id(scope: str, target: SignalTarget) -> str:
    found = _IDS[scope](target)
    if found is None:
        raise ValueError(f"The signal's target has no {scope.lower()} id.")
    return f"{scope.lower()}:{found}"


def _message(signal: Signal) -> str:
    if signal.signal_type not in TEMPLATES:
        raise ValueError(f"No suggestion is defined for a signal of type {signal.signal_type!r}.")
    found, target = signal.metric, signal.target
    return TEMPLATES[signal.signal_type].format(
        k=found.k,
        n=found.n,
        v=target.package_version,
        pct=_percent(found.value),
        low=_percent(found.low),
        high=_percent(found.high),
        idx=None if target.lesson_idx is None else target.lesson_idx + 1,
        title=target.title,
        min=target.planned_minutes,
    )


def _percent(share: float | None) -> str:
    """A share in percent to one decimal, as messages show it."""
    return "-" if share is None else f"{100 * share:.1f}"


def evidence_of(signal: Signal) -> dict[str, Any]:
    """The evidence of a signal as JSON members: everything that its suggestions follow from."""
    target = signal.target
    return {
        "signalId": signal.signal_id,
        "signalType": signal.signal_type,
        "severity": signal.severity,
        "ruleset": signal.ruleset,
        "courseId": target.course_id,
        "packageVersion": target.package_version,
        "packageHash": target.package_hash,
        "target": {
            "moduleId": target.module_id,
            "lessonId": target.lesson_id,
            "quizId": target.quiz_id,
            "lessonIdx": target.lesson_idx,
            "title": target.title,
            "plannedMinutes": target.planned_minutes,
            "isFirstOfModule": target.is_first_of_module,
        },
        "window": dict(signal.window),
        "metric": {**signal.metric.members(), "z": Z},
        "thresholds": dict(signal.thresholds),
        "aggregateRows": [
            {"day": row.day, "lessonIdx": row.lesson_idx, "sha256": row.sha256} for row in signal.aggregate_rows
        ],
        "messageTemplate": signal.signal_type,
    }


def signal_in(evidence: dict[str, Any]) -> Signal:
    """The signal that stands in evidence; its suggestions are those that carry the evidence."""
    target, metric = evidence["target"], evidence["metric"]
    return Signal(
        evidence["signalId"],
        evidence["signalType"],
        evidence["severity"],
        evidence["ruleset"],
        SignalTarget(
            evidence["courseId"],
            evidence["packageVersion"],
            evidence["packageHash"],
            target["moduleId"],
            target["lessonId"],
            target["quizId"],
            target["lessonIdx"],
            target["title"],
            target["plannedMinutes"],
            target["isFirstOfModule"],
        ),
        Rate(metric["k"], metric["n"], metric["value"], metric["low"], metric["high"]),
        dict(evidence["window"]),
        dict(evidence["thresholds"]),
        tuple(AggregateRow(row["day"], row["lessonIdx"], row["sha256"]) for row in evidence["aggregateRows"]),
    )
