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
TOLERANCE_PU = 1e-9
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
    carries = circuit.closed.copy()
    for edge in opened:
        carries[edge] = False
    for edge in closed:
        carries[edge] = True
    near = circuit.near
    seen: dict[int, int] = {}
    stack: list[tuple[int, int, int, int]] = []
    for number in reversed(heads):
        _, node, edge = circuit.heads[number]
        if node not in seen and (edge == NONE or carries[edge]):
            seen[node] = edge
            stack.append((node, edge, NONE, number))
    nodes: list[int] = []
    edges: list[int] = []
    parents: list[int] = []
    sources: list[int] = []
    loops: set[int] = set()
    while stack:
        node, entered, parent, number = stack.pop()
        position = len(nodes)
        nodes.append(node)
        edges.append(entered)
        parents.append(parent)
        sources.append(number)
        for edge, other in near[node]:
            if edge == entered or not carries[edge]:
                continue
            if other in seen:
                if seen[other] != edge:
                    loops.add(edge)
                continue
            seen[other] = edge
            stack.append((other, edge, position, number))
    return Radial(
        np.array(nodes, dtype=np.intp),
        np.array(edges, dtype=np.intp),
        np.array(parents, dtype=np.intp),
        _ends(parents),
        np.array(sources, dtype=np.intp),
        tuple(sorted(loops)),
    )


def _ends(parents: list[int]) -> NDArray[np.intp]:
    end = list(range(1, len(parents) + 1))
    for position in range(len(parents) - 1, -1, -1):
        above = parents[position]
        if above != NONE and end[above] < end[position]:
            end[above] = end[position]
    return np.array(end, dtype=np.intp)


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


def feeder_flow(circuit: Circuit, feeder_id: str, load_mva: Complexes, source_pu: float) -> Flow:
    """The state of one feeder as it stands."""
    index = next(i for i, feeder in enumerate(circuit.network.feeders) if feeder.feeder_id == feeder_id)
    return solve(circuit, walk(circuit, heads_of(circuit, index)), load_mva, source_pu)


def heads_of(circuit: Circuit, feeder: int) -> list[int]:
    """The numbers of a feeder's heads."""
    return [number for number, (own, _, _) in enumerate(circuit.heads) if own == feeder]
