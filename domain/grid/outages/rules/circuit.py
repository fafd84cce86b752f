"""A network in one switching state, as arrays that can be walked and calculated quickly.

Per unit on 1 MVA (three phases together) and each node's own voltage. An edge with p of three phases carries its load
on p conductors: its impedance counts 3/p, and so do its amperes.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from domain.grid.network.rules.model import Edge, Network
from domain.grid.network.rules.topology import NONE, Tree
from domain.grid.network.rules.tracing import trace_network
from domain.grid.outages.rules.impedance import LOW_KV, impedance_of

BASE_MVA = 1.0
# Where neither node nor feeder states a voltage: the most common class of North American primaries.
USUAL_KV = 12.47
USUAL_LOW_KV = 0.4
_LETTER = {"A": 1, "B": 2, "C": 4}
_NAMED = ("A", "B", "C", "AB", "AC", "BC", "ABC")
ALL_PHASES = 7
Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


@dataclass(frozen=True)
class Circuit:
    """One switching state of a network.

    Attributes:
        network: with nodes and edges sorted by id; indices point into them. Its edges state this switching state.
        tree: the trace of the normal state, from all feeders' heads.
        heads: (feeder, node, entering edge or NONE) for each head.
        kv: line-to-line voltage of each node; `kv_assumed` where neither source nor neighbours say it.
        z: impedance of each edge per unit; `assumed` where it is a typical one.
        conductors: how many phases each edge has (3 where unknown).
        edge_kv: the voltage by which the edge's amperes are reckoned (a transformer's higher one).
        rated_a: amperes; NaN where unknown.
    """

    network: Network
    tree: Tree
    node_at: dict[str, int]
    edge_at: dict[str, int]
    ends: Sequence[tuple[int, int]]
    heads: Sequence[tuple[int, int, int]]
    kv: Floats
    kv_assumed: bool
    z: Complexes
    assumed: NDArray[np.bool_]
    conductors: Floats
    edge_kv: Floats
    rated_a: Floats
    in_bank: frozenset[int]

    @cached_property
    def ways(self) -> NDArray[np.intp]:
        """Edges that could carry current, open ones too.

        Left out: second and further edges of a bank, edges at which a closed loop was cut, edges into the substation.
        """
        cut = {*self.tree.loop_edges, *self.in_bank}
        walls = [node.is_substation for node in self.network.nodes]
        found = [
            edge
            for edge, (a, b) in enumerate(self.ends)
            if a != b and edge not in cut and not walls[a] and not walls[b]
        ]
        return np.array(found, dtype=np.intp)

    @cached_property
    def end_nodes(self) -> NDArray[np.intp]:
        """The two nodes of each edge, as an array."""
        return np.array(self.ends, dtype=np.intp).reshape(-1, 2)

    @cached_property
    def carries(self) -> NDArray[np.bool_]:
        """Whether each edge is closed in this state, as an array."""
        return np.array(self.closed, dtype=bool)

    @cached_property
    def closed(self) -> list[bool]:
        """Whether each edge is closed in this state."""
        return [not edge.is_open for edge in self.network.edges]

    @cached_property
    def is_primary(self) -> NDArray[np.bool_]:
        """Nodes above 1 kV; all nodes of a network that has none."""
        above: NDArray[np.bool_] = self.kv > LOW_KV
        return above if above.any() else np.ones(len(self.kv), dtype=bool)

    @cached_property
    def phase_bits(self) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Phases of each edge as bits (A 1, B 2, C 4; all where not named), and whether they are named."""
        bits = {letters: sum(_LETTER[letter] for letter in letters) for letters in _NAMED}
        found = [
            bits.get(edge.phases or "", 0) if len(edge.phases or "") == count else 0
            for edge, count in zip(self.network.edges, self.conductors.tolist(), strict=True)
        ]
        masks = np.array(found, dtype=np.intp)
        return np.where(masks == 0, ALL_PHASES, masks), masks != 0

    def amperes(self, edge: NDArray[np.intp], per_unit: Floats) -> Floats:
        """Amperes in each conductor of `edge` at a current per unit."""
        base_a = BASE_MVA * 1000.0 / (math.sqrt(3.0) * self.edge_kv[edge])
        amperes: Floats = per_unit * base_a * 3.0 / self.conductors[edge]
        return amperes


