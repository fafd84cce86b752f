"""Read an OpenDSS circuit that was exported as CSV: buses.csv, edges.csv, loads.csv and, if there, devices.csv.

The export counts phases and does not name them: three are ABC, of fewer each is an `X`.
"""

import math
from pathlib import Path
from typing import Any

from domain.grid.network.importers.csv_rows import Column, CsvFolder, Record, flag_column, number_column, text_column
from domain.grid.network.importers.opendss_model import KINDS, PROTECTION, Bus, Circuit, Control, Element, Load
from domain.grid.network.importers.opendss_names import METRES, UNIT_NONE, bus_and_phases
from domain.grid.network.rules.model import Finding, finding

BUSES = (
    text_column("bus", required=True),
    number_column("x"),
    number_column("y"),
    number_column("kv_base_ln", low=0),
    number_column("phases", low=0),
    number_column("vmin_pu"),
    number_column("vmax_pu"),
)
EDGES = (
    text_column("cls", required=True),
    text_column("name", required=True),
    text_column("bus1", required=True),
    text_column("bus2", required=True),
    flag_column("enabled", default=True),
    flag_column("open"),
    number_column("phases", low=0, high=12),
    number_column("length", low=0),
    number_column("units", low=0, high=7, default=0.0),
    flag_column("is_switch"),
    number_column("norm_amps", low=0),
    number_column("kva", low=0),
    number_column("r_ohm", low=0, high=1e6),
    number_column("x_ohm", low=-1e6, high=1e6),
)
LOADS = (
    text_column("load", required=True),
    text_column("bus", required=True),
    number_column("kw", required=True),
    number_column("kvar"),
    number_column("kv"),
    number_column("phases", low=0, high=12),
    text_column("yearly"),
    text_column("daily"),
    number_column("num_cust", low=0, default=1.0),
)
DEVICES = (text_column("cls", required=True), text_column("name", required=True), text_column("on"))


def read_csv_folder(folder: Path) -> Circuit:
    """The circuit in a folder.

    Raises:
        NotFound: no such folder.
        Invalid: a file is missing, or rows of it cannot be read; all faults are named.
    """
    files = CsvFolder(folder)
    buses = _once(files, "buses.csv", BUSES, ("bus",))
    edges = _once(files, "edges.csv", EDGES, ("cls", "name"))
    loads = _once(files, "loads.csv", LOADS, ("load",))
    devices = [row for _, row in files.read("devices.csv", DEVICES, required=False)]
    files.stop_at_faults()
    source = _source_bus(buses, edges)
    enabled = [row for row in edges if row["enabled"] and _is_edge(row)]
    controls = [row for row in devices if _is_control(row)]
    return Circuit(
        name=folder.name,
        source=f"OpenDSS CSV {folder.name}",
        sha256=files.sha256,
        source_bus=source,
        buses=tuple(_bus(row) for row in buses),
        elements=tuple(_element(row) for row in enabled),
        loads=tuple(_load(row) for row in loads),
        controls=tuple(Control(row["cls"].lower(), row["name"], row["on"] or "") for row in controls),
        findings=tuple(_left_out(edges, devices, enabled, files.extra)),
    )


def _once(files: CsvFolder, name: str, columns: tuple[Column, ...], key: tuple[str, ...]) -> list[Record]:
    """The rows of a file in which each name may stand once; upper and lower case are the same name."""
    seen: dict[tuple[str, ...], int] = {}
    rows = files.read(name, columns)
    for number, row in rows:
        own = tuple(str(row[part] or "").lower() for part in key)
        if seen.setdefault(own, number) != number:
            said = f"{'.'.join(own)!r} stands in row {seen[own]} too; expected each name once"
            files.fault(name, number, key[-1], said)
    return [row for _, row in rows]


def _is_edge(row: Record) -> bool:
    return row["cls"].lower() in KINDS


def _is_control(row: Record) -> bool:
    return row["cls"].lower() in PROTECTION


def _source_bus(buses: list[Record], edges: list[Record]) -> str:
    """The bus called sourcebus; else the first of the highest voltage (the export writes the source first)."""
    names = [row["bus"] for row in buses]
    if "sourcebus" in {name.lower() for name in names} or not buses:
        return "sourcebus"
    ends = {bus for row in edges for bus in (row["bus1"], row["bus2"])}
    highest = max((row["kv_base_ln"] or 0.0 for row in buses), default=0.0)
    at_top = [row["bus"] for row in buses if (row["kv_base_ln"] or 0.0) >= 0.99 * highest and row["bus"] in ends]
    return str((at_top or names)[0]).lower()


def _bus(row: Record) -> Bus:
    """The export writes 0, 0 for a bus whose place the model does not say."""
    placed = row["x"] is not None and row["y"] is not None and (row["x"], row["y"]) != (0.0, 0.0)
    return Bus(
        row["bus"].lower(), row["kv_base_ln"] or None, row["x"] if placed else None, row["y"] if placed else None
    )


def _count(value: Any) -> str | None:
    """Phases by their number: three are ABC, fewer are not named."""
    if not value:
        return None
    return "ABC" if value >= 3 else "X" * int(value)


def _element(row: Record) -> Element:
    unit = int(row["units"])
    return Element(
        row["cls"].lower(),
        row["name"].lower(),
        row["bus1"].lower(),
        row["bus2"].lower(),
        _count(row["phases"]),
        row["length"] * METRES[unit] if row["length"] is not None else None,
        row["is_switch"],
        row["open"],
        row["norm_amps"] or None,
        row["kva"] or None,
        row["r_ohm"],
        row["x_ohm"],
    )


def _load(row: Record) -> Load:
    bus, phases = bus_and_phases(row["bus"], int(row["phases"] or 0))
    customers = math.ceil(row["num_cust"])
    return Load(row["load"], bus, phases, row["kw"], row["yearly"] or row["daily"] or "", customers)


def _left_out(edges: list[Record], devices: list[Record], enabled: list[Record], extra: list[str]) -> list[Finding]:
    disabled = sorted(row["name"] for row in edges if not row["enabled"])
    other = sorted(f"{row['cls']}.{row['name']}" for row in edges if row["enabled"] and not _is_edge(row))
    passive = sorted(f"{row['cls']}.{row['name']}" for row in devices if not _is_control(row))
    units = sorted(row["name"] for row in enabled if row["length"] and int(row["units"]) == UNIT_NONE)
    found = [
        finding("info", "DISABLED_LEFT_OUT", disabled, "elements that the model disables"),
        finding("info", "ELEMENTS_LEFT_OUT", other, "elements that are no line, transformer or reactor"),
        finding("info", "CONTROLS_LEFT_OUT", passive, "capacitors and regulator controls do not switch customers"),
        finding("info", "LENGTH_UNIT_ASSUMED", units, "lengths without a unit are taken for thousands of feet"),
        finding("info", "COLUMNS_UNKNOWN", extra, "columns that are not known were not read"),
    ]
    return [one for one in found if one.count]
