"""A network's rows as a graph, traced: the way between ids and the indices of `rules/topology.py`."""

from dataclasses import dataclass, replace

from domain.grid.network.rules.model import Edge, Network
from domain.grid.network.rules.topology import NONE, Graph, Tree, trace


@dataclass(frozen=True)
class Traced:
    """A network's tree with the ways from ids to indices."""

    network: Network
    tree: Tree
    node_at: dict[str, int]
    edge_at: dict[str, int]


def trace_network(draft: Network) -> Traced:
    """Index nodes and edges (sorted by id, so that the order of the source's rows decides nothing) and trace."""
    network = replace(
        draft,
        nodes=tuple(sorted(draft.nodes, key=lambda node: node.node_id)),
        edges=tuple(sorted(draft.edges, key=lambda edge: edge.edge_id)),
    )
    node_at = {node.node_id: index for index, node in enumerate(network.nodes)}
    edge_at = {edge.edge_id: index for index, edge in enumerate(network.edges)}
    ends = [(node_at[edge.from_node], node_at[edge.to_node]) for edge in network.edges]
    graph = Graph(
        len(network.nodes),
        ends,
        [not edge.is_open for edge in network.edges],
        [edge.length_m or 0.0 for edge in network.edges],
        _banks(network.edges),
    )
    walls = [index for index, node in enumerate(network.nodes) if node.is_substation]
    return Traced(network, trace(graph, _heads(network, node_at, edge_at, set(walls)), walls), node_at, edge_at)


def meters_below(traced: Traced) -> list[int]:
    """Meters at or below each node of the tree."""
    counts = [0] * len(traced.network.nodes)
    for meter in traced.network.meters:
        index = traced.node_at.get(meter.node_id or "")
        if index is not None:
            counts[index] += 1
    for node in reversed(traced.tree.order):
        above = traced.tree.parent[node]
        if above != NONE:
            counts[above] += counts[node]
    return counts


def _heads(
    network: Network, node_at: dict[str, int], edge_at: dict[str, int], walls: set[int]
) -> list[tuple[int, int, int]]:
    """(feeder, first node, entering edge) in the order of the feeders."""
    heads = []
    for number, feeder in enumerate(network.feeders):
        for edge_id in feeder.head_edges:
            edge = network.edges[edge_at[edge_id]]
            first, second = node_at[edge.from_node], node_at[edge.to_node]
            if not edge.is_open:
                heads.append((number, first if second in walls else second, edge_at[edge_id]))
        if feeder.head_node is not None:
            heads.append((number, node_at[feeder.head_node], NONE))
    return heads


def _banks(edges: tuple[Edge, ...]) -> frozenset[int]:
    """Edges that lie beside others of different phases between the same two nodes: one bank, not a loop.

    Phases that are counted and not named (`X`) are taken for different ones as long as there are no more than three.
    """
    beside: dict[tuple[str, ...], list[int]] = {}
    for index, edge in enumerate(edges):
        beside.setdefault(tuple(sorted((edge.from_node, edge.to_node))), []).append(index)
    found: set[int] = set()
    for group in beside.values():
        phases = [edges[index].phases or "" for index in group]
        together = "".join(phases)
        different = len(set(together)) == len(together) or ("X" in together and len(together) <= 3)
        if len(group) > 1 and all(phases) and different:
            found.update(group)
    return frozenset(found)
