"""The score: a noisy-or of evidence gated by the own drop (grid.md 3.6), and where its points come from.

    score = 100 own^0.5 [1 - (1-.9 volt)(1-.6 loss min(1,w/7))(1-.25 zero)(1-.2 flat)(1-.5 tamper)] * prod suppressor

Where voltage or the feeder's loss cannot be looked at, half of that evidence's weight is lent to the own drop, as one
more factor (1 - .5 weight own): a meter is neither cleared nor accused by an instrument that is not there.

Points by ordered ablation: features are let in one by one in the order of STEPS; what the score changes by is that
feature's points. A feature that is not let in yet counts as absent. So points may be negative (the voltage was
measured and explains nothing), and they add up to the score.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.robust import clip01
from domain.grid.metering.rules.suspicion.features import Features
from domain.grid.metering.rules.suspicion.settings import ScoringSettings

Floats = NDArray[np.float64]
STEPS = ("own", "volt", "loss_attrib", "zero", "flat", "tamper")


@dataclass(frozen=True)
class Scores:
    """Scored meters, M rows in the order of the matrix.

    Attributes:
        score: 0..100, two decimals.
        confidence: 0..1, two decimals: how much of what could be looked at was looked at.
        points: by step and suppressor, two decimals, adding up to the score.
        order: row numbers by score, then estimated energy, then meter id.
    """

    features: Features
    settings: ScoringSettings
    score: Floats
    confidence: Floats
    points: dict[str, Floats]
    order: NDArray[np.intp]


def evidence(features: Features, settings: ScoringSettings) -> dict[str, Floats]:
    """Each feature as 0..1, NaN where it could not be looked at."""
    tamper = 1.0 - 0.5**features.tamper
    above_chance = (-features.volt.z - settings.volt_z_chance) / (settings.volt_z_full - settings.volt_z_chance)
    as_caused = clip01(features.volt.hidden_share / settings.volt_share_full)
    volt = np.where(np.isnan(features.volt.z), np.nan, clip01(above_chance) * as_caused)
    return {
        "own": np.where(np.isnan(features.own.drop), np.nan, features.own.evidence),
        "volt": volt,
        "loss_attrib": features.loss.evidence,
        "zero": features.shape.zero,
        "flat": features.shape.flat,
        "tamper": tamper,
    }


def combine(found: dict[str, Floats], window_days: int, settings: ScoringSettings) -> Floats:
    """The score before suppressors, of evidence 0..1; an absent key or a NaN is evidence that was not looked at."""
    weights = {
        "volt": settings.weight_volt,
        "loss_attrib": settings.weight_loss * min(1.0, window_days / settings.full_window_days),
        "zero": settings.weight_zero,
        "flat": settings.weight_flat,
        "tamper": settings.weight_tamper,
    }
    own = clip01(found["own"])
    unexplained = np.ones_like(own)
    for name, weight in weights.items():
        values = found.get(name, np.full_like(own, np.nan))
        lent = settings.redistributed * weight * own if name in ("volt", "loss_attrib") else np.zeros_like(own)
        unexplained = unexplained * (1.0 - np.where(np.isnan(values), lent, weight * clip01(values)))
    return 100.0 * np.sqrt(own) * (1.0 - unexplained)


def score(features: Features, settings: ScoringSettings) -> Scores:
    """Score, explain and order all meters. Grain: meter; scores and points are 0 to 100, energy in kWh. Pure.

    Equal scores are ordered by estimated unrecorded energy, then by id, so that the same features give the same order.
    """
    found = evidence(features, settings)
    window_days = features.window.window_days
    points: dict[str, Floats] = {}
    reached = np.zeros(len(features.matrix.meter_ids))
    let_in: dict[str, Floats] = {}
    running = reached
    for step in STEPS:
        let_in[step] = found[step]
        running = combine(let_in, window_days, settings)
        points[step], reached = _points(running, reached)
    for code, applies in features.suppressors.items():
        running = np.where(applies, running * settings.suppressor, running)
        points[code], reached = _points(running, reached)
    ids = np.argsort(np.array(features.matrix.meter_ids, dtype=np.str_), kind="stable")
    by_id = np.empty_like(ids)
    by_id[ids] = np.arange(len(ids))
    order = np.lexsort((by_id, -np.round(features.own.ntl_kwh, 4), -reached))
    return Scores(features, settings, reached, _confidence(features, found, settings), points, order)


def _points(running: Floats, before: Floats) -> tuple[Floats, Floats]:
    """Points as the difference of rounded totals: they add up exactly, whatever was rounded."""
    after = np.round(running, 2) + 0.0
    return np.round(after - before, 2) + 0.0, after


def _confidence(features: Features, found: dict[str, Floats], settings: ScoringSettings) -> Floats:
    """Coverage, times how full baseline and window are, times how much of the evidence could be looked at."""
    looked_at = 0.4 + 0.4 * ~np.isnan(found["volt"]) + 0.2 * ~np.isnan(found["loss_attrib"])
    baseline = min(1.0, features.window.baseline_days / settings.full_baseline_days)
    window = 0.6 + 0.4 * min(1.0, features.window.window_days / settings.full_window_days)
    value = np.clip(features.own.coverage, 0.0, 1.0) * baseline * window * looked_at
    rounded = np.round(np.where(np.isnan(found["own"]), 0.0, value), 2)
    return np.asarray(rounded, dtype=np.float64)
