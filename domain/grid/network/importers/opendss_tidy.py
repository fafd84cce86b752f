"""Mend a circuit before it becomes a network: open sides of ties, banks of single-phase units, undescribed buses."""

from collections.abc import Iterable
from dataclasses import replace

from domain.grid.network.importers.opendss_model import Bus, Circuit, Element
from domain.grid.network.rules.model import Finding, finding
from domain.kernel.errors import Invalid

OPEN_SIDE = "_open"


def tidy(circuit: Circuit) -> tuple[Circuit, list[Finding]]:
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


def substation_buses(circuit: Circuit) -> set[str]:
    """The source bus and, through reactors and step-down transformers, the busbars that it feeds.

    Raises:
        Invalid: OPENDSS_NO_SOURCE.
    """
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
