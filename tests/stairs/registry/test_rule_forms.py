"""The ruleset by forms: a next version, a withdrawal, a limit relaxed by a document. None holds before it is signed."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import Database, application
from tests.stairs.registry.office import Office
from tests.stairs.registry.test_ruleset_over_http import NEW

NEXT = NEW | {"verified": "true", "reference_status": "unverified"}
RELAXED = {
    "rule_code": "SP-01",
    "min_threshold": "15",
    "document_reference": "PS-2026-014",
    "scope": "Stair without lobby",
    "valid_from": "2026-01-01",
    "expires_on": "2027-01-01",
}
_tenants = itertools.count()


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def office(client: TestClient) -> Office:
    """A tenant of its own for each test, with the shipped ruleset in force."""
    made = Office(client, f"RULE-FORMS-{next(_tenants)}")
    made.adopt()
    return made


def pressed(office: Office, path: str, who: dict[str, str] | None = None, **fields: str) -> Any:
    headers = (who or office.ada) | {"Accept": "text/html"}
    return office.client.post(path, headers=headers, follow_redirects=False, data=fields)


def shown(office: Office, path: str, who: dict[str, str] | None = None, status: int = 200) -> str:
    answer = office.client.get(path, headers=(who or office.ada) | {"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    return answer.text


def signed(office: Office, made: Any) -> None:
    """Ben signs what the form led to."""
    assert made.status_code == 303, made.text
    address = made.headers["location"]
    assert address.startswith("/countersign/")
    office.sign(office.client.get(f"/v1/proposals/{address.rsplit('/', 1)[1]}", headers=office.ben).json())


def rule(office: Office, version: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in office.get("/rules?rule_code=SP-01")["rows"] if one["version"] == version
    )
    return found


def test_a_next_version_begins_with_what_the_last_one_says_and_holds_once_signed(office: Office) -> None:
    former = rule(office, "AS1851-2024-v1.3")
    assert f"/stairs/rules/new?follows={former['rule_id']}" in shown(office, "/stairs/rules")
    form = shown(office, f"/stairs/rules/new?follows={former['rule_id']}")
    for words in (
        "The next version of SP-01",
        'value="20"',
        'value="80"',
        "20 to 80 Pa",
        'name="version" type="text" inputmode="text" value=""',
    ):
        assert words in form
    made = pressed(office, "/stairs/rules/new", **NEXT)
    assert pressed(office, "/stairs/rules/new", **NEXT).headers["location"] == made.headers["location"]
    assert [one["version"] for one in office.get("/rules?rule_code=SP-01")["rows"]] == ["AS1851-2024-v1.3"]
    signed(office, made)
    later = rule(office, "v2")
    assert (later["min_threshold"], later["verified"], later["source"]) == ("25", True, NEXT["source"])
    assert rule(office, "AS1851-2024-v1.3")["superseded_date"] == "2026-07-01"


def test_a_rule_that_cannot_hold_is_told_at_its_field(office: Office) -> None:
    for change, words in (
        ({"version": ""}, "Needed."),
        ({"version": "AS1851-2024-v1.3"}, "Is the name of another version."),
        ({"effective_date": "2024-01-01"}, "Is not after 2024-01-01."),
        ({"unit": ""}, "Is needed where a threshold is set."),
        ({"min_threshold": "81"}, "Is below the lower limit."),
        ({"min_threshold": "low"}, "Give a number."),
    ):
        refused = pressed(office, "/stairs/rules/new", **NEXT | change)
        assert (refused.status_code, words in refused.text, "field wrong" in refused.text) == (422, True, True), words
        assert NEXT["source"] in refused.text
    assert "Waits for a signature" not in shown(office, "/stairs/rules")


def test_a_rule_that_was_wrong_from_the_start_is_withdrawn_with_its_reason(office: Office) -> None:
    own = f"/stairs/rules/{rule(office, 'AS1851-2024-v1.3')['rule_id']}/withdraw"
    refused = pressed(office, own, reason="")
    assert (refused.status_code, "field wrong" in refused.text) == (422, True)
    signed(office, pressed(office, own, reason="Another building's"))
    assert rule(office, "AS1851-2024-v1.3")["active"] is False
    again = pressed(office, own, reason="Another building's")
    assert (again.status_code, "is withdrawn already" in again.text) == (409, True)


def test_a_performance_solution_relaxes_a_limit_of_its_building_once_signed(office: Office) -> None:
    building = office.import_pilot()
    here = f"/stairs/buildings/{building}/relax"
    assert here in shown(office, f"/stairs/buildings/{building}")
    form = shown(office, here)
    assert ("SP-01: 20 to 80 Pa" in form, "Stair-B" in form, "CE-01" in form) == (True, True, False)
    for change, words in (
        ({"min_threshold": ""}, "Is needed, or the upper limit is."),
        ({"expires_on": "2026-01-01"}, "Is not after the first day."),
        ({"rule_code": ""}, "Needed."),
    ):
        refused = pressed(office, here, **RELAXED | change)
        assert (refused.status_code, words in refused.text, "PS-2026-014" in refused.text) == (422, True, True), words
    signed(office, pressed(office, here, **RELAXED))
    row = office.get(f"/rule-overrides?building_id={building}")["rows"][0]
    assert (row["min_threshold"], row["stair_id"], row["document_reference"]) == ("15.000", None, "PS-2026-014")
    assert "1 stands on the page of the" in shown(office, f"/stairs/buildings/{building}")


def test_a_technician_sees_no_form_of_the_ruleset_and_sends_none(office: Office) -> None:
    building, tess = office.import_pilot(defined=False), office.person("tess", "TECHNICIAN")
    page = shown(office, "/stairs/rules", tess)
    assert ("Next version" in page, "Withdraw" in page) == (False, False)
    for path in ("/stairs/rules/new", f"/stairs/buildings/{building}/relax"):
        shown(office, path, tess, 403)
        assert pressed(office, path, tess, **NEXT).status_code == 403
    own = rule(office, "AS1851-2024-v1.3")["rule_id"]
    assert pressed(office, f"/stairs/rules/{own}/withdraw", tess, reason="Mine").status_code == 403
