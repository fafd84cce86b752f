"""Voltage and current on a radial network: backward/forward sweep, positive sequence, constant power.

The walk from the heads numbers nodes so that whatever lies below a node stands behind it in one piece. Then currents
(sums over what is below) and voltage drops (sums along the way) are cumulative sums, and a sweep costs a few passes
over arrays. Line capacitance, tap positions and capacitor banks are not modelled.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.circuit import Circuit, Complexes, Floats

MOST_SWEEPS = 60
TOLERANCE_PU = 1e-8
# Below this the constant-power model has left the range in which it means anything.
COLLAPSE_PU = 0.5


@dataclass(frozen=True)
class Radial:
    """What some heads feed in a switching state; arrays are by position in the walk.

    Attributes:
        node: index of the node at each position.
        edge: the edge by which it is entered; NONE at a head without one.
        parent: position of the node above; NONE at a head.
        end: first position behind everything at or below it.
        head: index into the circuit's heads.
        loops: closed edges that lead back to what was fed already.
    """

    node: NDArray[np.intp]
    edge: NDArray[np.intp]
    parent: NDArray[np.intp]
    end: NDArray[np.intp]
    head: NDArray[np.intp]
    loops: tuple[int, ...]

    def below(self, values: Complexes) -> Complexes:
        """For each position the sum over everything at or below it."""
        total = np.concatenate([np.zeros(1, dtype=values.dtype), np.cumsum(values)])
        sums: Complexes = total[self.end] - total[:-1]
        return sums

    def along(self, values: Complexes) -> Complexes:
        """For each position the sum over the way from the head to it, itself included."""
        n = len(self.node)
        leave = np.bincount(self.end, values.real, n + 1)[:n] + 1j * np.bincount(self.end, values.imag, n + 1)[:n]
        sums: Complexes = np.cumsum(values - leave)
        return sums


@dataclass(frozen=True)
class Flow:
    """The state that the sweep found; arrays are by position of `radial`.

    Attributes:
        voltage_pu: magnitude at each node.
        current_pu: magnitude in the edge by which each node is entered.
        converged: False where no state was found: the load is more than the network can carry.
    """

    radial: Radial
    voltage_pu: Floats
    current_pu: Floats
    converged: bool
    sweeps: int


def walk(circuit: Circuit, heads: Sequence[int], opened: Collection[int] = (), closed: Collection[int] = ()) -> Radial:
    """Walk from the circuit's heads (by number) over closed edges; `opened` and `closed` are edges that differ."""
    carries = circuit.carries.copy()
    carries[list(opened)] = False
    carries[list(closed)] = True
    begun = [number for number in heads if _begins(circuit, number, carries)]
    ways = circuit.ways[carries[circuit.ways]]
    ends = circuit.end_nodes[ways]
    nodes = len(circuit.network.nodes)
    starts = np.array([circuit.heads[number][1] for number in begun], dtype=np.intp)
    # One more node stands before all heads, so that one walk takes them all in.
    rows = np.concatenate([ends[:, 0], np.full(len(starts), nodes)])
    columns = np.concatenate([ends[:, 1], starts])
    # Loaded where it is used: it takes as long as all the rest of the network's rules.
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import depth_first_order

    graph = csr_matrix((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(nodes + 1, nodes + 1))
    order, before = depth_first_order(graph, nodes, directed=False)
    node = order[1:].astype(np.intp)
    place = np.full(nodes + 1, NONE, dtype=np.intp)
    place[node] = np.arange(len(node))
    parent = place[before[node]]
    edge = _entering(circuit, node, before, ways, ends, begun)
    end = _ends(parent)
    head = _heads_by_position(parent, node, starts, begun)
    inside = (place[ends[:, 0]] != NONE) & (place[ends[:, 1]] != NONE)
    used = np.zeros(len(circuit.ends), dtype=bool)
    used[edge[edge != NONE]] = True
    loops = ways[inside & ~used[ways]]
    return Radial(node, edge, parent, end, head, tuple(sorted(loops.tolist())))


def _begins(circuit: Circuit, number: int, carries: NDArray[np.bool_]) -> bool:
    edge = circuit.heads[number][2]
    return edge == NONE or bool(carries[edge])


def _entering(
    circuit: Circuit,
    node: NDArray[np.intp],
    before: NDArray[np.int32],
    ways: NDArray[np.intp],
    ends: NDArray[np.intp],
    begun: Sequence[int],
) -> NDArray[np.intp]:
    """The edge by which each position is entered: the way between it and its predecessor, or the head's own."""
    size = len(circuit.network.nodes) + 1
    keys = ends.min(axis=1) * size + ends.max(axis=1)
    by_key = np.argsort(keys, kind="stable")
    above = before[node].astype(np.intp)
    wanted = np.minimum(node, above) * size + np.maximum(node, above)
    found = np.full(len(node), NONE, dtype=np.intp)
    inner = above != size - 1
    if inner.any():
        found[inner] = ways[by_key[np.searchsorted(keys[by_key], wanted[inner])]]
    entry = {circuit.heads[number][1]: circuit.heads[number][2] for number in reversed(begun)}
    for position in np.flatnonzero(~inner).tolist():
        found[position] = entry[int(node[position])]
    return found


def _ends(parent: NDArray[np.intp]) -> NDArray[np.intp]:
    """First position behind everything below each position: what lies below stands behind, so it is counted first."""
    sizes = [1] * len(parent)
    above = parent.tolist()
    for position in range(len(sizes) - 1, -1, -1):
        if above[position] != NONE:
            sizes[above[position]] += sizes[position]
    return np.arange(len(parent)) + np.array(sizes, dtype=np.intp)


def _heads_by_position(
    parent: NDArray[np.intp], node: NDArray[np.intp], starts: NDArray[np.intp], begun: Sequence[int]
) -> NDArray[np.intp]:
    """The number of the head that feeds each position: everything from one head to the next is its own."""
    number = dict(zip(starts.tolist(), begun, strict=True))
    tops = np.flatnonzero(parent == NONE)
    numbers = np.array([number[int(node[top])] for top in tops.tolist()], dtype=np.intp)
    return np.repeat(numbers, np.diff(np.append(tops, len(node))))


def edge_impedances(circuit: Circuit, radial: Radial) -> Complexes:
    """Per-unit impedance of the edge by which each position is entered; 0 at a head without one."""
    z: Complexes = np.where(radial.edge == NONE, 0.0, circuit.z[radial.edge])
    return z


def solve(circuit: Circuit, radial: Radial, load_mva: Complexes, source_pu: float) -> Flow:
    """Voltages and currents under `load_mva` (complex, by node of the circuit); the source holds `source_pu`."""
    z = edge_impedances(circuit, radial)
    power = load_mva[radial.node]
    voltage = np.full(len(power), source_pu, dtype=np.complex128)
    current = np.zeros(len(power), dtype=np.complex128)
    for sweep in range(1, MOST_SWEEPS + 1):
        current = radial.below(np.conj(power / voltage))
        after = source_pu - radial.along(z * current)
        size = np.abs(after)
        if not np.isfinite(size).all() or size.min(initial=1.0) < COLLAPSE_PU:
            return Flow(radial, size, np.abs(current), converged=False, sweeps=sweep)
        change = float(np.abs(after - voltage).max(initial=0.0))
        voltage = after
        if change < TOLERANCE_PU:
            return Flow(radial, np.abs(voltage), np.abs(current), converged=True, sweeps=sweep)
    return Flow(radial, np.abs(voltage), np.abs(current), converged=False, sweeps=MOST_SWEEPS)
