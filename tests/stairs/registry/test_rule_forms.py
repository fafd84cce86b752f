"""The ruleset by forms: a next version, a withdrawal, a limit relaxed by a document. None holds before it is signed."""

import itertools
import re
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


def pressed(office: Office, path: str, who: dict[str, str] | None = None, **fields: str | list[str]) -> Any:
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


def boxes(page: str) -> dict[str, list[str]]:
    """What a form of boxes says as it was opened: every ticked box and every chosen option, by name."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="checkbox" name="([^"]+)" value="([^"]+)" checked>', page):
        found.setdefault(name, []).append(value)
    for name, options in re.findall(r'<select id="f-[^"]+" name="([^"]+\.floor)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]+)" selected', options)
        found[name] = [chosen[1]] if chosen else [""]
    return found


def by_place(office: Office) -> dict[tuple[str, str, str], dict[str, Any]]:
    rows = office.get("/schedule")["rows"]
    return {(one["archetype_id"], one["frequency"], one["dimension"]): one for one in rows}


def test_the_schedule_is_changed_by_its_boxes_and_what_stays_keeps_its_source(office: Office) -> None:
    path, doors = "/stairs/rules/schedule", "monthly.ARCH-DOORFORCE-001.pressurization_active"
    assert f'href="{path}"' in shown(office, "/stairs/rules")
    before = by_place(office)
    opened = boxes(shown(office, path))
    assert opened["annual.ARCH-PRESSURE-001.door_configuration"] == ["all_closed", "evac_doors_open"]
    assert opened["monthly.ARCH-PRESSURE-001.floor"] == ["lowest_middle_highest"]
    assert doors not in opened
    assert pressed(office, path, **opened).headers["location"] == "/stairs/rules?done=unchanged"
    untold = pressed(office, path, **opened | {doors: ["true"]})
    assert untold.status_code == 422
    assert boxes(untold.text)[doors] == ["true"], "what was ticked stands there again"
    assert 'id="e-source"' in untold.text
    half = pressed(office, path, **opened | {"monthly.ARCH-PRESSURE-001.floor": ""}, source="Letter of 3 May")
    assert (half.status_code, "Choose the landings and the doors" in half.text) == (422, True)
    nothing = pressed(office, path, source="Letter of 3 May")
    assert (nothing.status_code, "a schedule tests something" in nothing.text) == (422, True)
    changed = opened | {doors: ["true"]}
    del changed["annual.ARCH-CE-001.scenario_type"]
    laid = pressed(office, path, **changed, source="Letter of 3 May", verified="true")
    asked = shown(office, laid.headers["location"], office.ben)
    for words in (
        "Monthly, door opening force: tested from now on; doors: all; fans: on.",
        "Annual, cause and effect: no longer tested; it was scenarios for: the annual test.",
        "<td>fans on</td>",
    ):
        assert words in asked
    signed(office, laid)
    after = by_place(office)
    new = after["ARCH-DOORFORCE-001", "monthly", "pressurization_active"]
    assert (new["selector"], new["source"], new["verified"]) == ("true", "Letter of 3 May", True)
    assert after["ARCH-DOORFORCE-001", "monthly", "door"]["selector"] == "all", "what has one choice goes with it"
    assert ("ARCH-CE-001", "annual", "scenario_type") not in after
    stays = before["ARCH-PRESSURE-001", "annual", "floor"]
    assert after["ARCH-PRESSURE-001", "annual", "floor"] == stays


def test_a_defect_class_of_a_jurisdiction_is_entered_and_changed_by_a_form(office: Office) -> None:
    path = "/stairs/rules/classes"
    entered = {
        "defect_classification": "1A",
        "jurisdiction": "NSW",
        "standard_class": "critical",
        "notice_hours": "24",
        "source": "Letter of the authority",
    }
    assert f'href="{path}#one"' in shown(office, "/stairs/rules")
    wrong = pressed(office, path, **entered | {"notice_hours": "soon"})
    assert wrong.status_code == 422
    assert "Give a whole number." in wrong.text
    assert 'value="soon"' in wrong.text
    signed(office, pressed(office, path, **entered))
    rows = {(one["defect_classification"], one["jurisdiction"]): one for one in office.get("/defect-classes")["rows"]}
    assert rows["1A", "NSW"]["notice_hours"] == 24
    assert ("1A", "*") in rows, "rows that are not named stay"
    page = shown(office, f"{path}?defect_class=1A&jurisdiction=NSW")
    assert "Change 1A, NSW" in page
    assert 'value="24"' in page
    assert pressed(office, path, **entered).headers["location"] == "/stairs/rules?done=unchanged"
