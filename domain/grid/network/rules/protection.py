"""Assumed protection (grid.md 4.3): published models rarely name their fuses, so where none stands, one is assumed.

Assumed, and marked so: a breaker at each feeder's head; every closed switch element as a sectionalising device; a fuse
at the head of a branch that has fewer phases than the line above it and leaves a bus where the feeder forks; a fuse on
each single-phase service transformer with fewer than 40 meters below. A device that the source names on the same edge
replaces the assumption. An open switch is a tie, and no assumption.

Service lines behind a transformer are no branches of the feeder, and lines that lie side by side, one a phase, are one
branch of all their phases: neither gets a fuse.
"""

from collections import Counter
from collections.abc import Sequence

from domain.grid.network.rules.model import Device, Edge, Transformer
from domain.grid.network.rules.topology import NONE, Tree

MAX_METERS_BEHIND_FUSE = 40


def assume_protection(
    tree: Tree,
    edges: Sequence[Edge],
    transformers: Sequence[Transformer],
    named: Sequence[Device],
    meters_below: Sequence[int],
) -> list[Device]:
    """The devices to add to those `named`; `meters_below` counts the meters at or below each node of the tree."""
    taken = {device.edge_id for device in named}
    added: dict[str, Device] = {}

    def add(device_id: str, kind: str, edge: Edge, *, normally_open: bool = False, assumed: bool = True) -> None:
        if edge.edge_id not in taken and edge.edge_id not in added:
            added[edge.edge_id] = Device(
                device_id, kind, edge.edge_id, normally_open, edge.phases, edge.rated_a, assumed=assumed
            )

    for edge in _head_edges(tree, edges):
        add(f"BRK-{edge.edge_id}", "breaker", edge)
    for edge in edges:
        if edge.kind == "switch":
            if edge.is_open:
                add(edge.edge_id, "tie", edge, normally_open=True, assumed=False)
            else:
                add(edge.edge_id, "sectionalizer", edge)
    winding = {transformer.edge_id: transformer for transformer in transformers if transformer.edge_id}
    for edge in _lateral_heads(tree, edges, set(winding)):
        add(f"FUSE-{edge.edge_id}", "fuse", edge)
    for node in tree.order:
        index = tree.parent_edge[node]
        transformer = winding.get(edges[index].edge_id) if index != NONE else None
        if transformer and phase_count(transformer.phases) == 1 and meters_below[node] < MAX_METERS_BEHIND_FUSE:
            add(f"XF-{transformer.transformer_id}", "xfmr_fuse", edges[index])
    return [added[key] for key in sorted(added)]


def phase_count(phases: str | None) -> int | None:
    """How many phases `ABC`, `B`, ... are; None where unknown."""
    return len(phases) if phases else None


def _head_edges(tree: Tree, edges: Sequence[Edge]) -> list[Edge]:
    """The edge by which each feeder is entered; below a head without one, each edge that leaves it."""
    entered = [tree.parent_edge[node] for node in tree.order if tree.parent[node] == NONE]
    bare = {node for node in tree.order if tree.parent[node] == NONE and tree.parent_edge[node] == NONE}
    leaving = [tree.parent_edge[node] for node in tree.order if tree.parent[node] in bare]
    return [edges[index] for index in (*entered, *leaving) if index != NONE]


def _lateral_heads(tree: Tree, edges: Sequence[Edge], windings: set[str]) -> list[Edge]:
    """Line edges with fewer phases than the line above that leave a fork of the feeder."""
    forks = tree.children_count()
    beside = Counter(frozenset((edge.from_node, edge.to_node)) for edge in edges)
    low = [False] * len(tree.parent)
    found = []
    for node in tree.order:
        index, above = tree.parent_edge[node], tree.parent[node]
        if index == NONE or above == NONE:
            continue
        edge = edges[index]
        low[node] = low[above] or edge.edge_id in windings
        alone = beside[frozenset((edge.from_node, edge.to_node))] == 1
        if low[node] or not alone or forks[above] < 2 or edge.kind not in {"line", "cable"}:
            continue
        below, upper = phase_count(edge.phases), _phases_into(tree, edges, above)
        if below and upper and below < upper:
            found.append(edge)
    return found


def _phases_into(tree: Tree, edges: Sequence[Edge], node: int) -> int | None:
    """Phases of the edge that feeds `node`; at a head three, as feeders leave substations with three."""
    index = tree.parent_edge[node]
    return 3 if index == NONE else phase_count(edges[index].phases)
