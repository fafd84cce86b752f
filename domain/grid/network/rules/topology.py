"""Trace a network from its feeder heads: who feeds whom, what is an island, where a loop is closed.

Breadth first over closed edges, from all heads at once and in their given order, so that the result depends on nothing
but the order of the edges. A loop that stands closed is cut where the two fronts meet: the tree stays a tree, the edges
of the loop are named, and no device inside a closed loop counts as upstream of anything (opening one of them leaves
everything fed). Nothing here recurses; time is linear in nodes and edges.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

NONE = -1
# For each node the edges that carry, with the node at their other end.
Adjacency = list[list[tuple[int, int]]]


@dataclass(frozen=True)
class Graph:
    """Nodes 0..n-1 and edges between them, as parallel lists.

    Attributes:
        nodes: how many nodes there are.
        ends: the two nodes of each edge.
        closed: whether each edge carries current.
        lengths: metres of each edge; 0 where unknown.
        parallel_ok: edges that may lie beside another one without making a loop (other phases of one bank).
    """

    nodes: int
    ends: Sequence[tuple[int, int]]
    closed: Sequence[bool]
    lengths: Sequence[float]
    parallel_ok: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Tree:
    """What tracing found; lists are indexed by node.

    Attributes:
        feeder: index of the feeding head; NONE on an island.
        parent: the next node towards the head; NONE at a head and on islands.
        parent_edge: the edge to it; for a head the edge it was entered by, if any.
        depth: edges from the head; NONE on an island.
        distance_m: metres from the head; 0.0 on an island.
        order: fed nodes, heads first, each after its parent.
        islands: nodes that nothing feeds, by connected component, largest first.
        loop_edges: the closed edge at which each loop was cut.
        in_loop: edges that lie on a closed loop, the cuts included.
    """

    feeder: list[int]
    parent: list[int]
    parent_edge: list[int]
    depth: list[int]
    distance_m: list[float]
    order: list[int]
    islands: list[list[int]]
    loop_edges: list[int]
    in_loop: frozenset[int]

    def children_count(self) -> list[int]:
        """How many nodes hang directly below each node."""
        counts = [0] * len(self.parent)
        for above in self.parent:
            if above != NONE:
                counts[above] += 1
        return counts


def trace(graph: Graph, heads: Sequence[tuple[int, int, int]], walls: Sequence[int] = ()) -> Tree:
    """Feed the graph from `heads` = (feeder, first node, edge by which it is entered or NONE).

    `walls` are nodes that tracing never enters: the substation's own.
    """
    n = graph.nodes
    tree = Tree([NONE] * n, [NONE] * n, [NONE] * n, [NONE] * n, [0.0] * n, [], [], [], frozenset())
    wall = set(walls)
    entered = _plant(graph, tree, heads, wall)
    near = adjacency(graph)
    cuts = _grow(graph, tree, wall, entered, near)
    islands = _islands(tree, wall, near)
    return Tree(
        tree.feeder,
        tree.parent,
        tree.parent_edge,
        tree.depth,
        tree.distance_m,
        tree.order,
        islands,
        cuts,
        _edges_in_loops(graph, tree, cuts),
    )


def adjacency(graph: Graph) -> Adjacency:
    """For each node its (closed edge, other node), in the order of the edges; an edge to itself is left out."""
    near: Adjacency = [[] for _ in range(graph.nodes)]
    for edge, (a, b) in enumerate(graph.ends):
        if a != b and graph.closed[edge]:
            near[a].append((edge, b))
            near[b].append((edge, a))
    return near


def _plant(graph: Graph, tree: Tree, heads: Sequence[tuple[int, int, int]], wall: set[int]) -> set[int]:
    """Mark each head's first node; answer the edges by which heads were entered."""
    entered = set()
    for feeder, node, edge in heads:
        if edge != NONE:
            entered.add(edge)
        if node in wall or tree.feeder[node] != NONE:
            continue
        tree.feeder[node] = feeder
        tree.parent_edge[node] = edge
        tree.depth[node] = 0
        tree.distance_m[node] = graph.lengths[edge] if edge != NONE else 0.0
        tree.order.append(node)
    return entered


def _grow(graph: Graph, tree: Tree, wall: set[int], entered: set[int], near: Adjacency) -> list[int]:
    """Spread from the heads; answer the closed edges that lead back into the tree."""
    used = set(entered)
    cuts: list[int] = []
    queue = deque(tree.order)
    while queue:
        node = queue.popleft()
        for edge, other in near[node]:
            if edge in used or other in wall:
                continue
            used.add(edge)
            if tree.feeder[other] != NONE:
                if edge not in graph.parallel_ok:
                    cuts.append(edge)
                continue
            tree.feeder[other] = tree.feeder[node]
            tree.parent[other] = node
            tree.parent_edge[other] = edge
            tree.depth[other] = tree.depth[node] + 1
            tree.distance_m[other] = tree.distance_m[node] + graph.lengths[edge]
            tree.order.append(other)
            queue.append(other)
    return sorted(cuts)


def _islands(tree: Tree, wall: set[int], near: Adjacency) -> list[list[int]]:
    """Connected components of what was not reached, largest first, ties by lowest node."""
    seen = [feeder != NONE or node in wall for node, feeder in enumerate(tree.feeder)]
    found = []
    for start in range(len(seen)):
        if seen[start]:
            continue
        seen[start] = True
        component, queue = [start], deque([start])
        while queue:
            for _, other in near[queue.popleft()]:
                if not seen[other]:
                    seen[other] = True
                    component.append(other)
                    queue.append(other)
        found.append(sorted(component))
    return sorted(found, key=lambda component: (-len(component), component[0]))


def _edges_in_loops(graph: Graph, tree: Tree, cuts: list[int]) -> frozenset[int]:
    """All edges on the loops that `cuts` close.

    Each loop is walked up from both ends of its cut to where they meet; edges already marked are jumped over
    (union-find by path halving), so the whole costs little more than one walk over the tree. An edge that joins two
    feeders is treated as their open point and marks nothing but itself: else both would lose their breakers.
    """
    jump = list(range(graph.nodes))

    def top(node: int) -> int:
        while jump[node] != node:
            jump[node] = jump[jump[node]]
            node = jump[node]
        return node

    marked = set(cuts)
    outside = NONE
    for cut in cuts:
        first, second = graph.ends[cut]
        if tree.feeder[first] != tree.feeder[second]:
            continue
        a, b = top(first), top(second)
        while a != b:
            if a == outside or (b != outside and tree.depth[b] > tree.depth[a]):
                a, b = b, a
            edge = tree.parent_edge[a]
            if edge != NONE:
                marked.add(edge)
            above = tree.parent[a]
            if above == NONE:
                a = outside
            else:
                jump[a] = above
                a = top(above)
    return frozenset(marked)
