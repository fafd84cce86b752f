"""Read a copied OpenDSS model with the DSS engine itself, in the process that `opendss_child` is.

The engine compiles the model in a context of its own, without changing the working folder, without editors, forms or
system commands. Nothing is solved for: only what stands in the model is read.
"""

from pathlib import Path
from typing import Any

import numpy as np

from domain.grid.network.importers.opendss_model import PROTECTION, Bus, Circuit, Control, Element, Load
from domain.grid.network.importers.opendss_names import METRES, UNIT_NONE, bus_and_phases
from domain.grid.network.rules.model import Finding, finding
from domain.kernel.errors import Invalid

_PASSIVE = ("capacitor", "regcontrol", "capcontrol", "generator", "pvsystem", "storage", "energymeter", "monitor")


def commands() -> frozenset[str]:
    """The engine's commands, in lower case."""
    from dss import DSS

    known = DSS.NewContext().Executive
    return frozenset(str(known.Command(number)).lower() for number in range(1, known.NumCommands + 1))


def compiled(path: Path, shown: str, folder: Path, left_out: list[str]) -> Circuit:
    """The circuit that a copied model describes, without the hash of its files.

    Args:
        path: the copy's master file.
        shown: what the master file is called.
        folder: where the copy stands, which nobody is to read of.
        left_out: commands that the copy does not have.

    Raises:
        Invalid: the engine refuses the model; its own words are given.
    """
    circuit = _compile(path, shown, folder)
    found: list[Finding] = []
    elements, without_unit = _elements(circuit)
    disabled = [name.lower() for name in circuit.AllElementNames if not _enabled(circuit, name)]
    passive = [name.lower() for name in circuit.AllElementNames if name.lower().split(".")[0] in _PASSIVE]
    found += [
        finding("info", "DISABLED_LEFT_OUT", sorted(disabled), "elements that the model disables"),
        finding("info", "CONTROLS_LEFT_OUT", sorted(passive), "elements that do not switch customers"),
        finding(
            "info",
            "LENGTH_UNIT_ASSUMED",
            sorted(without_unit),
            "lengths without a unit are taken for thousands of feet",
        ),
        finding("info", "COMMANDS_LEFT_OUT", left_out, "commands that describe nothing were not run"),
    ]
    circuit.SetActiveElement("vsource.source")
    source_bus, _ = bus_and_phases(circuit.ActiveCktElement.BusNames[0], 3)
    name = str(circuit.Name).lower()
    return Circuit(
        name=name,
        source=f"OpenDSS {name}",
        sha256="",
        source_bus=source_bus,
        buses=tuple(_buses(circuit)),
        elements=tuple(elements),
        loads=tuple(_loads(circuit)),
        controls=tuple(_controls(circuit)),
        findings=tuple(one for one in found if one.count),
    )


def _compile(path: Path, shown: str, folder: Path) -> Any:
    from dss import DSS, DSSException

    engine = DSS.NewContext()
    engine.AllowForms = False
    engine.AllowEditor = False
    engine.AllowChangeDir = False
    try:
        engine.Text.Command = f'compile "{path}"'
    except DSSException as cause:
        raise Invalid(
            f"OpenDSS refuses {shown}: {' '.join(str(cause.args[-1]).replace(f'{folder}/', '').split())[:500]}",
            hint="Correct the model; files that it redirects to must stand where it names them.",
            code="OPENDSS_INVALID",
        ) from cause
    if engine.NumCircuits == 0 or engine.ActiveCircuit.NumBuses == 0:
        raise Invalid(f"{shown} describes no circuit.", hint="Name the model's master file.", code="OPENDSS_INVALID")
    return engine.ActiveCircuit


def _enabled(circuit: Any, name: str) -> bool:
    circuit.SetActiveElement(name)
    return bool(circuit.ActiveCktElement.Enabled)


def _buses(circuit: Any) -> list[Bus]:
    found = []
    for index in range(circuit.NumBuses):
        bus = circuit.Buses[index]
        placed = bool(bus.Coorddefined)
        found.append(
            Bus(str(bus.Name).lower(), float(bus.kVBase) or None, bus.x if placed else None, bus.y if placed else None)
        )
    return found


