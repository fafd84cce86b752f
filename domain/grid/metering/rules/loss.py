"""Feeder loss: delivered against metered, corrected for missing reads; what theft must do to it; the technical part.

Sources: grid.md 2.3 (feeder head), 2.8 (theft arithmetic), 3.1 and 3.2 (percentages, statuses, z). Percentages are
0 to 100, NaN where undefined, never 0. All functions take scalars or arrays that broadcast; energies may be in any
unit as long as it is the same one. What is not here: roll-ups (rollup.py), scores of meters (suspicion).

Matched intervals: delivered and metered are compared only over intervals where BOTH exist. That makes the number move
correctly in the middle of a day.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.grid.metering.rules.robust import median, median_deviation

Floats = NDArray[np.float64]

MIN_COVERAGE_PCT = 60.0
MIN_THROUGHPUT_KWH = 1.0
MAD_TO_SIGMA = 1.4826
Z_FLOOR_PP = 0.15


class LossStatus(StrEnum):
    """Whether a loss percentage can be believed."""

    OK = "OK"
    INSUFFICIENT_COVERAGE = "INSUFFICIENT_COVERAGE"
    NET_EXPORT = "NET_EXPORT"
    NO_DELIVERED = "NO_DELIVERED"


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def matched(delivered: ArrayLike, reads_received: ArrayLike) -> NDArray[np.bool_]:
    """Where an interval counts: something was delivered or taken back by measurement, and a read arrived."""
    both: NDArray[np.bool_] = np.isfinite(np.asarray(delivered, dtype=float)) & (np.asarray(reads_received) > 0)
    return both


def share_pct(part: ArrayLike, whole: ArrayLike) -> Floats:
    """100 * part / whole; NaN where the whole is not above zero."""
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=float), np.asarray(whole, dtype=float))
    out = np.full(whole.shape, np.nan)
    np.divide(100.0 * part, whole, out=out, where=whole > 0)
    return out


def coverage_pct(reads_received: ArrayLike, reads_expected: ArrayLike) -> Floats:
    """Reads that arrived, of those expected over the intervals with a delivered value."""
    return share_pct(reads_received, reads_expected)


def metered_hat(metered: ArrayLike, weight_expected: ArrayLike, weight_received: ArrayLike) -> Floats:
    """Metered energy as it would be without missing reads: each weighs what its meter was expected to use.

    `weight_expected` and `weight_received` are expected energies of all meters and of those whose reads or estimates
    are in `metered`, over the same intervals (c_w of grid.md 2.8). NaN where nothing was received.
    """
    metered, expected, received = np.broadcast_arrays(
        np.asarray(metered, dtype=float),
        np.asarray(weight_expected, dtype=float),
        np.asarray(weight_received, dtype=float),
    )
    out = np.full(metered.shape, np.nan)
    np.divide(metered * expected, received, out=out, where=received > 0)
    return out


def loss_pct_raw(delivered: ArrayLike, metered: ArrayLike, throughput: ArrayLike | None = None) -> Floats:
    """100 * (delivered - metered) / throughput.

    `throughput` is the sum of |delivered| over the intervals; without it delivered itself, undefined unless positive.
    """
    difference = np.asarray(delivered, dtype=float) - np.asarray(metered, dtype=float)
    return share_pct(difference, delivered if throughput is None else throughput)


def loss_pct_adj(
    delivered: ArrayLike,
    metered: ArrayLike,
    weight_expected: ArrayLike,
    weight_received: ArrayLike,
    throughput: ArrayLike | None = None,
) -> Floats:
    """Loss in percent with missing reads made up for: a comms outage leaves it where it was, theft does not.

    All energies in one unit, one value a feeder and period; NaN where nothing was received or delivered.
    """
    return loss_pct_raw(delivered, metered_hat(metered, weight_expected, weight_received), throughput)


def loss_status(
    delivered: ArrayLike, coverage: ArrayLike, throughput: ArrayLike | None = None, *, units_per_kwh: float = 1.0
) -> NDArray[np.str_]:
    """Status of each feeder and period (grid.md 3.1): NaN delivered is NO_DELIVERED, thin coverage or flow refuses."""
    delivered, coverage = np.broadcast_arrays(np.asarray(delivered, dtype=float), np.asarray(coverage, dtype=float))
    flow = np.abs(delivered) if throughput is None else np.broadcast_to(np.asarray(throughput, float), delivered.shape)
    thin = ~(coverage >= MIN_COVERAGE_PCT) | ~(flow > MIN_THROUGHPUT_KWH * units_per_kwh)
    small = (delivered >= 0) & (delivered <= MIN_THROUGHPUT_KWH * units_per_kwh)
    return np.select(
        [np.isnan(delivered), thin | small, delivered < 0],
        [LossStatus.NO_DELIVERED.value, LossStatus.INSUFFICIENT_COVERAGE.value, LossStatus.NET_EXPORT.value],
        LossStatus.OK.value,
    )


def is_stated(status: ArrayLike) -> NDArray[np.bool_]:
    """Whether a loss of that status is shown as a number."""
    stated: NDArray[np.bool_] = np.isin(np.asarray(status), [LossStatus.OK.value, LossStatus.NET_EXPORT.value])
    return stated


# --- technical loss ---------------------------------------------------------------------------------------------------


def delivered_from_consumption(
    consumed_kwh: ArrayLike, noload_kw: ArrayLike, copper_per_kw: ArrayLike, hours: float
) -> Floats:
    """D = C + P0 dt + k C^2 / dt (grid.md 2.3)."""
    consumed = np.asarray(consumed_kwh, dtype=float)
    return _floats(consumed + np.asarray(noload_kw) * hours + np.asarray(copper_per_kw) * consumed**2 / hours)


def consumption_from_delivered(
    delivered_kwh: ArrayLike, noload_kw: ArrayLike, copper_per_kw: ArrayLike, hours: float
) -> Floats:
    """C that solves D = C + P0 dt + k C^2 / dt: what would be metered if all loss were technical.

    Written so that it stays exact as k goes to 0. Reverse flow beyond what the model can explain gives its limit.
    """
    above_noload = np.asarray(delivered_kwh, dtype=float) - np.asarray(noload_kw) * hours
    curvature = np.asarray(copper_per_kw, dtype=float) / hours
    root = np.sqrt(np.maximum(1.0 + 4.0 * curvature * above_noload, 0.0))
    return _floats(2.0 * above_noload / (1.0 + root))


def technical_loss_kwh(
    delivered_kwh: ArrayLike, noload_kw: ArrayLike, copper_per_kw: ArrayLike, hours: float
) -> Floats:
    """The part of delivered energy that the feeder itself turns to heat, per interval."""
    return np.asarray(delivered_kwh, dtype=float) - consumption_from_delivered(
        delivered_kwh, noload_kw, copper_per_kw, hours
    )


def fit_technical_loss(delivered: ArrayLike, loss: ArrayLike) -> tuple[float, float]:
    """Non-negative a and b with loss = a D + b D^2 in least squares (grid.md 3.2); pairs with a NaN are left out.

    Two unknowns need no solver: the free optimum, else the better of the two edges, else the corner.
    """
    d = np.asarray(delivered, dtype=float)
    y = np.asarray(loss, dtype=float)
    keep = np.isfinite(d) & np.isfinite(y)
    d, y = d[keep], y[keep]
    scale = float(np.max(np.abs(d), initial=0.0))
    if scale < 1e-9:
        return 0.0, 0.0
    x1 = d / scale
    x2 = x1 * x1
    g11, g12, g22 = float(x1 @ x1), float(x1 @ x2), float(x2 @ x2)
    h1, h2 = float(x1 @ y), float(x2 @ y)
    candidates = [(0.0, 0.0), (max(h1 / g11, 0.0), 0.0), (0.0, max(h2 / g22, 0.0))]
    determinant = g11 * g22 - g12 * g12
    if determinant > 1e-12 * g11 * g22:
        a, b = (g22 * h1 - g12 * h2) / determinant, (g11 * h2 - g12 * h1) / determinant
        if a >= 0 and b >= 0:
            candidates.append((a, b))
    a, b = min(candidates, key=lambda c: c[0] * (g11 * c[0] + 2 * g12 * c[1] - 2 * h1) + c[1] * (g22 * c[1] - 2 * h2))
    return a / scale, b / scale**2


def loss_z(loss_pct: ArrayLike, baseline_pct: ArrayLike) -> Floats:
    """How far a loss lies above its own past: (loss - median) / (1.4826 MAD + 0.15 pp).

    `baseline_pct` has the past along its last axis, NaN where a day has no loss. Alarm: z >= 6 for one day or >= 4
    for three (grid.md 3.2).
    """
    past = np.asarray(baseline_pct, dtype=float)
    return (np.asarray(loss_pct, dtype=float) - median(past)) / (MAD_TO_SIGMA * median_deviation(past) + Z_FLOOR_PP)
