"""What is suggested for each of FireMode's signals: a pure switch. It says what was seen and claims no cause."""

from collections.abc import Callable
from typing import Any

from domain.kernel.advice.model import Advice, Evaluation, Signal


def advice_of(signal: Signal, evaluation: Evaluation) -> list[Advice]:
    """The suggestions for a signal.

    Raises:
        ValueError: a signal type that nothing is said of.
    """
    found = _SUGGESTED.get(signal.about.signal_type)
    if found is None:
        raise ValueError(f"nothing is suggested for {signal.about.signal_type}")
    suggestion_type, reason, told = found
    about = signal.about
    evidence: dict[str, Any] = {
        "signal_id": str(signal.signal_id),
        "signal_type": about.signal_type,
        "ruleset": evaluation.ruleset,
        "thresholds": dict(evaluation.thresholds),
        "metric": {"value": evaluation.value, "n": evaluation.n},
        **evaluation.evidence,
    }
    return [
        Advice(
            about.subject_type.upper(),
            suggestion_type,
            f"{about.subject_type}:{about.subject_id}",
            signal.severity,
            told(evaluation),
            evidence,
            (reason,),
            "work_item",
            "/stairs/instruments" if about.subject_type == "instrument" else "/stairs",
        )
    ]


def _trend(evaluation: Evaluation) -> str:
    seen = evaluation.evidence["forecast"]
    return (
        f"{evaluation.evidence['name']} changes by {seen['slope_a_year']:+g} {evaluation.evidence['unit']} a year and"
        f" would reach {seen['limit']:g} {evaluation.evidence['unit']} about {seen['crosses_on']}, at the earliest"
        f" {seen['earliest_on']}. Look at it before then."
    )


def _calibration(evaluation: Evaluation) -> str:
    ends = evaluation.evidence["expires_on"]
    said = "has no calibration" if ends is None else f"is calibrated until {ends}"
    return f"{evaluation.evidence['name']} {said}. Have it calibrated; passing results need it."


def _fault(evaluation: Evaluation) -> str:
    return (
        f"{evaluation.evidence['name']} failed {evaluation.evidence['rule']} in {evaluation.n} sessions. Look at what"
        " was mended between them."
    )


def _physics(evaluation: Evaluation) -> str:
    return (
        f"{evaluation.n} things measured in {evaluation.evidence['name']} do not fit together. Measure again where the"
        " findings point."
    )


_SUGGESTED: dict[str, tuple[str, str, Callable[[Evaluation], str]]] = {
    "TREND_TO_LIMIT": ("LOOK_BEFORE_LIMIT", "TREND", _trend),
    "CALIBRATION_DUE": ("CALIBRATE_INSTRUMENT", "CALIBRATION_ENDS", _calibration),
    "REPEATED_FAULT": ("FIND_LASTING_REPAIR", "FAULT_REPEATED", _fault),
    "PHYSICS_MISMATCH": ("MEASURE_AGAIN", "PHYSICS", _physics),
}
