"""An OpenDSS circuit as plain rows, whichever way it was read, and how it becomes a network.

Taken over: buses, lines, transformers, reactors, loads, reclosers, relays, fuses, switch controls. Left out and
reported: what is disabled, and elements that feed nobody (capacitors, regulator controls, generators).
Single-phase units that stand side by side are one bank. A bus called `X_open` is the open side of a tie to bus `X`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from domain.grid.network.importers.opendss_places import place_on_globe
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
OPEN_SIDE = "_open"
PROTECTION = {"recloser": "recloser", "relay": "breaker", "fuse": "fuse"}
KINDS = {"line": "line", "transformer": "transformer", "reactor": "reactor"}


@dataclass(frozen=True)
class Bus:
    """A bus with its base voltage (line to neutral, kV) and place in the source's own plane."""

    name: str
    kv_ln: float | None = None
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class Element:
    """A line, transformer or reactor between two buses; `phases` as letters, `X` for each that is not named."""

    cls: str
    name: str
    bus1: str
    bus2: str
    phases: str | None = None
    length_m: float | None = None
    is_switch: bool = False
    is_open: bool = False
    rated_a: float | None = None
    kva: float | None = None


@dataclass(frozen=True)
class Load:
    """A load with its nominal kW and the name of its shape."""

    name: str
    bus: str
    phases: str | None
    kw: float
    shape: str = ""
    customers: int = 1


@dataclass(frozen=True)
class Control:
    """A protective device or switch control on an element `class.name`."""

    cls: str
    name: str
    element: str
    normally_open: bool = False


@dataclass(frozen=True)
class Circuit:
    """All of one model."""

    name: str
    source: str
    sha256: str
    source_bus: str
    buses: tuple[Bus, ...]
    elements: tuple[Element, ...]
    loads: tuple[Load, ...]
    controls: tuple[Control, ...] = ()
    findings: tuple[Finding, ...] = field(default=())


def to_network(circuit: Circuit) -> Network:
    """The circuit as a traced network with assumed protection.

    Raises:
        Invalid: nothing leaves the source bus.
    """
    circuit, remarks = _tidy(circuit)
    inside = _substation(circuit)
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


def _tidy(circuit: Circuit) -> tuple[Circuit, list[Finding]]:
    """Make open-sided buses ties, single-phase neighbours banks, and name every bus that an element uses."""
    names = {bus.name for bus in circuit.buses}
    elements, opened = [], []
    for element in circuit.elements:
        for side in ("bus1", "bus2"):
            bus = getattr(element, side)
            if bus.endswith(OPEN_SIDE) and bus.removesuffix(OPEN_SIDE) in names:
                element = replace(element, is_open=True, **{side: bus.removesuffix(OPEN_SIDE)})
                opened.append(bus)
        elements.append(element)
    gone = set(opened)
    to_itself = sorted(one.name for one in elements if one.bus1 == one.bus2)
    banks, banked = _banks(one for one in elements if one.bus1 != one.bus2)
    known = {bus.name: bus for bus in circuit.buses if bus.name not in gone}
    unknown = sorted({bus for one in banks for bus in (one.bus1, one.bus2) if bus not in known})
    buses = (*known.values(), *(Bus(name) for name in unknown))
    stray = sorted(load.name for load in circuit.loads if load.bus not in known and load.bus not in unknown)
    found = [
        finding(
            "info", "OPEN_SIDES_JOINED", opened, "buses that are the open side of a tie were joined over an open edge"
        ),
        finding("warning", "ELEMENTS_TO_THEMSELVES", to_itself, "elements that begin and end at one bus were left out"),
        finding("info", "BANKS_JOINED", banked, "single-phase units side by side are one bank"),
        finding("warning", "BUSES_UNDESCRIBED", unknown, "buses that elements name and the bus list does not"),
        finding("warning", "LOADS_UNPLACED", stray, "loads at buses that do not exist will not be fed"),
    ]
    return replace(circuit, buses=buses, elements=tuple(banks)), [one for one in found if one.count]


def _banks(elements: Iterable[Element]) -> tuple[list[Element], list[str]]:
    """Join transformers of one or two phases between the same buses."""
    groups: dict[tuple[str, str, str], list[Element]] = {}
    for element in sorted(elements, key=lambda one: (one.cls, one.name)):
        ends = sorted((element.bus1, element.bus2))
        alone = element.cls != "transformer" or len(element.phases or "XXX") > 2
        groups.setdefault((ends[0], ends[1], element.name if alone else ""), []).append(element)
    joined, members = [], []
    for group in groups.values():
        letters = "".join(one.phases or "" for one in group)
        if len(group) > 1:
            members += [one.name for one in group]
        known = "".join(sorted(set(letters) - {"X"}))
        joined.append(
            replace(
                group[0],
                phases=(known if "X" not in letters else "X" * min(3, len(letters)))
                if len(group) > 1
                else group[0].phases,
                kva=sum(one.kva or 0.0 for one in group) or None,
            )
        )
    return sorted(joined, key=lambda one: (one.cls, one.name)), sorted(members)


def _substation(circuit: Circuit) -> set[str]:
    """The source bus and, through reactors and step-down transformers, the busbars that it feeds."""
    volts = {bus.name: bus.kv_ln for bus in circuit.buses}
    if circuit.source_bus not in volts:
        raise Invalid(
            f"The source bus {circuit.source_bus!r} of {circuit.source} is not among its buses.",
            hint="Check that the model is complete.",
            code="OPENDSS_NO_SOURCE",
        )
    inside, top = {circuit.source_bus}, volts[circuit.source_bus] or 0.0
    grown = True
    while grown:
        grown = False
        for element in circuit.elements:
            ends = {element.bus1, element.bus2}
            if element.cls == "line" or element.is_open or len(ends & inside) != 1:
                continue
            (near,), (far,) = ends & inside, ends - inside
            at_top, steps_down = (volts[near] or 0.0) >= top, 0.577 < (volts[far] or 0.0) < 0.9 * top
            if at_top and (element.cls == "reactor" or steps_down):
                inside.add(far)
                grown = True
    return inside


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
        found.append((Edge(own, one.bus1, one.bus2, kind, one.length_m, one.phases, one.rated_a, one.is_open), one))
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
