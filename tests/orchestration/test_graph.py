"""The graph reads as the way of the data, and loads without a word."""

import ast
import subprocess
import sys
from pathlib import Path

import dagster as dg
import psycopg
import pytest

import orchestration
from orchestration.definitions import defs
from orchestration.doers import GATES
from tests.conftest import ROOT, Database

ROOM = Path(orchestration.__file__).parent
GRAPH = defs.resolve_asset_graph()
WAY = [
    ("topology_versions", "feeders"),
    ("topology_versions", "meters"),
    ("ami_events", "event_expectations"),
    ("meters", "meter_reads_electric"),
    ("ami_events", "meter_reads_electric"),
    ("ami_events", "feeder_delivered"),
    ("meter_reads_electric", "gl_feeder_interval"),
    ("feeder_delivered", "gl_feeder_interval"),
    ("meter_reads_electric", "gl_meter_day"),
    ("gl_feeder_interval", "gl_feeder_day"),
    ("gl_feeder_day", "v_kpi_electric_feeder_loss_daily"),
    ("gl_feeder_day", "v_kpi_electric_overview_daily"),
    ("meter_reads_electric", "meter_suspicion"),
    ("meter_suspicion", "v_kpi_suspicious_meters_daily"),
    ("meter_suspicion", "v_kpi_fieldops_daily"),
    ("event_expectations", "v_gl_event_outcomes"),
    ("gl_feeder_interval", "v_gl_event_outcomes"),
    ("meters", "meter_events"),
    ("meter_events", "device_posteriors"),
    ("device_posteriors", "provisional_outages"),
    ("provisional_outages", "outages"),
    ("outages", "fault_zone_rankings"),
    ("fault_zone_rankings", "restoration_options"),
    ("restoration_options", "crew_recommendations"),
    ("crew_recommendations", "outage_replays"),
]
KEYS = sorted(GRAPH.get_all_asset_keys(), key=lambda key: key.path)


def test_the_code_location_loads_without_a_warning_and_without_a_database() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            "from orchestration.definitions import defs; defs.get_repository_def().load_all_definitions()",
        ],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "COUNTERSIGN_HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (0, "", "")


@pytest.mark.parametrize(("upstream", "downstream"), WAY)
def test_the_graph_reads_as_the_way_of_the_data(upstream: str, downstream: str) -> None:
    assert dg.AssetKey(["grid", upstream]) in GRAPH.get(dg.AssetKey(["grid", downstream])).parent_keys


def test_every_number_of_a_page_leads_back_to_the_network() -> None:
    for key in [key for key in KEYS if key.path[0] == "grid" and not GRAPH.get(key).is_external]:
        ancestors, todo = set(), [key]
        while todo:
            for parent in GRAPH.get(todo.pop()).parent_keys - ancestors:
                ancestors.add(parent)
                todo.append(parent)
        above = {tuple(key.path) for key in ancestors}
        assert ("grid", "topology_versions") in above
        # Reads may be emulated; what is made of them says under which events.
        assert ("grid", "ami_events") in above or ("grid", "meter_events") in above


def test_no_edge_repeats_what_another_way_implies() -> None:
    above: dict[dg.AssetKey, set[dg.AssetKey]] = {}
    for level in GRAPH.toposorted_asset_keys_by_level:
        for key in level:
            parents = GRAPH.get(key).parent_keys
            above[key] = set(parents).union(*(above[parent] for parent in parents))
            assert not [parent for parent in parents if any(parent in above[other] for other in parents)], key


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_an_asset_says_what_it_is(key: dg.AssetKey) -> None:
    node = GRAPH.get(key)
    assert node.group_name == key.path[0]
    assert node.tags["verb"] in {"observe", "suggest", "countersign", "fulfil"}
    assert "Grain:" in (node.description or "")
    assert node.owners
    # What one run does for all tenants is not cut.
    assert node.partitions_def is not None or tuple(key.path) in {("kernel", "seals")}


def test_an_asset_has_the_name_of_a_table_or_view(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        for key in KEYS:
            table = GRAPH.get(key).metadata["dagster/table_name"]
            assert connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,), key
            assert key.path[0] == "countersign" or table == f"public.{key.path[-1]}"


def test_what_the_api_makes_has_no_button() -> None:
    external = {key.path[-1] for key in KEYS if key.path[0] == "grid" and GRAPH.get(key).is_external}
    assert external == {
        "topology_versions",
        "feeders",
        "meters",
        "ami_events",
        "event_expectations",
        "meter_events",
        "outages",
    }


def test_what_a_person_signs_is_a_node_that_no_button_makes() -> None:
    signed = {key.path[-1] for key in KEYS if key.path[0] == "countersign"}
    assert signed == {gate.kind.replace(".", "_") for gate in GATES}
    for key in KEYS:
        node = GRAPH.get(key)
        if node.tags["verb"] == "countersign":
            assert node.is_external, key
        if node.tags["verb"] == "fulfil":
            assert {parent.path[0] for parent in node.parent_keys} == {"countersign"}, key


def _lines(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_a_body_opens_a_session_calls_one_verb_and_reports() -> None:
    for path in ROOM.glob("*/assets.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                assert _lines(node) <= 15, f"{path.name}: {node.name}"
