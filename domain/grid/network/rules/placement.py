"""Where everything stands in the traced tree: feeder, depth, the device and the transformer above."""

from dataclasses import replace

from domain.grid.network.rules.model import Device, Edge, Finding, Meter, Node, Transformer, finding
from domain.grid.network.rules.topology import NONE
from domain.grid.network.rules.tracing import Traced

# Where two devices share an edge, the one that comes first from the head.
_TYPE_ORDER = {"breaker": 0, "recloser": 1, "sectionalizer": 2, "switch": 3, "fuse": 4, "xfmr_fuse": 5, "tie": 6}


def guards_by_edge(traced: Traced, devices: list[Device]) -> dict[int, list[Device]]:
    """Devices by the edge on which they stand, from the head outwards; open ones guard nothing."""
    found: dict[int, list[Device]] = {}
    for device in sorted(devices, key=lambda device: (_TYPE_ORDER[device.type], device.device_id)):
        index = traced.edge_at.get(device.edge_id or "")
        if index is not None and not device.normally_open:
            found.setdefault(index, []).append(device)
    return found


def nearest_devices(traced: Traced, guards: dict[int, list[Device]]) -> list[str | None]:
    """For each node the nearest device between it and the head; devices inside a closed loop do not count."""
    tree = traced.tree
    nearest: list[str | None] = [None] * len(traced.network.nodes)
    for node in tree.order:
        edge, above = tree.parent_edge[node], tree.parent[node]
        if edge in guards and edge not in tree.in_loop:
            nearest[node] = guards[edge][-1].device_id
        elif above != NONE:
            nearest[node] = nearest[above]
    return nearest


def place_devices(
    traced: Traced, devices: list[Device], guards: dict[int, list[Device]], chain: list[str | None]
) -> list[Device]:
    """Devices with feeder, node (the side away from the head) and parent."""
    network, tree = traced.network, traced.tree
    before = {
        device.device_id: row[position - 1].device_id
        for row in guards.values()
        for position, device in enumerate(row)
        if position
    }
    placed = []
    for device in devices:
        index = traced.edge_at.get(device.edge_id or "")
        if index is None:
            placed.append(device)
            continue
        near, far = _oriented(traced, index)
        feeder = tree.feeder[near] if tree.feeder[near] != NONE else tree.feeder[far]
        parent = before.get(device.device_id)
        if parent is None and tree.parent_edge[far] == index and tree.parent[far] != NONE:
            parent = chain[tree.parent[far]]
        elif parent is None and tree.parent_edge[far] != index:
            parent = chain[near]
        placed.append(
            replace(
                device,
                feeder_id=network.feeders[feeder].feeder_id if feeder != NONE else None,
                node_id=network.nodes[far].node_id,
                parent_device_id=parent,
            )
        )
    return placed


def _oriented(traced: Traced, index: int) -> tuple[int, int]:
    """The edge's node nearer to the head, then the other one."""
    tree, edge = traced.tree, traced.network.edges[index]
    first, second = traced.node_at[edge.from_node], traced.node_at[edge.to_node]
    if tree.parent_edge[first] == index:
        return second, first
    if tree.parent_edge[second] != index and tree.feeder[first] == NONE and tree.feeder[second] != NONE:
        return second, first
    return first, second


def place_edges(traced: Traced) -> list[Edge]:
    """Edges with their feeder, from the node nearer to the head to the other."""
    network, tree = traced.network, traced.tree
    found = []
    for index, edge in enumerate(network.edges):
        near, far = _oriented(traced, index)
        feeder = tree.feeder[near] if tree.feeder[near] != NONE else tree.feeder[far]
        found.append(
            replace(
                edge,
                from_node=network.nodes[near].node_id,
                to_node=network.nodes[far].node_id,
                feeder_id=network.feeders[feeder].feeder_id if feeder != NONE else None,
            )
        )
    return found


def place_nodes(traced: Traced) -> list[Node]:
    """Nodes with their feeder and depth; None where nothing feeds them."""
    network, tree = traced.network, traced.tree
    return [
        replace(
            node,
            feeder_id=network.feeders[tree.feeder[index]].feeder_id if tree.feeder[index] != NONE else None,
            depth=tree.depth[index] if tree.feeder[index] != NONE else None,
        )
        for index, node in enumerate(network.nodes)
    ]


