"""A network as it is switched now: devices observed open or closed beyond their normal state, traced again.

Only the feeders that the switching can touch are traced: those of the devices, and those joined to them over closed
edges. What nothing feeds any more is told apart: it is out already, and no inference is needed.
"""

from collections.abc import Collection
from dataclasses import replace

from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.model import Device, Edge, Meter, Network
from domain.kernel.errors import Invalid


def switched(
    network: Network, open_devices: Collection[str] = (), closed_devices: Collection[str] = ()
) -> tuple[Network, tuple[str, ...]]:
    """`network` with these devices open and closed, traced; and the meters that then nothing feeds, by id.

    Raises:
        Invalid: a device that the network does not have, or that is said to be both.
    """
    changed = _changes(network, open_devices, closed_devices)
    if not changed:
        return network, ()
    devices = tuple(
        replace(one, normally_open=changed[one.device_id]) if one.device_id in changed else one
        for one in network.devices
    )
    states = _edge_states(devices, {one.edge_id for one in network.devices if one.device_id in changed})
    edges = tuple(
        replace(one, is_open=states[one.edge_id]) if states.get(one.edge_id, one.is_open) != one.is_open else one
        for one in network.edges
    )
    touched = _touched_feeders(network, edges, {one.edge_id for one in devices if one.device_id in changed})
    part = _part(network, edges, devices, touched)
    traced = assemble(part, assume=False)
    fed = {one.meter_id for one in traced.meters}
    unfed = tuple(sorted(one.meter_id for one in part.meters if one.meter_id not in fed))
    return _put_back(network, traced, touched), unfed


def _changes(network: Network, opened: Collection[str], closed: Collection[str]) -> dict[str, bool]:
    """Device to whether it is open now, for those that stand otherwise in the network."""
    normal = {one.device_id: one.normally_open for one in network.devices}
    unknown = sorted({*opened, *closed} - set(normal))
    if unknown:
        raise Invalid(
            f"Nothing was traced: the network has no device {', '.join(unknown[:5])}.",
            hint="Name devices by the ids of the network's current version.",
        )
    both = sorted(set(opened) & set(closed))
    if both:
        raise Invalid(f"Nothing was traced: {', '.join(both[:5])} cannot be open and closed at once.")
    wanted = dict.fromkeys(sorted(opened), True) | dict.fromkeys(sorted(closed), False)
    return {own: is_open for own, is_open in wanted.items() if normal[own] != is_open}


def _edge_states(devices: tuple[Device, ...], edge_ids: set[str | None]) -> dict[str, bool]:
    """Whether each of these edges is open: it is when any device on it is."""
    states: dict[str, bool] = {}
    for one in devices:
        if one.edge_id is not None and one.edge_id in edge_ids:
            states[one.edge_id] = states.get(one.edge_id, False) or one.normally_open
    return states


def _touched_feeders(network: Network, edges: tuple[Edge, ...], changed_edges: set[str | None]) -> set[str | None]:
    """Feeders at the changed edges, and those that closed edges join to them; None stands for what is unfed."""
    feeder_of = {one.node_id: one.feeder_id for one in network.nodes}
    walls = {one.node_id for one in network.nodes if one.is_substation}
    touched: set[str | None] = {None}
    joined: dict[str, set[str]] = {}
    for one in edges:
        first, second = feeder_of.get(one.from_node), feeder_of.get(one.to_node)
        if one.edge_id in changed_edges:
            touched |= {first, second, one.feeder_id}
        ends = {one.from_node, one.to_node}
        if not one.is_open and first != second and first is not None and second is not None and not ends & walls:
            joined.setdefault(first, set()).add(second)
            joined.setdefault(second, set()).add(first)
    waiting = sorted(own for own in touched if own is not None)
    while waiting:
        fresh = joined.get(waiting.pop(), set()) - touched
        touched |= fresh
        waiting += sorted(fresh)
    return touched


def _part(network: Network, edges: tuple[Edge, ...], devices: tuple[Device, ...], touched: set[str | None]) -> Network:
    """The touched feeders as a draft: what a meter's feeder and device were is forgotten, where it hangs is kept."""
    nodes = tuple(one for one in network.nodes if one.feeder_id in touched or one.is_substation)
    here = {one.node_id for one in nodes}
    kept = tuple(one for one in edges if one.from_node in here and one.to_node in here)
    on_edge = {one.edge_id for one in kept}
    meters = tuple(
        replace(one, feeder_id=None, device_id=None)
        for one in network.meters
        if one.node_id in here and one.feeder_id in touched
    )
    feeders = tuple(one for one in network.feeders if one.feeder_id in touched)
    own_devices = tuple(one for one in devices if one.edge_id in on_edge)
    transformers = tuple(one for one in network.transformers if one.node_id in here)
    return replace(
        network,
        feeders=feeders,
        nodes=nodes,
        edges=kept,
        devices=own_devices,
        transformers=transformers,
        meters=meters,
        profiles=(),
        findings=(),
    )


def _put_back(network: Network, traced: Network, touched: set[str | None]) -> Network:
    """The whole network with the traced part in its place."""
    devices = {one.device_id: one for one in traced.devices}
    edges = {one.edge_id: one for one in traced.edges}
    nodes = {one.node_id: one for one in traced.nodes}
    meters: dict[str, Meter] = {one.meter_id: one for one in traced.meters}
    here = {one.node_id for one in traced.nodes}
    return replace(
        network,
        nodes=tuple(nodes.get(one.node_id, one) for one in network.nodes),
        edges=tuple(edges.get(one.edge_id, one) for one in network.edges),
        devices=tuple(devices.get(one.device_id, one) for one in network.devices),
        meters=tuple(
            meters.get(one.meter_id, one)
            for one in network.meters
            if one.meter_id in meters or one.node_id not in here or one.feeder_id not in touched
        ),
    )
