"""From what was noticed to evaluations: pure. A verdict on a test is never among them (R-16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.kernel.advice.model import About, Evaluation, Verdict
from domain.kernel.advice.threshold import ThresholdRules
from domain.stairs.rules.trend import Forecast

FAULT_WINDOW_DAYS = 730
# An instrument that never was calibrated is as late as one whose calibration has long ended.
NEVER_DAYS = -36_500.0
NOTHING_LEFT = "It was retired, or nothing of it is within what the rule looks at."


@dataclass(frozen=True)
class PointTrend:
    """A measured point with its forecast, where there is one. `name` is how people call it; ids name it for ever."""

    point_id: str
    name: str
    unit: str
    results: Sequence[tuple[date, float]]
    forecast: Forecast | None


@dataclass(frozen=True)
class Instrument:
    """An instrument in use and when its newest certificate ends; None where it has none."""

    instrument_id: str
    name: str
    expires_on: date | None


@dataclass(frozen=True)
class FaultsOfPlace:
    """The faults of one place and rule that no person dismissed: session and day of each."""

    place_id: str
    name: str
    rule: str
    faults: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Mismatches:
    """What physics noticed in the newest session of a stair: code and text of each finding."""

    stair_id: str
    name: str
    session_id: str
    findings: Sequence[Mapping[str, str]]


def trend_to_limit(found: PointTrend, rules: ThresholdRules, on: date) -> Evaluation:
    """How many days it takes, at the earliest, until a point would cross its limit."""
    rule, told, n = rules.rules["TREND_TO_LIMIT"], found.forecast, len(found.results)
    value = None if told is None else float((told.earliest_on - on).days)
    verdict, severity = rule.judge(value, n)
    if told is None and n >= rule.min_n:
        # Enough was measured and nothing leads to a limit any more.
        verdict = Verdict.CLOSES
    evidence: dict[str, Any] = {
        "name": found.name,
        "unit": found.unit,
        "results": [{"on": day.isoformat(), "value": result} for day, result in found.results],
        "forecast": None
        if told is None
        else {
            "slope_a_year": round(told.slope_a_year, 4),
            "limit": told.limit,
            "crosses_on": told.crosses_on.isoformat(),
            "earliest_on": told.earliest_on.isoformat(),
            "latest_on": None if told.latest_on is None else told.latest_on.isoformat(),
        },
    }
    about = About("stairs", "TREND_TO_LIMIT", "point", found.point_id)
    return _evaluation(about, on, rules, verdict, severity, value, n, evidence)


def calibration_due(found: Instrument, rules: ThresholdRules, on: date) -> Evaluation:
    """How many days are left until an instrument's calibration ends."""
    rule = rules.rules["CALIBRATION_DUE"]
    value = NEVER_DAYS if found.expires_on is None else float((found.expires_on - on).days)
    verdict, severity = rule.judge(value, None)
    evidence = {
        "name": found.name,
        "expires_on": None if found.expires_on is None else found.expires_on.isoformat(),
    }
    about = About("stairs", "CALIBRATION_DUE", "instrument", found.instrument_id)
    return _evaluation(about, on, rules, verdict, severity, value, None, evidence)


def repeated_fault(found: FaultsOfPlace, rules: ThresholdRules, on: date) -> Evaluation:
    """In how many sessions the same place failed the same rule."""
    rule, sessions = rules.rules["REPEATED_FAULT"], sorted({session for session, _ in found.faults})
    value = float(len(sessions))
    verdict, severity = rule.judge(value, None)
    evidence = {
        "name": found.name,
        "rule": found.rule,
        "faults": [{"session_id": session, "detected_on": day} for session, day in found.faults],
    }
    about = About("stairs", "REPEATED_FAULT", "place", found.place_id)
    return _evaluation(about, on, rules, verdict, severity, value, len(sessions), evidence)


def physics_mismatch(found: Mismatches, rules: ThresholdRules, on: date) -> Evaluation:
    """How many things measured in a stair cannot be true together."""
    rule, value = rules.rules["PHYSICS_MISMATCH"], float(len(found.findings))
    verdict, severity = rule.judge(value, None)
    evidence = {
        "name": found.name,
        "session_id": found.session_id,
        "findings": [dict(one) for one in found.findings],
    }
    about = About("stairs", "PHYSICS_MISMATCH", "stair", found.stair_id)
    return _evaluation(about, on, rules, verdict, severity, value, len(found.findings), evidence)


def nothing_left(about: About, rules: ThresholdRules, on: date) -> Evaluation:
    """Of what is open there is nothing to look at any more: its signal closes."""
    return _evaluation(about, on, rules, Verdict.CLOSES, None, None, None, {"why": NOTHING_LEFT})


def _evaluation(
    about: About,
    on: date,
    rules: ThresholdRules,
    verdict: Verdict,
    severity: Any,
    value: float | None,
    n: int | None,
    evidence: Mapping[str, Any],
) -> Evaluation:
    rule = rules.rules[about.signal_type]
    return Evaluation(
        about,
        on,
        verdict,
        rules.version,
        severity if verdict is Verdict.OPENS else None,
        value,
        n=n,
        period={"as_of": on.isoformat()},
        thresholds=rule.thresholds(),
        evidence=evidence,
    )
