"""A scored meter as a row: the numbers, the reasons in plain words, what was missing."""

import math
from collections.abc import Iterator
from typing import Any

from domain.grid.metering.rules.suspicion.score import STEPS, Scores

ABSENT = {
    "own": "There is no baseline to compare with.",
    "volt": "Not looked at: fewer than three siblings on its transformer measure voltage.",
    "loss_attrib": "Not looked at: no delivered energy is known for its feeder.",
    "zero": "Not looked at: there is no baseline to compare with.",
    "flat": "Not looked at: there is no baseline to compare with.",
    "tamper": "Not looked at: no tamper reports are received.",
}
SUPPRESSED = {
    "pv": "Energy flows back or solar is known: that lowers the reads without theft.",
    "vacancy": "Known to be vacant or moved out.",
    "coverage": "Less than 80 % of the window was read.",
    "estimated": "More than 20 % of the reads are estimates.",
}


def rows(scores: Scores) -> Iterator[dict[str, Any]]:
    """Ranked rows with the column names of meter_suspicion (without tenant and date); NaN is None."""
    features = scores.features
    own, shape = features.own, features.shape
    for rank, row in enumerate(scores.order.tolist(), start=1):
        reasons = _reasons(scores, row)
        tamper = _number(features.tamper[row], 0)
        yield {
            "meter_id": features.matrix.meter_ids[row],
            "feeder_id": features.matrix.feeder_ids[features.matrix.feeder[row]],
            "scoring_version": scores.settings.version,
            "score": float(scores.score[row]),
            "rank": rank,
            "confidence": float(scores.confidence[row]),
            "window_days": features.window.window_days,
            "own_drop_pct": _number(100.0 * own.drop[row], 2),
            "own_z": _number(own.z[row], 3),
            "peer_drop_pct": _number(100.0 * own.peer_drop[row], 2),
            "zero_run_hours": _number(shape.zero_run_hours[row], 2),
            "flatness": _number(shape.flat[row], 4),
            "volt_resid_z": _number(features.volt.z[row], 3),
            "loss_attrib": _number(features.loss.evidence[row], 4),
            "tamper_count_30d": None if tamper is None else int(tamper),
            "ntl_kwh_est": None if math.isnan(own.drop[row]) else _number(own.ntl_kwh[row], 4),
            "suppressors": [code for code, applies in features.suppressors.items() if applies[row]],
            "reasons": reasons,
            "missing": [reason["code"] for reason in reasons if reason["value"] is None],
        }


def _number(value: float, decimals: int) -> float | None:
    return None if not math.isfinite(value) else round(float(value), decimals) + 0.0


def _reasons(scores: Scores, row: int) -> list[dict[str, Any]]:
    """What moved the score, what gates it, and what could not be looked at; most points first."""
    features = scores.features
    own, shape = features.own, features.shape
    values = {
        "own": _number(100.0 * own.drop[row], 2),
        "volt": _number(features.volt.z[row], 3),
        "loss_attrib": _number(features.loss.evidence[row], 4),
        "zero": _number(shape.zero_run_hours[row], 2),
        "flat": _number(shape.flat[row], 4),
        "tamper": _number(features.tamper[row], 0),
    }
    found = []
    for code in STEPS:
        value, points = values[code], float(scores.points[code][row])
        if value is None or points or code == "own":
            found.append({"code": code, "value": value, "points": points, "text": _text(scores, row, code, value)})
    for code, applies in features.suppressors.items():
        if applies[row]:
            points = float(scores.points[code][row])
            found.append({"code": code, "value": 1.0, "points": points, "text": SUPPRESSED[code]})
    return sorted(found, key=lambda reason: -abs(reason["points"]))


def _text(scores: Scores, row: int, code: str, value: float | None) -> str:
    if value is None:
        return ABSENT[code]
    features = scores.features
    if code == "own":
        word = "less" if value >= 0 else "more"
        z = features.own.z[row]
        return f"Used {abs(value):.0f} % {word} than its own baseline, its peers' movement taken out (z {z:.1f})."
    if code == "volt":
        if scores.points[code][row] > 0:
            return f"Its voltage sags more than its reads explain, against its siblings' (z {value:.1f})."
        return f"Its voltage shows no load beyond its reads (z {value:.1f}); that speaks for the meter."
    if code == "loss_attrib":
        z = features.loss.feeder_z[features.matrix.feeder[row]]
        if value > 0:
            return f"Its missing energy moves with its feeder's unexplained loss (share {value:.2f}, feeder z {z:.1f})."
        return f"Its feeder's loss does not move with its missing energy (feeder z {z:.1f}); that speaks for the meter."
    if code == "zero":
        return f"Runs of almost no energy that it did not have before, the longest {value:.1f} h."
    if code == "flat":
        return f"Its load curve became {100 * value:.0f} % flatter than it was."
    return f"{value:.0f} tamper reports in 30 days."
