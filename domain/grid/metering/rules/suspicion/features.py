"""All features of all meters, in one pass over the matrix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.suspicion.attribution import Attribution, loss_attribution
from domain.grid.metering.rules.suspicion.matrix import MeterMatrix
from domain.grid.metering.rules.suspicion.own import Own, own_drop
from domain.grid.metering.rules.suspicion.settings import ScoringSettings
from domain.grid.metering.rules.suspicion.shape import Shape, load_shape
from domain.grid.metering.rules.suspicion.voltage import Voltage, voltage_residual
from domain.grid.metering.rules.suspicion.window import Window, choose_window

Floats = NDArray[np.float64]
DEFAULT_WINDOW_DAYS = 7


@dataclass(frozen=True)
class Features:
    """What is known of each meter of `matrix` in `window`; NaN where its input is absent.

    Attributes:
        tamper: counts in 30 days as floats, NaN where nobody reports them.
        suppressors: per code, the meters to which it applies.
    """

    matrix: MeterMatrix
    window: Window
    own: Own
    shape: Shape
    volt: Voltage
    loss: Attribution
    tamper: Floats
    suppressors: dict[str, NDArray[np.bool_]]


def measure(matrix: MeterMatrix, window_days: int, settings: ScoringSettings) -> Features:
    """Measure every feature. Deterministic: the same matrix gives the same bytes."""
    window = choose_window(matrix, window_days, settings.baseline_days)
    own = own_drop(matrix, window, settings)
    shape = load_shape(matrix, window, own, settings)
    unknown = np.full(len(matrix.meter_ids), np.nan)
    return Features(
        matrix=matrix,
        window=window,
        own=own,
        shape=shape,
        volt=voltage_residual(matrix, window, own, settings),
        loss=loss_attribution(matrix, window, own, settings),
        tamper=unknown if matrix.tamper is None else matrix.tamper.astype(float),
        suppressors=_suppressors(matrix, own, shape, settings),
    )


def _suppressors(
    matrix: MeterMatrix, own: Own, shape: Shape, settings: ScoringSettings
) -> dict[str, NDArray[np.bool_]]:
    """Innocent reasons for a drop, in the order in which they are applied."""
    nobody = np.zeros(len(matrix.meter_ids), dtype=bool)
    return {
        "pv": (shape.negative > settings.suppress_above_negative)
        | (nobody if matrix.has_pv is None else matrix.has_pv),
        "vacancy": nobody if matrix.is_vacant is None else matrix.is_vacant,
        "coverage": own.coverage < settings.suppress_below_coverage,
        "estimated": nobody if matrix.estimated is None else matrix.estimated > settings.suppress_above_estimated,
    }
