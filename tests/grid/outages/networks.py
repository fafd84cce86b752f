"""Small networks for tests: random feeders under one substation, with devices, ties and meters."""

from hypothesis import strategies as st

from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node

TYPES = ("breaker", "recloser", "sectionalizer", "fuse", "xfmr_fuse")


@st.composite
def networks(draw: st.DrawFn, max_nodes: int = 14, max_feeders: int = 2, *, ties: bool = True) -> Network:
    """One or two random radial feeders; a device on some edges, sometimes two on one; some ties, open or closed."""
    feeders = draw(st.integers(1, max_feeders))
    nodes = [Node("source", is_substation=True)]
    edges: list[Edge] = []
    devices: list[Device] = []
    heads: list[list[str]] = []
    for feeder in range(feeders):
        count = draw(st.integers(1, max_nodes // feeders))
        names = [f"f{feeder}n{number:02d}" for number in range(count)]
        nodes += [Node(name) for name in names]
        above = ["source", *(names[draw(st.integers(0, number - 1))] for number in range(1, count))]
        edges += [Edge(f"e-{name}", upper, name, "line") for upper, name in zip(above, names, strict=True)]
        for name in names:
            devices += [
                Device(f"d-{name}-{number}", draw(st.sampled_from(TYPES)), f"e-{name}")
                for number in range(draw(st.sampled_from([0, 1, 1, 1, 2])))
            ]
        heads.append([f"e-{names[0]}"])
    places = [node.node_id for node in nodes if not node.is_substation]
    if ties:
        for number in range(draw(st.integers(0, 2))):
            first, second = draw(st.sampled_from(places)), draw(st.sampled_from(places))
            is_open = draw(st.sampled_from([True, True, True, False]))
            edges.append(Edge(f"t-{number}", first, second, "switch", is_open=is_open))
            devices.append(Device(f"tie-{number}", "tie", f"t-{number}", normally_open=is_open))
    meters = [Meter(f"M{number:03d}", f"load {number}", draw(st.sampled_from(places))) for number in range(12)]
    draft = Network(
        "test",
        "0" * 64,
        feeders=tuple(
            Feeder(f"F{number}", f"F{number}", "", head_edges=tuple(head)) for number, head in enumerate(heads)
        ),
        nodes=tuple(nodes),
        edges=tuple(edges),
        devices=tuple(devices),
        meters=tuple(meters[: draw(st.integers(1, 12))]),
    )
    return assemble(draft, assume=False)
