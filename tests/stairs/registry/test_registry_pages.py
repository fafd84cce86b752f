"""Buildings and rules as pages: what is asked for beside what is published, what holds beside where it comes from."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

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
    return Office(client, "PAGES")


def shown(office: Office, path: str, status: int = 200) -> str:
    answer = office.client.get(path, headers=office.ada)
    assert answer.status_code == status, answer.text
    return answer.text


def pressed(office: Office, path: str, **more: Any) -> Any:
    headers = office.ada | {"Accept": "text/html"}
    return office.client.post(path, headers=headers, follow_redirects=False, **more)


def test_a_building_goes_from_its_document_to_laid_down_tests_by_buttons(client: TestClient) -> None:
    own = Office(client, "BUTTONS")
    assert "Lay the shipped ruleset down" in shown(own, "/stairs/rules")
    laid = pressed(own, "/stairs/rules/adopt").headers["location"]
    assert laid.startswith("/countersign/")
    own.sign(client.get(f"/v1/proposals/{laid.rsplit('/', 1)[1]}", headers=own.ben).json())
    assert pressed(own, "/stairs/rules/adopt").headers["location"] == "/stairs/rules?done=unchanged"
    bad = pressed(own, "/stairs/buildings/import", files={"file": ("b.json", b'{"name": 7}', "application/json")})
    assert (bad.status_code, "not a building" in bad.text, "stairs" in bad.text) == (422, True, True)
    assert pressed(own, "/stairs/buildings/import", data={}).status_code == 422
    document = pilot_document().model_dump_json().encode()
    made = pressed(own, "/stairs/buildings/import", files={"file": ("b.json", document, "application/json")})
    building = made.headers["location"].split("?")[0]
    assert ": the annual tests" in shown(own, building)
    values = pressed(own, f"{building}/values", data={"kind": "pressure"}, files={"file": ("p.csv", b"a,b\n1,2\n")})
    assert (values.status_code, "begin with the header of its kind" in values.text) == (422, True)
    tests = pressed(own, f"{building}/tests", data={"frequency": "annual"})
    assert tests.headers["location"].startswith("/countersign/"), tests.text


def test_an_empty_registry_and_ruleset_say_how_to_begin(client: TestClient) -> None:
    bare = Office(client, "BARE")
    assert "No building has been entered yet" in shown(bare, "/stairs/buildings")
    assert "No rule is in force yet" in shown(bare, "/stairs/rules")


def test_a_building_says_what_is_asked_for_published_and_waits(office: Office) -> None:
    waits = office.post("/rules/adopt")
    page = shown(office, "/stairs/rules")
    assert "No rule is in force today: nothing can pass." in page
    assert f"/countersign/{waits['proposal_id']}" in page
    office.sign(waits)
    building = office.import_pilot()
    laid = office.generate(building)
    page = shown(office, f"/stairs/buildings/{building}")
    assert "tests of Pilot Building 123 are not those that its registry asks for." in page
    assert f"/countersign/{laid['proposal_id']}" in page
    assert "missing" in page
    with transaction(office.tenant) as connection:
        office.baselines(building, load_registry(connection, uuid.UUID(building)))
    for frequency in ("monthly", "six_monthly", "annual"):
        office.sign(office.generate(building, frequency))
    page = shown(office, f"/stairs/buildings/{building}")
    assert "Each routine of Pilot Building 123 has the tests that its registry asks for." in page
    assert "Waits for a signature" not in page
    assert "missing" not in page
    assert "One building stands in the registry, all of their yearly tests are published." in shown(
        office, "/stairs/buildings"
    )


def test_rules_say_where_they_come_from_and_that_nobody_verified_them(office: Office) -> None:
    page = shown(office, "/stairs/rules")
    assert "5 rules are in force today; none of them verified against the standard" in page
    for words in ("20 to 80 Pa", "at least 1 m/s", "at most 110 N", "not verified", "lowest, middle and highest"):
        assert words in page


def test_what_people_enter_is_shown_as_text(office: Office) -> None:
    name = "<script>alert(1)</script>"
    made = office.post("/buildings", {"name": name, "timezone": "Australia/Sydney"}, 201)
    for path in ("/stairs/buildings", f"/stairs/buildings/{made['id']}"):
        page = shown(office, path)
        assert name not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_another_tenant_and_a_learner_see_nothing(office: Office, client: TestClient) -> None:
    building = office.get("/buildings")["rows"][0]["id"]
    other = Office(client, "OTHERS")
    shown(other, f"/stairs/buildings/{building}", 404)
    who = office.person("lea", "LEARNER")
    assert client.get("/stairs/rules", headers=who).status_code == 403
