"""The network's tables: for each, its columns in order and how a row is made from the model.

Declared once; the store copies, compares and fingerprints by it. `tenant_id` and `topology_version_id` are the
database's matter and not in it, except that the store adds the version.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node, Substation, Transformer


@dataclass(frozen=True)
class NetworkTable:
    """One table: its key, its columns (key first), the rows of a network."""

    name: str
    key: str
    columns: tuple[str, ...]
    rows: Callable[[Network], Iterable[tuple[Any, ...]]]


def _substation(one: Substation) -> tuple[Any, ...]:
    return one.substation_id, one.name, one.latitude, one.longitude


def _feeder(one: Feeder) -> tuple[Any, ...]:
    return (
        one.feeder_id,
        one.code,
        one.name,
        one.substation_id,
        one.base_kv,
        one.rated_a,
        one.tech_loss_pct,
        one.loss_noload_kw,
        one.loss_copper_per_kw,
    )


def _node(one: Node) -> tuple[Any, ...]:
    return one.node_id, one.feeder_id, one.base_kv, one.latitude, one.longitude, one.depth, one.is_substation


def _edge(one: Edge) -> tuple[Any, ...]:
    return (
        one.edge_id,
        one.from_node,
        one.to_node,
        one.kind,
        one.feeder_id,
        one.length_m,
        one.phases,
        one.rated_a,
        one.is_open,
        one.r_ohm,
        one.x_ohm,
    )


def _device(one: Device) -> tuple[Any, ...]:
    return (
        one.device_id,
        one.feeder_id,
        one.type,
        one.edge_id,
        one.node_id,
        one.parent_device_id,
        one.normally_open,
        one.phases,
        one.rated_a,
        one.remote_ctl,
        one.assumed,
    )


def _transformer(one: Transformer) -> tuple[Any, ...]:
    return one.transformer_id, one.feeder_id, one.node_id, one.device_id, one.kva, one.phases


def _meter(one: Meter) -> tuple[Any, ...]:
    return (
        one.meter_id,
        one.external_ref,
        one.feeder_id,
        one.transformer_id,
        one.node_id,
        one.device_id,
        one.phase,
        one.meter_class,
        one.base_kwh_day,
        one.service_v,
        one.has_pv,
        one.pv_kw,
        one.critical_flag,
        one.ami_type,
        one.load_profile,
        one.pv_profile,
        one.electrical_depth,
        one.latitude,
        one.longitude,
    )


SUBSTATIONS = NetworkTable(
    "substations",
    "substation_id",
    ("substation_id", "name", "latitude", "longitude"),
    lambda network: map(_substation, network.substations),
)
FEEDERS = NetworkTable(
    "feeders",
    "feeder_id",
    (
        "feeder_id",
        "code",
        "name",
        "substation_id",
        "base_kv",
        "rated_a",
        "tech_loss_pct",
        "loss_noload_kw",
        "loss_copper_per_kw",
    ),
    lambda network: map(_feeder, network.feeders),
)
NODES = NetworkTable(
    "network_nodes",
    "node_id",
    ("node_id", "feeder_id", "base_kv", "latitude", "longitude", "depth", "is_substation"),
    lambda network: map(_node, network.nodes),
)
EDGES = NetworkTable(
    "network_edges",
    "edge_id",
    (
        "edge_id",
        "from_node",
        "to_node",
        "kind",
        "feeder_id",
        "length_m",
        "phases",
        "rated_a",
        "is_open",
        "r_ohm",
        "x_ohm",
    ),
    lambda network: map(_edge, network.edges),
)
DEVICES = NetworkTable(
    "devices",
    "device_id",
    (
        "device_id",
        "feeder_id",
        "type",
        "edge_id",
        "node_id",
        "parent_device_id",
        "normally_open",
        "phases",
        "rated_a",
        "remote_ctl",
        "assumed",
    ),
    lambda network: map(_device, network.devices),
)
TRANSFORMERS = NetworkTable(
    "transformers",
    "transformer_id",
    ("transformer_id", "feeder_id", "node_id", "device_id", "kva", "phases"),
    lambda network: map(_transformer, network.transformers),
)
METERS = NetworkTable(
    "meters",
    "meter_id",
    (
        "meter_id",
        "external_ref",
        "feeder_id",
        "transformer_id",
        "node_id",
        "device_id",
        "phase",
        "class",
        "base_kwh_day",
        "service_v",
        "has_pv",
        "pv_kw",
        "critical_flag",
        "ami_type",
        "load_profile",
        "pv_profile",
        "electrical_depth",
        "latitude",
        "longitude",
    ),
    lambda network: map(_meter, network.meters),
)

# Replaced as a whole by a new version; feeders and meters are kept apart, because reads point to them.
REPLACED = (SUBSTATIONS, NODES, EDGES, DEVICES, TRANSFORMERS)
ALL = (SUBSTATIONS, FEEDERS, NODES, EDGES, DEVICES, TRANSFORMERS, METERS)
