"""Proposing an inspection over HTTP: what it answers, and who may."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api import limits
from domain.kernel.keys import create_key
from domain.kernel.settings import DbRole, settings
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.grid.metering.test_inspection import scored
from tests.makers import make_fleet, make_tenant, make_token


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    ensure_signing_keys()
    make_fleet("T", feeders=1, meters_per_feeder=6)
    make_tenant("EMPTY")
    scored([91.0, 80.0, 61.0, 20.0])
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


def bearer(*roles: str, tenant: str = "T") -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(tenant, *roles, email=f'{roles[0].lower()}@example.org')}"}


def test_a_machines_key_may_propose_and_gets_what_to_sign(client: TestClient) -> None:
    _, token = create_key("T", "retool", ["grid:advise"])
    answer = client.post("/v1/grid/inspections", json={}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["counts"]) == ("WAITING", {"meters": 3})
    assert body["advisory"] == body["content"]["advisory"]
    sign = f"/v1/proposals/{body['proposal_id']}/approve"
    refused = client.post(
        sign, json={"content_hash": body["content_hash"]}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "PERSON_REQUIRED")
    signed = client.post(sign, json={"content_hash": body["content_hash"]}, headers=bearer("REVIEWER"))
    assert signed.json()["status"] == "signed"


def waiting(client: TestClient) -> list[dict[str, object]]:
    """All proposals, whatever the time is."""
    items = client.get("/v1/proposals?limit=500", headers=bearer("AUDITOR")).json()["items"]
    return [{name: value for name, value in one.items() if name != "age_s"} for one in items]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"most": 0}, 422),
        ({"most": 201}, 422),
        ({"least_score": 101}, 422),
        ({"feeder": "F"}, 422),
        ({"least_score": 99}, 404),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_waits(
    client: TestClient, body: dict[str, object], status: int
) -> None:
    headers = bearer("OPERATOR")
    before = waiting(client)
    assert client.post("/v1/grid/inspections", json=body, headers=headers).status_code == status
    assert waiting(client) == before


def test_a_tenant_without_scores_is_told_when_they_come(client: TestClient) -> None:
    answer = client.post("/v1/grid/inspections", json={}, headers=bearer("OPERATOR", tenant="EMPTY"))
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert "after midnight" in answer.json()["hint"]


def test_a_learner_and_an_auditor_may_not(client: TestClient) -> None:
    for role in ("LEARNER", "AUDITOR"):
        assert client.post("/v1/grid/inspections", json={}, headers=bearer(role)).status_code == 403
