"""Shape of the load: runs of zero, and a curve that became flatter than it was (grid.md 3.6, 3 and 4)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.robust import clip01
from domain.grid.metering.rules.suspicion.matrix import MeterMatrix
from domain.grid.metering.rules.suspicion.own import Own, blocks
from domain.grid.metering.rules.suspicion.settings import ScoringSettings
from domain.grid.metering.rules.suspicion.window import Window

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Per meter.

    Attributes:
        zero: evidence 0..1, by how much the share of near-zero intervals rose; NaN without a baseline.
        zero_run_hours: the longest run of near-zero intervals in the window.
        flat: evidence 0..1, by how much the coefficient of variation fell; NaN without a baseline.
        negative: share of the window's intervals in which energy flowed back.
    """

    zero: Floats
    zero_run_hours: Floats
    flat: Floats
    negative: Floats


def load_shape(matrix: MeterMatrix, window: Window, own: Own, settings: ScoringSettings) -> Shape:
    """Zero, flat and reverse flow of every meter."""
    total = len(matrix.read_at)
    now, past = window.intervals(window.window, total), window.intervals(window.baseline, total)
    out = {name: np.full(len(matrix.meter_ids), np.nan) for name in ("zero", "run", "flat", "negative")}
    threshold = settings.zero_of_typical * own.base_kwh * matrix.interval_minutes / (24 * 60)
    for rows in blocks(len(matrix.meter_ids)):
        current, before = matrix.kwh[rows][:, now].astype(float), matrix.kwh[rows][:, past].astype(float)
        limit = threshold[rows][:, None]
        near_zero = np.abs(current) < limit
        out["zero"][rows] = clip01(_share(near_zero, current) - _share(np.abs(before) < limit, before))
        out["run"][rows] = _longest_run(near_zero) * matrix.interval_minutes / 60
        out["flat"][rows] = clip01(1.0 - _variation(current) / _variation(before))
        out["negative"][rows] = _share(current < 0, current)
    judged = ~np.isnan(own.drop)
    flat = np.where(own.drop > settings.flat_min_drop, out["flat"], 0.0)
    return Shape(
        zero=np.where(judged, out["zero"], np.nan),
        zero_run_hours=np.where(judged, out["run"], np.nan),
        flat=np.where(judged, flat, np.nan),
        negative=out["negative"],
    )


def _share(chosen: NDArray[np.bool_], of: Floats) -> Floats:
    known = ~np.isnan(of)
    share = np.count_nonzero(chosen & known, axis=1) / np.maximum(np.count_nonzero(known, axis=1), 1)
    return np.asarray(share, dtype=np.float64)


def _longest_run(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    if not flags.shape[1]:
        return np.zeros(flags.shape[0], dtype=np.int64)
    position = np.arange(flags.shape[1])
    last_break = np.maximum.accumulate(np.where(flags, -1, position), axis=1)
    longest: NDArray[np.int64] = (position - last_break).max(axis=1)
    return longest


def _variation(kwh: Floats) -> Floats:
    """Standard deviation over mean of what was read; NaN where the mean is not above zero."""
    known = ~np.isnan(kwh)
    count = np.maximum(np.count_nonzero(known, axis=1), 1)
    average = np.where(known, kwh, 0.0).sum(axis=1) / count
    spread = np.sqrt(np.where(known, (kwh - average[:, None]) ** 2, 0.0).sum(axis=1) / count)
    out = np.full(average.shape, np.nan)
    np.divide(spread, average, out=out, where=(average > 0) & (spread > 0))
    return out
