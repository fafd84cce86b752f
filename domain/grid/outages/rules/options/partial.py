"""Partial restoration: leave the lowest-priority laterals out until the rest can be supplied.

Up to twelve laterals all choices are weighed, best first, so that the first that holds is the best there is; which
cannot hold is known from bounds without losses. Beyond twelve the lateral with most kW for its customers goes first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules.circuit import Complexes, Floats
from domain.grid.outages.rules.options.laterals import Lateral, laterals
from domain.grid.outages.rules.options.plan import Part, make_plan, times
from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.options.situation import Situation
from domain.grid.outages.rules.options.strain import Supplied, supplied
from domain.grid.outages.rules.power_flow import Flow, edge_impedances, solve

# A feeder has thousands of edges and a fault thousands of choices: all of one beside all of the other is 100 MB.
_EDGES_AT_ONCE = 64


@dataclass(frozen=True)
class _Trial:
    """The supplied network with everything connected, on which loads are taken away lateral by lateral.

    Attributes:
        lateral_of: the lateral of each node of the circuit; -1 for those whose load stays in any case.
        full: load by node with everything connected.
    """

    state: Supplied
    lateral_of: NDArray[np.intp]
    full: Complexes

    def flow(self, kept: Sequence[bool]) -> Flow:
        """The state with only the laterals `kept`."""
        load: Complexes = np.where(np.array([*kept, True])[self.lateral_of], self.full, 0.0)
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
    lateral_of = np.full(len(state.load_mva), -1, dtype=np.intp)
    for number, row in enumerate(rows):
        lateral_of[[node for section in row.sections for node in scene.sections.nodes[section]]] = number
    return _Trial(state, lateral_of, state.load_mva)


def _greedy(trial: _Trial, rows: Sequence[Lateral]) -> list[bool] | None:
    """Drop the outermost lateral with most kW for its customers, again and again; then take back what fits.

    Each lateral that goes only takes load away, so how many must go is found by halving.
    """
    order = _drop_order(rows)
    if not trial.holds(_without(rows, order)):
        return None
    few, many = 0, len(order)
    while few < many:
        middle = (few + many) // 2
        if trial.holds(_without(rows, order[:middle])):
            many = middle
        else:
            few = middle + 1
    kept = _without(rows, order[:many])
    for number in order[:many][::-1][: trial.state.scene.settings.most_taken_back]:
        if kept[rows[number].above]:
            kept[number] = True
            kept[number] = trial.holds(kept)
    return kept


def _drop_order(rows: Sequence[Lateral]) -> list[int]:
    """All laterals but the first, in the order in which they would be left out: always an outermost one."""
    hanging = [0] * len(rows)
    for row in rows[1:]:
        hanging[row.above] += 1
    outermost = [(-_burden(rows[number]), number) for number in range(1, len(rows)) if hanging[number] == 0]
    heapify(outermost)
    order = []
    while outermost:
        _, number = heappop(outermost)
        order.append(number)
        above = rows[number].above
        hanging[above] -= 1
        if above > 0 and hanging[above] == 0:
            heappush(outermost, (-_burden(rows[above]), above))
    return order


def _without(rows: Sequence[Lateral], dropped: Sequence[int]) -> list[bool]:
    gone = set(dropped)
    return [number not in gone for number in range(len(rows))]


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
    whose = trial.lateral_of[state.radial.node]
    load = trial.full[state.radial.node]
    power = [state.radial.below(np.where(whose == number, load, 0.0)) for number in range(-1, len(rows))]
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
    within = np.ones(len(bits), dtype=bool)
    for at in range(0, len(allowed), _EDGES_AT_ONCE):
        some = slice(at, at + _EDGES_AT_ONCE)
        within &= (parts[0, some] + parts[1, some] + bits @ parts[2:, some] <= allowed[some]).all(axis=1)
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
