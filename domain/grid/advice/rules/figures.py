"""From the grid's figures to evaluations: pure. Each says what was measured, of what, and by which bounds.

A band is the feeder's own: median and median absolute deviation of its daily loss before the window (grid.md 3.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

from domain.kernel.advice.interval import share
from domain.kernel.advice.model import About, Evaluation
from domain.kernel.advice.threshold import ThresholdRules

LOSS_WINDOW_DAYS = 7
SHARE_WINDOW_DAYS = 3
OUTAGE_WINDOW_DAYS = 90
MAD_TO_SIGMA = 1.4826
# A feeder whose loss hardly ever moves is not alarming by a tenth of a point.
LEAST_SIGMA_PP = 0.5


@dataclass(frozen=True)
class FeederLoss:
    """A feeder's daily losses of the window and its band before it. Units: percent; None without history."""

    feeder_id: str
    days: Sequence[tuple[date, float]]
    usual_pct: float | None
    mad_pct: float | None


@dataclass(frozen=True)
class FeederCount:
    """How many of a feeder's reads of the window something is said of."""

    feeder_id: str
    k: int
    n: int


@dataclass(frozen=True)
class ScoredMeter:
    """One meter of a scoring. reasons: code and points; points sum to the score."""

    meter_id: str
    feeder_id: str
    score: float
    window_days: int
    scoring_version: str
    reasons: Sequence[tuple[str, float, str]]
    suppressors: Sequence[str]


@dataclass(frozen=True)
class DeviceOutages:
    """The outages of a device that people confirmed within the window: ids and when they began."""

    device_id: str
    feeder_id: str
    outages: Sequence[tuple[str, str]]


def feeder_loss(found: FeederLoss, rules: ThresholdRules, on: date) -> Evaluation:
    """How far the feeder's loss of a week lies above what is usual for it."""
    rule, losses = rules.rules["FEEDER_LOSS"], [loss for _, loss in found.days]
    value = None
    if losses and found.usual_pct is not None and found.mad_pct is not None:
        sigma = max(MAD_TO_SIGMA * found.mad_pct, LEAST_SIGMA_PP)
        value = round((median(losses) - found.usual_pct) / sigma, 4)
    verdict, severity = rule.judge(value, len(losses))
    return Evaluation(
        About("grid", "FEEDER_LOSS", "feeder", found.feeder_id),
        on,
        verdict,
        rules.version,
        severity,
        value,
        n=len(losses),
        period=_period(on, LOSS_WINDOW_DAYS),
        thresholds=rule.thresholds(),
        evidence={
            "loss_pct": [{"day": day.isoformat(), "loss_pct": round(loss, 3)} for day, loss in found.days],
            "window_loss_pct": round(median(losses), 3) if losses else None,
            "usual_loss_pct": None if found.usual_pct is None else round(found.usual_pct, 3),
            "mad_pct": None if found.mad_pct is None else round(found.mad_pct, 3),
        },
    )


def meter_suspicion(found: ScoredMeter, rules: ThresholdRules, on: date) -> Evaluation:
    """How strongly a meter's own figures say that it records less than is used. No accusation."""
    rule = rules.rules["METER_SUSPICION"]
    value = round(found.score, 1)
    verdict, severity = rule.judge(value, found.window_days)
    return Evaluation(
        About("grid", "METER_SUSPICION", "meter", found.meter_id),
        on,
        verdict,
        rules.version,
        severity,
        value,
        n=found.window_days,
        period=_period(on, found.window_days),
        thresholds=rule.thresholds(),
        evidence={
            "feeder_id": found.feeder_id,
            "scoring_version": found.scoring_version,
            "reasons": [
                {"code": code, "points": round(points, 2), "text": text} for code, points, text in found.reasons
            ],
            "suppressors": list(found.suppressors),
        },
    )


def comms_degraded(found: FeederCount, rules: ThresholdRules, on: date) -> Evaluation:
    """Which share of a feeder's expected reads did not come."""
    return _of_share("COMMS_DEGRADED", found, rules, on, "missing_reads", "expected_reads")


def voltage_low(found: FeederCount, rules: ThresholdRules, on: date) -> Evaluation:
    """Which share of a feeder's voltages lay below range A."""
    return _of_share("VOLTAGE_LOW", found, rules, on, "reads_below_range_a", "voltage_reads")


def repeated_outages(found: DeviceOutages, rules: ThresholdRules, on: date) -> Evaluation:
    """How often a device was the one that operated."""
    rule, count = rules.rules["REPEATED_OUTAGES"], len(found.outages)
    verdict, severity = rule.judge(float(count), None)
    return Evaluation(
        About("grid", "REPEATED_OUTAGES", "device", found.device_id),
        on,
        verdict,
        rules.version,
        severity,
        float(count),
        n=count,
        period=_period(on, OUTAGE_WINDOW_DAYS),
        thresholds=rule.thresholds(),
        evidence={
            "feeder_id": found.feeder_id,
            "outages": [{"outage_id": outage, "started_at": started} for outage, started in found.outages],
        },
    )


def _of_share(
    signal_type: str, found: FeederCount, rules: ThresholdRules, on: date, counted: str, among: str
) -> Evaluation:
    rule, told = rules.rules[signal_type], share(found.k, found.n)
    verdict, severity = rule.judge(told.value, told.n, bound=told.low)
    return Evaluation(
        About("grid", signal_type, "feeder", found.feeder_id),
        on,
        verdict,
        rules.version,
        severity,
        _rounded(told.value),
        found.k,
        found.n,
        _rounded(told.low),
        _rounded(told.high),
        _period(on, SHARE_WINDOW_DAYS),
        rule.thresholds(),
        {counted: found.k, among: found.n},
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _period(on: date, days: int) -> dict[str, Any]:
    return {"from": (on - timedelta(days=days - 1)).isoformat(), "to": on.isoformat(), "as_of": on.isoformat()}
