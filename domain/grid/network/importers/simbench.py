"""Import a real grid from SimBench: one medium-voltage grid with every low-voltage grid below it, 15-minute profiles.

The default, MV1.101, is the rural grid whose ninety low-voltage grids are all published in detail: eight feeders of
one substation, six normally open loop switches, 5,372 metered customers, 168 of them with rooftop PV. Feeders are
`FEEDER_1` to `FEEDER_8` in the order of the source's own numbers.

SimBench is by University of Kassel, Fraunhofer IEE, RWTH Aachen and TU Dortmund; the database stands under ODbL 1.0,
its contents under DbCL 1.0.
"""

from domain.grid.network.importers.simbench_graph import PHASES, SimbenchGraph, ident
from domain.grid.network.importers.simbench_tables import Row, SimbenchTables, load_tables
from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.meters import ami_type, class_of_profile, numbered
from domain.grid.network.rules.model import Finding, LoadProfile, Meter, Network, finding
from domain.grid.network.rules.profiles import load_shape, pv_shape

DEFAULT_GRID = "MV1.101"
# A larger plant feeds in through a meter of its own and is not netted against its neighbour's consumption.
ROOFTOP_KW = 10.0


def import_simbench(grid: str = DEFAULT_GRID) -> Network:
    """The network of one SimBench grid, traced.

    Raises:
        NotConfigured: the package `simbench` is not installed.
        Invalid: no such grid, or one without detailed low-voltage grids.
    """
    tables = load_tables(grid)
    graph = SimbenchGraph(grid, tables.rows)
    meters, findings = _meters(tables, graph)
    draft = Network(
        source=f"SimBench {tables.version} {grid}",
        source_sha256=tables.source_sha256,
        substations=(graph.substation(),),
        feeders=tuple(graph.feeders()),
        nodes=tuple(graph.nodes()),
        edges=tuple(graph.edges()),
        devices=tuple(graph.devices()),
        transformers=tuple(graph.transformers()),
        meters=tuple(meters),
        profiles=tuple(_profiles(tables, meters)),
        findings=(*_graph_findings(graph), *findings),
    )
    return numbered(assemble(draft, assume=False))


def _meters(tables: SimbenchTables, graph: SimbenchGraph) -> tuple[list[Meter], list[Finding]]:
    """One meter a load; low-voltage equivalents are left out, because the grids that they stand for are here."""
    equivalents, at_busbar, taken = [], [], []
    for row in tables.rows["Load"]:
        if row["subnet"].endswith("_eq"):
            equivalents.append(row["id"])
        elif row["node"] in graph.inside:
            at_busbar.append(row["id"])
        else:
            taken.append(row)
    plants, generation = _plants(tables.rows["RES"], taken)
    found = [
        finding("info", "EQUIVALENTS_LEFT_OUT", equivalents, "loads that stand for low-voltage grids, here in detail"),
        finding("info", "LOADS_AT_BUSBAR", at_busbar, "loads on the substation's busbar belong to no feeder"),
        finding(
            "info",
            "GENERATION_LEFT_OUT",
            generation,
            f"generators other than PV of up to {ROOFTOP_KW:g} kW behind a customer's meter",
        ),
    ]
    meters = [_meter(row, plants.get(row["id"]), tables, graph) for row in taken]
    return meters, [one for one in found if one.count]


def _plants(rows: list[Row], loads: list[Row]) -> tuple[dict[str, Row], list[str]]:
    """The PV plant of each load (of several loads at a node the largest has it), and what belongs to none."""
    owner: dict[str, Row] = {}
    for row in sorted(loads, key=lambda load: (-load["pLoad"], load["id"])):
        owner.setdefault(row["node"], row)
    plants: dict[str, Row] = {}
    others = []
    for row in sorted(rows, key=lambda plant: str(plant["id"])):
        load = owner.get(row["node"])
        if row["subnet"].endswith("_eq"):
            continue
        behind_meter = row["profile"].startswith("PV") and row["pRES"] * 1000.0 <= ROOFTOP_KW
        if load is None or not behind_meter or load["id"] in plants:
            others.append(row["id"])
        else:
            plants[load["id"]] = row
    return plants, others


def _meter(row: Row, plant: Row | None, tables: SimbenchTables, graph: SimbenchGraph) -> Meter:
    """Expected energy of a day = rated power x the profile's mean over the year x 24 h.

    `pv_kw` is what the plant gives in its best quarter-hour (rated power x the profile's peak, about 0.6), because
    shapes are stored with peak 1: the year's energy is then the source's.
    """
    peak_kw = row["pLoad"] * 1000.0
    medium = graph.volts[row["node"]] > 1.0
    latitude, longitude = graph.places[row["node"]]
    return Meter(
        meter_id="",
        external_ref=row["id"],
        node_id=graph.node(row["node"]),
        phase=PHASES,
        meter_class=class_of_profile(row["profile"], peak_kw, medium_voltage=medium),
        base_kwh_day=round(peak_kw * float(tables.shapes[row["profile"]].mean()) * 24.0, 6),
        has_pv=plant is not None,
        pv_kw=round(plant["pRES"] * 1000.0 * float(tables.shapes[plant["profile"]].max()), 6) if plant else 0.0,
        ami_type=ami_type(row["id"]),
        load_profile=row["profile"],
        pv_profile=plant["profile"] if plant else None,
        latitude=latitude,
        longitude=longitude,
    )


def _profiles(tables: SimbenchTables, meters: list[Meter]) -> list[LoadProfile]:
    """The shapes that the meters use."""
    source = f"SimBench {tables.version}"
    loads = sorted({meter.load_profile for meter in meters if meter.load_profile})
    plants = sorted({meter.pv_profile for meter in meters if meter.pv_profile})
    shapes = [load_shape(name, source, tables.shapes[name]) for name in loads]
    return shapes + [pv_shape(name, source, tables.shapes[name]) for name in plants]


def _graph_findings(graph: SimbenchGraph) -> list[Finding]:
    ways = sorted(ident(name) for name in graph.board_ways)
    bars = [ident(name) for name in sorted(graph.joined)]
    feeding = [ident(row["id"]) for row in graph.rows["Transformer"] if row["subnet"] == graph.grid]
    found = [
        finding("info", "SWITCHES_JOINED", bars, "low-voltage cable-end switches were joined with their busbars"),
        finding("info", "FUSES_ASSUMED", ways, "outgoing ways of transformer boards are taken for fuses (assumed)"),
        finding(
            "info", "SUBSTATION_NOT_MODELLED", feeding, "transformers that feed the substation lie above the network"
        ),
        Finding("info", "VOLTAGE_BASE", 0, "voltages are reported on the 120 V base of ANSI C84.1"),
        Finding("info", "LICENCE", 0, "SimBench data: ODbL 1.0 (database), DbCL 1.0 (contents); name it where shown"),
    ]
    return [one for one in found if one.count or one.code in {"VOLTAGE_BASE", "LICENCE"}]
