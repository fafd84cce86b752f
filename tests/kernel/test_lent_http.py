"""Lent authority over HTTP: a role lent and ended, a standing order proposed, signed by another, used and ended."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.lent import use_standing_order
from domain.kernel.proposals import Subject, propose
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys

Bearer = Callable[..., dict[str, str]]


def on(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def user_id(name: str) -> str:
    with transaction("T", DbRole.OWNER) as connection:
        found = connection.execute(text("SELECT id FROM users WHERE email = :e"), {"e": f"t-{name}@example.org"})
        return str(found.scalar_one())


@pytest.fixture(scope="module")
def people(client: TestClient, bearer: Bearer) -> dict[str, dict[str, str]]:
    ensure_signing_keys()
    return {name: bearer(name) for name in ("ADMIN", "TENANT_OWNER", "OPERATOR", "REVIEWER", "AUDITOR", "LEARNER")}


def lend(client: TestClient, headers: dict[str, str], **more: object) -> object:
    body = {"to_user": user_id("operator"), "role": "TENANT_OWNER", "valid_to": on(10), "reason": "On leave."} | more
    return client.post("/v1/delegations", headers=headers, json=body)


def test_a_role_is_lent_in_one_step_used_and_ended(client: TestClient, people: dict[str, dict[str, str]]) -> None:
    made = lend(client, people["TENANT_OWNER"], kinds=["retention.disposal"])
    assert made.status_code == 201, made.text  # type: ignore[attr-defined]
    lent = made.json()  # type: ignore[attr-defined]
    assert (lent["state"], lent["from_name"], lent["to_name"]) == ("STANDING", "t-tenant_owner", "t-operator")
    with transaction("T", DbRole.MACHINE) as connection:
        waits = propose(
            connection, RETENTION_DISPOSAL, Subject("rows", "1"), content={"n": 1}, summary="x", proposed_by="machine"
        )
    sign = {"content_hash": waits.content_hash, "reason": "Fine."}
    answer = client.post(f"/v1/proposals/{waits.proposal_id}/approve", headers=people["OPERATOR"], json=sign).json()
    assert answer["countersignature"]["on_behalf_of_name"] == "t-tenant_owner"
    mine = client.get("/v1/delegations?mine=true", headers=people["OPERATOR"]).json()["rows"]
    assert [row["delegation_id"] for row in mine] == [lent["delegation_id"]]
    end = f"/v1/delegations/{lent['delegation_id']}/end"
    assert client.post(end, headers=people["REVIEWER"], json={"reason": "No."}).status_code == 403
    assert client.post(end, headers=people["TENANT_OWNER"], json={"reason": "Back."}).json()["state"] == "ENDED"
    again = client.post(end, headers=people["TENANT_OWNER"], json={"reason": "Back."})
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_OVER")
    with transaction("T", DbRole.MACHINE) as connection:
        next_one = propose(
            connection, RETENTION_DISPOSAL, Subject("rows", "2"), content={"n": 2}, summary="x", proposed_by="machine"
        )
    refused = client.post(
        f"/v1/proposals/{next_one.proposal_id}/approve",
        headers=people["OPERATOR"],
        json={"content_hash": next_one.content_hash},
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "ROLE_REQUIRED")


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"valid_to": on(-1)}, 422, "valid_to"),
        ({"valid_to": on(400)}, 422, "valid_to"),
        ({"kinds": ["release.migration"]}, 422, "kinds"),
        ({"kinds": ["no.such"]}, 422, "kinds"),
        ({"role": "ADMIN"}, 403, None),
        ({"role": "LEARNER"}, 403, None),
        ({"to_user": "0190b6a2-5f5e-7c3a-8000-000000000000"}, 404, None),
        ({"reason": " "}, 422, "reason"),
    ],
)
def test_what_cannot_be_lent_is_refused_and_nothing_is_proposed(
    client: TestClient, people: dict[str, dict[str, str]], more: dict[str, object], status: int, field: str | None
) -> None:
    before = client.get("/v1/proposals?kind=role.delegation", headers=people["AUDITOR"]).json()["counts"]
    answer = lend(client, people["TENANT_OWNER"], **more)
    assert answer.status_code == status, answer.text  # type: ignore[attr-defined]
    assert [entry["field"] for entry in answer.json()["errors"]] == ([field] if field else [])  # type: ignore[attr-defined]
    assert client.get("/v1/proposals?kind=role.delegation", headers=people["AUDITOR"]).json()["counts"] == before


def test_nobody_lends_to_himself_and_a_service_lends_nothing(
    client: TestClient, people: dict[str, dict[str, str]], bearer: Bearer
) -> None:
    assert lend(client, people["TENANT_OWNER"], to_user=user_id("tenant_owner")).status_code == 422  # type: ignore[attr-defined]
    assert lend(client, bearer(service=("ami:write",))).status_code == 403  # type: ignore[attr-defined]
    assert lend(client, people["LEARNER"]).status_code == 403  # type: ignore[attr-defined]


def order(client: TestClient, headers: dict[str, str], **more: object) -> object:
    body = {
        "kind": "retention.disposal",
        "scope": {"subject_type": "meter_reads"},
        "times_per_day": 2,
        "valid_to": on(30),
        "reason": "Nightly.",
    } | more
    return client.post("/v1/standing-orders", headers=headers, json=body)


def test_an_order_holds_when_another_has_signed_it_and_until_it_is_ended(
    client: TestClient, people: dict[str, dict[str, str]]
) -> None:
    made = order(client, people["ADMIN"]).json()  # type: ignore[attr-defined]
    assert client.get("/v1/standing-orders", headers=people["AUDITOR"]).json()["rows"] == []
    sign = f"/v1/proposals/{made['proposal_id']}/approve"
    body = {"content_hash": made["content_hash"], "reason": "Agreed."}
    own = client.post(sign, headers=people["ADMIN"], json=body)
    assert (own.status_code, own.json()["code"]) == (403, "FOUR_EYES")
    assert client.post(sign, headers=people["TENANT_OWNER"], json=body).status_code == 200
    with transaction("T", DbRole.MACHINE) as connection:
        use_standing_order(connection, RETENTION_DISPOSAL, Subject("meter_reads", "d"), "a" * 64, actor_id="machine")
    listed = client.get("/v1/standing-orders", headers=people["AUDITOR"]).json()["rows"]
    assert [(row["order_id"], row["uses"], row["uses_today"], row["signed_by"]) for row in listed] == [
        (made["order_id"], 1, 1, "t-tenant_owner")
    ]
    end = f"/v1/standing-orders/{made['order_id']}/end"
    assert client.post(end, headers=people["OPERATOR"], json={"reason": "No."}).status_code == 403
    assert client.post(end, headers=people["ADMIN"], json={"reason": "Over."}).json()["state"] == "ENDED"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "release.migration"}, "kind"),
        ({"kind": "standing.order"}, "kind"),
        ({"times_per_day": 0}, "times_per_day"),
        ({"valid_to": on(400)}, "valid_to"),
        ({"valid_to": on(-1)}, "valid_to"),
        ({"scope": {"tenant": "U"}}, "scope.tenant"),
    ],
)
def test_an_order_that_cannot_be_is_refused(
    client: TestClient, people: dict[str, dict[str, str]], more: dict[str, object], field: str
) -> None:
    answer = order(client, people["ADMIN"], **more)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert [entry["field"] for entry in answer.json()["errors"]] == [field]  # type: ignore[attr-defined]


def test_another_tenant_sees_none_of_it(client: TestClient, people: dict[str, dict[str, str]], bearer: Bearer) -> None:
    made = lend(client, people["TENANT_OWNER"]).json()  # type: ignore[attr-defined]
    theirs = bearer("ADMIN", "TENANT_OWNER", tenant="U")
    assert client.get("/v1/delegations", headers=theirs).json()["rows"] == []
    end = f"/v1/delegations/{made['delegation_id']}/end"
    assert client.post(end, headers=theirs, json={"reason": "x"}).status_code == 404
