"""A building is entered and changed by forms, entry by entry, as the endpoints would: with errors at their field."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import Database, application
from tests.stairs.registry.office import Office

DOOR = {"door_identifier": "D-1", "door_type": "fire_rated", "width_m": "0.90", "handle_offset_m": "0.07"}


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def office(client: TestClient) -> Office:
    return Office(client, "FORMS")


def pressed(office: Office, path: str, who: dict[str, str] | None = None, **fields: Any) -> Any:
    headers = (who or office.ada) | {"Accept": "text/html"}
    return office.client.post(f"/stairs/registry/{path}", headers=headers, follow_redirects=False, data=fields)


def shown(office: Office, path: str, who: dict[str, str] | None = None, status: int = 200) -> str:
    answer = office.client.get(path, headers=(who or office.ada) | {"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    return answer.text


def entered(office: Office, path: str, **fields: Any) -> str:
    """Where one goes on."""
    made = pressed(office, path, **fields)
    assert made.status_code == 303, made.text
    return str(made.headers["location"].split("?")[0])


@pytest.fixture(scope="module")
def building(office: Office) -> str:
    """With a stair of two floors, entered by forms alone; its id."""
    assert "/stairs/registry/buildings/new" in shown(office, "/stairs/buildings")
    address = entered(office, "buildings", name="House", timezone="Australia/Sydney", jurisdiction="NSW")
    own = address.rsplit("/", 1)[1]
    assert f"/stairs/registry/stairs/new?within={own}" in shown(office, address)
    stair = entered(office, f"stairs?within={own}", stair_name="Stair-A", stair_type="pressurized").rsplit("/", 1)[1]
    for number, level in enumerate(("Ground", "Level-1")):
        entered(office, f"floors?within={stair}", floor_level=level, floor_number=str(number), height_m="3.5")
    return own


def standing(office: Office, building: str) -> dict[str, Any]:
    told: dict[str, Any] = office.get(f"/buildings/{building}")
    return told


def test_each_kind_of_entry_is_entered_and_stands_as_by_the_endpoint(office: Office, building: str) -> None:
    there = standing(office, building)
    stair, floor = there["stairs"][0]["stair_id"], there["floors"][1]["floor_id"]
    assert entered(office, f"doors?within={floor}", **DOOR) == f"/stairs/registry/floors/{floor}"
    entered(office, f"doorways?within={floor}", doorway_identifier="DW-1", width_m="1.2", height_m="2.4")
    assert 'value="Level-1"' in shown(office, f"/stairs/registry/zones/new?within={stair}")
    entered(office, f"zones?within={stair}", zone_name="Zone-1", floors_covered=["Ground", "Level-1"])
    more = {"zone_name": "Zone-1", "specifications": "capacity_m3_s: 5.2\nmaker's note: 'as built'"}
    entered(office, f"equipment?within={stair}", equipment_type="fan", equipment_identifier="fan-01", **more)
    there = standing(office, building)
    assert (there["doors"][0]["width_m"], there["doors"][0]["door_type"]) == ("0.90", "fire_rated")
    assert there["doorways"][0]["height_m"] == "2.40"
    assert there["zones"][0]["floors_covered"] == ["Ground", "Level-1"]
    fan = there["equipment"][0]
    assert (fan["equipment_identifier"], fan["zone_id"]) == ("FAN-01", there["zones"][0]["zone_id"])
    assert fan["specifications"] == {"capacity_m3_s": 5.2, "maker's note": "'as built'"}
    page = shown(office, f"/stairs/registry/equipment/{fan['equipment_id']}")
    assert "capacity_m3_s: 5.2" in page
    assert '<option value="Zone-1" selected>' in page


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_entered(office: Office, building: str) -> None:
    there = standing(office, building)
    stair, floor = there["stairs"][0]["stair_id"], there["floors"][0]["floor_id"]
    for path, fields, words in (
        (f"doors?within={floor}", {"width_m": "0.9"}, "Needed."),
        (f"doors?within={floor}", {"door_identifier": "D-9", "width_m": "30"}, "less than or equal to 3"),
        (f"floors?within={stair}", {"floor_level": "Level-9", "floor_number": "1"}, "has this number"),
        (f"floors?within={stair}", {"floor_level": "Ground", "floor_number": "7"}, "There is a floor Ground already"),
        (f"zones?within={stair}", {"zone_name": "Empty"}, "At least one is needed."),
        ("buildings", {"name": "Other", "timezone": "Sydney"}, "IANA"),
    ):
        refused = pressed(office, path, **fields)
        assert (refused.status_code, words in refused.text) == (422, True), refused.text
        assert re.search(r'class="(field|checks whole) wrong"', refused.text) is not None
        assert all(f'value="{value}"' in refused.text for value in fields.values()), "what was typed is kept"
    assert standing(office, building) == there


def test_an_entry_is_changed_retired_and_put_back_and_a_second_press_does_no_harm(
    office: Office, building: str
) -> None:
    floor = standing(office, building)["floors"][0]["floor_id"]
    entered(office, f"doors?within={floor}", door_identifier="D-7")
    door = next(one for one in standing(office, building)["doors"] if one["door_identifier"] == "D-7")["door_id"]
    own = f"doors/{door}"
    for done in ("changed", "same"):
        made = pressed(office, own, door_identifier="D-7b", door_hand="left")
        assert made.headers["location"] == f"/stairs/registry/{own}?done={done}"
    assert "D-7b" in shown(office, f"/stairs/registry/floors/{floor}")
    for done in ("retired", "same"):
        assert pressed(office, f"{own}/retire").headers["location"].endswith(f"?done={done}")
    assert door not in [one["door_id"] for one in standing(office, building)["doors"]]
    assert "Retired: 1" in shown(office, f"/stairs/registry/floors/{floor}")
    assert "Put it back" in shown(office, f"/stairs/registry/{own}")
    refused = pressed(office, own, door_identifier="D-8")
    assert (refused.status_code, "retired; nothing was changed" in refused.text) == (409, True)
    assert pressed(office, f"{own}/restore").headers["location"].endswith("?done=restored")
    assert door in [one["door_id"] for one in standing(office, building)["doors"]]


def test_a_retired_building_is_found_and_put_back(office: Office) -> None:
    own = entered(office, "buildings", name="Gone", timezone="Australia/Perth").rsplit("/", 1)[1]
    pressed(office, f"buildings/{own}/retire")
    assert f"/stairs/registry/buildings/{own}" in shown(office, "/stairs/buildings")
    pressed(office, f"buildings/{own}/restore")
    assert f'href="/stairs/buildings/{own}"' in shown(office, "/stairs/buildings")


def test_a_technician_reads_an_entry_and_enters_nothing_and_another_tenant_sees_none(
    office: Office, building: str, client: TestClient
) -> None:
    there = standing(office, building)
    stair = there["stairs"][0]["stair_id"]
    tess = office.person("tess", "TECHNICIAN")
    page = shown(office, f"/stairs/registry/stairs/{stair}", tess)
    assert ("Ground" in page, '<form method="post"' in page.split("<main", 1)[1]) == (True, False)
    shown(office, f"/stairs/registry/floors/new?within={stair}", tess, 403)
    for path in (f"floors?within={stair}", f"stairs/{stair}", f"stairs/{stair}/retire"):
        assert pressed(office, path, tess, stair_name="Mine").status_code == 403
    other = Office(client, "NEXT-DOOR")
    shown(other, f"/stairs/registry/stairs/{stair}", status=404)
    assert pressed(other, f"floors?within={stair}", floor_level="L", floor_number="3").status_code == 404
    assert standing(office, building) == there
