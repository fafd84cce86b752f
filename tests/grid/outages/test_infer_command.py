"""`countersign outages infer` through the real command: exact shapes, and one clear sentence for each bad file."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.grid.network.importers.opendss import import_opendss_csv
from domain.grid.outages.rules.device_tree import build_device_tree
from tests.commands import Command

BUSES = "bus,x,y,kv_base_ln\nsourcebus,0,0,7.2\na,1,1,7.2\nb,2,1,7.2\nc,3,1,7.2\nb_low,2,2,0.24\nc_low,3,2,0.24\n"
EDGES = """cls,name,bus1,bus2,enabled,open,phases,length,units,is_switch,norm_amps,kva
Line,out,sourcebus,a,True,,3,100,0,,400,
Line,l1,a,b,True,,1,100,0,,100,
Line,l2,a,c,True,,1,100,0,,100,
Transformer,t1,b,b_low,True,,1,,,,,25
Transformer,t2,c,c_low,True,,1,,,,,25
"""
LOADS = "load,bus,kw,phases\n" + "".join(
    f"home-{side}{number},{side}_low,4,1\n" for side in "bc" for number in range(1, 6)
)


COMMAND = Command("outages", "infer")
run, answer, refusal = COMMAND.run, COMMAND.answer, COMMAND.refusal


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A breaker, two single-phase laterals, a transformer and five homes on each."""
    folder = tmp_path / "network"
    folder.mkdir()
    (folder / "buses.csv").write_text(BUSES)
    (folder / "edges.csv").write_text(EDGES)
    (folder / "loads.csv").write_text(LOADS)
    return folder


def events(folder: Path, *rows: str, header: str = "meter_id,type,at") -> Path:
    path = folder.parent / "events.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def gasps(side: str, *numbers: int) -> list[str]:
    return [f"home-{side}{number},POWER_OUT,2026-07-14T19:00:0{number}Z" for number in numbers]


def test_a_lateral_is_named_with_its_class_posterior_meters_and_pings(network: Path) -> None:
    path = events(network, *gasps("b", 1, 2, 4, 5))
    said = answer("--network", network, "--events", path)
    one = said["outages"][0]
    assert set(one["devices"]) == {"FUSE-l1", "XF-t1"}
    assert one["posterior"] > 0.9
    assert (one["status"], one["meters_out"], one["meters_reported"]) == ("PROBABLE", 5, 4)
    assert one["meter_ids"] == [f"home-b{number}" for number in range(1, 6)]
    assert one["credible"][0]["devices"] == one["devices"]
    assert {pair["meter_id"] for pair in one["next_pings"]} <= {f"home-{s}{n}" for s in "bc" for n in range(1, 6)}
    assert said["device_classes"][0] == {
        "rank": 1,
        "devices": one["devices"],
        "posterior": one["posterior"],
        "meters": 5,
    }
    assert said["network"] == {"feeders": 1, "devices": 5, "device_classes": 3, "meters": 10, "unfed_meters": 0}
    assert said["meters"][0]["p_out"] > 0.9
    assert len(said["advisory"]) == 3
    assert said["as_of"] == "2026-07-14T19:01:05+00:00"


def test_meters_may_be_named_by_id(network: Path) -> None:
    tree = build_device_tree(import_opendss_csv(network))
    ids = sorted(tree.meters_below(tree.device_at["FUSE-l1"]))
    path = events(network, *[f"{own},LAST_GASP,2026-07-14T19:00:01Z" for own in ids[:4]])
    one = answer("--network", network, "--events", path)["outages"][0]
    assert one["meter_ids"] == ids


def test_duplicates_and_unknown_meters_are_counted_and_named(network: Path) -> None:
    rows = gasps("b", 1, 2, 4)
    path = events(network, *rows, rows[0], "nobody,POWER_OUT,2026-07-14T19:00:00Z")
    done = run("--network", network, "--events", path, "--json")
    said = json.loads(done.stdout)["events"]
    assert (said["rows"], said["used"], said["duplicates"]) == (5, 3, 1)
    assert (said["unknown_meters"], said["unknown_meter_rows"], said["unknown_examples"]) == (1, 1, ["nobody"])
    assert "nobody" in done.stderr
    alone = answer("--network", network, "--events", events(network, *rows))
    twice = answer("--network", network, "--events", events(network, *rows, *rows))
    assert alone["outages"] == twice["outages"]


