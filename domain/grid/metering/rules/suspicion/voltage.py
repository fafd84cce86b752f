"""Voltage residual: current that the meter feels and does not count (grid.md 3.6, 5).

A bypass leaves the voltage at the true load. Against the median of its siblings on the same transformer a meter's
voltage is V - V_ref = a - b kWh + c kWh_siblings on the baseline (the siblings' own service drops are in V_ref, and
their load explains them); in the window a thief's lies lower than its own read explains.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.loss import MAD_TO_SIGMA
from domain.grid.metering.rules.robust import AnyFloats, mean, median, median_deviation
from domain.grid.metering.rules.suspicion.matrix import Grid, MeterMatrix
from domain.grid.metering.rules.suspicion.own import Own
from domain.grid.metering.rules.suspicion.settings import ScoringSettings
from domain.grid.metering.rules.suspicion.window import Window

Floats = NDArray[np.float64]
_NOMINAL_V = np.array([120.0, 208.0, 240.0, 277.0, 347.0, 480.0])
_VALUES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Voltage:
    """Per meter; NaN with fewer than three siblings that measure voltage on the transformer, or without a baseline.

    Attributes:
        z: of the window's residual, negative = more drop than the read explains.
        hidden_share: the residual over what the meter's missing energy would cause if it still flowed: near 1 for a
            bypass, near 0 for a home that stands empty.
    """

    z: Floats
    hidden_share: Floats


def voltage_residual(matrix: MeterMatrix, window: Window, own: Own, settings: ScoringSettings) -> Voltage:
    """Voltage evidence of every meter."""
    found = Voltage(np.full(len(matrix.meter_ids), np.nan), np.full(len(matrix.meter_ids), np.nan))
    if matrix.voltage is None:
        return found
    total = len(matrix.read_at)
    past, now = window.intervals(window.baseline, total), window.intervals(window.window, total)
    for rows in _groups_of_equal_size(matrix, settings):
        members = rows.reshape(-1)
        volts = _on_120(matrix.voltage[members], past).reshape(*rows.shape, -1)
        apart = (volts - siblings_median(volts, settings.volt_min_siblings)).reshape(len(members), -1)
        kwh = matrix.kwh[members]
        others = _siblings_kwh(kwh.reshape(*rows.shape, -1)).reshape(kwh.shape)
        residual, leverage, slope = _residual(apart, kwh, others, past, now)
        load = _usual_load(matrix, members, past)
        shift, sigma = _window_shift(residual, load, leverage * 24 * 60 / matrix.interval_minutes, window, settings)
        caused = slope * _missing_load(kwh, load, own.expected_kwh_day[members], window)
        found.z[members] = shift / sigma
        found.hidden_share[members] = shift / np.where(caused < 0, caused, np.nan)
    return found


def siblings_median(volts: Grid, min_siblings: int) -> Grid:
    """(groups, members, T): for each member the median of the other members, NaN where too few of them are known."""
    ordered = np.sort(volts, axis=1)
    rank = np.argsort(np.argsort(volts, axis=1, kind="stable"), axis=1, kind="stable")
    others = np.count_nonzero(~np.isnan(volts), axis=1)[:, None, :] - 1
    low, high = np.maximum(others - 1, 0) // 2, np.maximum(others, 0) // 2

    def of_others(position: NDArray[np.intp]) -> Grid:
        skipped = np.minimum(position + (position >= rank), volts.shape[1] - 1)
        return np.take_along_axis(ordered, skipped, axis=1)

    middle = (of_others(low) + of_others(high)) / 2
    return np.where((others >= min_siblings) & ~np.isnan(volts), middle, np.nan).astype(np.float32)


def _groups_of_equal_size(matrix: MeterMatrix, settings: ScoringSettings) -> Iterator[NDArray[np.intp]]:
    """(groups, members) of transformers with the same number of meters, some at a time."""
    order = np.argsort(matrix.transformer, kind="stable")
    numbers, starts, sizes = np.unique(matrix.transformer[order], return_index=True, return_counts=True)
    for size in np.unique(sizes):
        if size <= settings.volt_min_siblings:
            continue
        chosen = starts[(sizes == size) & (numbers >= 0)]
        at_once = max(1, _VALUES_AT_ONCE // (int(size) * len(matrix.read_at)))
        for first in range(0, len(chosen), at_once):
            yield order[chosen[first : first + at_once, None] + np.arange(size)]


def _on_120(volts: Grid, past: NDArray[np.bool_]) -> Grid:
    """Voltages on a 120 V base, by the nominal voltage nearest to the usual one, so that 120 and 240 V compare."""
    usual = median(volts[:, past])
    nearest = np.argmin(np.abs(np.nan_to_num(usual)[:, None] - _NOMINAL_V), axis=1)
    scaled: Grid = (volts * (_NOMINAL_V[0] / _NOMINAL_V[nearest])[:, None]).astype(np.float32)
    return scaled


def _siblings_kwh(kwh: Grid) -> Grid:
    """(groups, members, T): for each member the mean energy of the others that were read; NaN where none was."""
    seen = ~np.isnan(kwh)
    energy = np.where(seen, kwh, 0.0).astype(np.float32)
    others = seen.sum(axis=1, keepdims=True) - seen
    total = energy.sum(axis=1, keepdims=True) - energy
    return np.where(others > 0, total / np.maximum(others, 1), np.nan).astype(np.float32)


def _residual(
    apart: Grid, own: Grid, siblings: Grid, past: NDArray[np.bool_], now: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """V - V_ref less its regression on own and siblings' energy, fitted on the baseline; NaN where one is missing.

    And the leverage of the window: how far its loads lie from the baseline's, in the regression's own measure. A
    meter that fell to nothing is judged at the edge of what the regression has seen, and its z must say so. And the
    slope on its own energy, volts per kWh of an interval, negative.
    """
    known = ~(np.isnan(apart) | np.isnan(own) | np.isnan(siblings))
    fitted = known & past
    count = np.maximum(np.count_nonzero(fitted, axis=1), 1)[:, None]
    y, x1, x2 = (np.where(known, values, 0.0).astype(float) for values in (apart, own, siblings))
    y, x1, x2 = (v - np.where(fitted, v, 0.0).sum(axis=1, keepdims=True) / count for v in (y, x1, x2))

    def product(left: Floats, right: Floats) -> Floats:
        return np.asarray(np.einsum("ij,ij->i", np.where(fitted, left, 0.0), right))[:, None]

    g11, g12, g22, h1, h2 = product(x1, x1), product(x1, x2), product(x2, x2), product(x1, y), product(x2, y)
    determinant = g11 * g22 - g12 * g12
    solvable = determinant > 1e-9 * g11 * g22
    divisor = np.where(solvable, determinant, 1.0)
    slope1 = np.where(solvable, (g22 * h1 - g12 * h2) / divisor, 0.0)
    slope2 = np.where(solvable, (g11 * h2 - g12 * h1) / divisor, 0.0)
    judged = known & now
    seen = np.maximum(np.count_nonzero(judged, axis=1), 1)[:, None]
    d1, d2 = (np.where(judged, x, 0.0).sum(axis=1, keepdims=True) / seen for x in (x1, x2))
    leverage = np.where(solvable, (g22 * d1 * d1 - 2 * g12 * d1 * d2 + g11 * d2 * d2) / divisor, 0.0)
    return np.where(known, y - slope1 * x1 - slope2 * x2, np.nan), leverage[:, 0], slope1[:, 0]


def _usual_load(matrix: MeterMatrix, members: NDArray[np.intp], past: NDArray[np.bool_]) -> Grid:
    """(members, T) mean load of each interval of the day on the baseline: where a bypass would show most."""
    order = np.flatnonzero(past)[np.argsort(matrix.slot[past], kind="stable")]
    slots, starts = np.unique(matrix.slot[order], return_index=True)
    kwh = np.abs(matrix.kwh[members][:, order])
    seen = ~np.isnan(kwh)
    total = np.add.reduceat(np.where(seen, kwh, 0.0), starts, axis=1, dtype=float)
    by_slot = np.zeros((len(members), int(matrix.slot.max()) + 1))
    by_slot[:, slots] = total / np.maximum(np.add.reduceat(seen.astype(np.int32), starts, axis=1), 1)
    return (by_slot + 1e-6)[:, matrix.slot].astype(np.float32)


def _window_shift(
    residual: Floats, weight: Grid, leverage: Floats, window: Window, settings: ScoringSettings
) -> tuple[Floats, Floats]:
    """The load-weighted mean of the window's daily residuals above the baseline's median, and its error.

    The spread of a day is 1.4826 MAD of the baseline's days; the error has three parts: the window's days, the
    baseline's days, and `leverage` (in days) of the regression.
    """
    daily = _daily_mean(residual, weight, window)
    past, now = daily[:, window.baseline], daily[:, window.window]
    days_past, days_now = (np.count_nonzero(~np.isnan(days), axis=1) for days in (past, now))
    parts = 1.0 / np.maximum(days_now, 1) + 1.0 / np.maximum(days_past, 1) + leverage
    sigma = MAD_TO_SIGMA * median_deviation(past) * np.sqrt(parts) + settings.volt_sigma_floor_v
    return np.where(days_past >= settings.min_baseline_days, mean(now) - median(past), np.nan), sigma


def _missing_load(kwh: Grid, weight: Grid, expected_kwh_day: Floats, window: Window) -> Floats:
    """Load-weighted mean, over the window's days, of the energy of an interval that was expected and not read."""
    per_day = np.add.reduceat(weight, window.starts, axis=1, dtype=float)
    lengths = np.diff(np.append(window.starts, kwh.shape[1]))
    expected = weight * np.repeat(expected_kwh_day / per_day, lengths, axis=1)
    return mean(_daily_mean(expected - kwh, weight, window)[:, window.window])


def _daily_mean(values: AnyFloats, weight: Grid, window: Window) -> Floats:
    """(members, days) weighted means of what is known."""
    known = ~np.isnan(values)
    weighed = np.where(known, weight, 0.0)
    load = np.add.reduceat(weighed, window.starts, axis=1, dtype=float)
    total = np.add.reduceat(np.where(known, values, 0.0) * weighed, window.starts, axis=1)
    return np.asarray(np.where(load > 0, total / np.where(load > 0, load, 1.0), np.nan), dtype=np.float64)
