"""Plain CSV tables: what they give, and that no file, however broken, ends in anything but words."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.grid.network.importers.plain_csv import FILES, import_csv
from domain.kernel.errors import CountersignError, Invalid

GOOD = {
    "feeders": "feeder_id,code,head_edge\nF1,north,e1\nF2,south,e3\n",
    "nodes": "node_id,latitude,longitude,is_substation\ns,47.1,8.1,yes\na,47.2,8.2,no\nb,,,\nc,47.4,8.4,\n",
    "edges": "edge_id,from_node,to_node,kind,length_m,phases,is_open\n"
    "e1,s,a,line,500,ABC,\ne2,a,b,switch,1,ABC,\ne3,s,c,line,900,ABC,\ne4,b,c,switch,1,ABC,true\n",
    "devices": "device_id,type,edge_id,normally_open\nR1,recloser,e1,no\n",
    "transformers": "transformer_id,node_id,kva\nT1,b,50\n",
    "meters": "meter_id,node_id,feeder_id,transformer_id,class,base_kwh_day,pv_kw,critical\n"
    "100001,b,F1,T1,res,31.5,4,\n100002,c,,,ci,,,yes\n",
}


def folder(at: Path, **changed: str | None) -> Path:
    at.mkdir(exist_ok=True)
    for name, text in {**GOOD, **changed}.items():
        if text is not None:
            (at / f"{name}.csv").write_text(text, encoding="utf-8")
    return at


def faults(at: Path) -> list[tuple[str, int | None, str | None, str]]:
    with pytest.raises(Invalid) as refused:
        import_csv(at)
    return [(one["file"], one["row"], one["field"], one["message"]) for one in refused.value.errors]


def test_a_network_comes_in_whole(tmp_path: Path) -> None:
    network = import_csv(folder(tmp_path / "grid"))
    first, second = network.meters
    assert (first.meter_id, first.feeder_id, first.transformer_id, first.device_id) == ("100001", "F1", "T1", "e2")
    assert (first.base_kwh_day, first.has_pv, first.pv_kw, first.latitude) == (31.5, True, 4.0, 47.2)
    assert (second.feeder_id, second.critical_flag, second.base_kwh_day) == ("F2", True, 2000.0)
    kinds = {one.device_id: (one.type, one.assumed, one.parent_device_id) for one in network.devices}
    assert kinds == {
        "R1": ("recloser", False, None),
        "e2": ("sectionalizer", True, "R1"),
        "BRK-e3": ("breaker", True, None),
        "e4": ("tie", False, "e2"),
    }


def test_meters_and_feeders_alone_are_enough(tmp_path: Path) -> None:
    (tmp_path / "feeders.csv").write_text("feeder_id;tech_loss_pct\nF1;6.5\n")
    (tmp_path / "meters.csv").write_text("\ufeffMeter_ID;feeder_id;colour\n1;F1;red\n22;F1;\n", encoding="utf-8")
    network = import_csv(tmp_path)
    assert [meter.feeder_id for meter in network.meters] == ["F1", "F1"]
    assert network.feeders[0].tech_loss_pct == 6.5
    assert network.feeders[0].loss_noload_kw > 0
    found = {finding.code: finding.count for finding in network.findings}
    assert found == {"COLUMNS_UNKNOWN": 1, "ENERGY_ASSUMED": 2, "METER_ID_WIDTHS": 2, "METERS_UNTRACED": 2}


def test_a_stated_feeder_that_does_not_feed_the_meter_is_reported(tmp_path: Path) -> None:
    network = import_csv(folder(tmp_path, meters="meter_id,node_id,feeder_id\n1,b,F2\n"))
    assert network.meters[0].feeder_id == "F1"
    assert "FEEDER_DIFFERS" in {finding.code for finding in network.findings}


def test_a_device_that_is_normally_open_opens_its_edge(tmp_path: Path) -> None:
    network = import_csv(folder(tmp_path, devices="device_id,type,edge_id,normally_open\nT9,switch,e2,yes\n"))
    assert next(edge for edge in network.edges if edge.edge_id == "e2").is_open
    assert [meter.external_ref for meter in network.meters if meter.node_id == "b"] == ["100001"]
    assert "METERS_UNTRACED" in {finding.code for finding in network.findings}


def test_every_fault_names_file_row_column_and_what_was_expected(tmp_path: Path) -> None:
    at = folder(
        tmp_path,
        edges=GOOD["edges"].replace("500,ABC", "-5,ABC").replace("e3,s,c", "e3,s,"),
        meters="meter_id,node_id,class,base_kwh_day\n1,b,house,lots\n1,zz,,nan\n3,,,\n",
        devices="device_id,type,edge_id\nD,fuse,e99\n",
    )
    found = faults(at)
    assert [entry[:3] for entry in found] == [
        ("meters.csv", 2, "class"),
        ("meters.csv", 2, "base_kwh_day"),
        ("meters.csv", 3, "base_kwh_day"),
        ("edges.csv", 2, "length_m"),
        ("edges.csv", 4, "to_node"),
        ("meters.csv", 3, "meter_id"),
        ("devices.csv", 2, "edge_id"),
        ("meters.csv", 3, "node_id"),
        ("meters.csv", 4, "node_id"),
    ]
    assert found[0][3] == "'house' does not fit; expected one of res, sml_com, ci, ag"
    assert found[3][3] == "'-5' does not fit; expected a number at least 0 and at most 1e+07"
    assert "'e99' is not in edges.csv" in found[6][3]


def test_phases_come_in_as_utilities_write_them_and_what_is_not_understood_is_unknown_and_told(tmp_path: Path) -> None:
    written = {"abc": "ABC", "CBA": "ABC", "L1L2": "AB", "L1, L3": "AC", "BN": "B", "A.B.C.N": "ABC"}
    unclear = ["R", "1", "3", "N", "ABD", "\x07"]
    rows = [*written, *unclear, ""]
    edges = "".join(f'x{n},a,b,"{text}"\n' for n, text in enumerate(rows))
    at = folder(
        tmp_path,
        edges=f"edge_id,from_node,to_node,phases\n{edges}",
        feeders="feeder_id,head_node\nF1,a\n",
        meters="meter_id,node_id,phase\n1,b,l2\n2,b,earth\n",
        devices=None,
    )
    network = import_csv(at)
    phases = {edge.edge_id: edge.phases for edge in network.edges}
    assert [phases[f"x{n}"] for n in range(len(rows))] == [*written.values(), *[None] * 7]
    assert [meter.phase for meter in network.meters] == ["B", None]
    found = {one.code: one for one in network.findings}
    assert found["PHASES_UNCLEAR"].count == 7
    assert "meters.csv row 3: 'earth'" in found["PHASES_UNCLEAR"].examples
    assert found["PHASES_UNKNOWN"].count == 7


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("meters", b"meter_id,node_id\n1,b\xff\n", "is not UTF-8"),
        ("meters", b'meter_id,node_id\n"1,b\n', "cannot be read as CSV"),
        ("meters", b"meter_id,node_id\n1,b,7,8\n", "the row has 4 cells; expected 2"),
        ("meters", b"meter_id,meter_id\n1,b\n", "the column stands twice"),
        ("meters", b"", "the column is missing"),
        ("meters", b"meter_id,node_id\na\x00b,b\n", "does not fit|cannot be read"),
        ("meters", b"meter_id,node_id\n" + b"x" * 201 + b",b\n", "does not fit"),
        ("nodes", b"node_id,base_kv\ns,inf\n", "'inf' does not fit; expected a number at least 0"),
        ("feeders", b"feeder_id\nF1\n", "no feeder says where it begins"),
        ("feeders", b"feeder_id,head_node\nF1,s\n", "'s' is the substation's own; expected the first node outside it"),
    ],
)
def test_broken_files_are_refused_in_words(tmp_path: Path, file: str, content: bytes, says: str) -> None:
    at = folder(tmp_path)
    (at / f"{file}.csv").write_bytes(content)
    with pytest.raises(Invalid, match=says):
        import_csv(at)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert ("meters.csv", None, None, "the file is missing") in faults(folder(tmp_path, meters=None))


def test_a_hundred_faults_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    at = folder(tmp_path, meters="meter_id,node_id\n" + "".join(f"{n},gone\n" for n in range(500)))
    with pytest.raises(Invalid, match="500 faults") as refused:
        import_csv(at)
    assert len(refused.value.errors) == 100


WORDS = (
    "feeder_id meter_id node_id edge_id from_node to_node head_edge is_open F1 e1 a s b 1 -1 1e999 nan true switch tie"
)
ODD = ["", '"', "\n", "\r\n", ",", ";", "\x00", "\u2028", "\xe9"]
words = st.sampled_from([*WORDS.split(), *ODD])
contents = st.one_of(st.binary(max_size=200), st.lists(words, max_size=40).map(lambda parts: ",".join(parts).encode()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(FILES)), contents, min_size=1, max_size=3))
def test_whatever_stands_in_the_files_the_answer_is_a_network_or_words(
    tmp_path: Path, broken: dict[str, bytes]
) -> None:
    at = folder(tmp_path / "fuzz")
    for name, content in broken.items():
        (at / f"{name}.csv").write_bytes(content)
    try:
        network = import_csv(at)
    except CountersignError:
        return
    assert {meter.feeder_id for meter in network.meters} <= {feeder.feeder_id for feeder in network.feeders}


cells = st.sampled_from(["a", "b", "c", "s", "F1", "F2", "e1", "e2", "e3", "e4", "T1", "", "0", "7", "ABC", "A"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.lists(st.tuples(cells, cells, st.booleans()), max_size=12))
def test_any_graph_with_any_loops_and_islands_comes_in(tmp_path: Path, rows: list[tuple[str, str, bool]]) -> None:
    edges = "edge_id,from_node,to_node,is_open\n" + "".join(
        f"x{n},{a or 'a'},{b or 'b'},{is_open}\n" for n, (a, b, is_open) in enumerate(rows)
    )
    feeders = "feeder_id,head_node\nF1,a\nF2,b\n"
    nodes = "node_id\n" + "".join(f"{name}\n" for name in sorted({*"abcs", *(c or "a" for r in rows for c in r[:2])}))
    at = folder(tmp_path / "graph", edges=edges, feeders=feeders, nodes=nodes, devices="device_id,type,edge_id\n")
    network = import_csv(at)
    devices = {one.device_id: one.parent_device_id for one in network.devices}
    for own in devices:
        steps, parent = 0, devices[own]
        while parent is not None:
            parent, steps = devices[parent], steps + 1
            assert steps <= len(devices)