def test_only_what_had_arrived_by_as_of_counts(network: Path) -> None:
    rows = [f"{row},2026-07-14T19:0{number}:00Z" for number, row in enumerate(gasps("b", 1, 2, 4, 5), 1)]
    path = events(network, *rows, header="meter_id,type,at,arrived_at")
    early = answer("--network", network, "--events", path, "--as-of", "2026-07-14T19:02:30Z")
    assert (early["events"]["used"], early["events"]["after_as_of"]) == (2, 2)
    assert early["outages"][0]["meters_reported"] == 2
    assert answer("--network", network, "--events", path)["events"]["used"] == 4
    some = [row if number else row.rsplit(",", 1)[0] + "," for number, row in enumerate(rows)]
    path = events(network, *some, header="meter_id,type,at,arrived_at")
    assert answer("--network", network, "--events", path)["events"]["used"] == 4


def test_switching_is_told_by_device(network: Path) -> None:
    path = events(network, *gasps("b", 1, 2))
    said = answer("--network", network, "--events", path, "--open", "FUSE-l2")
    assert said["network"]["unfed_meters"] == 5
    assert "has no device nowhere" in refusal("--network", network, "--events", path, "--open", "nowhere")


def test_devices_may_speak(network: Path) -> None:
    path = events(network, *gasps("b", 1), "BRK-out,SCADA_OPEN,2026-07-14T19:00:01Z", *gasps("c", 2))
    one = answer("--network", network, "--events", path)["outages"][0]
    assert "BRK-out" in one["devices"]
    assert "device_scada_open" in {item["kind"] for item in one["evidence"]}


def test_without_json_a_table_is_printed_with_the_three_sentences(network: Path) -> None:
    done = run("--network", network, "--events", events(network, *gasps("b", 1, 2, 4, 5)))
    assert done.returncode == 0
    for word in ("FUSE-l1", "PROBABLE", "90 % credible", "Operator validation required."):
        assert word in done.stdout
    quiet = run("--network", network, "--events", events(network, "home-b1,PING_OK,2026-07-14T19:00:01Z"))
    assert "No device is likely to be open." in quiet.stdout


@pytest.mark.parametrize(
    ("header", "row", "says"),
    [
        ("meter_id,type,at", "", "has a header and no rows"),
        ("meter_id,type", "home-b1,POWER_OUT", "has no column at"),
        ("meter_id,type,at", "home-b1,EXPLODED,2026-07-14T19:00:01Z", "row 2, column type: 'EXPLODED' is no event"),
        ("meter_id,type,at", "home-b1,POWER_OUT,yesterday", "row 2, column at: 'yesterday' is not a time"),
        ("meter_id,type,at", ",POWER_OUT,2026-07-14T19:00:01Z", "row 2, column meter_id: is empty"),
        ("meter_id,type,at", "home-b1,POWER_OUT,", "row 2, column at: is empty"),
        ("meter_id,type,at", "home-b1,POWER_OUT", "row 2 has 2 cells, expected 3"),
        ("meter_id,type,at,arrived_at", "home-b1,CALL,2026-07-14T19:00:01Z,soon", "column arrived_at: 'soon' is not"),
    ],
)
def test_a_bad_file_is_refused_with_row_and_column(network: Path, header: str, row: str, says: str) -> None:
    path = events(network, *([row] if row else []), header=header)
    assert says in refusal("--network", network, "--events", path)


def test_empty_and_foreign_files_are_refused_in_words(network: Path, tmp_path: Path) -> None:
    empty = tmp_path / "none.csv"
    empty.write_text("")
    assert "none.csv is empty" in refusal("--network", network, "--events", empty)
    assert "meter_id,type,at" in refusal("--network", network, "--events", empty)
    empty.write_bytes(b"\x00\x01\xff\xfe garbage")
    assert "neither CSV" in refusal("--network", network, "--events", empty)
    path = events(network, *gasps("b", 1))
    assert "is not a time" in refusal("--network", network, "--events", path, "--as-of", "never")
    bare = tmp_path / "bare"
    bare.mkdir()
    assert "buses.csv" in refusal("--network", bare, "--events", path)


def test_a_huge_file_is_read(network: Path) -> None:
    rows = [
        f"home-b{1 + n % 5},PING_OK,2026-07-14T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z" for n in range(60_000)
    ]
    said = answer("--network", network, "--events", events(network, *rows))
    assert said["events"]["used"] == 60_000
    assert said["outages"] == []


cell = st.sampled_from(["home-b1", "home-c2", "M000003", "BRK-out", "nobody", "", "POWER_OUT", "CALL", "PING_OK", "x"])
stamp = st.sampled_from(
    ["2026-07-14T19:00:01Z", "2026-07-14 19:00", "2026-07-14T19:00:01.5+02:00", "0", "", "2026-13-01"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.tuples(cell, cell, stamp, stamp), max_size=6))
def test_any_rows_end_in_an_answer_or_in_words(network: Path, rows: list[tuple[str, ...]]) -> None:
    path = events(network, *[",".join(row) for row in rows], header="meter_id,type,at,arrived_at")
    done = run("--network", network, "--events", path, "--json")
    assert done.returncode in {0, 2}, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stdout) == (done.returncode == 0)
