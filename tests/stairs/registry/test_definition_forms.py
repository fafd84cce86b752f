"""What must happen in a stair, by forms: scenarios, interface tests, what rests. None holds unsigned."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import Database, application
from tests.stairs.registry.office import Office
from tests.stairs.registry.test_rule_forms import pressed, shown, signed

SCENARIO = {
    "scenario_name": "Fire Floor 8",
    "scenario_type": "annual",
    "trigger_device_id": "SD-L8-01",
    "trigger_device_type": "smoke_detector",
    "expected_sequence": "ALARM-PANEL, alarm, activate, 0, 2\n\nFAN-01-A, fan, start, 3, 2",
}
INTERFACE = {"interface_type": "manual_override", "location_id": "FIRE-PANEL-09", "response_time_s": "5"}


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def office(client: TestClient) -> Office:
    made = Office(client, "MUST-HAPPEN")
    made.import_pilot(defined=False)
    return made


@pytest.fixture(scope="module")
def here(office: Office) -> tuple[str, str, str]:
    """A building, one of its stairs and a zone of it."""
    building = office.get("/buildings")["rows"][0]["id"]
    there = office.get(f"/buildings/{building}")
    zone = there["zones"][0]
    return building, zone["stair_id"], zone["zone_name"]


def standing(office: Office, here: tuple[str, str, str], kind: str) -> list[dict[str, Any]]:
    found = office.get(f"/buildings/{here[0]}/definitions")[kind]
    return [one for one in found if one["active"]]


def test_a_scenario_is_entered_changed_and_rests_each_once_signed(office: Office, here: tuple[str, str, str]) -> None:
    _, stair, zone = here
    at, given = f"/stairs/definitions/{stair}/scenario", SCENARIO | {"zone_name": zone}
    assert at in shown(office, f"/stairs/registry/stairs/{stair}")
    for change, words in (
        ({"scenario_name": ""}, "Needed."),
        ({"expected_sequence": ""}, "At least one is needed."),
        ({"expected_sequence": "FAN-01-A, fan, start, 3"}, "Line 1: tolerance is missing."),
        ({"expected_sequence": "A, fan, start, soon, 2"}, "Line 1: seconds is not a number of seconds"),
    ):
        refused = pressed(office, at, **given | change)
        assert (refused.status_code, words in refused.text, "SD-L8-01" in refused.text) == (422, True, True), words
    made = pressed(office, at, **given)
    assert pressed(office, at, **given).headers["location"] == made.headers["location"]
    assert "takes the place of what waits" in shown(office, at)
    assert standing(office, here, "scenarios") == []
    signed(office, made)
    (first,) = standing(office, here, "scenarios")
    assert [one["component_id"] for one in first["expected_sequence"]] == ["ALARM-PANEL", "FAN-01-A"]
    form = shown(office, f"{at}?scenario_id={first['scenario_id']}")
    assert "FAN-01-A, fan, start, 3, 2" in form
    assert pressed(office, at, **given).headers["location"].endswith("?done=unchanged")
    signed(office, pressed(office, at, **given | {"expected_sequence": "FAN-01-A, fan, start, 4, 2"}))
    (second,) = standing(office, here, "scenarios")
    assert second["version"] == 2
    assert "Fire Floor 8, version 2" in shown(office, f"/stairs/registry/stairs/{stair}")
    signed(office, pressed(office, f"/stairs/definitions/{stair}/rest", id=second["scenario_id"]))
    assert standing(office, here, "scenarios") == []
    assert pressed(office, f"/stairs/definitions/{stair}/rest", id=second["scenario_id"]).status_code == 404
    assert pressed(office, f"/stairs/definitions/{stair}/rest").status_code == 422


def test_an_interface_test_is_entered_and_stands_once_signed(office: Office, here: tuple[str, str, str]) -> None:
    at = f"/stairs/definitions/{here[1]}/interface"
    refused = pressed(office, at, **INTERFACE | {"response_time_s": "soon"})
    assert (refused.status_code, "Give a whole number." in refused.text) == (422, True)
    signed(office, pressed(office, at, **INTERFACE))
    (one,) = standing(office, here, "interface_definitions")
    assert (one["location_id"], one["response_time_s"]) == ("FIRE-PANEL-09", 5)
    assert 'value="FIRE-PANEL-09"' in shown(office, f"{at}?definition_id={one['definition_id']}")
    another = pressed(office, at, **INTERFACE | {"location_id": "FIRE-PANEL-10"})
    asked = shown(office, another.headers["location"], office.ben)
    assert "FIRE-PANEL-10" in asked
    assert "What changed since it was last signed" not in asked, "the first stands beside it, and nothing of it is gone"
    signed(office, another)
    assert len(standing(office, here, "interface_definitions")) == 2


def test_a_technician_lays_nothing_down_and_another_tenant_sees_no_stair(
    office: Office, here: tuple[str, str, str], client: TestClient
) -> None:
    tess, other = office.person("tess", "TECHNICIAN"), Office(client, "ELSEWHERE")
    for name in ("scenario", "interface"):
        at = f"/stairs/definitions/{here[1]}/{name}"
        shown(office, at, tess, 403)
        shown(other, at, status=404)
        assert pressed(office, at, tess, **INTERFACE).status_code == 403
        assert pressed(other, at, **INTERFACE).status_code == 404
    assert "Let it rest" not in shown(office, f"/stairs/registry/stairs/{here[1]}", tess)
