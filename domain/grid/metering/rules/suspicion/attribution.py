"""Loss attribution: which meters' missing energy moves with what their feeder cannot explain (grid.md 3.6, 6).

Delivered less technical loss less metered is unexplained, interval by interval. Non-negative least squares on the
candidates' missing energy gives each a coefficient: near 1 for energy that was used and not recorded, near 0 for a
vacancy, whose feeder delivers less. It counts only as far as the feeder's loss lies above its own past.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.loss import fit_technical_loss, loss_pct_raw, loss_z, metered_hat
from domain.grid.metering.rules.nonnegative import nonnegative_least_squares
from domain.grid.metering.rules.robust import clip01, mean, median
from domain.grid.metering.rules.suspicion.matrix import MeterMatrix
from domain.grid.metering.rules.suspicion.own import Own
from domain.grid.metering.rules.suspicion.settings import ScoringSettings
from domain.grid.metering.rules.suspicion.window import Window

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Attribution:
    """`evidence` 0..1 per meter, NaN where its feeder has no delivered energy; `feeder_z` per feeder, NaN likewise."""

    evidence: Floats
    feeder_z: Floats


def loss_attribution(matrix: MeterMatrix, window: Window, own: Own, settings: ScoringSettings) -> Attribution:
    """Attribute each feeder's unexplained energy to its meters."""
    evidence = np.full(len(matrix.meter_ids), np.nan)
    feeder_z = np.full(len(matrix.feeder_ids), np.nan)
    if matrix.delivered is None:
        return Attribution(evidence, feeder_z)
    total = len(matrix.read_at)
    past, now = window.intervals(window.baseline, total), window.intervals(window.window, total)
    for feeder in range(len(matrix.feeder_ids)):
        rows = np.flatnonzero(matrix.feeder == feeder)
        delivered = matrix.delivered[feeder]
        metered = _metered(matrix, rows, own)
        loss = np.where(np.isfinite(delivered), delivered - metered, np.nan)
        feeder_z[feeder] = _feeder_z(delivered, loss, window)
        if np.isnan(feeder_z[feeder]):
            continue
        linear, square = fit_technical_loss(delivered[past], loss[past])
        unexplained = loss - linear * delivered - square * delivered**2
        evidence[rows] = 0.0
        candidates = rows[own.evidence[rows] > settings.attribution_min_own]
        used = now & np.isfinite(unexplained)
        if len(candidates) and used.any():
            missing = missing_energy(matrix, window, own, candidates)[:, used]
            share = nonnegative_least_squares(missing.T, unexplained[used])
            evidence[candidates] = clip01(share) * clip01(feeder_z[feeder : feeder + 1] / settings.loss_z_full)
    return Attribution(evidence, feeder_z)


def missing_energy(matrix: MeterMatrix, window: Window, own: Own, rows: NDArray[np.intp]) -> Floats:
    """(rows, T) how far each read lies below what was expected; 0 where it does not, or was not read."""
    past = window.intervals(window.baseline, len(matrix.read_at))
    kwh = matrix.kwh[rows].astype(float)
    usual = np.zeros((len(rows), int(matrix.slot.max()) + 1))
    for slot in range(usual.shape[1]):
        usual[:, slot] = np.nan_to_num(median(kwh[:, past & (matrix.slot == slot)]))
    usual = np.maximum(usual, 0.0)
    expected = usual[:, matrix.slot]
    per_day = np.add.reduceat(expected, window.starts, axis=1)
    scale = own.expected_kwh_day[rows] / np.where(per_day > 0, per_day, np.nan)
    lengths = np.diff(np.append(window.starts, len(matrix.read_at)))
    expected = expected * np.repeat(np.nan_to_num(scale), lengths, axis=1)
    return np.asarray(np.maximum(np.nan_to_num(expected - kwh), 0.0), dtype=np.float64)


def _metered(matrix: MeterMatrix, rows: NDArray[np.intp], own: Own) -> Floats:
    """(T,) metered energy of a feeder with missing reads made up for; NaN where nothing was read."""
    base = own.base_kwh[rows]
    usual = float(mean(base))
    weights = np.where(np.isnan(base), usual if np.isfinite(usual) else 1.0, base)
    metered, received = np.zeros(len(matrix.read_at)), np.zeros(len(matrix.read_at))
    for row, weight in zip(rows, weights, strict=True):
        kwh = matrix.kwh[row].astype(float)
        seen = ~np.isnan(kwh)
        metered += np.where(seen, kwh, 0.0)
        received += seen * weight
    return metered_hat(metered, np.full(len(received), weights.sum()), received)


def _feeder_z(delivered: Floats, loss: Floats, window: Window) -> float:
    """The z of the window's loss percentage against the baseline's days, over matched intervals."""
    known = np.isfinite(loss)
    sums = [np.add.reduceat(np.where(known, v, 0.0), window.starts) for v in (delivered, loss)]
    daily = loss_pct_raw(sums[0], sums[0] - sums[1])
    in_window = loss_pct_raw(sums[0][window.window].sum(), (sums[0] - sums[1])[window.window].sum())
    return float(loss_z(in_window, daily[window.baseline]))
