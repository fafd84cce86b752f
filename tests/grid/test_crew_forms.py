"""Crews by forms: registered, brought up to date, and what they report written down, as the endpoints would."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import Database, application
from tests.makers import make_tenant, make_token

CREW = {
    "crew_id": "CREW 1",
    "name": "North",
    "depot": "Depot A",
    "lat": "-33.8",
    "lon": "151.2",
    "shift_start": "22:00",
    "shift_end": "06:00",
    "members": "3",
    "skills": ["line_oh", "hv"],
    "parts": "fuse, transformer 25 kVA",
}
OWN = "/grid/crews/CREW%201"


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    make_tenant("T", "Australia/Sydney")
    make_tenant("U", "Australia/Sydney")
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


def ask(client: TestClient, method: str, path: str, role: str = "OPERATOR", tenant: str = "T", **more: Any) -> Any:
    token = make_token(tenant, role, email=f"{role}.{tenant}@example.org".lower())
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    return client.request(method, path, headers=headers, follow_redirects=False, **more)


def stands(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = ask(client, "GET", "/v1/crews").json()["rows"][0]
    return found


def test_a_crew_is_registered_by_a_form_and_stands_as_by_the_endpoint(client: TestClient) -> None:
    assert "/grid/crews/new" in ask(client, "GET", "/grid/crews").text
    assert ask(client, "GET", "/grid/crews/new").status_code == 200
    refused = ask(client, "POST", "/grid/crews", data=CREW | {"lat": "95", "shift_start": "late", "name": ""})
    assert (refused.status_code, refused.text.count("field wrong"), "Needed." in refused.text) == (422, 3, True)
    assert 'value="Depot A"' in refused.text
    assert 'value="hv" checked' in refused.text
    made = ask(client, "POST", "/grid/crews", data=CREW)
    assert made.headers["location"].split("?")[0] in {OWN, "/grid/crews/CREW 1"}
    told = stands(client)
    assert (told["crew_id"], told["members"], told["shift_start"]) == ("CREW 1", 3, "22:00:00")
    assert (told["skills"], told["parts"]) == (["hv", "line_oh"], ["fuse", "transformer 25 kVA"])
    again = ask(client, "POST", "/grid/crews", data=CREW | {"name": "South"})
    assert (again.status_code, "A crew has this id already" in again.text) == (422, True)
    assert stands(client)["name"] == "North"


def test_what_a_crew_reports_is_written_down_and_the_newest_holds(client: TestClient) -> None:
    page = ask(client, "GET", OWN).text
    assert ('value="fuse, transformer 25 kVA"' in page, 'value="22:00"' in page) == (True, True)
    refused = ask(client, "POST", f"{OWN}/report", data={"status": "onsite", "hours_worked": "99"})
    assert (refused.status_code, "less than or equal to 72" in refused.text) == (422, True)
    said = {"status": "onsite", "hours_worked": "4.5", "current_job": "Feeder 7", "lat": "-33.9", "lon": "151.1"}
    for _ in range(2):
        assert ask(client, "POST", f"{OWN}/report", data=said).status_code == 303
    told = stands(client)
    assert (told["status"], told["hours_worked"], told["lat"]) == ("onsite", 4.5, -33.9)
    assert told["current_job"] == "Feeder 7"
    page = ask(client, "GET", f"{OWN}?done=reported").text
    assert ("North is on site" in page, "The report is written down." in page) == (True, True)
    changed = {name: value for name, value in CREW.items() if name != "crew_id"} | {"members": "4", "skills": ["tree"]}
    assert ask(client, "POST", OWN, data=changed).status_code == 303
    told = stands(client)
    assert (told["members"], told["skills"], told["status"]) == (4, ["tree"], "onsite")


def test_whoever_is_not_of_the_desk_sees_and_does_nothing(client: TestClient) -> None:
    for method, path in (("GET", OWN), ("GET", "/grid/crews/new"), ("POST", "/grid/crews"), ("POST", f"{OWN}/report")):
        assert ask(client, method, path, "AUDITOR").status_code == 403
    assert ask(client, "GET", OWN, tenant="U").status_code == 404
    assert ask(client, "POST", f"{OWN}/report", tenant="U", data={"status": "off"}).status_code == 404
    assert ask(client, "POST", OWN, tenant="U", data=CREW).status_code == 404