def build_circuit(
    network: Network, open_devices: Collection[str] = (), closed_devices: Collection[str] = ()
) -> Circuit:
    """The network with the devices named open or closed beyond its normal state (closed wins).

    Closed loops are cut where the normal state's trace cuts them, whatever is open today: what is calculated then never
    counts on a second way.
    """
    traced = trace_network(network)
    network, tree = traced.network, traced.tree
    switched = _switched(network, set(open_devices), set(closed_devices))
    ends = [(traced.node_at[edge.from_node], traced.node_at[edge.to_node]) for edge in network.edges]
    heads = _heads(network, traced.node_at, traced.edge_at)
    kv, kv_assumed = _voltages(network, ends, heads)
    kva = {one.edge_id: one.kva for one in network.transformers if one.edge_id}
    edge_kv = np.array([max(kv[a], kv[b]) for a, b in ends], dtype=np.float64)
    low_kv = [min(kv[a], kv[b]) for a, b in ends]
    found = [
        impedance_of(edge, float(edge_kv[i]), float(low_kv[i]), kva.get(edge.edge_id))
        for i, edge in enumerate(network.edges)
    ]
    in_bank, bank_phases = _banks(network.edges, ends)
    conductors = np.array(
        [bank_phases.get(i) or min(len(edge.phases or "ABC"), 3) for i, edge in enumerate(network.edges)], np.float64
    )
    ohms = np.array([complex(one.r_ohm, one.x_ohm) for one in found], dtype=np.complex128)
    return Circuit(
        switched,
        tree,
        traced.node_at,
        traced.edge_at,
        ends,
        heads,
        kv,
        kv_assumed,
        ohms * 3.0 / conductors * BASE_MVA / edge_kv**2,
        np.array([one.assumed for one in found], dtype=bool),
        conductors,
        edge_kv,
        _ratings(network, traced.edge_at),
        in_bank,
    )


def _heads(network: Network, node_at: dict[str, int], edge_at: dict[str, int]) -> list[tuple[int, int, int]]:
    """Where feeders begin, whether the way into them is open or closed just now.

    Ways that lie side by side into one node are one: the first, which the importer takes for the widest.
    """
    found: list[tuple[int, int, int]] = []
    begun: set[int] = set()

    def add(feeder: int, node: int, edge: int) -> None:
        if node not in begun:
            begun.add(node)
            found.append((feeder, node, edge))

    for number, feeder in enumerate(network.feeders):
        for edge_id in feeder.head_edges:
            edge = network.edges[edge_at[edge_id]]
            first, second = node_at[edge.from_node], node_at[edge.to_node]
            add(number, first if network.nodes[second].is_substation else second, edge_at[edge_id])
        if feeder.head_node is not None:
            add(number, node_at[feeder.head_node], NONE)
    return found


def _switched(network: Network, opened: set[str], closed: set[str]) -> Network:
    """The network whose edges state what the devices on them do: open if any device on the edge is."""
    if not opened and not closed:
        return network
    on_edge: dict[str, list[bool]] = {}
    touched = set()
    for device in network.devices:
        if device.edge_id is None:
            continue
        is_open = device.device_id not in closed and (device.device_id in opened or device.normally_open)
        on_edge.setdefault(device.edge_id, []).append(is_open)
        if device.device_id in opened or device.device_id in closed:
            touched.add(device.edge_id)
    edges = tuple(
        replace(edge, is_open=any(on_edge[edge.edge_id])) if edge.edge_id in touched else edge for edge in network.edges
    )
    return replace(network, edges=edges)


def _voltages(
    network: Network, ends: Sequence[tuple[int, int]], heads: Sequence[tuple[int, int, int]]
) -> tuple[Floats, bool]:
    """Line-to-line kV of each node: its own, else that of the nearest node that says it (not across a winding)."""
    known: list[float | None] = [node.base_kv for node in network.nodes]
    for feeder, node, _ in heads:
        known[node] = known[node] or network.feeders[feeder].base_kv
    near: list[list[int]] = [[] for _ in known]
    for edge, (a, b) in zip(network.edges, ends, strict=True):
        if edge.kind != "transformer":
            near[a].append(b)
            near[b].append(a)
    queue = [index for index, kv in enumerate(known) if kv]
    for node in queue:
        for other in near[node]:
            if not known[other]:
                known[other] = known[node]
                queue.append(other)
    assumed = any(not kv for kv in known)
    low = {one.node_id for one in network.transformers}
    usual = [USUAL_LOW_KV if node.node_id in low else USUAL_KV for node in network.nodes]
    return np.array([kv or usual[index] for index, kv in enumerate(known)], dtype=np.float64), assumed


def _banks(edges: Sequence[Edge], ends: Sequence[tuple[int, int]]) -> tuple[frozenset[int], dict[int, int]]:
    """Closed edges that lie beside an earlier one, and how many phases the first then stands for."""
    beside: dict[tuple[int, int], list[int]] = {}
    for index, (a, b) in enumerate(ends):
        if not edges[index].is_open:
            beside.setdefault((min(a, b), max(a, b)), []).append(index)
    further: set[int] = set()
    phases: dict[int, int] = {}
    for group in beside.values():
        if len(group) > 1:
            further.update(group[1:])
            letters = "".join(edges[index].phases or "ABC" for index in group)
            phases[group[0]] = min(3, max(len(set(letters) - {"X"}), min(len(letters), 3) if "X" in letters else 0))
    return frozenset(further), phases


def _ratings(network: Network, edge_at: dict[str, int]) -> Floats:
    """Amperes of each edge: its own, the least of the devices on it, and the feeder's at its head."""
    rated = np.array([edge.rated_a or np.nan for edge in network.edges], dtype=np.float64)
    for device in network.devices:
        index = edge_at.get(device.edge_id or "")
        if index is not None and device.rated_a:
            rated[index] = np.fmin(rated[index], device.rated_a)
    for feeder in network.feeders:
        for edge_id in feeder.head_edges:
            if feeder.rated_a:
                rated[edge_at[edge_id]] = np.fmin(rated[edge_at[edge_id]], feeder.rated_a)
    return rated
