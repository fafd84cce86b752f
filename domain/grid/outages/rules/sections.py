"""Switch-delimited sections: the largest pieces of network that no device divides, and the devices that join them.

A device inside a closed loop divides nothing. The piece of line that a device stands on belongs to the section behind
the device. Where several devices share an edge, the one farthest from the head bounds the section behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.network.rules.model import Device
from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.circuit import Circuit
from domain.grid.outages.rules.power_flow import Radial, edge_impedances, walk

SOURCE = -2
# Where two devices share an edge, the one that comes first from the head.
_FROM_HEAD = ("breaker", "recloser", "sectionalizer", "switch", "fuse", "xfmr_fuse", "tie")


@dataclass(frozen=True, slots=True)
class Link:
    """The devices on one edge, from the head outwards, and the sections on its two sides (SOURCE: the substation)."""

    edge: int
    devices: tuple[Device, ...]
    first: int
    second: int

    @property
    def device(self) -> Device:
        """The device that bounds the section behind."""
        return self.devices[-1]

    def other(self, section: int) -> int:
        """The section on the other side."""
        return self.second if section == self.first else self.first


@dataclass(frozen=True)
class Sections:
    """All sections of a circuit in the order of the walk from its heads, then what nothing feeds, by lowest node.

    Attributes:
        of_node: the section of each node; NONE for the substation's own nodes.
        nodes: indices of the nodes of each section, in the order of the walk.
        entry: number of the link by which each section is fed; NONE if none (a head without a device, or unfed).
        parent: the section above; NONE at a head and where nothing feeds.
        feeder: index of the feeding feeder; NONE where nothing feeds.
        links_at: numbers of the links that touch each section.
        walked: the walk from all heads, with metres and ohms from the head by position.
    """

    circuit: Circuit
    of_node: NDArray[np.intp]
    nodes: Sequence[Sequence[int]]
    links: Sequence[Link]
    entry: Sequence[int]
    parent: Sequence[int]
    feeder: Sequence[int]
    links_at: Sequence[Sequence[int]]
    walked: Radial
    metres: NDArray[np.float64]
    reactance_ohm: NDArray[np.float64]

    def closed(self, link: int) -> bool:
        """Whether the link carries current in the circuit's state."""
        return self.circuit.closed[self.links[link].edge]

    def children(self, section: int) -> list[int]:
        """Sections that are fed through this one, by the order of the walk."""
        below = {self.links[link].other(section) for link in self.links_at[section] if link != self.entry[section]}
        return sorted(one for one in below if one >= 0 and self.parent[one] == section)


def find_sections(circuit: Circuit) -> Sections:
    """Divide the circuit; who is above whom follows from its present switching state."""
    guarded = _guards(circuit)
    label = _components(circuit, guarded)
    walked = walk(circuit, range(len(circuit.heads)))
    number: dict[int, int] = {}
    for node in walked.node.tolist():
        number.setdefault(label[node], len(number))
    inside = [index for index, node in enumerate(circuit.network.nodes) if not node.is_substation]
    for node in inside:
        number.setdefault(label[node], len(number))
    of_node = np.full(len(circuit.network.nodes), NONE, dtype=np.intp)
    of_node[inside] = [number[label[node]] for node in inside]
    links = _links(circuit, guarded, of_node)
    entry, parent, feeder = _fed(circuit, walked, of_node, links, len(number))
    links_at: list[list[int]] = [[] for _ in range(len(number))]
    for index, link in enumerate(links):
        for side in {link.first, link.second}:
            if side >= 0:
                links_at[side].append(index)
    metres, reactance = _distances(circuit, walked)
    nodes = _nodes(walked, inside, of_node, len(number))
    return Sections(circuit, of_node, nodes, links, entry, parent, feeder, links_at, walked, metres, reactance)


def _guards(circuit: Circuit) -> dict[int, tuple[Device, ...]]:
    """Devices by edge, from the head outwards; those inside closed loops are left out."""
    found: dict[int, list[Device]] = {}
    between = {
        edge
        for edge in circuit.tree.loop_edges
        if circuit.tree.feeder[circuit.ends[edge][0]] != circuit.tree.feeder[circuit.ends[edge][1]]
    }
    looped = circuit.tree.in_loop - between
    for device in sorted(circuit.network.devices, key=lambda one: (_FROM_HEAD.index(one.type), one.device_id)):
        index = circuit.edge_at.get(device.edge_id or "")
        if index is not None and index not in looped:
            found.setdefault(index, []).append(device)
    return {edge: tuple(found[edge]) for edge in sorted(found)}


def _components(circuit: Circuit, guarded: dict[int, tuple[Device, ...]]) -> list[int]:
    """For each node the lowest node that it is joined to without passing a device or an open edge."""
    lowest = list(range(len(circuit.network.nodes)))

    def root(node: int) -> int:
        while lowest[node] != node:
            lowest[node] = lowest[lowest[node]]
            node = lowest[node]
        return node

    for edge, (a, b) in enumerate(circuit.ends):
        nodes = circuit.network.nodes
        if edge in guarded or not circuit.closed[edge] or nodes[a].is_substation or nodes[b].is_substation:
            continue
        first, second = root(a), root(b)
        lowest[max(first, second)] = min(first, second)
    return [root(node) for node in range(len(lowest))]


def _links(circuit: Circuit, guarded: dict[int, tuple[Device, ...]], of_node: NDArray[np.intp]) -> list[Link]:
    """Guarded edges between sections; an edge between two sections of which one is the substation begins a feeder."""
    found = []
    for edge, devices in guarded.items():
        first, second = (int(of_node[end]) for end in circuit.ends[edge])
        if first == second:
            continue
        found.append(Link(edge, devices, first if first != NONE else SOURCE, second if second != NONE else SOURCE))
    return found


def _fed(
    circuit: Circuit, walked: Radial, of_node: NDArray[np.intp], links: Sequence[Link], count: int
) -> tuple[list[int], list[int], list[int]]:
    link_at = {link.edge: index for index, link in enumerate(links)}
    entry, parent, feeder = [NONE] * count, [NONE] * count, [NONE] * count
    section_at = of_node[walked.node]
    for position, section in enumerate(section_at.tolist()):
        if feeder[section] != NONE:
            continue
        feeder[section] = circuit.heads[int(walked.head[position])][0]
        entry[section] = link_at.get(int(walked.edge[position]), NONE)
        above = int(walked.parent[position])
        parent[section] = int(section_at[above]) if above != NONE else NONE
    return entry, parent, feeder


def _distances(circuit: Circuit, walked: Radial) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres and ohms of reactance from the head, by position; ohms are those of the primary's voltage."""
    lengths = np.array([edge.length_m or 0.0 for edge in circuit.network.edges] or [0.0], dtype=np.float64)
    own = np.where(walked.edge == NONE, 0.0, lengths[walked.edge])
    per_unit = edge_impedances(circuit, walked).imag
    head_kv = np.array([circuit.kv[node] for _, node, _ in circuit.heads], dtype=np.float64)
    along = walked.along(own + 1j * per_unit * head_kv[walked.head] ** 2)
    return along.real, along.imag


def _nodes(walked: Radial, inside: list[int], of_node: NDArray[np.intp], count: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(count)]
    walked_nodes = walked.node.tolist()
    fed = set(walked_nodes)
    for node in [*walked_nodes, *(one for one in inside if one not in fed)]:
        found[int(of_node[node])].append(node)
    return found
