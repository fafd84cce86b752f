"""Edges carry the impedance that their source states: from line types, line matrices, windings and CSV columns."""

import math
from pathlib import Path

import pytest

from domain.grid.network.importers.opendss import import_opendss, import_opendss_csv
from domain.grid.network.importers.opendss_files import line_ohms
from domain.grid.network.importers.plain_csv import import_csv
from domain.grid.network.importers.simbench import import_simbench
from domain.kernel.errors import Invalid
from domain.kernel.settings import settings

MODEL = """
Clear
New Circuit.small basekv=12.47 bus1=sourcebus
New Linecode.three nphases=3 r1=0.3 x1=0.4 r0=0.9 x0=1.2 units=km
New Line.trunk bus1=sourcebus bus2=a linecode=three length=2 units=km
New Line.lateral bus1=a.2 bus2=b.2 phases=1 rmatrix=[0.5] xmatrix=[0.6] length=1 units=km
New Transformer.service phases=1 windings=2 buses=[b.2 c.2] kvs=[7.2 0.24] kvas=[25 25] xhl=2 %rs=[0.6 0.6]
New Load.one bus1=c.2 phases=1 kv=0.24 kw=5
Set voltagebases=[12.47 0.416]
Calcvoltagebases
Solve
"""


def test_an_opendss_model_gives_positive_sequence_ohms(tmp_path: Path) -> None:
    path = tmp_path / "master.dss"
    path.write_text(MODEL)
    edges = {edge.edge_id: edge for edge in import_opendss(path).edges}
    assert edges["trunk"].r_ohm == pytest.approx(0.6)
    assert edges["trunk"].x_ohm == pytest.approx(0.8)
    assert edges["lateral"].r_ohm == pytest.approx(0.5)
    assert edges["lateral"].x_ohm == pytest.approx(0.6)
    assert edges["service"].x_ohm == pytest.approx(0.02 * 7.2**2 * 1000 / 25)
    assert edges["service"].r_ohm == pytest.approx(0.012 * 7.2**2 * 1000 / 25)


def test_a_lines_ohms_do_not_depend_on_how_its_matrix_is_laid_out() -> None:
    square = [[0.5, 0.2, 0.2], [0.2, 0.5, 0.2], [0.2, 0.2, 0.5]]
    flat = [value for row in square for value in row]
    assert line_ohms(square, square, 2.0) == line_ohms(flat, flat, 2.0) == (0.6, 0.6)
    assert line_ohms([0.7], [0.9], 0.5) == (0.35, 0.45)


def test_simbench_lines_and_transformers_have_the_ohms_of_their_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path))
    settings.cache_clear()
    network = import_simbench()
    monkeypatch.undo()
    settings.cache_clear()
    described = [edge for edge in network.edges if edge.kind != "switch"]
    assert all(edge.r_ohm is not None and edge.x_ohm is not None for edge in described)
    low = next(edge for edge in described if edge.edge_id == "LV1.101_Line_1")
    assert low.r_ohm == pytest.approx(0.2067 * 0.0557667, rel=1e-6)
    kva = {one.edge_id: one.kva or 0.0 for one in network.transformers}
    for edge in described:
        if edge.kind == "transformer":
            percent = math.hypot(edge.r_ohm or 0, edge.x_ohm or 0) * kva[edge.edge_id] / 1000 / 20.0**2 * 100
            assert percent in (pytest.approx(4.0), pytest.approx(6.0)), "a service transformer's short-circuit voltage"


def test_csv_carries_ohms_where_it_has_the_columns(tmp_path: Path) -> None:
    (tmp_path / "feeders.csv").write_text("feeder_id,head_edge\nF1,e1\n")
    (tmp_path / "nodes.csv").write_text("node_id,is_substation\ns,true\na,false\nb,false\n")
    (tmp_path / "edges.csv").write_text("edge_id,from_node,to_node,r_ohm,x_ohm\ne1,s,a,0.25,0.5\ne2,a,b,,\n")
    (tmp_path / "meters.csv").write_text("meter_id,node_id\nM1,b\n")
    edges = {edge.edge_id: edge for edge in import_csv(tmp_path).edges}
    assert (edges["e1"].r_ohm, edges["e1"].x_ohm) == (0.25, 0.5)
    assert (edges["e2"].r_ohm, edges["e2"].x_ohm) == (None, None)
    (tmp_path / "edges.csv").write_text("edge_id,from_node,to_node,r_ohm,x_ohm\ne1,s,a,-1,0.5\n")
    with pytest.raises(Invalid, match="r_ohm"):
        import_csv(tmp_path)


def test_the_csv_form_of_a_model_carries_ohms_where_it_has_the_columns(tmp_path: Path) -> None:
    (tmp_path / "buses.csv").write_text("bus,kv_base_ln\nsourcebus,7.2\na,7.2\nb,7.2\n")
    (tmp_path / "edges.csv").write_text(
        "cls,name,bus1,bus2,phases,r_ohm,x_ohm\nLine,l1,sourcebus,a,3,0.3,0.6\nLine,l2,a,b,3,,\n"
    )
    (tmp_path / "loads.csv").write_text("load,bus,kw\nm1,b,5\n")
    edges = {edge.edge_id: edge for edge in import_opendss_csv(tmp_path).edges}
    assert (edges["l1"].r_ohm, edges["l1"].x_ohm) == (0.3, 0.6)
    assert edges["l2"].r_ohm is None
