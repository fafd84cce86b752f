"""Partial restoration: leave the lowest-priority laterals out until the rest can be supplied.

Up to twelve laterals all choices are weighed, best first, so that the first that holds is the best there is; which
cannot hold is known from bounds without losses. Beyond twelve the lateral with most kW for its customers goes first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules.circuit import Complexes, Floats
from domain.grid.outages.rules.options.laterals import Lateral, laterals
from domain.grid.outages.rules.options.plan import Part, make_plan, times
from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.options.situation import Situation
from domain.grid.outages.rules.options.strain import Supplied, supplied
from domain.grid.outages.rules.power_flow import Flow, edge_impedances, solve


@dataclass(frozen=True)
class _Trial:
    """The supplied network with everything connected, on which loads are taken away lateral by lateral.

    Attributes:
        own: for each lateral the load that it brings, by node of the circuit.
        fixed: load that stays in any case.
    """

    state: Supplied
    found: Sequence[Lateral]
    own: Sequence[Complexes]
    fixed: Complexes

    def flow(self, kept: Sequence[bool]) -> Flow:
        """The state with only the laterals `kept`."""
        load = self.fixed.copy()
        for number, one in enumerate(self.own):
            if kept[number]:
                load = load + one
        return solve(self.state.circuit, self.state.radial, load, self.state.scene.settings.source_v_pu)

    def holds(self, kept: Sequence[bool]) -> bool:
        """Whether loading and voltage are allowed then."""
        return self.state.holds(self.flow(kept))


def lighten(scene: Scene, found: Situation, before: Sequence[Part], part: Part) -> tuple[Part, bool] | None:
    """The part without the laterals that must stay out, and whether the choice is exact; None if nothing helps.

    `before` are the parts that are supplied first.
    """
    rows = laterals(scene, part)
    if len(rows) < 2:
        return None
    trial = _trial(scene, found, before, part, rows)
    exact = len(rows) - 1 <= scene.settings.exact_laterals
    kept = _exact(trial, rows) if exact else None
    if kept is None:
        exact, kept = False, _greedy(trial, rows)
    if kept is None or all(kept):
        return None
    stay = tuple(sorted(section for one, keep in zip(rows, kept, strict=True) if keep for section in one.sections))
    cut = tuple(
        one.link for one, keep in zip(rows, kept, strict=True) if not keep and (one.above == -1 or kept[one.above])
    )
    return replace(part, sections=stay, dropped=cut), exact


def _trial(scene: Scene, found: Situation, before: Sequence[Part], part: Part, rows: Sequence[Lateral]) -> _Trial:
    plan = make_plan(scene, "partial", found, [*before, part])
    # Each lateral that is left out costs an operation before the tie; the latest time is the most careful one.
    later = times(scene, plan)[-1] + scene.settings.manual_min * (len(rows) - 1)
    state = supplied(scene, plan, [*times(scene, plan)[:-1], later])
    fixed = state.load_mva.copy()
    own = []
    for row in rows:
        load = np.zeros_like(fixed)
        nodes = [node for section in row.sections for node in scene.sections.nodes[section]]
        load[nodes] = fixed[nodes]
        own.append(load)
    for row in rows:
        fixed[[node for section in row.sections for node in scene.sections.nodes[section]]] = 0.0
    return _Trial(state, rows, own, fixed)


def _greedy(trial: _Trial, rows: Sequence[Lateral]) -> list[bool] | None:
    """Drop the outermost lateral with most kW for its customers, again and again; then take back what fits."""
    kept = [True] * len(rows)
    while not trial.holds(kept):
        outermost = [
            number
            for number in range(1, len(rows))
            if kept[number] and not any(kept[other] and rows[other].above == number for other in range(len(rows)))
        ]
        if not outermost:
            return None
        kept[min(outermost, key=lambda number: (-_burden(rows[number]), number))] = False
    for number in sorted(range(1, len(rows)), key=lambda number: (_burden(rows[number]), number)):
        if not kept[number] and kept[rows[number].above]:
            kept[number] = True
            kept[number] = trial.holds(kept)
    return kept


def _burden(row: Lateral) -> float:
    """Load in kW for each weighted customer."""
    return round(row.kw / row.weight, 6) if row.weight else 1e12 + row.kw


def _exact(trial: _Trial, rows: Sequence[Lateral]) -> list[bool] | None:
    """The choice with most weighted customers (then least kW) that holds; None if too many would have to be tried."""
    for tried, kept in enumerate(_best_first(trial, rows)):
        if tried >= trial.state.scene.settings.most_states:
            return None
        if trial.holds(kept):
            return kept
    return None


def _best_first(trial: _Trial, rows: Sequence[Lateral]) -> Iterator[list[bool]]:
    """Choices in which each kept lateral is fed and no bound is broken, best first."""
    n = len(rows) - 1
    bits = ((np.arange(2**n)[:, None] >> np.arange(n)[None, :]) & 1).astype(bool)
    fed = np.ones(len(bits), dtype=bool)
    for number, row in enumerate(rows[1:]):
        if row.above > 0:
            fed &= ~bits[:, number] | bits[:, row.above - 1]
    bits = bits[fed & _within_bounds(trial, rows, bits)]
    weight = bits @ np.array([row.weight for row in rows[1:]])
    kw = np.round(bits @ np.array([row.kw for row in rows[1:]]), 6)
    order = np.lexsort((np.arange(len(bits)), kw, -np.round(weight, 6)))
    for choice in order.tolist():
        yield [True, *bits[choice].tolist()]


def _within_bounds(trial: _Trial, rows: Sequence[Lateral], bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Choices that could hold: currents and voltage drops at least as large as without losses."""
    state, settings = trial.state, trial.state.scene.settings
    full = trial.flow([True] * len(rows))
    possible = np.ones(len(bits), dtype=bool)
    power = [state.radial.below(load[state.radial.node]) for load in (trial.fixed, *trial.own)]
    over = np.flatnonzero(state.loaded) if not full.converged else np.flatnonzero(state.loading(full) > state.limit)
    if len(over):
        amperes = np.array(
            [state.circuit.amperes(state.radial.edge[over], np.abs(one[over]) / settings.source_v_pu) for one in power]
        )
        allowed = state.limit * state.rated_a[over]
        possible &= _below(bits, amperes, allowed * (1.0 + 1e-9))
    low = state.feeders_voltage(full)
    if full.converged and low.min() < settings.v_min_pu:
        worst = int(np.argmin(low))
        squares = _drops(state, power, worst)
        lateral = _lateral_of(state, rows, worst)
        holds = _below(bits, squares[:, None], np.array([settings.source_v_pu**2 - settings.v_min_pu**2 + 1e-9]))
        # A node in a lateral that is left out has no voltage to keep.
        possible &= holds if lateral <= 0 else holds | ~bits[:, lateral - 1]
    return possible


def _below(bits: NDArray[np.bool_], parts: Floats, allowed: Floats) -> NDArray[np.bool_]:
    """Whether what is fixed, the first lateral and the kept ones together stay below `allowed`."""
    within: NDArray[np.bool_] = (parts[0] + parts[1] + bits @ parts[2:] <= allowed).all(axis=1)
    return within


def _drops(state: Supplied, power: Sequence[Complexes], position: int) -> Floats:
    """For each part of the load twice the drop of the square of the voltage at `position` (LinDistFlow)."""
    z = edge_impedances(state.circuit, state.radial)
    way = []
    at = position
    while at >= 0:
        way.append(at)
        at = int(state.radial.parent[at])
    drops: Floats = np.array([2.0 * float((np.conj(z[way]) * one[way]).real.sum()) for one in power])
    return drops


def _lateral_of(state: Supplied, rows: Sequence[Lateral], position: int) -> int:
    section = int(state.scene.sections.of_node[state.radial.node[position]])
    return next((number for number, row in enumerate(rows) if section in row.sections), -1)
