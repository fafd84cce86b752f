"""Limits hold by date and by signature alone: adopted, followed by versions, withdrawn, relaxed (R-04, R-05)."""

import itertools
from collections.abc import Iterator
from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain.kernel.db import transaction
from tests.conftest import Database, application
from tests.stairs.registry.office import Office

NEW = {
    "rule_code": "SP-01",
    "version": "v2",
    "measurement_type": "pressure_differential",
    "min_threshold": "25",
    "max_threshold": "80",
    "unit": "Pa",
    "severity_if_fail": "critical",
    "defect_classification": "1A",
    "effective_date": "2026-07-01",
    "source": "Letter of the fire engineer, 2026-05-02",
}


_tenants = itertools.count()


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def office(client: TestClient) -> Office:
    """A tenant of its own for each test."""
    return Office(client, f"LIMITS-{next(_tenants)}")


def versions(office: Office, query: str = "") -> list[tuple[str, str]]:
    return [(one["rule_code"], one["version"]) for one in office.get(f"/rules{query}")["rows"]]


def test_nothing_holds_before_a_person_has_adopted_it(office: Office) -> None:
    laid = office.post("/rules/adopt")
    assert laid["counts"] == {"rules": 5, "schedule": 17, "classes": 4}
    assert versions(office) == []
    assert office.sign(laid, 403, office.ada)["code"] == "FOUR_EYES"
    office.sign(laid)
    assert [code for code, _ in versions(office)] == ["CE-01", "INT-01", "SP-01", "SP-02", "SP-03"]
    assert office.get("/schedule")["counts"]["rows"] == 17
    assert office.get("/defect-classes")["counts"]["rows"] == 4
    assert office.post("/rules/adopt")["state"] == "unchanged"
    rule = office.get("/rules?rule_code=CE-01")["rows"][0]
    assert (rule["unit"], rule["min_threshold"], rule["verified"], rule["reference_status"]) == (
        None,
        None,
        False,
        "unverified",
    )


def test_r_05_a_version_begins_on_its_date_and_ends_the_one_before(office: Office) -> None:
    office.adopt()
    before = versions(office, "?on=2026-06-30&measurement_type=pressure_differential")
    laid = office.post("/rules", NEW)
    assert versions(office, "?rule_code=SP-01") == before
    office.sign(laid)
    assert versions(office, "?on=2026-06-30&rule_code=SP-01") == [("SP-01", "AS1851-2024-v1.3")]
    assert versions(office, "?on=2026-07-01&rule_code=SP-01") == [("SP-01", "v2")]
    assert versions(office, "?on=2023-12-31") == []
    old = office.get("/rules?on=2026-06-30&rule_code=SP-01")["rows"][0]
    assert (old["active"], old["superseded_date"]) == (True, "2026-07-01")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"version": "AS1851-2024-v1.3"}, 409, "VERSION_TAKEN"),
        ({"effective_date": "2024-01-01"}, 422, "NOT_LATER"),
        ({"unit": None}, 422, "BAD_RULE"),
        ({"min_threshold": "81"}, 422, "BAD_RULE"),
        ({"min_threshold": "NaN"}, 422, "VALIDATION"),
        ({"min_threshold": "20.0001"}, 422, "VALIDATION"),
        ({"measurement_type": "noise"}, 422, "VALIDATION"),
        ({"source": ""}, 422, "VALIDATION"),
        ({"note": "x"}, 422, "VALIDATION"),
    ],
)
def test_a_row_that_cannot_hold_is_not_proposed(office: Office, change: dict, status: int, code: str) -> None:
    office.adopt()
    refused = office.post("/rules", NEW | change, status)
    if code != "VALIDATION":
        assert refused["code"] == code


def test_r_05_two_versions_on_one_date_cannot_be_stored(office: Office) -> None:
    office.adopt()
    with pytest.raises(IntegrityError, match="ex_rules_one_in_force"), transaction(office.tenant) as connection:
        connection.execute(
            text(
                "INSERT INTO as1851_rules (rule_code, version, measurement_type, severity_if_fail,"
                " defect_classification, effective_date, countersignature_id)"
                " SELECT rule_code, 'other', measurement_type, severity_if_fail, defect_classification, :on,"
                " countersignature_id FROM as1851_rules WHERE rule_code = 'CE-01'"
            ),
            {"on": date(2025, 1, 1)},
        )


def test_no_rule_without_a_countersignature(office: Office) -> None:
    with pytest.raises(IntegrityError, match="countersignature_id"), transaction(office.tenant) as connection:
        connection.execute(
            text(
                "INSERT INTO as1851_rules (rule_code, version, measurement_type, severity_if_fail,"
                " defect_classification, effective_date)"
                " VALUES ('X', '1', 'interface_test', 'low', '3', '2026-01-01')"
            )
        )


def test_r_05_what_was_wrong_from_the_start_is_withdrawn_and_stays_readable(office: Office) -> None:
    office.adopt()
    rule = office.get("/rules?rule_code=SP-03")["rows"][0]
    laid = office.post(f"/rules/{rule['rule_id']}/withdraw", {"reason": "Taken from another standard"})
    office.sign(laid)
    assert versions(office, "?on=2026-01-01&rule_code=SP-03") == []
    assert office.get("/rules?rule_code=SP-03")["rows"][0]["active"] is False
    again = office.post(f"/rules/{rule['rule_id']}/withdraw", {"reason": "Once more"}, 409)
    assert again["code"] == "WITHDRAWN"


