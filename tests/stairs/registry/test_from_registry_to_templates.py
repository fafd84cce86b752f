"""The whole way over HTTP: a building is entered, ruleset, definitions and baselines signed, its tests published."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.stairs.rules.pilot.building import pilot_document
from domain.stairs.store.registry import load_registry
from tests.conftest import Database, application
from tests.stairs.registry.office import Office


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def office(client: TestClient) -> Office:
    return Office(client, "PILOT")


@pytest.fixture(scope="module")
def building(office: Office) -> str:
    office.adopt()
    building_id = office.import_pilot()
    with transaction(office.tenant) as connection:
        registry = load_registry(connection, uuid.UUID(building_id))
    office.baselines(building_id, registry)
    return building_id


def test_the_document_is_entered_whole_and_sent_again_changes_nothing(office: Office, building: str) -> None:
    told = office.get(f"/buildings/{building}")
    assert told["counts"] == {
        "stairs": 2,
        "floors": 30,
        "doors": 30,
        "doorways": 30,
        "zones": 10,
        "equipment": 26,
        "scenarios": 20,
        "definitions": 8,
    }
    again = office.post("/buildings/import", pilot_document().model_dump(mode="json"))
    assert again["counts"] == {"added": 0, "changed": 0, "unchanged": 129, "not_in_document": 0}
    assert again["definitions"]["state"] == "unchanged"
    assert office.get("/buildings")["rows"][0]["id"] == building


def test_r_14_the_formula_is_told_for_building_and_stairs(office: Office, building: str) -> None:
    told = office.get(f"/buildings/{building}/instances/expected")
    assert [told["frequencies"][one]["total"] for one in ("monthly", "six_monthly", "annual")] == [8, 78, 168]
    assert told["stairs"]["Stair-A"] == {"monthly": 4, "six_monthly": 39, "annual": 84}


def publish(office: Office, building: str, frequency: str) -> None:
    """Publish what is asked for now, where it is not."""
    made = office.generate(building, frequency)
    if made["proposal_id"]:
        office.sign(made)


@pytest.mark.parametrize(("frequency", "total"), [("monthly", 8), ("six_monthly", 78), ("annual", 168)])
def test_r_14_generated_twice_is_generated_once_and_published_by_a_signature(
    office: Office, building: str, frequency: str, total: int
) -> None:
    first = office.generate(building, frequency)
    assert (first["state"], first["counts"]["total"], first["added"]) == ("proposed", total, total)
    assert first["counts"] == first["expected"]
    assert first["warnings"] == []
    assert office.generate(building, frequency) == first
    path = f"/buildings/{building}/instances/templates?limit=500&frequency={frequency}"
    assert office.get(path)["rows"] == []
    office.sign(first)
    rows = office.get(path)["rows"]
    assert [row["sequence_order"] for row in rows] == list(range(1, total + 1))
    assert {row["generation_run_id"] for row in rows} == {first["run_id"]}
    again = office.generate(building, frequency)
    assert (again["state"], again["added"], again["retired"], again["unchanged"]) == ("unchanged", 0, 0, total)
    assert len(office.get(path)["rows"]) == total


def test_templates_carry_baseline_limits_and_texts(office: Office, building: str) -> None:
    publish(office, building, "annual")
    path = f"/buildings/{building}/instances/templates?frequency=annual&limit=1&include_ux=true"
    page = office.get(path)
    first = page["rows"][0]
    assert first["scoped_identifier"] == "PRESSURE_STAIR-A_GF_ALL-CLOSED"
    assert (first["baseline_value"], first["min_threshold"], first["unit"]) == ("44.500", "20.000", "Pa")
    assert first["evidence_prompts"][0]["mandatory"] is True
    following = office.get(f"{path}&cursor={page['next_cursor']}")["rows"][0]
    assert following["scoped_identifier"] == "PRESSURE_STAIR-A_L1_ALL-CLOSED"
    assert office.get(path.replace("&include_ux=true", ""))["rows"][0]["evidence_prompts"] is None
    narrow = office.get(f"{path}&fields=scoped_identifier,unit")["rows"]
    assert narrow == [{"scoped_identifier": "PRESSURE_STAIR-A_GF_ALL-CLOSED", "unit": "Pa"}]


def test_commissioned_values_tell_their_distance_to_the_limits(office: Office, building: str) -> None:
    found = office.get(f"/buildings/{building}/baseline")
    first = next(one for one in found["pressure"] if one["pressure_pa"] == "44.50")
    assert (first["margin"], first["is_recent"]) == ("24.500", False)
    assert {one["average_velocity_ms"] for one in found["velocity"]} == {"1.159"}


def test_a_changed_registry_is_a_difference_and_what_stands_is_renumbered(office: Office, building: str) -> None:
    publish(office, building, "annual")
    floors = office.get(f"/buildings/{building}")["floors"]
    top = next(one["floor_id"] for one in floors if one["floor_level"] == "Level-14")
    office.post(f"/floors/{top}/retire")
    change = office.generate(building)
    assert (change["added"], change["retired"], change["unchanged"]) == (0, 5, 163)
    office.sign(change)
    rows = office.get(f"/buildings/{building}/instances/templates?limit=500&frequency=annual")["rows"]
    assert [row["sequence_order"] for row in rows] == list(range(1, 164))
    office.post(f"/floors/{top}/restore")
    back = office.generate(building)
    assert (back["added"], back["retired"], back["unchanged"]) == (5, 0, 163)
    office.sign(back)
    assert len(office.get(f"/buildings/{building}/instances/templates?limit=500&frequency=annual")["rows"]) == 168


def test_a_difference_is_not_signed_over_another_one(office: Office, building: str) -> None:
    floors = office.get(f"/buildings/{building}")["floors"]
    some = next(one["floor_id"] for one in floors if one["floor_level"] == "Level-3")
    strict = office.generate(building, "monthly", profile="strict")
    office.post(f"/floors/{some}/retire")
    refused = office.sign(strict, 409)
    assert refused["code"] == "REGISTRY_CHANGED"
    office.post(f"/floors/{some}/restore")
    office.sign(strict)
    assert office.generate(building, "monthly", profile="strict")["state"] == "unchanged"


def test_templates_that_changed_behind_a_proposal_are_not_published_over(office: Office, building: str) -> None:
    publish(office, building, "six_monthly")
    made = office.generate(building, "six_monthly", profile="strict")
    with transaction(office.tenant) as connection:
        connection.execute(
            text(
                "UPDATE test_instance_templates SET retired_at = now()"
                " WHERE frequency = 'six_monthly' AND sequence_order = 78 AND retired_at IS NULL"
            )
        )
    assert office.sign(made, 409)["code"] == "STALE_GENERATION"
    again = office.generate(building, "six_monthly")
    assert (again["added"], again["unchanged"]) == (1, 77)
    office.sign(again)


def test_a_run_that_was_changed_behind_the_platform_is_not_published(
    office: Office, building: str, module_database: Database
) -> None:
    publish(office, building, "six_monthly")
    made = office.generate(building, "six_monthly", profile="strict")
    told = office.get(f"/generation-runs/{made['run_id']}")
    assert len(told["added"]) == made["added"] > 0
    with psycopg.connect(module_database.urls["superuser"]) as connection:
        connection.execute("ALTER TABLE generation_runs DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE generation_runs SET added = jsonb_set(added, '{0,max_threshold}', '\"500\"') WHERE run_id = %s",
            (made["run_id"],),
        )
        connection.execute("ALTER TABLE generation_runs ENABLE ALWAYS TRIGGER refuse_change")
    assert office.sign(made, 409)["code"] == "CONTENT_CHANGED"
    assert len(office.get(f"/buildings/{building}/instances/templates?frequency=six_monthly&limit=500")["rows"]) == 78


def test_the_proposer_of_a_person_does_not_sign_it(office: Office, building: str) -> None:
    registry = office.get(f"/buildings/{building}")
    stair = registry["stairs"][0]["stair_id"]
    entry = {"interface_type": "manual_override", "location_id": "FIRE-PANEL-02", "response_time_s": 9}
    body = {"stairs": [{"stair_id": stair, "interface_definitions": [entry]}]}
    laid = office.post(f"/buildings/{building}/definitions", body)
    assert office.sign(laid, 403, office.ada)["code"] == "FOUR_EYES"
    office.sign(laid)
    assert office.generate(building, "annual")["counts"]["interface_test"] == 9


def test_a_scenario_changes_by_a_new_version(office: Office, building: str) -> None:
    document = pilot_document().model_dump(mode="json")["stairs"][0]["scenarios"][0]
    document["expected_sequence"][1]["component_id"] = "FAN-09"
    stair = office.get(f"/buildings/{building}")["stairs"]
    stair_a = next(one["stair_id"] for one in stair if one["stair_name"] == "Stair-A")
    publish(office, building, "six_monthly")
    body = {"stairs": [{"stair_id": stair_a, "scenarios": [document]}]}
    laid = office.post(f"/buildings/{building}/definitions", body)
    assert [one["code"] for one in laid["warnings"]] == ["UNKNOWN_COMPONENT"]
    office.sign(laid)
    found = office.get(f"/buildings/{building}/definitions")["scenarios"]
    versions = [
        (one["version"], one["active"])
        for one in found
        if one["scenario_name"] == document["scenario_name"] and one["stair_id"] == stair_a
    ]
    assert versions == [(1, False), (2, True)]
    change = office.generate(building, "six_monthly")
    run = office.get(f"/generation-runs/{change['run_id']}")
    scenarios = [one["scoped_identifier"] for one in run["added"] if one["archetype_id"] == "ARCH-CE-001"]
    assert scenarios == ["CE_STAIR-A_ZONE-1_FIRE-FLOOR-1-ZONE-1-ACTIVATION-SIX-MONTHLY_V2"]
    assert any(one["scoped_identifier"] == scenarios[0].replace("_V2", "_V1") for one in run["retired"])
