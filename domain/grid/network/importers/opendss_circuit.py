"""How an OpenDSS circuit becomes a network.

Taken over: buses, lines, transformers, reactors, loads, reclosers, relays, fuses, switch controls. Left out and
reported: what is disabled, and elements that feed nobody (capacitors, regulator controls, generators).
Single-phase units that stand side by side are one bank. A bus called `X_open` is the open side of a tie to bus `X`.
"""

from dataclasses import replace

from domain.grid.network.importers.opendss_model import KINDS, PROTECTION, Circuit, Element, Load
from domain.grid.network.importers.opendss_places import place_on_globe
from domain.grid.network.importers.opendss_tidy import substation_buses, tidy
from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.meters import ami_type, base_kwh_day, class_of_load, numbered
from domain.grid.network.rules.model import (
    Device,
    Edge,
    Feeder,
    Finding,
    Meter,
    Network,
    Node,
    Substation,
    Transformer,
    finding,
)
from domain.kernel.errors import Invalid

SQRT3 = 3**0.5


def to_network(circuit: Circuit) -> Network:
    """The circuit as a traced network with assumed protection.

    Raises:
        Invalid: nothing leaves the source bus.
    """
    circuit, remarks = tidy(circuit)
    inside = substation_buses(circuit)
    edges = _edges(circuit.elements)
    nodes, place_remarks = _nodes(circuit, inside)
    devices, device_remarks = _devices(circuit, edges)
    kv = {bus.name: bus.kv_ln * SQRT3 for bus in circuit.buses if bus.kv_ln}
    meters, meter_remarks = _meters(circuit.loads)
    draft = Network(
        source=circuit.source,
        source_sha256=circuit.sha256,
        substations=(_place_of(circuit, nodes, inside),),
        feeders=tuple(_feeders(circuit, edges, inside, kv)),
        nodes=tuple(nodes),
        edges=tuple(edge for edge, _ in edges),
        devices=tuple(devices),
        transformers=tuple(_transformers(edges, kv)),
        meters=tuple(meters),
        findings=(*circuit.findings, *remarks, *place_remarks, *device_remarks, *meter_remarks),
    )
    return numbered(assemble(draft))


def _ids(elements: tuple[Element, ...]) -> list[str]:
    """The element's name where it is the only one, else `class.name`."""
    often: dict[str, int] = {}
    for element in elements:
        often[element.name] = often.get(element.name, 0) + 1
    return [one.name if often[one.name] == 1 else f"{one.cls}.{one.name}" for one in elements]


def _edges(elements: tuple[Element, ...]) -> list[tuple[Edge, Element]]:
    found = []
    for own, one in zip(_ids(elements), elements, strict=True):
        kind = "switch" if one.is_switch or (one.is_open and one.cls == "line") else KINDS[one.cls]
        edge = Edge(own, one.bus1, one.bus2, kind, one.length_m, one.phases, one.rated_a, one.is_open)
        found.append((replace(edge, r_ohm=one.r_ohm, x_ohm=one.x_ohm), one))
    return found


def _nodes(circuit: Circuit, inside: set[str]) -> tuple[list[Node], list[Finding]]:
    places, remarks = place_on_globe(
        {bus.name: (bus.x, bus.y) for bus in circuit.buses if bus.x is not None and bus.y is not None},
        [(one.bus1, one.bus2, one.length_m) for one in circuit.elements if one.length_m],
    )
    nodes = []
    for bus in circuit.buses:
        latitude, longitude = places.get(bus.name, (None, None))
        kv = round(bus.kv_ln * SQRT3, 4) if bus.kv_ln else None
        nodes.append(Node(bus.name, kv, latitude, longitude, is_substation=bus.name in inside))
    return nodes, remarks


def _place_of(circuit: Circuit, nodes: list[Node], inside: set[str]) -> Substation:
    """The substation, at the first of its buses that has a place."""
    at = [node for node in nodes if node.node_id in inside and node.latitude is not None]
    latitude, longitude = (at[0].latitude, at[0].longitude) if at else (None, None)
    return Substation(f"SUB_{circuit.name}", f"Substation {circuit.name}", latitude, longitude)


