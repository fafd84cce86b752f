"""The feeder of an outage as the lines of a map, each with its zone and whether customers behind it went dark."""

from typing import Any

from domain.grid.outages.rules.summary import MapEdge
from domain.grid.outages.store.outages import Outage
from domain.grid.outages.store.world import World
from domain.grid.outages.suggest.rank import zones_of_world

MAIN_KV = 1.0


def map_edges(tenant_id: str, outage: Outage, world: World, dark: set[str]) -> tuple[MapEdge, ...]:
    """The lines of the outage's feeder for the map, each with its zone, and whether customers behind it went dark."""
    return edges_of_feeder(tenant_id, outage.feeder_id, world, dark)


def edges_of_feeder(tenant_id: str, feeder_id: str, world: World, dark: set[str]) -> tuple[MapEdge, ...]:
    """The lines of a feeder for a map; `dark`: the meters that are without supply."""
    nodes = {node.node_id: node for node in world.network.nodes}
    zone_of = {
        node: zone.zone_id
        for zone in zones_of_world(tenant_id, world)
        if zone.feeder_id == feeder_id
        for node in zone.node_ids
    }
    out_nodes = {one.node_id for one in world.network.meters if one.meter_id in dark}
    devices = {one.edge_id: one for one in world.network.devices if one.edge_id}
    out_zones = {zone_of.get(node or "") for node in out_nodes} - {None}
    found = []
    for edge in world.network.edges:
        if edge.feeder_id != feeder_id or not _is_main(nodes, edge.from_node, edge.to_node):
            continue
        device, zone = devices.get(edge.edge_id), zone_of.get(edge.to_node)
        found.append(
            MapEdge(
                edge_id=edge.edge_id,
                from_node=edge.from_node,
                to_node=edge.to_node,
                a=_place(nodes, edge.from_node),
                b=_place(nodes, edge.to_node),
                zone_id=zone,
                device_id=None if device is None else device.device_id,
                device_type=None if device is None else device.type,
                is_open=edge.is_open,
                is_out=zone in out_zones,
            )
        )
    return tuple(found)


def _is_main(nodes: dict[str, Any], *ends: str) -> bool:
    """Whether a line is of the feeder itself: service lines behind transformers would hide it on a map."""
    kv = [nodes[one].base_kv for one in ends if one in nodes]
    return all(own is None or own >= MAIN_KV for own in kv)


def _place(nodes: dict[str, Any], node_id: str) -> tuple[float, float] | None:
    node = nodes.get(node_id)
    if node is None or node.latitude is None or node.longitude is None:
        return None
    return round(node.latitude, 6), round(node.longitude, 6)
