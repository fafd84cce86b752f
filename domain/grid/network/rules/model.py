"""A distribution network as plain data: what an importer hands over and what the store saves.

Importers fill what their source says (`feeder_id`, `depth` and parents are then None); `assembly.assemble` traces the
graph and fills the rest. Ids are the source's own names, made fit for an address. Lengths are metres, coordinates
WGS 84 degrees, powers kW, transformer ratings kVA, voltages kV.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SLOTS_PER_DAY = 96
PROFILE_LENGTH = 366 * SLOTS_PER_DAY

CLASSES = ("res", "sml_com", "ci", "ag")
AMI_TYPES = ("rf_mesh", "cellular", "plc")
DEVICE_TYPES = ("breaker", "recloser", "sectionalizer", "fuse", "switch", "tie", "xfmr_fuse")
EDGE_KINDS = ("line", "cable", "switch", "transformer", "reactor")

# Service voltages are reported on the 120 V base of ANSI C84.1 whatever the country's, so that its ranges hold.
SERVICE_V = 120.0


@dataclass(frozen=True, slots=True)
class Substation:
    """Where feeders begin."""

    substation_id: str
    name: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Feeder:
    """One outgoing circuit of a substation.

    Attributes:
        code: the source's own name.
        head_edges: the edges through which it leaves the substation; the far end of each belongs to the feeder.
        head_node: where the feeder begins if no edge leads to it (a model that begins at its source bus).
        tech_loss_pct: technical loss at mean load, percent of the energy sent out.
        loss_noload_kw, loss_copper_per_kw: P0 and k of the loss model, see `rules/losses.py`.
    """

    feeder_id: str
    code: str
    name: str
    substation_id: str | None = None
    base_kv: float | None = None
    rated_a: float | None = None
    head_edges: tuple[str, ...] = ()
    head_node: str | None = None
    tech_loss_pct: float = 0.0
    loss_noload_kw: float = 0.0
    loss_copper_per_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class Node:
    """A bus. `depth` counts edges from the feeder's head; None on an island."""

    node_id: str
    base_kv: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    feeder_id: str | None = None
    depth: int | None = None
    is_substation: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """What joins two nodes. After assembly `from_node` is the one nearer to the feeder's head.

    `phases` are letters, `X` for each phase that the source counts and does not name; None where it says nothing.
    `r_ohm` and `x_ohm` are the edge's total positive-sequence impedance (of an edge with fewer than three phases its
    own), of a transformer as seen from the side of the higher voltage; None where the source does not say them.
    """

    edge_id: str
    from_node: str
    to_node: str
    kind: str
    length_m: float | None = None
    phases: str | None = None
    rated_a: float | None = None
    is_open: bool = False
    feeder_id: str | None = None
    r_ohm: float | None = None
    x_ohm: float | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A protective or switching device on an edge. `assumed` marks what the source does not name."""

    device_id: str
    type: str
    edge_id: str | None
    normally_open: bool = False
    phases: str | None = None
    rated_a: float | None = None
    remote_ctl: bool = False
    assumed: bool = False
    feeder_id: str | None = None
    node_id: str | None = None
    parent_device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Transformer:
    """A service transformer: `edge_id` is its winding pair in the graph, `node_id` its low side."""

    transformer_id: str
    edge_id: str | None
    node_id: str | None
    kva: float | None = None
    phases: str | None = None
    feeder_id: str | None = None
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """A metered customer.

    `external_ref` is the source's name of the load; `electrical_depth` is 0 at the feeder's head, 1 at its far end.
    """

    meter_id: str
    external_ref: str
    node_id: str | None
    phase: str | None = None
    meter_class: str = "res"
    base_kwh_day: float = 0.0
    service_v: float = SERVICE_V
    has_pv: bool = False
    pv_kw: float = 0.0
    critical_flag: bool = False
    ami_type: str = "rf_mesh"
    load_profile: str | None = None
    pv_profile: str | None = None
    feeder_id: str | None = None
    transformer_id: str | None = None
    device_id: str | None = None
    electrical_depth: float | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class LoadProfile:
    """A leap year of quarter-hours as float32, shape (35136,): a load's mean is 1, a PV plant's peak is 1."""

    profile_id: str
    kind: str
    source: str
    shape: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the person who imports should know: what was left out, assumed or mended, and why.

    `severity` is info, warning or error; `examples` are at most five ids.
    """

    severity: str
    code: str
    count: int
    text: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Network:
    """All of one source, each list in its stored order (by id)."""

    source: str
    source_sha256: str
    substations: tuple[Substation, ...] = ()
    feeders: tuple[Feeder, ...] = ()
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    devices: tuple[Device, ...] = ()
    transformers: tuple[Transformer, ...] = ()
    meters: tuple[Meter, ...] = ()
    profiles: tuple[LoadProfile, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    def counts(self) -> dict[str, int]:
        """How many of each came in."""
        return {
            "substations": len(self.substations),
            "feeders": len(self.feeders),
            "nodes": len(self.nodes),
            "edges": len(self.edges),
            "devices": len(self.devices),
            "assumed_devices": sum(device.assumed for device in self.devices),
            "open_ties": sum(device.normally_open for device in self.devices),
            "transformers": len(self.transformers),
            "meters": len(self.meters),
            "meters_with_pv": sum(meter.has_pv for meter in self.meters),
            "load_profiles": len(self.profiles),
        }


def finding(severity: str, code: str, ids: list[str] | tuple[str, ...], text: str) -> Finding:
    """A finding about `ids`: all are counted, five are named."""
    return Finding(severity, code, len(ids), text, tuple(ids[:5]))
