"""What an injected scenario must do to the KPIs of a feeder, foretold before anything is published (grid.md 2.8).

The emulator is asked for the scenario's window twice, with the scenario and without it, every read in hand, so that the
energy shares in the formulas are those of the very consumption that will be metered, not of a yearly mean. What the
scenario must do to the reads that are then published, some of them missing or wrong, says rules/twin.py in the same
formulas; there the tolerances given here are applied.

The tolerance is 0.5 pp, 0.5 V or 0.5 % and does not grow: window and twin have the missing reads, the stuck meters and
the error of the head meter alike, so none of them is left in the difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.grid.metering.rules.dirt import CLEAN
from domain.grid.metering.rules.emulator import FeederWindow, emulate_feeder
from domain.grid.metering.rules.fleet import SLOT_MINUTES, SLOT_US, FeederMeters, Fleet, slot_starts, to_us
from domain.grid.metering.rules.reads import DWH_PER_KWH
from domain.grid.metering.rules.scenario import HORIZON, Kind, Scenario, affected_meters

TOLERANCE_PP = 0.5
TOLERANCE_V = 0.5
TOLERANCE_PCT = 0.5
# Above this share of silenced energy the corrected loss is not given at all (INSUFFICIENT_COVERAGE).
MOST_SILENT = 0.4


@dataclass(frozen=True)
class Expectation:
    """One KPI of one feeder: the change that must be seen while the event lasts. Unit pp, % or V."""

    kpi: str
    feeder_id: str
    delta: float
    tolerance: float
    unit: str
    formula: str
    inputs: dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """One feeder's window with and without the scenario, over at most the first 24 hours, with every read in hand."""

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
            found.extend(_MAKERS[scenario.kind](scenario, _pair(fleet, feeder, scenario, others, seed)))
    return found


def _pair(fleet: Fleet, feeder: FeederMeters, scenario: Scenario, others: Sequence[Scenario], seed: int) -> Pair:
    # The quarter hours that start inside the event: those are the affected ones.
    first = scenario.starts_at + timedelta(microseconds=-to_us(scenario.starts_at) % SLOT_US)
    slots = slot_starts(first, max(min(scenario.ends_at, first + HORIZON), first + timedelta(minutes=SLOT_MINUTES)))
    both = [
        emulate_feeder(fleet, feeder, slots, chosen, seed=seed, interval_minutes=SLOT_MINUTES, rates=CLEAN)
        for chosen in ([*others, scenario], list(others))
    ]
    return Pair(feeder, *both)


def _theft(scenario: Scenario, pair: Pair) -> list[Expectation]:
    """Delta loss = (1 - lambda) * unrecorded / true; for a plain reduction unrecorded / true = s * q.

    Delivered energy stays. Raw loss is not asked of: it counts each read that happens to be missing as a loss too, and
    would tell of the same energy a second time.
    """
    true = float(pair.with_it.true_dwh.sum())
    unrecorded = float((pair.with_it.unrecorded_dwh - pair.without.unrecorded_dwh).sum())
    part = unrecorded / true if true else 0.0
    loss = pair.technical_loss
    inputs = {
        "lambda": round(loss, 6),
        "severity": scenario.severity,
        "q": round(part / scenario.severity, 6),
        "meters": int(affected_meters(scenario, pair.feeder).sum()),
        "unaccounted_kwh": round(unrecorded / DWH_PER_KWH, 3),
    }
    formula = f"(1 - lambda) * s * q = (1 - {loss:.4f}) * {scenario.severity:g} * {part / scenario.severity:.4f}"
    delivered = Expectation(
        "delivered_pct", pair.feeder.feeder_id, 0.0, TOLERANCE_PCT, "%", "what is stolen is delivered as before", inputs
    )
    return [_pp("loss_pct_adj", pair, 100.0 * (1.0 - loss) * part, formula, inputs), delivered]


def _comms(scenario: Scenario, pair: Pair) -> list[Expectation]:
    """Coverage falls by the silenced share, raw loss rises by its energy, corrected loss by what filling it in errs."""
    silenced = affected_meters(scenario, pair.feeder)
    weights = pair.feeder.base_kwh_day
    share = float(weights[silenced].sum() / weights.sum()) if weights.sum() else 0.0
    missing = 1.0 - _kwh(pair.with_it) / _kwh(pair.without) if _kwh(pair.without) else 0.0
    loss = pair.technical_loss
    inputs = {"lambda": round(loss, 6), "share": round(share, 6), "meters": int(silenced.sum())}
    found = [_pp("coverage_pct", pair, -100.0 * share, f"-share of weight = -{share:.4f}", inputs)]
    if share < 1.0:
        formula = f"(1 - lambda) * share of energy = (1 - {loss:.4f}) * {missing:.4f}"
        found.append(_pp("loss_pct_raw", pair, 100.0 * (1.0 - loss) * missing, formula, inputs))
    if share <= MOST_SILENT:
        used = missing / share if share else 1.0
        filled = _kwh(pair.with_it) / (1.0 - share) / _kwh(pair.without) if _kwh(pair.without) else 1.0
        formula = f"0 but for what filling in errs: the silenced meters use {used:.3f} of what their weight says"
        found.append(_pp("loss_pct_adj", pair, 100.0 * (1.0 - loss) * (1.0 - filled), formula, inputs))
    return found


def _sag(scenario: Scenario, pair: Pair) -> list[Expectation]:
    """The mean voltage falls to 114 - 6 s; loss does not move, because delivered energy falls with the reads."""
    before, after = (float(window.reads.voltage.mean()) for window in (pair.without, pair.with_it))
    inputs = {"severity": scenario.severity, "volts_before": round(before, 2), "volts_during": round(after, 2)}
    volts = Expectation(
        "avg_voltage", pair.feeder.feeder_id, after - before, TOLERANCE_V, "V", "(114 - 6 s) - usual voltage", inputs
    )
    changes = [_kwh(window) / max(float(window.delivered_dwh.sum()), 1.0) for window in (pair.without, pair.with_it)]
    moved = 100.0 * DWH_PER_KWH * (changes[0] - changes[1])
    return [volts, _pp("loss_pct_adj", pair, moved, "delivered energy and reads fall alike", inputs)]


def _kwh(window: FeederWindow) -> float:
    return float(window.reads.kwh.sum())


def _pp(kpi: str, pair: Pair, delta: float, formula: str, inputs: dict[str, Any]) -> Expectation:
    return Expectation(kpi, pair.feeder.feeder_id, round(delta, 6), TOLERANCE_PP, "pp", formula, inputs)


_MAKERS = {Kind.THEFT: _theft, Kind.COMMS_OUTAGE: _comms, Kind.VOLTAGE_SAG: _sag}