def place_transformers(traced: Traced, chain: list[str | None]) -> tuple[list[Transformer], dict[int, str]]:
    """Transformers with feeder and device, and the transformer of each winding edge."""
    network, tree = traced.network, traced.tree
    filled, winding = [], {}
    for transformer in network.transformers:
        index = traced.node_at.get(transformer.node_id or "", NONE)
        feeder = tree.feeder[index] if index != NONE else NONE
        edge = traced.edge_at.get(transformer.edge_id or "")
        if edge is not None:
            winding[edge] = transformer.transformer_id
        filled.append(
            replace(
                transformer,
                feeder_id=network.feeders[feeder].feeder_id if feeder != NONE else None,
                device_id=chain[index] if index != NONE else None,
            )
        )
    return filled, winding


def nearest_windings(traced: Traced, winding: dict[int, str]) -> list[str | None]:
    """For each node the service transformer that feeds it."""
    tree = traced.tree
    nearest: list[str | None] = [None] * len(traced.network.nodes)
    for node in tree.order:
        above = tree.parent[node]
        own = winding.get(tree.parent_edge[node])
        nearest[node] = own if own is not None else nearest[above] if above != NONE else None
    return nearest


def place_meters(
    traced: Traced, chain: list[str | None], nearest_winding: list[str | None]
) -> tuple[list[tuple[Meter, float]], list[Finding]]:
    """Meters with their distance from the head in metres.

    Where tracing reaches a meter, the traced feeder holds. Where it does not, the feeder that the source states is
    kept; a meter with neither is left out.
    """
    network, tree = traced.network, traced.tree
    reach, places = _reach(traced), _places(traced)
    stated = {feeder.feeder_id for feeder in network.feeders}
    transformers = {one.transformer_id for one in network.transformers}
    placed: list[tuple[Meter, float]] = []
    unfed: list[str] = []
    untraced: list[str] = []
    moved: list[str] = []
    for meter in network.meters:
        index = traced.node_at.get(meter.node_id or "", NONE)
        if index == NONE or tree.feeder[index] == NONE:
            (untraced if meter.feeder_id in stated else unfed).append(meter.external_ref)
            if meter.feeder_id in stated:
                placed.append((meter, 0.0))
            continue
        feeder, distance = tree.feeder[index], tree.distance_m[index]
        feeder_id = network.feeders[feeder].feeder_id
        if meter.feeder_id not in {None, feeder_id}:
            moved.append(meter.external_ref)
        filled = replace(
            meter,
            feeder_id=feeder_id,
            transformer_id=meter.transformer_id if meter.transformer_id in transformers else nearest_winding[index],
            device_id=chain[index],
            electrical_depth=round(distance / reach[feeder], 6) if reach[feeder] else 0.0,
            latitude=places[index][0] if meter.latitude is None else meter.latitude,
            longitude=places[index][1] if meter.longitude is None else meter.longitude,
        )
        placed.append((filled, distance))
    return placed, _meter_findings(unfed, untraced, moved)


def _meter_findings(unfed: list[str], untraced: list[str], moved: list[str]) -> list[Finding]:
    found = [
        finding(
            "warning", "METERS_UNFED", sorted(unfed), "meters that no feeder reaches over closed edges were left out"
        ),
        finding(
            "info", "METERS_UNTRACED", sorted(untraced), "meters that tracing does not reach keep their stated feeder"
        ),
        finding(
            "warning", "FEEDER_DIFFERS", sorted(moved), "meters whose stated feeder is not the one that feeds them"
        ),
    ]
    return [one for one in found if one.count]


def _reach(traced: Traced) -> list[float]:
    """Metres to the far end of each feeder."""
    reach = [0.0] * len(traced.network.feeders)
    for node in traced.tree.order:
        reach[traced.tree.feeder[node]] = max(reach[traced.tree.feeder[node]], traced.tree.distance_m[node])
    return reach


def _places(traced: Traced) -> list[tuple[float | None, float | None]]:
    """Latitude and longitude of each node; one without them takes those of the nearest node towards the head."""
    places: list[tuple[float | None, float | None]] = [(node.latitude, node.longitude) for node in traced.network.nodes]
    for node in traced.tree.order:
        above = traced.tree.parent[node]
        if None in places[node] and above != NONE:
            places[node] = places[above]
    return places
