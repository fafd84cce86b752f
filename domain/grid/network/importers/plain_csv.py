"""Import a utility's own tables: a folder of plain CSV files. `countersign grid import --help` lists the columns.

feeders.csv and meters.csv are needed, the others are not. Without a graph (edges.csv) a meter keeps the feeder that its
row states. With one, each feeder names its first edge (`head_edge`) or first node (`head_node`), and tracing decides.
"""

from pathlib import Path

from domain.grid.network.importers.csv_rows import (
    Column,
    CsvFolder,
    Record,
    flag_column,
    number_column,
    phase_column,
    text_column,
)
from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.meters import ami_type
from domain.grid.network.rules.model import (
    AMI_TYPES,
    CLASSES,
    DEVICE_TYPES,
    EDGE_KINDS,
    SERVICE_V,
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

_PLACE = (number_column("latitude", low=-90, high=90), number_column("longitude", low=-180, high=180))
FEEDERS = (
    text_column("feeder_id", required=True),
    text_column("code"),
    text_column("name"),
    text_column("substation_id"),
    number_column("base_kv", low=0),
    number_column("rated_a", low=0),
    number_column("tech_loss_pct", low=0, high=50, default=0.0),
    text_column("head_edge"),
    text_column("head_node"),
)
METERS = (
    text_column("meter_id", required=True),
    text_column("node_id"),
    text_column("feeder_id"),
    text_column("transformer_id"),
    text_column("class", choices=CLASSES, default="res"),
    number_column("base_kwh_day", low=0, high=1e7),
    phase_column("phase"),
    flag_column("has_pv"),
    number_column("pv_kw", low=0, high=1e6, default=0.0),
    flag_column("critical"),
    text_column("ami_type", choices=AMI_TYPES),
    number_column("service_v", low=1, high=1e6, default=SERVICE_V),
    *_PLACE,
)
SUBSTATIONS = (text_column("substation_id", required=True), text_column("name"), *_PLACE)
NODES = (text_column("node_id", required=True), number_column("base_kv", low=0), *_PLACE, flag_column("is_substation"))
EDGES = (
    text_column("edge_id", required=True),
    text_column("from_node", required=True),
    text_column("to_node", required=True),
    text_column("kind", choices=EDGE_KINDS, default="line"),
    number_column("length_m", low=0, high=1e7),
    phase_column("phases"),
    number_column("rated_a", low=0),
    flag_column("is_open"),
    number_column("r_ohm", low=0, high=1e6),
    number_column("x_ohm", low=-1e6, high=1e6),
)
DEVICES = (
    text_column("device_id", required=True),
    text_column("type", required=True, choices=DEVICE_TYPES),
    text_column("edge_id", required=True),
    flag_column("normally_open"),
    phase_column("phases"),
    number_column("rated_a", low=0),
    flag_column("remote_ctl"),
)
TRANSFORMERS = (
    text_column("transformer_id", required=True),
    text_column("edge_id"),
    text_column("node_id"),
    number_column("kva", low=0),
    phase_column("phases"),
)
FILES: dict[str, tuple[Column, ...]] = {
    "feeders": FEEDERS,
    "meters": METERS,
    "substations": SUBSTATIONS,
    "nodes": NODES,
    "edges": EDGES,
    "devices": DEVICES,
    "transformers": TRANSFORMERS,
}
NEEDED = {"feeders", "meters"}
# Which column of which file points to which file.
REFERENCES = (
    ("feeders", "substation_id", "substations"),
    ("feeders", "head_edge", "edges"),
    ("feeders", "head_node", "nodes"),
    ("edges", "from_node", "nodes"),
    ("edges", "to_node", "nodes"),
    ("devices", "edge_id", "edges"),
    ("transformers", "edge_id", "edges"),
    ("transformers", "node_id", "nodes"),
    ("meters", "node_id", "nodes"),
    ("meters", "feeder_id", "feeders"),
    ("meters", "transformer_id", "transformers"),
)
# What a customer of each class uses on a day, where the table does not say it.
TYPICAL_KWH_DAY = {"res": 25.0, "sml_com": 80.0, "ci": 2000.0, "ag": 60.0}


def import_csv(folder: Path) -> Network:
    """The network in a folder of plain CSV files, traced.

    Raises:
        NotFound: no such folder.
        Invalid: rows cannot be read or point to what is not there; each fault names file, row, column, expectation.
    """
    files = CsvFolder(folder)
    tables = {name: files.read(f"{name}.csv", columns, required=name in NEEDED) for name, columns in FILES.items()}
    check_references(files, tables)
    files.stop_at_faults()
    rows = {name: [row for _, row in table] for name, table in tables.items()}
    nodes = {node.node_id: node for node in map(_node, rows["nodes"])}
    for row in rows["edges"]:
        for end in (row["from_node"], row["to_node"]):
            nodes.setdefault(end, Node(end))
    opened = {row["edge_id"] for row in rows["devices"] if row["normally_open"]}
    draft = Network(
        source=f"CSV {folder.resolve().name}",
        source_sha256=files.sha256,
        substations=tuple(map(_substation, rows["substations"])),
        feeders=tuple(map(_feeder, rows["feeders"])),
        nodes=tuple(nodes.values()),
        edges=tuple(_edge(row, is_open=row["is_open"] or row["edge_id"] in opened) for row in rows["edges"]),
        devices=tuple(map(_device, rows["devices"])),
        transformers=tuple(map(_transformer, rows["transformers"])),
        meters=tuple(map(_meter, rows["meters"])),
        findings=tuple(_findings(files, rows)),
    )
    return assemble(draft)


def check_references(files: CsvFolder, tables: dict[str, list[tuple[int, Record]]]) -> None:
    """Each id stands once, and what a row points to is there. A meter needs a node or a feeder."""
    known = {name: _ids(files, name, tables[name]) for name in FILES}
    if not tables["nodes"]:
        known["nodes"] = {row[end] for _, row in tables["edges"] for end in ("from_node", "to_node")}
    for name, column, target in REFERENCES:
        for number, row in tables[name]:
            if row[column] is not None and row[column] not in known[target]:
                expected = f"{row[column]!r} is not in {target}.csv; expected an id that stands there"
                files.fault(f"{name}.csv", number, column, expected)
    for number, row in tables["meters"]:
        if row["node_id"] is None and row["feeder_id"] is None:
            files.fault("meters.csv", number, "node_id", "node_id and feeder_id are empty; expected one of them")
    inside = {row["node_id"] for _, row in tables["nodes"] if row["is_substation"]}
    for number, row in tables["feeders"]:
        if row["head_node"] in inside:
            expected = f"{row['head_node']!r} is the substation's own; expected the first node outside it, or head_edge"
            files.fault("feeders.csv", number, "head_node", expected)
    if tables["edges"] and not any(row["head_edge"] or row["head_node"] for _, row in tables["feeders"]):
        files.fault("feeders.csv", 1, "head_edge", "no feeder says where it begins; expected head_edge or head_node")


def _ids(files: CsvFolder, name: str, rows: list[tuple[int, Record]]) -> set[str]:
    key = FILES[name][0].name
    seen: dict[str, int] = {}
    for number, row in rows:
        own = row[key]
        if own is not None and seen.setdefault(own, number) != number:
            files.fault(f"{name}.csv", number, key, f"{own!r} stands in row {seen[own]} too; expected each id once")
    return set(seen)


def _substation(row: Record) -> Substation:
    return Substation(row["substation_id"], row["name"] or row["substation_id"], row["latitude"], row["longitude"])


def _feeder(row: Record) -> Feeder:
    return Feeder(
        feeder_id=row["feeder_id"],
        code=row["code"] or row["feeder_id"],
        name=row["name"] or row["code"] or row["feeder_id"],
        substation_id=row["substation_id"],
        base_kv=row["base_kv"],
        rated_a=row["rated_a"],
        head_edges=(row["head_edge"],) if row["head_edge"] else (),
        head_node=row["head_node"],
        tech_loss_pct=row["tech_loss_pct"],
    )


def _node(row: Record) -> Node:
    return Node(row["node_id"], row["base_kv"], row["latitude"], row["longitude"], is_substation=row["is_substation"])


def _edge(row: Record, *, is_open: bool) -> Edge:
    ends = row["from_node"], row["to_node"]
    shape = row["kind"], row["length_m"], row["phases"], row["rated_a"]
    return Edge(row["edge_id"], *ends, *shape, is_open, r_ohm=row["r_ohm"], x_ohm=row["x_ohm"])


def _device(row: Record) -> Device:
    return Device(
        row["device_id"],
        row["type"],
        row["edge_id"],
        row["normally_open"] or row["type"] == "tie",
        row["phases"],
        row["rated_a"],
        row["remote_ctl"],
    )


def _transformer(row: Record) -> Transformer:
    return Transformer(row["transformer_id"], row["edge_id"], row["node_id"], row["kva"], row["phases"])


def _meter(row: Record) -> Meter:
    stated = row["base_kwh_day"]
    return Meter(
        meter_id=row["meter_id"],
        external_ref=row["meter_id"],
        node_id=row["node_id"],
        phase=row["phase"],
        meter_class=row["class"],
        base_kwh_day=TYPICAL_KWH_DAY[row["class"]] if stated is None else stated,
        service_v=row["service_v"],
        has_pv=row["has_pv"] or row["pv_kw"] > 0,
        pv_kw=row["pv_kw"],
        critical_flag=row["critical"],
        ami_type=row["ami_type"] or ami_type(row["meter_id"]),
        feeder_id=row["feeder_id"],
        transformer_id=row["transformer_id"],
        latitude=row["latitude"],
        longitude=row["longitude"],
    )


def _findings(files: CsvFolder, rows: dict[str, list[Record]]) -> list[Finding]:
    silent = sorted(row["meter_id"] for row in rows["meters"] if row["base_kwh_day"] is None)
    widths = {len(row["meter_id"]) for row in rows["meters"]}
    uneven = sorted(row["meter_id"] for row in rows["meters"]) if len(widths) > 1 else []
    found = [
        finding("info", "COLUMNS_UNKNOWN", files.extra, "columns that are not known were not read"),
        finding("warning", "PHASES_UNCLEAR", files.unclear, "phases that are not written as A, BC, L1 ... are unknown"),
        finding("info", "ENERGY_ASSUMED", silent, "meters without base_kwh_day got the usual day of their class"),
        finding("info", "METER_ID_WIDTHS", uneven, "meter ids of different lengths load more slowly"),
    ]
    return [one for one in found if one.count]
