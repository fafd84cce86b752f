"""Tracing: compared with brute force on random graphs, and sound on the graphs that break naive code."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from domain.grid.network.rules.topology import NONE, Graph, Tree, trace


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Graph, list[tuple[int, int, int]], list[int]]:
    """Up to fourteen nodes with any edges, parallel ones and loops onto themselves too; node 0 is the substation.

    Most edges that leave it are heads; through the others nothing may be fed.
    """
    nodes = draw(st.integers(2, 14))
    ends = draw(st.lists(st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)), max_size=24))
    closed = draw(st.lists(st.booleans(), min_size=len(ends), max_size=len(ends)))
    lengths = [float(length) for length in draw(st.lists(st.integers(0, 9), min_size=len(ends), max_size=len(ends)))]
    heads = [
        (feeder, first + second, edge)
        for feeder, (edge, (first, second)) in enumerate(
            (edge, pair)
            for edge, pair in enumerate(ends)
            if 0 in pair and pair != (0, 0) and closed[edge] and draw(st.integers(0, 3))
        )
    ]
    return Graph(nodes, ends, closed, lengths), heads, [0]


def reached(graph: Graph, start: set[int], without: set[int] = frozenset(), walls: set[int] = frozenset()) -> set[int]:  # type: ignore[assignment]
    """Nodes joined to `start` over closed edges: by repeated sweeps, slow and plain."""
    found, grown = set(start), True
    while grown:
        grown = False
        for edge, (a, b) in enumerate(graph.ends):
            if graph.closed[edge] and edge not in without and (a in found) != (b in found) and not {a, b} & walls:
                found |= {a, b}
                grown = True
    return found


def hops(graph: Graph, starts: list[int], walls: set[int]) -> dict[int, int]:
    """Fewest edges from any start."""
    best = dict.fromkeys(starts, 0)
    queue = deque(best)
    while queue:
        node = queue.popleft()
        for edge, pair in enumerate(graph.ends):
            if graph.closed[edge] and node in pair:
                other = pair[0] + pair[1] - node
                if other not in best and other not in walls:
                    best[other] = best[node] + 1
                    queue.append(other)
    return best


@given(graphs())
def test_what_is_fed_is_what_brute_force_reaches_at_the_fewest_edges(
    case: tuple[Graph, list[tuple[int, int, int]], list[int]],
) -> None:
    graph, heads, walls = case
    tree = trace(graph, heads, walls)
    depth = hops(graph, [node for _, node, _ in heads], set(walls))
    assert {node: tree.depth[node] for node in range(graph.nodes) if tree.feeder[node] != NONE} == depth
    assert sorted(tree.order) == sorted(depth)
    islands = [node for island in tree.islands for node in island]
    assert sorted(islands + tree.order + walls) == list(range(graph.nodes))
    for island in tree.islands:
        assert reached(graph, {island[0]}, walls=set(walls)) == set(island)


@given(graphs())
def test_the_tree_is_a_tree_of_closed_edges_within_one_feeder(
    case: tuple[Graph, list[tuple[int, int, int]], list[int]],
) -> None:
    graph, heads, walls = case
    tree = trace(graph, heads, walls)
    place = {node: position for position, node in enumerate(tree.order)}
    for node in tree.order:
        above, edge = tree.parent[node], tree.parent_edge[node]
        if above == NONE:
            assert (tree.feeder[node], node, edge) in heads
            continue
        assert place[above] < place[node]
        assert graph.closed[edge]
        assert set(graph.ends[edge]) == {above, node}
        assert tree.feeder[above] == tree.feeder[node]
        assert tree.distance_m[node] == tree.distance_m[above] + graph.lengths[edge]


@given(graphs())
def test_an_edge_outside_every_loop_is_the_only_way_to_what_lies_below(
    case: tuple[Graph, list[tuple[int, int, int]], list[int]],
) -> None:
    graph, heads, walls = case
    tree = trace(graph, heads, walls)
    between = {edge for edge in tree.loop_edges if tree.feeder[graph.ends[edge][0]] != tree.feeder[graph.ends[edge][1]]}
    other_entries = {edge for _, _, edge in heads if edge not in tree.parent_edge}
    for node in tree.order:
        edge = tree.parent_edge[node]
        if tree.parent[node] == NONE:
            continue
        starts = {first for _, first, _ in heads}
        still_fed = node in reached(graph, starts, {edge, *between, *other_entries}, set(walls))
        assert still_fed == (edge in tree.in_loop)


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_the_edges_does_not_decide_who_is_fed(case, random) -> None:  # type: ignore[no-untyped-def]
    graph, heads, walls = case
    turn = list(range(len(graph.ends)))
    random.shuffle(turn)
    shuffled = Graph(
        graph.nodes,
        [graph.ends[index] for index in turn],
        [graph.closed[index] for index in turn],
        [graph.lengths[index] for index in turn],
    )
    moved = [(feeder, node, turn.index(edge)) for feeder, node, edge in heads]
    first, second = trace(graph, heads, walls), trace(shuffled, moved, walls)
    assert first.depth == second.depth
    assert first.islands == second.islands
    assert len(first.loop_edges) == len(second.loop_edges)


def chain(nodes: int) -> Tree:
    ends = [(node, node + 1) for node in range(nodes - 1)]
    return trace(Graph(nodes, ends, [True] * len(ends), [1.0] * len(ends)), [(0, 1, 0)], [0])


def test_a_feeder_of_two_hundred_thousand_nodes_in_a_row_is_traced_without_recursion() -> None:
    tree = chain(200_000)
    assert tree.depth[-1] == 199_998
    assert tree.distance_m[-1] == 199_999.0
    assert not tree.in_loop


def test_a_ring_of_a_hundred_thousand_nodes_is_one_loop() -> None:
    n = 100_000
    ends = [(0, 1), *((node, node + 1) for node in range(1, n - 1)), (n - 1, 1)]
    tree = trace(Graph(n, ends, [True] * len(ends), [0.0] * len(ends)), [(0, 1, 0)], [0])
    assert len(tree.loop_edges) == 1
    assert len(tree.in_loop) == len(ends) - 1


def test_a_mesh_with_thousands_of_loops_is_traced() -> None:
    side = 120
    ends = [(row * side + c, row * side + c + 1) for row in range(side) for c in range(side - 1)]
    ends += [(row * side + c, (row + 1) * side + c) for row in range(side - 1) for c in range(side)]
    tree = trace(Graph(side * side, ends, [True] * len(ends), [1.0] * len(ends)), [(0, 0, NONE)])
    assert len(tree.loop_edges) == len(ends) - (side * side - 1)
    assert len(tree.in_loop) == len(ends)
