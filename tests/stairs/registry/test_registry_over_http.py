"""People enter the registry entry by entry; nothing of it is deleted, and nobody else's tenant is touched."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.kernel.keys import create_key
from domain.stairs.rules.pilot.building import pilot_document
from tests.conftest import Database, application
from tests.stairs.registry.office import Office


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def office(client: TestClient) -> Office:
    return Office(client, "MINE")


@pytest.fixture(scope="module")
def ids(office: Office) -> dict[str, str]:
    """One entry of each kind, entered one by one."""
    building = office.post("/buildings", {"name": "One by one", "timezone": "Australia/Sydney"}, 201)["id"]
    stair = office.post(f"/buildings/{building}/stairs", {"stair_name": " Stair-A "}, 201)["id"]
    floor = office.post(f"/stairs/{stair}/floors", {"floor_level": "Basement-1", "floor_number": -1}, 201)["id"]
    door = office.post(f"/floors/{floor}/doors", {"door_identifier": "D-1", "width_m": 0.9}, 201)["id"]
    doorway = office.post(
        f"/floors/{floor}/doorways", {"doorway_identifier": "DW-1", "width_m": "1.20", "height_m": "2.40"}, 201
    )["id"]
    zone = office.post(f"/stairs/{stair}/zones", {"zone_name": "Zone-1", "floors_covered": ["Basement-1"]}, 201)["id"]
    equipment = office.post(
        f"/stairs/{stair}/equipment",
        {"equipment_type": "fan", "equipment_identifier": "fan-01", "zone_name": "Zone-1"},
        201,
    )["id"]
    return {
        "buildings": building,
        "stairs": stair,
        "floors": floor,
        "doors": door,
        "doorways": doorway,
        "zones": zone,
        "equipment": equipment,
    }


def test_what_was_entered_is_read_back_with_its_places(office: Office, ids: dict[str, str]) -> None:
    told = office.get(f"/buildings/{ids['buildings']}")
    assert told["counts"] == {
        "stairs": 1,
        "floors": 1,
        "doors": 1,
        "doorways": 1,
        "zones": 1,
        "equipment": 1,
        "scenarios": 0,
        "definitions": 0,
    }
    assert told["stairs"][0]["stair_name"] == "Stair-A"
    assert told["doors"][0]["width_m"] == "0.90"
    assert told["zones"][0]["floor_ids_covered"] == [ids["floors"]]
    assert told["equipment"][0]["equipment_identifier"] == "FAN-01"
    assert told["equipment"][0]["zone_id"] == ids["zones"]


def test_the_grid_of_a_doorway_is_told_in_metres(office: Office, ids: dict[str, str]) -> None:
    points = office.get(f"/doorways/{ids['doorways']}/grid")
    assert points[1] == {"point": 2, "x": "0.6", "y": "1.92", "fx": "0.5", "fy": "0.8"}


def test_the_alias_answers_the_same(office: Office, ids: dict[str, str]) -> None:
    alias = office.client.get(f"/v1/buildings/{ids['buildings']}", headers=office.ada)
    assert alias.json() == office.get(f"/buildings/{ids['buildings']}")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/buildings/{buildings}/stairs", {"stair_name": "Stair-A"}),
        ("/stairs/{stairs}/floors", {"floor_level": "Basement-1", "floor_number": -2}),
        ("/stairs/{stairs}/floors", {"floor_level": "Basement-9", "floor_number": -1}),
        ("/floors/{floors}/doors", {"door_identifier": "D-1"}),
        ("/stairs/{stairs}/zones", {"zone_name": "Zone-1", "floors_covered": ["Basement-1"]}),
        ("/stairs/{stairs}/equipment", {"equipment_type": "damper", "equipment_identifier": "Fan-01"}),
        ("/buildings", {"name": "One by one", "timezone": "UTC"}),
    ],
)
def test_a_name_or_number_that_is_taken_is_409(office: Office, ids: dict[str, str], path: str, body: Any) -> None:
    office.post(path.format(**ids), body, 409)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/buildings", {"name": "X"}),
        ("/buildings", {"name": "X", "timezone": "Atlantis/Capital"}),
        ("/buildings", {"name": "a\0b", "timezone": "UTC"}),
        ("/buildings", {"name": "X", "timezone": "UTC", "tenant": "T"}),
        ("/buildings/{buildings}/stairs", {"stair_name": "S", "orientation": "Up"}),
        ("/buildings/{buildings}/stairs", {"stair_name": "  "}),
        ("/stairs/{stairs}/floors", {"floor_level": "L", "floor_number": 201}),
        ("/stairs/{stairs}/floors", {"floor_level": "L", "floor_number": -6}),
        ("/floors/{floors}/doors", {"door_identifier": "D", "width_m": 3.01}),
        ("/floors/{floors}/doors", {"door_identifier": "D", "width_m": 0}),
        ("/floors/{floors}/doors", {"door_identifier": "D", "width_m": "NaN"}),
        ("/floors/{floors}/doors", {"door_identifier": "D", "handle_offset_m": 0.07}),
        ("/stairs/{stairs}/zones", {"zone_name": "Z", "floors_covered": []}),
        ("/stairs/{stairs}/zones", {"zone_name": "Z", "floors_covered": ["Level-1"]}),
        ("/stairs/{stairs}/zones", {"zone_name": "Z", "floors_covered": ["Basement-1", "Basement-1"]}),
        ("/stairs/{stairs}/equipment", {"equipment_type": "pump", "equipment_identifier": "P"}),
        (
            "/stairs/{stairs}/equipment",
            {"equipment_type": "fan", "equipment_identifier": "F", "zone_name": "Zone-9"},
        ),
        ("/buildings/{buildings}/instances/generate", {"frequency": "weekly"}),
        ("/buildings/{buildings}/instances/generate", {"frequency": "annual", "profile": "loose"}),
        ("/buildings/import", {"name": "X", "timezone": "UTC", "stairs": [{"stair_name": "S"}] * 2}),
        ("/buildings/import", {"name": "X", "timezone": "UTC", "stairs": 5}),
    ],
)
def test_what_makes_no_sense_is_422_and_stores_nothing(
    office: Office, ids: dict[str, str], path: str, body: Any
) -> None:
    before = office.get(f"/buildings/{ids['buildings']}"), office.get("/buildings")["counts"]
    headers = office.ada | {"Content-Type": "application/json"}
    answer = office.client.post(f"/api/v1{path.format(**ids)}", content=json.dumps(body), headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (office.get(f"/buildings/{ids['buildings']}"), office.get("/buildings")["counts"]) == before


def test_an_entry_changes_is_retired_and_comes_back(office: Office, ids: dict[str, str]) -> None:
    body = {"door_identifier": "D-1", "width_m": "0.95", "door_closer_model": "LCN 4040XP"}
    assert office.put(f"/doors/{ids['doors']}", body)["outcome"] == "changed"
    assert office.put(f"/doors/{ids['doors']}", body)["outcome"] == "unchanged"
    assert office.post(f"/doors/{ids['doors']}/retire")["outcome"] == "retired"
    assert office.post(f"/doors/{ids['doors']}/retire")["outcome"] == "unchanged"
    assert office.get(f"/buildings/{ids['buildings']}")["counts"]["doors"] == 0
    office.put(f"/doors/{ids['doors']}", body, 409)
    again = office.post(f"/floors/{ids['floors']}/doors", {"door_identifier": "D-1"}, 201)
    assert again == {"id": ids["doors"], "outcome": "changed"}
    assert office.get(f"/buildings/{ids['buildings']}")["counts"]["doors"] == 1


def test_what_stands_on_a_retired_stair_is_not_read(office: Office, ids: dict[str, str]) -> None:
    office.post(f"/stairs/{ids['stairs']}/retire")
    counts = office.get(f"/buildings/{ids['buildings']}")["counts"]
    assert {counts[name] for name in ("stairs", "floors", "doors", "doorways", "zones", "equipment")} == {0}
    office.post(f"/stairs/{ids['stairs']}/floors", {"floor_level": "Ground", "floor_number": 0}, 404)
    office.post(f"/stairs/{ids['stairs']}/restore")
    assert office.get(f"/buildings/{ids['buildings']}")["counts"]["floors"] == 1


def test_a_document_is_entered_whole_or_not_at_all(office: Office) -> None:
    document = pilot_document().model_dump(mode="json") | {"name": "Half"}
    document["stairs"][1]["scenarios"][3]["expected_sequence"] = [{"step_order": 1}]
    assert office.post("/buildings/import", document, 422)["code"] == "BAD_SEQUENCE"
    assert "Half" not in [one["name"] for one in office.get("/buildings?limit=500")["rows"]]


@pytest.mark.parametrize("role", ["LEARNER", "TECHNICIAN", "AUDITOR", "OWNER", "OPERATOR"])
def test_who_only_reads_or_tests_enters_nothing(office: Office, ids: dict[str, str], role: str) -> None:
    who = office.person(role.lower(), role)
    for method, path, body in (
        ("POST", "/buildings", {"name": "N", "timezone": "UTC"}),
        ("POST", f"/stairs/{ids['stairs']}/retire", None),
        ("PUT", f"/doors/{ids['doors']}", {"door_identifier": "D-1"}),
        ("POST", "/rules/adopt", None),
        ("POST", f"/buildings/{ids['buildings']}/instances/generate", {"frequency": "annual"}),
    ):
        answer = office.client.request(method, f"/api/v1{path}", headers=who, json=body)
        assert answer.status_code == 403, (path, answer.text)


def test_a_machine_reads_and_proposes_by_its_scopes_and_enters_nothing(office: Office, ids: dict[str, str]) -> None:
    _, token = create_key(office.tenant, "sensor", ["stairs:read", "stairs:write"])
    who = {"Authorization": f"Bearer {token}"}
    assert office.client.get(f"/api/v1/buildings/{ids['buildings']}", headers=who).status_code == 200
    path = f"/api/v1/buildings/{ids['buildings']}/instances/generate"
    body = {"frequency": "annual", "profile": "strict"}
    assert office.client.post(path, headers=who, json=body).status_code == 200
    refused = office.client.post("/api/v1/buildings", headers=who, json={"name": "N", "timezone": "UTC"})
    assert refused.json()["code"] == "PERSON_REQUIRED"
    assert office.client.post("/api/v1/rules/adopt", headers=who).status_code == 403


def test_another_tenant_sees_and_changes_nothing(client: TestClient, office: Office, ids: dict[str, str]) -> None:
    other = Office(client, "THEIRS")
    before = office.get(f"/buildings/{ids['buildings']}")
    other.get(f"/buildings/{ids['buildings']}", 404)
    other.get(f"/buildings/{ids['buildings']}/baseline", 404)
    other.get(f"/buildings/{ids['buildings']}/instances/templates", 404)
    for kind, one in ids.items():
        other.post(f"/{kind}/{one}/retire", status=404)
    other.post(f"/floors/{ids['floors']}/doors", {"door_identifier": "X"}, 404)
    other.post(f"/buildings/{ids['buildings']}/instances/generate", {"frequency": "annual"}, 404)
    assert other.get("/buildings")["rows"] == []
    assert office.get(f"/buildings/{ids['buildings']}") == before
    assert other.post("/buildings", {"name": "One by one", "timezone": "UTC"}, 201)


def test_a_renamed_floor_is_renamed_in_its_zones(office: Office, ids: dict[str, str]) -> None:
    office.put(f"/floors/{ids['floors']}", {"floor_level": "Basement-2", "floor_number": -2})
    zone = office.get(f"/buildings/{ids['buildings']}")["zones"][0]
    assert (zone["floors_covered"], zone["floor_ids_covered"]) == (["Basement-2"], [ids["floors"]])
    office.put(f"/floors/{ids['floors']}", {"floor_level": "Basement-1", "floor_number": -1})
    assert office.put(f"/zones/{ids['zones']}", {"zone_name": "Zone-1", "floors_covered": ["Basement-1"]}) == {
        "id": ids["zones"],
        "outcome": "unchanged",
    }
