"""What a plan would do to the network: loading, voltage, transformers, reach of protection, phases."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.circuit import ALL_PHASES, BASE_MVA, Circuit, Complexes, Floats
from domain.grid.outages.rules.impedance import LOW_KV
from domain.grid.outages.rules.options.plan import Plan
from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.power_flow import Flow, Radial, edge_impedances, solve, walk


@dataclass(frozen=True)
class Supplied:
    """The network that the plan's supplying feeders would feed; arrays are by position of `radial`.

    Attributes:
        restored: positions that would come back.
        touched: positions whose entering edge would carry load of theirs.
        clpu: cold-load pickup that their load is multiplied by.
        limit: loading that counts as allowed, 1.0 or in an emergency 1.1.
    """

    scene: Scene
    plan: Plan
    radial: Radial
    restored: NDArray[np.bool_]
    touched: NDArray[np.bool_]
    clpu: float
    limit: float

    @property
    def circuit(self) -> Circuit:
        """The network as it is divided at its devices."""
        return self.scene.circuit

    @cached_property
    def load_mva(self) -> Complexes:
        """Load by node: what comes back with cold-load pickup, the rest as forecast."""
        load = self.scene.load_mva.copy()
        load[self.radial.node[self.restored]] *= self.clpu
        return load

    @cached_property
    def flow(self) -> Flow:
        """The state under that load."""
        return solve(self.circuit, self.radial, self.load_mva, self.scene.settings.source_v_pu)

    @cached_property
    def primary(self) -> NDArray[np.bool_]:
        """Positions at primary voltage."""
        return self.circuit.is_primary[self.radial.node]

    @cached_property
    def loaded(self) -> NDArray[np.bool_]:
        """Positions whose entering edge is judged by its rating: primary, touched, rated."""
        rated: NDArray[np.bool_] = ~np.isnan(self.rated_a) & self.touched & self.primary
        return rated

    @cached_property
    def rated_a(self) -> Floats:
        """Rating of the edge into each position; NaN where unknown or at a head without an edge."""
        rated: Floats = np.where(self.radial.edge == NONE, np.nan, self.circuit.rated_a[self.radial.edge])
        return rated

    def loading(self, flow: Flow) -> Floats:
        """Loading of the edge into each position; 0 where it is not judged."""
        amperes = self.circuit.amperes(self.radial.edge, flow.current_pu)
        loading: Floats = np.where(self.loaded, amperes / np.where(self.loaded, self.rated_a, 1.0), 0.0)
        return loading

    def feeders_voltage(self, flow: Flow) -> Floats:
        """Voltage of primary nodes on the heads that supply what comes back; 9 elsewhere."""
        heads = sorted(set(self.radial.head[self.restored].tolist()))
        judged = self.primary & np.isin(self.radial.head, heads)
        voltage: Floats = np.where(judged, flow.voltage_pu, 9.0)
        return voltage

    def holds(self, flow: Flow) -> bool:
        """Whether loading and voltage stay within what is allowed."""
        settings = self.scene.settings
        if not flow.converged:
            return False
        within = float(self.loading(flow).max(initial=0.0)) <= self.limit
        return within and float(self.feeders_voltage(flow).min(initial=9.0)) >= settings.v_min_pu


def supplied(scene: Scene, plan: Plan, at_min: list[float]) -> Supplied:
    """The network as it would stand after the plan's last action."""
    circuit = scene.circuit
    heads = [number for number, (feeder, _, _) in enumerate(circuit.heads) if feeder in plan.supply]
    radial = walk(circuit, heads, plan.opened(scene), plan.closed(scene))
    section = scene.sections.of_node[radial.node]
    restored = np.isin(section, np.array(plan.restored, dtype=np.intp))
    touched = radial.below(restored.astype(np.complex128)).real > 0.5
    first = min((at_min[group.after - 1] for group in plan.groups), default=0.0)
    brief = scene.context.repair_min - first <= scene.settings.emergency_min
    limit = scene.settings.emergency_loading if brief else scene.settings.normal_loading
    return Supplied(scene, plan, radial, restored, touched, scene.clpu(max(at_min, default=0.0)), limit)