def _feeders(
    circuit: Circuit, edges: list[tuple[Edge, Element]], inside: set[str], kv: dict[str, float]
) -> list[Feeder]:
    """One feeder for each node that an edge out of the substation leads to."""
    outgoing: dict[str, list[Edge]] = {}
    for edge, _ in edges:
        ends = {edge.from_node, edge.to_node}
        if len(ends & inside) == 1 and not edge.is_open:
            outgoing.setdefault((ends - inside).pop(), []).append(edge)
    if not outgoing:
        raise Invalid(
            f"Nothing leaves the source bus {circuit.source_bus!r} of {circuit.source}.",
            hint="Check that the model's lines are enabled and closed.",
            code="OPENDSS_NO_FEEDER",
        )
    for side_by_side in outgoing.values():
        side_by_side.sort(key=lambda edge: (-len(edge.phases or ""), edge.edge_id))
    return [
        Feeder(
            feeder_id=f"FEEDER_{number}",
            code=circuit.name if len(outgoing) == 1 else f"{circuit.name}:{bus}",
            name=f"{circuit.name} feeder {number}",
            substation_id=f"SUB_{circuit.name}",
            base_kv=round(kv[bus], 4) if bus in kv else None,
            rated_a=outgoing[bus][0].rated_a,
            head_edges=tuple(edge.edge_id for edge in outgoing[bus]),  # the one with most phases first
        )
        for number, bus in enumerate(sorted(outgoing), start=1)
    ]


def _devices(circuit: Circuit, edges: list[tuple[Edge, Element]]) -> tuple[list[Device], list[Finding]]:
    """Named reclosers, relays, fuses and switch controls; one whose element is unknown is reported."""
    by_element = {f"{one.cls}.{one.name}": edge for edge, one in edges}
    devices, stray = [], []
    for control in sorted(circuit.controls, key=lambda one: (one.cls, one.name)):
        edge = by_element.get(control.element.lower())
        if edge is None:
            stray.append(f"{control.cls}.{control.name}")
            continue
        is_open = edge.is_open or control.normally_open
        kind = "tie" if is_open else PROTECTION.get(control.cls, "switch")
        own = f"{control.cls}.{control.name}"
        devices.append(Device(own, kind, edge.edge_id, is_open, edge.phases, edge.rated_a))
    found = finding("warning", "DEVICES_UNPLACED", stray, "devices on elements that are not in the model were left out")
    return devices, [found] if stray else []


def _transformers(edges: list[tuple[Edge, Element]], kv: dict[str, float]) -> list[Transformer]:
    """Transformers down to service voltage (1 kV or less)."""
    found = []
    for edge, element in edges:
        if edge.kind != "transformer":
            continue
        low = min((element.bus1, element.bus2), key=lambda bus: (kv.get(bus, 1e9), bus))
        if kv.get(low, 1e9) <= 1.0:
            found.append(Transformer(edge.edge_id, edge.edge_id, low, element.kva, element.phases))
    return found


def _meters(loads: tuple[Load, ...]) -> tuple[list[Meter], list[Finding]]:
    """One meter a load; its energy follows from its nominal power and the load factor of its class."""
    meters, negative, several = [], [], []
    for load in sorted(loads, key=lambda one: one.name):
        if load.kw < 0:
            negative.append(load.name)
        if load.customers > 1:
            several.append(load.name)
        meter_class = class_of_load(load.kw, load.shape)
        meters.append(
            Meter(
                meter_id="",
                external_ref=load.name,
                node_id=load.bus,
                phase=load.phases,
                meter_class=meter_class,
                base_kwh_day=round(base_kwh_day(load.kw, meter_class), 6),
                ami_type=ami_type(load.name),
            )
        )
    found = [
        finding(
            "info",
            "ENERGY_ASSUMED",
            [load.name for load in loads],
            "kWh a day follow from nominal kW and a load factor",
        ),
        finding("info", "LOADS_NEGATIVE", negative, "loads with negative power count as meters without consumption"),
        finding("info", "CUSTOMERS_SEVERAL", several, "loads that stand for several customers are one meter each"),
    ]
    return meters, [one for one in found if one.count]
