"""What is believed around a provisional outage: its devices with their posteriors, and how likely each line is dead."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.grid.outages.rules.device_tree import NONE, DeviceTree
from domain.grid.outages.rules.summary import MapEdge
from domain.grid.outages.store import advice
from domain.grid.outages.store.provisionals import Provisional
from domain.grid.outages.store.world import World, tree_of, world_as_of
from domain.grid.outages.suggest.rank import zones_of_world
from domain.grid.outages.suggest.told_map import edges_of_feeder

MOST_BELOW = 12


@dataclass(frozen=True)
class DeviceBelief:
    """A device of the tree: how sure it is that it opened, and that all below it is without supply.

    Attributes:
        depth: steps from the head of the feeder.
        posterior: that it is the topmost open device; of devices that no meter can tell apart, of all together.
        dead: that it or one above it is open.
        is_told: whether it is the device of the provisional outage.
    """

    device_id: str
    type: str
    depth: int
    posterior: float
    dead: float
    meters: int
    is_told: bool


@dataclass(frozen=True)
class Belief:
    """The neighbourhood of a provisional outage.

    Attributes:
        devices: the way from the feeder's head, the device, then those right below it.
        left_out: devices right below it that are not told.
        edges: the lines of the feeder; dead: by zone, how likely it is without supply.
    """

    devices: tuple[DeviceBelief, ...]
    left_out: int
    edges: tuple[MapEdge, ...]
    dead: Mapping[str, float]


def belief_of(connection: Connection, tenant_id: str, provisional: Provisional) -> Belief:
    """The devices and lines around it, as of the evidence that it began with.

    Raises:
        NotFound: no network was imported.
    """
    world = world_as_of(connection, tenant_id, provisional.first_evidence_at)
    tree = tree_of(tenant_id, world)
    rows = advice.of_run(connection, "device_posteriors", provisional.run_id)
    own = [row for row in rows if row["feeder_id"] == provisional.feeder_id]
    posterior = {one: float(row["posterior"]) for row in own for one in row["device_ids"]}
    first = {row["device_ids"][0]: float(row["posterior"]) for row in own}
    posterior |= dict.fromkeys(provisional.device_ids, provisional.posterior)
    first |= {provisional.device_ids[0]: provisional.posterior}
    chosen, left_out = _chosen(tree, provisional.device_id, posterior)
    devices = tuple(
        DeviceBelief(
            tree.device_ids[index],
            tree.types[index],
            int(tree.depth[index]),
            posterior.get(tree.device_ids[index], 0.0),
            _dead(tree, index, first),
            int(tree.meter_end[index] - tree.meter_first[index]),
            tree.device_ids[index] in provisional.device_ids,
        )
        for index in chosen
    )
    return Belief(devices, left_out, _edges(tenant_id, provisional, world), _dead_zones(tenant_id, world, tree, first))


def _chosen(tree: DeviceTree, device_id: str, posterior: Mapping[str, float]) -> tuple[list[int], int]:
    """Head first; below the device those that are likelier, then those with more meters."""
    at = tree.device_at.get(device_id)
    if at is None:
        return [], 0
    way = []
    index = at
    while index != NONE:
        way.append(index)
        index = int(tree.parent[index])
    below = [one for one in range(at + 1, int(tree.end[at])) if int(tree.parent[one]) == at]
    below.sort(
        key=lambda one: (
            -posterior.get(tree.device_ids[one], 0.0),
            int(tree.meter_first[one] - tree.meter_end[one]),
            tree.device_ids[one],
        )
    )
    return [*reversed(way), *below[:MOST_BELOW]], max(0, len(below) - MOST_BELOW)


def _dead(tree: DeviceTree, index: int, first: Mapping[str, float]) -> float:
    """That the device or one above it is the topmost open one; these exclude each other, so that they add up."""
    total = 0.0
    while index != NONE:
        total += first.get(tree.device_ids[index], 0.0)
        index = int(tree.parent[index])
    return min(total, 1.0)


def _dead_zones(tenant_id: str, world: World, tree: DeviceTree, first: Mapping[str, float]) -> dict[str, float]:
    places = tree.device_at
    heads = {zone.zone_id: places.get(zone.upstream_device_id or "") for zone in zones_of_world(tenant_id, world)}
    return {name: _dead(tree, place, first) for name, place in heads.items() if place is not None}


def _edges(tenant_id: str, provisional: Provisional, world: World) -> tuple[MapEdge, ...]:
    return edges_of_feeder(tenant_id, provisional.feeder_id, world, set(provisional.meter_ids))
