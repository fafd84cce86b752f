"""The feeders that are measured: IEEE 123 and EPRI ckt5 with meters drawn, and ckt5 repeated under one substation."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from domain.grid.network.importers.opendss import import_opendss_csv
from domain.grid.network.rules.model import Device, Feeder, Meter, Network
from domain.grid.outages.rules.device_tree import DeviceTree, build_device_tree

FOLDERS = {"ieee123": "ieee123", "ckt5": "epri_ckt5"}
MOST_METERS = 12


def read_feeder(data: Path, name: str) -> Network:
    """One published feeder, every meter on radio mesh, so that each can send a last gasp."""
    network = import_opendss_csv(data / "opendss_feeders" / FOLDERS[name])
    return replace(network, meters=tuple(replace(one, ami_type="rf_mesh") for one in network.meters), profiles=())


def with_drawn_meters(network: Network, seed: int) -> Network:
    """1 to 12 meters on every service transformer (or, without transformers, on every load's place), by chance."""
    rng = np.random.default_rng([seed, 12])
    places: dict[str, Meter] = {}
    for one in network.meters:
        places.setdefault(one.transformer_id or one.node_id or "", one)
    meters = []
    for place in sorted(places):
        for _ in range(int(rng.integers(1, MOST_METERS + 1))):
            own = f"M{len(meters) + 1:06d}"
            meters.append(replace(places[place], meter_id=own, external_ref=own))
    return replace(network, meters=tuple(meters))


def repeated(network: Network, times: int) -> Network:
    """The same feeder `times` under one substation, each copy's ids marked. For the device tree alone: no graph."""
    feeders: list[Feeder] = []
    devices: list[Device] = []
    meters: list[Meter] = []
    for copy in range(times):
        mark = f"-{copy:03d}"
        feeders += [replace(one, feeder_id=one.feeder_id + mark) for one in network.feeders]
        devices += [
            replace(
                one,
                device_id=one.device_id + mark,
                feeder_id=None if one.feeder_id is None else one.feeder_id + mark,
                parent_device_id=None if one.parent_device_id is None else one.parent_device_id + mark,
            )
            for one in network.devices
        ]
        meters += [
            replace(
                one,
                meter_id=one.meter_id + mark,
                feeder_id=None if one.feeder_id is None else one.feeder_id + mark,
                device_id=None if one.device_id is None else one.device_id + mark,
            )
            for one in network.meters
        ]
    return replace(
        network, feeders=tuple(feeders), devices=tuple(devices), meters=tuple(meters), nodes=(), edges=(),
        transformers=(),
    )  # fmt: skip


def as_one_feeder(network: Network, times: int) -> Network:
    """The copies as one large feeder: each copy's head device hangs below one recloser more."""
    many = repeated(network, times)
    feeder = replace(network.feeders[0], feeder_id="LARGE", code="LARGE")
    top = Device("BRK-LARGE", "breaker", None, feeder_id="LARGE")
    devices = [
        replace(one, feeder_id="LARGE" if one.feeder_id else None, parent_device_id=one.parent_device_id or "BRK-LARGE")
        for one in many.devices
    ]
    meters = tuple(replace(one, feeder_id="LARGE", device_id=one.device_id or "BRK-LARGE") for one in many.meters)
    return replace(many, feeders=(feeder,), devices=(top, *devices), meters=meters)


def tree_of(network: Network) -> DeviceTree:
    """The device tree as it stands normally."""
    return build_device_tree(network)
