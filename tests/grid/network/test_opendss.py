"""The five published feeders, as models and as CSV; and models that are broken."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.grid.network.importers.opendss import import_opendss, import_opendss_csv
from domain.grid.network.importers.opendss_names import bus_and_phases
from domain.grid.network.importers.opendss_places import METRES_PER_DEGREE, place_on_globe
from domain.grid.network.rules.model import Network
from domain.kernel.errors import Invalid, NotFound

MODELS = {
    "ieee13": "IEEETestCases/13Bus/IEEE13Nodeckt.dss",
    "ieee34": "IEEETestCases/34Bus/ieee34Mod1.dss",
    "ieee37": "IEEETestCases/37Bus/ieee37.dss",
    "ieee123": "IEEETestCases/123Bus/IEEE123Master.dss",
    "epri_ckt5": "EPRITestCircuits/ckt5/Master_ckt5.dss",
}


def published(shared_data: Path, feeder: str) -> dict[str, str]:
    with (shared_data / "opendss_feeders" / "summary.csv").open() as file:
        return next(row for row in csv.DictReader(file) if row["feeder"] == feeder)


def codes(network: Network) -> set[str]:
    return {finding.code for finding in network.findings}


@pytest.mark.parametrize("feeder", list(MODELS))
def test_every_load_of_a_published_feeder_is_reached(shared_data: Path, feeder: str) -> None:
    summary = published(shared_data, feeder)
    network = import_opendss_csv(shared_data / "opendss_feeders" / feeder)
    opened = 2 if feeder == "ieee123" else 0  # two "_open" buses are the open sides of its ties
    assert len(network.meters) == int(summary["loads_reached"])
    assert len(network.nodes) == int(summary["buses"]) - opened
    assert all(meter.device_id for meter in network.meters)
    assert not codes(network) & {"LOOPS", "ISLANDS", "METERS_UNFED", "LOADS_UNPLACED"}


@pytest.mark.parametrize("feeder", list(MODELS))
def test_a_model_and_its_csv_export_give_the_same_network(shared_data: Path, opendss_models: Path, feeder: str) -> None:
    model = import_opendss(opendss_models / MODELS[feeder])
    export = import_opendss_csv(shared_data / "opendss_feeders" / feeder)
    assert model.counts() == export.counts()
    assert [(one.device_id, one.type, one.parent_device_id) for one in model.devices] == [
        (one.device_id, one.type, one.parent_device_id) for one in export.devices
    ]
    assert [(one.external_ref, one.phase, one.device_id, one.transformer_id) for one in model.meters] == [
        (one.external_ref, one.phase, one.device_id, one.transformer_id) for one in export.meters
    ]
    for first, second in zip(model.meters, export.meters, strict=True):
        assert first.base_kwh_day == pytest.approx(second.base_kwh_day, rel=1e-6)
        assert first.electrical_depth == pytest.approx(second.electrical_depth, abs=1e-4)


def test_ieee123_has_its_two_open_ties_and_a_breaker_at_its_head(shared_data: Path) -> None:
    network = import_opendss_csv(shared_data / "opendss_feeders" / "ieee123")
    ties = {
        device.device_id: {edge.from_node, edge.to_node}
        for device in network.devices
        for edge in network.edges
        if device.type == "tie" and edge.edge_id == device.edge_id and edge.is_open
    }
    assert ties == {"sw7": {"151", "300"}, "sw8": {"54", "94"}}
    assert [one.device_id for one in network.devices if one.type == "breaker"] == ["BRK-reg1a"]
    assert {one.device_id for one in network.devices if one.type == "sectionalizer"} == {f"sw{n}" for n in range(1, 7)}
    assert all(one.assumed for one in network.devices if one.type in {"breaker", "sectionalizer", "fuse"})
    parents = {one.device_id: one.parent_device_id for one in network.devices}
    assert (parents["sw5"], parents["FUSE-l107"], parents["sw1"]) == ("sw4", "sw5", "BRK-reg1a")


def test_ckt5_has_a_fuse_on_each_single_phase_service_transformer(shared_data: Path) -> None:
    network = import_opendss_csv(shared_data / "opendss_feeders" / "epri_ckt5")
    single = {one.transformer_id for one in network.transformers if len(one.phases or "") == 1}
    fused = {one.edge_id for one in network.devices if one.type == "xfmr_fuse"}
    assert single == fused
    assert len(fused) > 550
    assert all(meter.transformer_id for meter in network.meters)
    assert network.feeders[0].base_kv == pytest.approx(12.47, abs=0.01)
    assert {"COORDINATES_MISSING", "DISABLED_LEFT_OUT", "BANKS_JOINED"} <= codes(network)


MASTER = """Clear
New Circuit.small basekv=12.47 bus1=src
New Line.l1 bus1=src bus2=a phases=3 length=1 units=km
New Line.l2 bus1=a.2 bus2=b.2 phases=1 length=2 units=km
New Line.l3 bus1=a bus2=c phases=3 length=1 units=km switch=y
New Line.tie bus1=c bus2=d phases=3 length=1 units=km switch=y
New Line.l4 bus1=a bus2=d phases=3 length=1 units=km
New Transformer.t1 phases=1 windings=2 buses=(b.2, low.2) kvs=(7.2 0.24) kvas=(25 25)
New Load.one bus1=low.2 phases=1 kv=0.24 kw=4
New Load.two bus1=d phases=3 kv=12.47 kw=200
New Load.off bus1=d phases=3 kv=12.47 kw=9 enabled=no
New Recloser.r1 MonitoredObj=Line.l4 MonitoredTerm=1
New Fuse.f1 MonitoredObj=Line.l2 MonitoredTerm=1
{more}
Set voltagebases=[12.47 0.416]
Calcvoltagebases
Open Line.tie 1
"""


def small(folder: Path, more: str = "") -> Path:
    path = folder / "small.dss"
    path.write_text(MASTER.format(more=more))
    return path


def test_named_reclosers_fuses_and_opened_switches_come_in(tmp_path: Path) -> None:
    network = import_opendss(small(tmp_path))
    found = {one.device_id: (one.type, one.edge_id, one.assumed, one.normally_open) for one in network.devices}
    assert found == {
        "BRK-l1": ("breaker", "l1", True, False),
        "fuse.f1": ("fuse", "l2", False, False),
        "l3": ("sectionalizer", "l3", True, False),
        "recloser.r1": ("recloser", "l4", False, False),
        "tie": ("tie", "tie", False, True),
        "XF-t1": ("xfmr_fuse", "t1", True, False),
    }
    two, one = network.meters  # those without a transformer come first
    assert (one.external_ref, one.phase, one.device_id, one.transformer_id) == ("one", "B", "XF-t1", "t1")
    assert (two.external_ref, two.phase, two.device_id, two.meter_class) == ("two", "ABC", "recloser.r1", "ci")
    assert next(edge for edge in network.edges if edge.edge_id == "l2").length_m == 2000.0
    assert {"DISABLED_LEFT_OUT", "COORDINATES_MISSING"} <= codes(network)


def test_loops_and_islands_of_a_model_are_reported_and_do_not_fail(tmp_path: Path) -> None:
    more = "New Line.ring bus1=c bus2=d phases=3 length=1\nNew Line.far bus1=x bus2=y phases=3 length=1\n"
    more += "New Load.dark bus1=y phases=3 kv=12.47 kw=5"
    network = import_opendss(small(tmp_path, more))
    found = {finding.code: finding for finding in network.findings}
    assert found["LOOPS"].count == 1
    assert found["ISLANDS"].examples == ("x (2 nodes)",)
    assert found["METERS_UNFED"].examples == ("dark",)
    assert len(network.meters) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("New Line.x bus1=a bus2=b", "describes no circuit|refuses"),
        ("Clear\nNew Circuit.c\nRedirect gone.dss", "refuses master.dss"),
        ("Clear\nNew Circuit.c\nNew Nonsense.x", "refuses master.dss"),
        ("Clear\nNew Circuit.c basekv=12 bus1=s", "Nothing leaves the source bus|describes no circuit"),
        ("", "describes no circuit"),
        ("\x00\x01\x02 garbage", "describes no circuit|refuses"),
    ],
)
def test_a_broken_model_is_refused_in_words(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "master.dss"
    path.write_text(text)
    with pytest.raises(Invalid, match=says):
        import_opendss(path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        import_opendss(tmp_path / "none.dss")
    with pytest.raises(NotFound, match="There is no folder"):
        import_opendss_csv(tmp_path / "none")
    with pytest.raises(Invalid, match=r"3 faults .* buses\.csv: the file is missing"):
        import_opendss_csv(tmp_path)


def test_a_wrong_cell_of_an_export_is_named_with_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "buses.csv").write_text("bus,x,y,kv_base_ln\nsourcebus,0,0,7.2\na,1,1,7.2\n")
    (tmp_path / "edges.csv").write_text("cls,name,bus1,bus2,length\nLine,l,sourcebus,a,long\n")
    (tmp_path / "loads.csv").write_text("load,bus,kw\nx,a,\n")
    with pytest.raises(Invalid) as refused:
        import_opendss_csv(tmp_path)
    assert [(one["file"], one["row"], one["field"]) for one in refused.value.errors] == [
        ("edges.csv", 2, "length"),
        ("loads.csv", 2, "kw"),
    ]
    assert "expected a number at least 0" in refused.value.errors[0]["message"]


some_bus = st.sampled_from(["sourcebus", "a", "b", "B", "c", "c_open", "gone", "d.1", "_open"])
some_number = st.sampled_from(["", "0", "1", "0.24", "7.2", "66.4", "1e14", "1e9", "-4"])
some_flag = st.sampled_from(["", "true", "False"])
some_phases = st.sampled_from(["", "0", "1", "2", "3", "12"])
bus_rows = st.tuples(some_bus, some_number, some_number, some_number)
edge_rows = st.tuples(
    st.sampled_from(["Line", "Transformer", "Reactor", "Generator"]),
    st.sampled_from("klmno"),
    some_bus,
    some_bus,
    some_flag,
    some_flag,
    some_phases,
    st.sampled_from(["", "0", "2.5"]),
    st.sampled_from(["", "0", "5", "7"]),
    some_flag,
    st.sampled_from(["", "400"]),
    st.sampled_from(["", "25"]),
)
load_rows = st.tuples(st.sampled_from("pqrst"), some_bus, st.sampled_from(["0", "5", "-3", "1e9"]), some_phases)
device_rows = st.tuples(st.sampled_from(["Fuse", "Recloser", "Capacitor"]), st.sampled_from("fg"), st.just("line.k"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.lists(bus_rows, max_size=6, unique_by=lambda row: row[0].lower()),
    st.lists(edge_rows, max_size=8, unique_by=lambda row: row[:2]),
    st.lists(load_rows, max_size=5, unique_by=lambda row: row[0]),
    st.lists(device_rows, max_size=3, unique_by=lambda row: row[:2]),
)
def test_any_export_ends_in_a_network_or_in_words(tmp_path: Path, buses, edges, loads, devices) -> None:  # type: ignore[no-untyped-def]
    def write(name: str, header: str, rows: list[tuple[str, ...]]) -> None:
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *(",".join(row) for row in rows)]))

    write("buses", "bus,x,y,kv_base_ln", [row for row in buses if not row[3].startswith("-")])
    header = "cls,name,bus1,bus2,enabled,open,phases,length,units,is_switch,norm_amps,kva"
    write("edges", header, [("Line", "out", "sourcebus", "a"), *edges])
    write("loads", "load,bus,kw,phases", loads)
    write("devices", "cls,name,on", devices)
    try:
        network = import_opendss_csv(tmp_path)
    except Invalid as refused:
        words = str(refused)
        assert "Nothing leaves" in words or "is not among its buses" in words, words
        return
    assert {meter.feeder_id for meter in network.meters} <= {feeder.feeder_id for feeder in network.feeders}
    for ids in ([one.edge_id for one in network.edges], [one.device_id for one in network.devices]):
        assert len(set(ids)) == len(ids)
    assert len({node.node_id for node in network.nodes}) == len(network.nodes)


def test_phases_are_read_from_the_nodes_of_a_bus() -> None:
    assert bus_and_phases("671.1.2", 2) == ("671", "AB")
    assert bus_and_phases("X_1.3.0", 1) == ("x_1", "C")
    assert bus_and_phases("650", 3) == ("650", "ABC")
    assert bus_and_phases("n.4", 1) == ("n", None)
    assert bus_and_phases("n", 0) == ("n", None)


def test_a_drawing_keeps_its_distances_on_the_globe() -> None:
    places, findings = place_on_globe({"a": (0.0, 0.0), "b": (100.0, 0.0)}, [("a", "b", 500.0)])
    assert (places["b"][1] - places["a"][1]) * METRES_PER_DEGREE == pytest.approx(500.0, abs=0.1)
    assert findings[0].code == "COORDINATES_RELATIVE"
    assert place_on_globe({}, []) == ({}, [])
    assert place_on_globe({"a": (1e300, 1.0), "b": (5.0, 1.0)}, [("a", "b", 1.0)])[0] == {"b": (0.0, 0.0)}


def meters_below(network: Network) -> dict[str, set[str]]:
    """Loads behind each device, by the parents that the importer gave."""
    parents = {one.device_id: one.parent_device_id for one in network.devices}
    below: dict[str, set[str]] = {own: set() for own in parents}
    for meter in network.meters:
        own = meter.device_id
        while own is not None:
            below[own].add(meter.external_ref)
            own = parents[own]
    return below


@pytest.mark.parametrize(("feeder", "every"), [("ieee123", 1), ("epri_ckt5", 36)])
def test_opening_a_device_darkens_the_loads_that_power_flow_darkens(
    opendss_models: Path, feeder: str, every: int
) -> None:
    from dss import DSS

    network = import_opendss(opendss_models / MODELS[feeder])
    engine = DSS.NewContext()
    engine.AllowForms = engine.AllowChangeDir = False
    engine.Text.Command = f'compile "{opendss_models / MODELS[feeder]}"'
    engine.Text.Command = "set controlmode=off"
    circuit = engine.ActiveCircuit
    loads = [(meter.external_ref, meter.node_id or "", meter.phase or "ABC") for meter in network.meters]
    below = meters_below(network)
    names = {name.split(".", 1)[1].lower(): name for name in circuit.AllElementNames if "load" not in name.lower()}
    edges = {edge.edge_id: edge for edge in network.edges}
    checked = 0
    for device in [one for one in network.devices if not one.normally_open][::every]:
        element = names[device.edge_id or ""]
        ends = {edges[device.edge_id or ""].from_node, edges[device.edge_id or ""].to_node}
        twins = [names[one.edge_id] for one in network.edges if {one.from_node, one.to_node} == ends]
        assert len(twins) == 1
        engine.Text.Command = f"open {element} term=1"
        engine.Text.Command = "solve"
        volts = dict(zip(circuit.AllNodeNames, circuit.AllBusVmagPu, strict=True))
        dark = {
            own
            for own, bus, phases in loads
            if max(volts.get(f"{bus}.{'ABC'.index(p) + 1}", 0.0) for p in phases) < 0.5
        }
        assert below[device.device_id] == dark, device.device_id
        engine.Text.Command = f"close {element} term=1"
        checked += 1
    assert checked >= 20