def test_a_proposal_about_a_rule_that_changed_meanwhile_is_not_put_in_force(office: Office) -> None:
    office.adopt()
    rule = office.get("/rules?rule_code=SP-01")["rows"][0]
    former = office.post("/rules", NEW)
    later = office.post(f"/rules/{rule['rule_id']}/withdraw", {"reason": "Wrong from the start"})
    assert office.sign(former, 409)["code"] == "OUTDATED"
    office.sign(later)
    assert office.post("/rules", NEW)["state"] == "proposed"


def test_another_schedule_takes_the_place_of_the_one_in_force(office: Office) -> None:
    office.adopt()
    rows = office.get("/schedule")["rows"]
    assert office.post("/schedule", {"rows": rows})["state"] == "unchanged"
    fewer = [row for row in rows if row["frequency"] != "monthly"]
    office.sign(office.post("/schedule", {"rows": fewer}))
    assert office.get("/schedule")["rows"] == fewer
    wrong = [rows[0] | {"selector": "whatever"}]
    refused = office.post("/schedule", {"rows": wrong}, 422)
    assert refused["code"] == "BAD_SCHEDULE"


def test_classes_are_mapped_by_jurisdiction(office: Office) -> None:
    office.adopt()
    own = {
        "defect_classification": "2",
        "jurisdiction": "VIC",
        "standard_class": "non_critical",
        "notice_hours": 24,
        "source": "Our own practice",
    }
    office.sign(office.post("/defect-classes", {"rows": [own]}))
    found = [(row["jurisdiction"], row["notice_hours"]) for row in office.get("/defect-classes")["rows"]]
    assert ("VIC", 24) in found
    assert office.post("/defect-classes", {"rows": [own]})["state"] == "unchanged"
    assert office.post("/defect-classes", {"rows": [own, own]}, 422)["code"] == "BAD_CLASSES"


def test_r_04_a_limit_is_relaxed_by_a_document_and_until_a_date(office: Office) -> None:
    office.adopt()
    building = office.import_pilot(defined=False)
    body = {
        "rule_code": "SP-01",
        "building_id": building,
        "min_threshold": "15",
        "document_reference": "Performance solution PS-2026-014",
        "scope": "Stair-A, all floors",
        "valid_from": "2026-01-01",
        "expires_on": "2027-01-01",
    }
    office.sign(office.post("/rule-overrides", body))
    found = office.get(f"/rule-overrides?building_id={building}")["rows"]
    assert [(row["rule_code"], row["min_threshold"], row["expires_on"]) for row in found] == [
        ("SP-01", "15.000", "2027-01-01")
    ]
    for change in ({"rule_code": "SP-77"}, {"expires_on": "2026-01-01"}, {"min_threshold": None}):
        assert office.post("/rule-overrides", body | change, 422)["code"] == "BAD_OVERRIDE"
    assert office.post("/rule-overrides", {k: v for k, v in body.items() if k != "document_reference"}, 422)


def test_no_schedule_no_generation(office: Office) -> None:
    building = office.import_pilot(defined=False)
    path = f"/buildings/{building}/instances/generate"
    assert office.post(path, {"frequency": "annual"}, 409)["code"] == "NO_SCHEDULE"
    strict = office.post(path, {"frequency": "annual", "profile": "strict"}, 200)
    assert (strict["counts"]["total"], strict["state"]) == (150, "proposed")
    assert {one["code"] for one in strict["warnings"]} >= {"NO_RULE_IN_FORCE", "BASELINE_MISSING"}


def test_what_was_proposed_before_something_else_came_into_force_is_proposed_anew(office: Office) -> None:
    shipped = office.post("/rules/adopt")
    own = office.post("/rules", NEW | {"effective_date": "2024-01-01"})
    schedule = office.post("/schedule", {"rows": [ROW, ROW | {"dimension": "door_configuration", "selector": CLOSED}]})
    office.sign(own)
    assert office.sign(shipped, 409)["code"] == "STALE_RULESET"
    office.sign(schedule)
    rest = office.post("/rules/adopt")
    assert rest["counts"] == {"rules": 4, "schedule": 0, "classes": 4}
    office.sign(rest)
    assert versions(office, "?rule_code=SP-01") == [("SP-01", "v2")]
    assert office.get("/schedule")["counts"] == {"rows": 2}


CLOSED = "all_closed"
ROW = {
    "archetype_id": "ARCH-PRESSURE-001",
    "frequency": "annual",
    "dimension": "floor",
    "selector": "all",
    "source": "Our own practice",
}


def test_a_rule_that_was_changed_behind_a_proposal_is_not_followed(office: Office) -> None:
    office.adopt()
    laid = office.post("/rules", NEW)
    with transaction(office.tenant) as connection:
        connection.execute(text("UPDATE as1851_rules SET max_threshold = 90 WHERE rule_code = 'SP-01'"))
    assert office.sign(laid, 409)["code"] == "STALE_RULESET"
    assert len(versions(office, "?rule_code=SP-01")) == 1