def transformer_loading(state: Supplied) -> tuple[float, str | None]:
    """The highest loading of a service transformer that would come back, and its name."""
    kva = {one.edge_id: one.kva for one in state.circuit.network.transformers if one.edge_id and one.kva}
    worst, at = 0.0, None
    edges = state.circuit.network.edges
    for position in np.flatnonzero(state.restored).tolist():
        edge = int(state.radial.edge[position])
        if edge == NONE or edges[edge].kind != "transformer" or state.circuit.edge_kv[edge] <= LOW_KV:
            continue
        rated = kva.get(edges[edge].edge_id)
        if rated:
            power = float(state.flow.current_pu[position] * state.flow.voltage_pu[position]) * BASE_MVA * 1000.0
            if round(power / rated, 9) > worst:
                worst, at = round(power / rated, 9), edges[edge].edge_id
    return worst, at


def reach(state: Supplied) -> tuple[float | None, str | None]:
    """The least fault current over pickup among restored primary nodes, and that node; None where not known.

    Two-phase fault at the node; the pickup is 1.5 times the rating at the feeder's head.
    """
    settings, circuit, radial = state.scene.settings, state.circuit, state.radial
    z = np.abs(radial.along(edge_impedances(circuit, radial)) + BASE_MVA / settings.source_sc_mva)
    judged = state.restored & state.primary
    least, at = None, None
    for head in sorted(set(radial.head[judged].tolist())):
        _, node, edge = circuit.heads[head]
        rated = float(circuit.rated_a[edge]) if edge != NONE else math.nan
        if math.isnan(rated):
            continue
        mine = np.flatnonzero(judged & (radial.head == head))
        far = mine[int(np.argmax(z[mine]))]
        base_a = BASE_MVA * 1000.0 / (math.sqrt(3.0) * float(circuit.kv[node]))
        fault_a = settings.two_phase_share * settings.source_v_pu / float(z[far]) * base_a
        ratio = round(fault_a / (settings.pickup_over_rating * rated), 6)
        if least is None or ratio < least:
            least, at = ratio, circuit.network.nodes[int(radial.node[far])].node_id
    return least, at


def phase_faults(state: Supplied) -> tuple[list[str], bool]:
    """Primary edges that would lack phases, and whether some phases are not named (then they are counted).

    An edge must have the phases that its far node is used to, and the edge before it must have the edge's own.
    """
    masks, named = state.circuit.phase_bits
    radial, usual = state.radial, _usual_edges(state.scene)
    judged = np.flatnonzero(state.restored & state.primary & (radial.parent != NONE) & (radial.edge != NONE))
    own = radial.edge[judged]
    lacking, unnamed = _lacks(state.circuit, radial.edge[radial.parent[judged]], own, masks, named)
    short, unsaid = _lacks(state.circuit, own, usual[radial.node[judged]], masks, named)
    wrong = np.concatenate([own[lacking], own[short]])
    edges = state.circuit.network.edges
    return sorted({edges[edge].edge_id for edge in wrong.tolist()}), unnamed or unsaid


def _lacks(
    circuit: Circuit,
    giving: NDArray[np.intp],
    needing: NDArray[np.intp],
    masks: NDArray[np.intp],
    named: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], bool]:
    """Where the edge `giving` lacks phases of the edge `needing`; NONE stands for a head, which has all."""
    heads, free = giving == NONE, needing == NONE
    known = (heads | named[giving]) & (free | named[needing])
    missing = np.where(free, 0, masks[needing]) & ~np.where(heads, ALL_PHASES, masks[giving])
    fewer = np.where(free, 0.0, circuit.conductors[needing]) > np.where(heads, 3.0, circuit.conductors[giving])
    wrong: NDArray[np.bool_] = np.where(known, missing != 0, fewer)
    return wrong, bool((~known).any())


def _usual_edges(scene: Scene) -> NDArray[np.intp]:
    """The edge by which each node is fed before the outage; NONE where none is."""
    found = np.full(len(scene.circuit.network.nodes), NONE, dtype=np.intp)
    walked = scene.sections.walked
    found[walked.node] = walked.edge
    return found
