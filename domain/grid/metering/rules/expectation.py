"""What an injected scenario must do to the KPIs of a feeder, worked out before anything is observed (grid.md 2.8).

The emulator is asked for the scenario's window twice, with the scenario and without it, so that the energy shares in
the formulas are those of the very consumption that will be metered, not of a yearly mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.dirt import CLEAN
from domain.grid.metering.rules.emulator import FeederWindow, emulate_feeder
from domain.grid.metering.rules.fleet import SLOT_MINUTES, SLOT_US, FeederMeters, Fleet, slot_starts, to_us
from domain.grid.metering.rules.reads import DWH_PER_KWH
from domain.grid.metering.rules.scenario import Kind, Scenario, affected_meters

HORIZON = timedelta(hours=24)
TOLERANCE_PP = 0.5


@dataclass(frozen=True)
class Expectation:
    """One KPI of one feeder: the change that must be seen while the event lasts. Unit pp or V.

    `missing` is the energy that the event keeps out of the reads, as (quarter hour's end in microseconds, dWh): with it
    the expectation can be told for any part of the event.
    """

    kpi: str
    feeder_id: str
    delta: float
    tolerance: float
    unit: str
    formula: str
    inputs: dict[str, Any]
    missing: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Twin:
    """One feeder's window with and without the scenario, over at most the first 24 hours."""

    feeder: FeederMeters
    with_it: FeederWindow
    without: FeederWindow

    @property
    def technical_loss(self) -> float:
        """lambda: the part of the delivered energy that lines and transformers use, without the scenario."""
        delivered = float(self.without.delivered_dwh.sum())
        return 1.0 - float(self.without.true_dwh.sum()) / delivered if delivered else 0.0


def expectations_of(fleet: Fleet, scenario: Scenario, others: Sequence[Scenario], seed: int) -> list[Expectation]:
    """What the scenario must do on each feeder that it touches; `others` are the scenarios that already stand."""
    found: list[Expectation] = []
    for feeder in fleet.feeders:
        if scenario.concerns(feeder):
            found.extend(_MAKERS[scenario.kind](scenario, _twin(fleet, feeder, scenario, others, seed)))
    return found


def _twin(fleet: Fleet, feeder: FeederMeters, scenario: Scenario, others: Sequence[Scenario], seed: int) -> Twin:
    # The quarter hours that start inside the event: those are the affected ones.
    first = scenario.starts_at + timedelta(microseconds=-to_us(scenario.starts_at) % SLOT_US)
    slots = slot_starts(first, max(min(scenario.ends_at, first + HORIZON), first + timedelta(minutes=SLOT_MINUTES)))
    both = [
        emulate_feeder(fleet, feeder, slots, chosen, seed=seed, interval_minutes=SLOT_MINUTES, rates=CLEAN)
        for chosen in ([*others, scenario], list(others))
    ]
    return Twin(feeder, *both)


def _theft(scenario: Scenario, twin: Twin) -> list[Expectation]:
    """Delta loss = (1 - lambda) * unrecorded / true; for a plain reduction unrecorded / true = s * q."""
    true = float(twin.with_it.true_dwh.sum())
    unrecorded = float((twin.with_it.unrecorded_dwh - twin.without.unrecorded_dwh).sum())
    part = unrecorded / true if true else 0.0
    loss = twin.technical_loss
    delta = 100.0 * (1.0 - loss) * part
    thieves = affected_meters(scenario, twin.feeder)
    inputs = {
        "lambda": round(loss, 6),
        "severity": scenario.severity,
        "q": round(part / scenario.severity, 6),
        "meters": int(thieves.sum()),
        "unaccounted_kwh": round(unrecorded / DWH_PER_KWH, 3),
    }
    formula = f"(1 - lambda) * s * q = (1 - {loss:.4f}) * {scenario.severity:g} * {part / scenario.severity:.4f}"
    missing = _by_interval(twin, twin.with_it.unrecorded_dwh - twin.without.unrecorded_dwh)
    # Raw loss also carries the reads that are missing for other reasons.
    return [
        _pp("loss_pct_adj", twin, delta, formula, inputs, missing=missing),
        _pp("loss_pct_raw", twin, delta, formula, inputs, tolerance=1.0, missing=missing),
    ]


def _comms(scenario: Scenario, twin: Twin) -> list[Expectation]:
    """Coverage falls by the silenced share; raw loss rises by (1 - lambda) * share; corrected loss stays."""
    silenced = affected_meters(scenario, twin.feeder)
    weights = twin.feeder.base_kwh_day
    share = float(weights[silenced].sum() / weights.sum()) if weights.sum() else 0.0
    arrived = _kwh(twin.with_it)
    missing_energy = 1.0 - arrived / _kwh(twin.without) if _kwh(twin.without) else 0.0
    loss = twin.technical_loss
    inputs = {"lambda": round(loss, 6), "share": round(share, 6), "meters": int(silenced.sum())}
    found = [_pp("coverage_pct", twin, -100.0 * share, f"-share = -{share:.4f}", inputs, tolerance=1.5)]
    if share < 1.0:
        raw = 100.0 * (1.0 - loss) * missing_energy
        formula = f"(1 - lambda) * share = (1 - {loss:.4f}) * {share:.4f}"
        silent = _by_interval(twin, _metered(twin.without) - _metered(twin.with_it))
        found.append(_pp("loss_pct_raw", twin, raw, formula, inputs, tolerance=1.0, missing=silent))
    if share <= 0.4:
        found.append(_pp("loss_pct_adj", twin, 0.0, "coverage-corrected loss does not move", inputs, tolerance=1.0))
    return found


def _sag(scenario: Scenario, twin: Twin) -> list[Expectation]:
    """The mean voltage falls to 114 - 6 s; loss does not move, because delivered energy falls with the reads."""
    before, after = (float(window.reads.voltage.mean()) for window in (twin.without, twin.with_it))
    inputs = {"severity": scenario.severity, "volts_before": round(before, 2), "volts_during": round(after, 2)}
    volts = Expectation(
        "avg_voltage", twin.feeder.feeder_id, after - before, 1.0, "V", "(114 - 6 s) - usual voltage", inputs
    )
    return [volts, _pp("loss_pct_adj", twin, 0.0, "delivered energy and reads fall alike", inputs)]


def _kwh(window: FeederWindow) -> float:
    return float(window.reads.kwh.sum())


def _metered(window: FeederWindow) -> NDArray[np.int64]:
    """What the meters report per interval, dWh."""
    place = np.searchsorted(window.ends, window.reads.read_at)
    sums = np.zeros(window.ends.size, dtype=np.int64)
    np.add.at(sums, place, np.rint(window.reads.kwh * DWH_PER_KWH).astype(np.int64))
    return sums


def _by_interval(twin: Twin, missing_dwh: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    return tuple(zip(twin.with_it.ends.tolist(), missing_dwh.tolist(), strict=True))


def _pp(
    kpi: str,
    twin: Twin,
    delta: float,
    formula: str,
    inputs: dict[str, Any],
    *,
    tolerance: float = TOLERANCE_PP,
    missing: tuple[tuple[int, int], ...] = (),
) -> Expectation:
    return Expectation(kpi, twin.feeder.feeder_id, round(delta, 6), tolerance, "pp", formula, inputs, missing)


_MAKERS = {Kind.THEFT: _theft, Kind.COMMS_OUTAGE: _comms, Kind.VOLTAGE_SAG: _sag}
