"""Feasibility of a plan: each check with its value and limit, and the reasons against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.options.plan import Plan
from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.options.strain import (
    Supplied,
    phase_faults,
    reach,
    supplied,
    transformer_loading,
)

OK, WARN, FAIL = "ok", "warn", "fail"
Check = Mapping[str, Any]


@dataclass(frozen=True)
class Assessment:
    """What the checks found. Loading in percent, voltage per unit; None where nothing was calculated."""

    checks: tuple[Check, ...]
    loading_pct: float | None
    v_min_pu: float | None
    clpu: float
    protection_warns: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the plan does not hold; empty if it does."""
        return tuple(f"{check['code'].upper()}: {check['text']}" for check in self.checks if check["status"] == FAIL)


def check(code: str, status: str, value: float | None, limit: float | None, text: str) -> Check:
    """One check as it is stored."""
    return {
        "code": code,
        "status": status,
        "value": None if value is None else round(value, 6),
        "limit": limit,
        "text": text,
    }


def assess(scene: Scene, plan: Plan, at_min: list[float]) -> Assessment:
    """Carry the plan out on paper and judge what it would do."""
    state = supplied(scene, plan, at_min)
    structure = _structure(scene, plan, state)
    if any(one["status"] == FAIL for one in structure):
        return Assessment(tuple(structure), None, None, round(state.clpu, 6))
    flow = state.flow
    if not flow.converged:
        text = "no stable state was found: the load is more than the supplying feeders can carry"
        found = [*structure, check("power_flow", FAIL, None, None, text)]
        return Assessment(tuple(found), None, None, round(state.clpu, 6))
    thermal, loading_pct = _thermal(state)
    voltage, v_min = _voltage(state)
    protection = _protection(state)
    found = [*structure, thermal, voltage, _transformers(state), protection, *_remarks(state)]
    return Assessment(tuple(found), loading_pct, v_min, round(state.clpu, 6), protection["status"] == WARN)


def _structure(scene: Scene, plan: Plan, state: Supplied) -> list[Check]:
    """Radiality, the fault stays dead, everybody named has supply, phases fit."""
    fed = set(state.radial.node.tolist())
    nodes = scene.sections.nodes
    loops = [scene.circuit.network.edges[edge].edge_id for edge in state.radial.loops]
    on_fault = any(node in fed for node in nodes[plan.situation.zone])
    unfed = sum(node not in fed for section in plan.restored for node in nodes[section])
    twice = len(plan.restored) != len(set(plan.restored))
    if loops or on_fault or unfed or twice:
        why = "a loop would be closed" if loops else "the faulted section would be energised" if on_fault else ""
        why = why or ("sections would be supplied twice" if twice else "sections would stay without supply")
        found = [check("radiality", FAIL, float(len(loops)), 0.0, why)]
    else:
        found = [check("radiality", OK, 0.0, 0.0, "each section would be supplied one way")]
    wrong, unnamed = phase_faults(state)
    if wrong:
        text = f"{wrong[0]} has phases that the way of supply does not have ({len(wrong)} edges)"
        found.append(check("phases", FAIL, float(len(wrong)), 0.0, text))
    elif unnamed:
        found.append(check("phases", WARN, None, None, "phases are counted, not named; they were compared by number"))
    else:
        found.append(check("phases", OK, 0.0, 0.0, "phases fit along the way of supply"))
    return found


def _thermal(state: Supplied) -> tuple[Check, float | None]:
    if not state.loaded.any():
        return check("thermal", WARN, None, None, "no rating is known along the way of supply"), None
    loading = state.loading(state.flow)
    worst = int(np.argmax(loading))
    percent, limit = round(100.0 * float(loading[worst]), 3), round(100.0 * state.limit, 3)
    edge = state.circuit.network.edges[int(state.radial.edge[worst])].edge_id
    where = f"{percent:.0f} % of {state.rated_a[worst]:.0f} A at {edge}, {limit:.0f} % allowed"
    if float(loading[worst]) > state.limit:
        return check("thermal", FAIL, percent, limit, where), percent
    emergency = percent > 100.0 * state.scene.settings.normal_loading
    text = f"{where} for at most {state.scene.settings.emergency_min / 60.0:.0f} h" if emergency else where
    return check("thermal", WARN if emergency else OK, percent, limit, text), percent


def _voltage(state: Supplied) -> tuple[Check, float]:
    settings = state.scene.settings
    voltage = state.feeders_voltage(state.flow)
    worst = int(np.argmin(voltage))
    least = float(voltage[worst])
    node = state.circuit.network.nodes[int(state.radial.node[worst])].node_id
    band = "within" if least >= settings.v_range_b_pu else "below"
    text = f"{120.0 * least:.1f} V on the 120 V base at {node}"
    if least < settings.v_min_pu:
        text += f", below {120.0 * settings.v_min_pu:.0f} V; {band} range B"
    return check("voltage", OK if least >= settings.v_min_pu else FAIL, least, settings.v_min_pu, text), round(least, 6)


def _transformers(state: Supplied) -> Check:
    settings = state.scene.settings
    worst, at = transformer_loading(state)
    if at is None:
        return check("transformers", OK, None, None, "no rated transformer lies in what would come back")
    status = FAIL if worst > settings.transformer_refuse else WARN if worst > settings.transformer_warn else OK
    limit = 100.0 * settings.transformer_refuse
    text = f"{100.0 * worst:.0f} % of its rating at {at} with cold load, {limit:.0f} % allowed for a short time"
    return check("transformers", status, round(100.0 * worst, 3), limit, text)


def _protection(state: Supplied) -> Check:
    least, at = reach(state)
    limit = state.scene.settings.reach_ratio
    if least is None:
        return check("protection", WARN, None, limit, "the pickup at the supplying feeder's head is not known")
    text = f"a fault at {at} would draw {least:.1f} times the assumed pickup"
    return check("protection", OK if least >= limit else WARN, least, limit, text)


def _remarks(state: Supplied) -> list[Check]:
    """What the calculation stands on."""
    found = []
    edges = state.radial.edge[state.touched & state.primary & (state.radial.edge != NONE)]
    assumed = int(state.circuit.assumed[edges].sum())
    if assumed:
        text = f"{assumed} of {len(edges)} edges on the way have typical impedances, because the source states none"
        found.append(check("assumed_impedance", WARN, float(assumed), None, text))
    unrated = int(np.isnan(state.rated_a[state.touched & state.primary]).sum())
    if unrated:
        found.append(check("unrated_edges", OK, float(unrated), None, f"{unrated} edges on the way have no rating"))
    if state.circuit.kv_assumed:
        found.append(check("assumed_voltage", WARN, None, None, "the nominal voltage of some nodes is assumed"))
    low = state.restored & ~state.primary
    if low.any():
        least = float(state.flow.voltage_pu[low].min())
        found.append(check("service_voltage", OK, least, None, f"{120.0 * least:.1f} V at the lowest service point"))
    return found
