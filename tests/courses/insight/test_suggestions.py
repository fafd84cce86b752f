"""From signals to suggestions: the table, the sentences, the evidence, and that nothing else is possible."""

import json
from dataclasses import replace
from typing import Any

import pytest

from domain.courses.insight.rules.ruleset import CURRENT, SIGNAL_TYPES, ruleset
from domain.courses.insight.rules.suggestions import (
    AggregateRow,
    Signal,
    SignalTarget,
    map_signal_to_suggestions,
    signal_in,
)
from domain.courses.insight.rules.wilson import rate

TARGET = SignalTarget("c-1", 3, "ab" * 32, "m-1", "l-1", "q-1", 4, "Loops", 20)
# Type: scope and type of each suggestion, target, and the message for 9 of 30. People count lessons from 1.
MAPPED = {
    "LOW_COURSE_COMPLETION": (
        [("COURSE", "LOW_COMPLETION", "course:c-1")],
        "9 of 30 learners enrolled at least 30 days completed version 3 (30.0%; 95% 16.7-47.9)."
        " Review course length and sequence.",
    ),
    "LOW_LESSON_COMPLETION": (
        [("LESSON", "LOW_COMPLETION", "lesson:l-1")],
        "Lesson 5 'Loops': 9 of 30 who opened it completed it. It may be too long or unclear.",
    ),
    "HIGH_DROP_OFF": (
        [("LESSON", "DROP_OFF", "lesson:l-1")],
        "After lesson 5 'Loops' 9 of 30 learners went no further. Check for a difficulty spike.",
    ),
    "LOW_QUIZ_PASS_RATE": (
        [("QUIZ", "CONTENT_CLARITY", "quiz:q-1")],
        "Quiz of lesson 5: 9 of 30 learners passed. Check the questions and the lesson's explanation.",
    ),
    "HIGH_QUIZ_RETRY": (
        [("QUIZ", "HIGH_RETRY", "quiz:q-1")],
        "Quiz of lesson 5: 9 of 30 learners needed 3 or more attempts. Check for ambiguous options.",
    ),
    "LOW_TIME_ON_LESSON": (
        [("LESSON", "LOW_ENGAGEMENT", "lesson:l-1")],
        "Lesson 5: 9 of 30 learners spent less than a quarter of the planned 20 min.",
    ),
    "HIGH_TIME_ON_LESSON": (
        [("LESSON", "CONTENT_CLARITY", "lesson:l-1")],
        "Lesson 5: 9 of 30 learners took over twice the planned 20 min.",
    ),
    "HIGH_REFUND_RATE": (
        [("COURSE", "LOW_ENGAGEMENT", "course:c-1")],
        "9 of 30 purchases older than 30 days were refunded.",
    ),
}


def signal(name: str, severity: str = "MEDIUM", target: SignalTarget = TARGET) -> Signal:
    return Signal(
        "s-1",
        name,
        severity,
        CURRENT,
        target,
        rate(9, 30),
        {"from": "2026-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z", "asOf": "2026-06-01T00:00:00Z"},
        ruleset().rules[name].thresholds(),
        (AggregateRow("2026-05-31", 4, "cd" * 32),),
    )


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_each_signal_has_its_suggestions_and_its_sentence(name: str) -> None:
    found = map_signal_to_suggestions(signal(name))
    kinds, message = MAPPED[name]
    assert [(one.scope, one.type, one.target_id) for one in found] == kinds
    assert {(one.message, one.severity) for one in found} == {(message, "MEDIUM")}


def test_low_completion_of_high_severity_also_asks_whether_the_lesson_is_clear() -> None:
    found = map_signal_to_suggestions(signal("LOW_LESSON_COMPLETION", "HIGH"))
    assert [(one.scope, one.type) for one in found] == [("LESSON", "LOW_COMPLETION"), ("LESSON", "CONTENT_CLARITY")]


def test_drop_off_after_the_first_lesson_of_a_module_also_points_at_the_module() -> None:
    found = map_signal_to_suggestions(signal("HIGH_DROP_OFF", target=replace(TARGET, is_first_of_module=True)))
    assert [(one.scope, one.type, one.target_id) for one in found] == [
        ("LESSON", "DROP_OFF", "lesson:l-1"),
        ("MODULE", "DROP_OFF", "module:m-1"),
    ]


def test_an_unknown_signal_raises() -> None:
    with pytest.raises(ValueError, match="No suggestion is defined for a signal of type 'LOW_MOOD'"):
        map_signal_to_suggestions(replace(signal("HIGH_DROP_OFF"), signal_type="LOW_MOOD"))


def test_a_target_without_the_id_that_is_needed_raises() -> None:
    with pytest.raises(ValueError, match="no quiz id"):
        map_signal_to_suggestions(signal("HIGH_QUIZ_RETRY", target=replace(TARGET, quiz_id=None)))


def test_evidence_has_its_specified_members() -> None:
    (found,) = map_signal_to_suggestions(signal("LOW_QUIZ_PASS_RATE"))
    evidence = found.evidence
    assert set(evidence) == {
        "signalId", "signalType", "severity", "ruleset", "courseId", "packageVersion", "packageHash", "target",
        "window", "metric", "thresholds", "aggregateRows", "messageTemplate",
    }  # fmt: skip
    assert set(evidence["window"]) == {"from", "to", "asOf"}
    assert set(evidence["metric"]) == {"k", "n", "value", "low", "high", "z"}
    assert evidence["metric"]["z"] == 1.96
    assert evidence["thresholds"] == {"open": 0.85, "close": 0.88, "minN": 30}
    assert evidence["aggregateRows"] == [{"day": "2026-05-31", "lessonIdx": 4, "sha256": "cd" * 32}]


@pytest.mark.parametrize("name", SIGNAL_TYPES)
@pytest.mark.parametrize("severity", ["LOW", "HIGH"])
def test_the_same_suggestions_follow_from_stored_evidence(name: str, severity: str) -> None:
    made = map_signal_to_suggestions(signal(name, severity))
    stored: dict[str, Any] = json.loads(json.dumps(made[0].evidence))
    assert map_signal_to_suggestions(signal_in(stored)) == made
    assert map_signal_to_suggestions(signal(name, severity)) == made