def _elements(circuit: Any) -> tuple[list[Element], list[str]]:
    """Enabled lines, transformers and reactors between two buses; names of lines without a unit of length."""
    found, without_unit = [], []
    for name in circuit.AllElementNames:
        cls, _, own = name.lower().partition(".")
        if cls not in {"line", "transformer", "reactor"} or not _enabled(circuit, name):
            continue
        element = circuit.ActiveCktElement
        names = [bus_and_phases(bus, element.NumPhases) for bus in element.BusNames]
        (first, phases), others = names[0], {bus for bus, _ in names[1:]} - {names[0][0]}
        length_m, is_switch, kva = None, False, None
        ohms: tuple[float, float] | None = None
        if cls == "line":
            line = circuit.Lines
            line.Name = own
            length_m, is_switch = float(line.Length) * METRES[int(line.Units)], bool(line.IsSwitch)
            if int(line.Units) == UNIT_NONE:
                without_unit.append(own)
            ohms = line_ohms(line.Rmatrix, line.Xmatrix, float(line.Length))
        elif cls == "transformer":
            circuit.Transformers.Name = own
            kva = float(circuit.Transformers.kVA)
            ohms = _winding_ohms(circuit.Transformers, element.NumPhases)
        else:
            circuit.Reactors.Name = own
            ohms = float(circuit.Reactors.R), float(circuit.Reactors.X)
        circuit.SetActiveElement(name)
        is_open = any(element.IsOpen(terminal, 0) for terminal in range(1, element.NumTerminals + 1))
        amps = float(element.NormalAmps) or None
        for number, other in enumerate(sorted(others)):
            label = own if number == 0 else f"{own}.{number + 1}"
            shape = length_m, is_switch, is_open, amps, kva
            found.append(Element(cls, label, first, other, phases, *shape, *(ohms or (None, None))))
    return found, without_unit


def line_ohms(resistance: Any, reactance: Any, length: float) -> tuple[float, float]:
    """Positive-sequence R and X from a line's matrices per unit of length: mean self less mean mutual impedance.

    A line of one phase has its self impedance; the matrices may be flat or square.
    """
    found = []
    for matrix in (resistance, reactance):
        flat = np.asarray(matrix, dtype=np.float64).ravel()
        size = round(flat.size**0.5)
        square = flat.reshape(size, size)
        own = float(np.trace(square)) / size
        mutual = (float(square.sum()) - float(np.trace(square))) / (size * (size - 1)) if size > 1 else 0.0
        found.append(round((own - mutual) * length, 9))
    return found[0], found[1]


def _winding_ohms(transformers: Any, phases: int) -> tuple[float, float]:
    """R and X of the first two windings, per phase and seen from the higher voltage."""
    kv, resistance_pct, kva = [], [], float(transformers.kVA)
    for winding in range(1, min(int(transformers.NumWindings), 2) + 1):
        transformers.Wdg = winding
        kv.append(float(transformers.kV))
        resistance_pct.append(float(transformers.R))
    base_ohm = max(kv) ** 2 * 1000.0 / kva if kva else 0.0
    # Two phases: half the rating on each, rated voltage between phases (V_ln^2 = kV^2 / 3).
    scale = base_ohm / 100.0 * (2.0 / 3.0 if phases == 2 else 1.0)
    return round(sum(resistance_pct) * scale, 9), round(float(transformers.Xhl) * scale, 9)


def _loads(circuit: Any) -> list[Load]:
    found = []
    loads = circuit.Loads
    index = loads.First
    while index:
        element = circuit.ActiveCktElement
        if element.Enabled:
            bus, phases = bus_and_phases(element.BusNames[0], int(element.NumPhases))
            shape = str(loads.Yearly or loads.daily or "").lower()
            found.append(Load(str(loads.Name).lower(), bus, phases, float(loads.kW), shape, int(loads.NumCust)))
        index = loads.Next
    return found


def _controls(circuit: Any) -> list[Control]:
    """Reclosers, relays, fuses (by the element that they interrupt) and switch controls."""
    found = []
    for name in circuit.AllElementNames:
        cls, _, own = name.lower().partition(".")
        if cls not in {*PROTECTION, "swtcontrol"} or not _enabled(circuit, name):
            continue
        element = circuit.ActiveCktElement
        target = ""
        for field in ("SwitchedObj", "MonitoredObj"):
            if not target and field in list(element.AllPropertyNames):
                target = str(element.Properties(field).Val)
        normal = str(element.Properties("Normal").Val) if "Normal" in list(element.AllPropertyNames) else ""
        found.append(Control(cls, own, target.lower(), normally_open="open" in normal.lower().strip("[]")))
    return found
