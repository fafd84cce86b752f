"""The grid's figures of a real day, noticed as the machine does; and rules that a person put in force."""

import copy
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.grid.advice.rules import ruleset
from domain.grid.advice.rules.ruleset import shipped
from domain.grid.advice.suggest import notice, rules_in_force
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.kernel.advice.looks import rows
from tests.makers import make_meters, make_tenant, make_token

DAY = date(2026, 11, 20)
SHIPPED = shipped().version


@pytest.fixture
def figures(database: Database) -> None:
    """Forty days of a feeder whose last week loses three times the usual, with reads missing on the last days."""
    make_tenant("T")
    ensure_signing_keys()
    make_meters("T", ["M1", "M2"])
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(
            text(
                "INSERT INTO gl_feeder_day (feeder_id, local_date, intervals_matched, intervals_seen,"
                " intervals_expected, reads_expected, reads_received, reads_estimated, delivered_dwh, metered_dwh,"
                " metered_hat_dwh, technical_loss_dwh, weight_expected, weight_received, voltage_reads,"
                " voltage_sum_cv, voltage_below_a, voltage_below_b, peak_dwh)"
                " SELECT 'F1', d::date, 96, 96, 96, 1000, CASE WHEN d > DATE '2026-11-17' THEN 500 ELSE 1000 END, 0,"
                " 1000000, 950000, 1000000 - 40000 - 3000 * (extract(day FROM d)::int % 3)"
                "   - CASE WHEN d > DATE '2026-11-13' THEN 80000 ELSE 0 END,"
                " 30000, 1000, 1000, 1000, 12000, 0, 0, 20000"
                " FROM generate_series(DATE '2026-10-12', DATE '2026-11-20', interval '1 day') AS d"
            )
        )
        connection.execute(
            text(
                "INSERT INTO meter_suspicion (local_date, meter_id, feeder_id, scoring_version, score, rank,"
                " confidence, window_days, reasons) VALUES (:on, 'M1', 'F1', 's1', 88, 1, 0.9, 7,"
                ' \'[{"code": "OWN_DROP", "points": 70, "text": "fell"}]\'), (:on, \'M2\', \'F1\', \'s1\', 12, 2, 0.9,'
                " 7, '[]')"
            ),
            {"on": DAY},
        )


def look(on: date = DAY) -> dict[str, int]:
    with transaction("T", DbRole.MACHINE) as connection:
        return notice(connection, on)


def test_what_stands_out_is_noticed_once(figures: None) -> None:
    first = look()
    assert {one.signal_type for one in rows("signals")} == {"FEEDER_LOSS", "METER_SUSPICION", "COMMS_DEGRADED"}
    assert first["opened"] == first["suggestions"] == 3
    assert look() == {"evaluations": 0, "opened": 0, "closed": 0, "suggestions": 0}
    told = {one.suggestion_type: one for one in rows("suggestions")}
    assert told["INSPECT_METER"].target_id == "meter:M1"
    assert told["INSPECT_METER"].reasons == ["OWN_DROP"]
    assert "is usual for it" in told["INSPECT_FEEDER_LOSS"].message


Headers = dict[str, str]


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def people(figures: None) -> tuple[Headers, Headers]:
    """Who proposes, and who signs."""
    signer = make_token("T", "MANAGER", email="bob@example.org")
    return {"Authorization": f"Bearer {make_token('T', 'ADMIN')}"}, {"Authorization": f"Bearer {signer}"}


def adopt(client: TestClient, people: tuple[Headers, Headers], content: dict[str, Any]) -> None:
    """One proposes it, another signs it."""
    made = client.post("/v1/advice/rulesets", json={"room": "grid", "ruleset": content}, headers=people[0]).json()
    body = {"content_hash": made["content_hash"]}
    assert client.post(f"/v1/proposals/{made['proposal_id']}/approve", json=body, headers=people[1]).status_code == 200


def test_a_type_that_an_upgrade_brings_is_off_until_a_person_signs_a_bound_for_it(
    client: TestClient, people: tuple[Headers, Headers], monkeypatch: pytest.MonkeyPatch
) -> None:
    every: dict[str, Any] = copy.deepcopy(dict(shipped().content))
    before = [one for one in every["rules"] if one["signal_type"] != "COMMS_DEGRADED"]
    with monkeypatch.context() as former_copy:
        former_copy.setattr(ruleset, "SIGNAL_TYPES", tuple(one["signal_type"] for one in before))
        adopt(client, people, {"version": "2026-own", "rules": before})
    look()
    assert {one.signal_type for one in rows("signals")} == {"FEEDER_LOSS", "METER_SUSPICION"}
    listed = client.get("/v1/advice/rulesets?room=grid", headers=people[0]).json()["rows"]
    assert [(one["version"], one["in_force"], one["off"]) for one in listed] == [
        ("2026-own", True, ["COMMS_DEGRADED"]),
        (SHIPPED, False, []),
    ]
    page = client.get("/advice/rules", headers=people[0])
    assert (page.status_code, "Off: comms degraded." in page.text) == (200, True)
    adopt(client, people, every | {"version": "2026-own-2"})
    assert "Off:" not in client.get("/advice/rules", headers=people[0]).text
    look(DAY + timedelta(days=1))
    assert "COMMS_DEGRADED" in {one.signal_type for one in rows("signals")}


def test_other_bounds_hold_from_another_persons_countersignature_on(
    client: TestClient, people: tuple[Headers, Headers]
) -> None:
    content: dict[str, Any] = copy.deepcopy(dict(shipped().content)) | {"version": "2026-own"}
    for rule in content["rules"]:
        if rule["signal_type"] == "METER_SUSPICION":
            rule["opens"]["than"] = rule["severity"]["LOW"] = 95
            rule["severity"] |= {"MEDIUM": 96, "HIGH": 97}
    ada, bob = people
    broken = content | {"rules": content["rules"][1:]}
    refused = client.post("/v1/advice/rulesets", json={"room": "grid", "ruleset": broken}, headers=ada)
    assert (refused.status_code, refused.json()["code"]) == (422, "RULESET_INVALID")
    made = client.post("/v1/advice/rulesets", json={"room": "grid", "ruleset": content}, headers=ada).json()
    body = {"content_hash": made["content_hash"]}
    path = f"/v1/proposals/{made['proposal_id']}/approve"
    assert client.post(path, json=body, headers=ada).status_code == 403
    with transaction("T") as connection:
        assert rules_in_force(connection).version == SHIPPED
    assert client.post(path, json=body, headers=bob).status_code == 200
    listed = client.get("/v1/advice/rulesets?room=grid", headers=ada).json()["rows"]
    assert [(one["version"], one["in_force"]) for one in listed] == [("2026-own", True), (SHIPPED, False)]
    taken = client.post("/v1/advice/rulesets", json={"room": "grid", "ruleset": content}, headers=ada)
    assert (taken.status_code, taken.json()["code"]) == (409, "VERSION_TAKEN")
    look()
    assert "METER_SUSPICION" not in {one.signal_type for one in rows("signals")}
    assert {one.ruleset for one in rows("signal_evaluations")} == {"2026-own"}
