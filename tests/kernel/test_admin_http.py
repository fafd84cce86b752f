"""Administration over HTTP: each address, each refusal with its code, and no way into another tenant."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.settings import DbRole

Bearer = Callable[..., dict[str, str]]
ADMIN_PATHS = ["/v1/admin/people", "/v1/admin/roles", "/v1/admin/keys", "/v1/admin/tenants/current"]


@pytest.fixture(scope="module")
def admin(bearer: Bearer) -> dict[str, str]:
    return bearer("ADMIN")


def invite(client: TestClient, admin: dict[str, str], name: str, *roles: str) -> dict[str, object]:
    body = {"email": f"{name}@example.org", "name": name, "roles": list(roles)}
    answer = client.post("/v1/admin/people", headers=admin, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_person_is_invited_given_roles_and_kept_out(client: TestClient, admin: dict[str, str]) -> None:
    person = invite(client, admin, "bob", "OPERATOR")
    given = client.post("/v1/admin/roles", headers=admin, json={"user_id": person["id"], "role": "REVIEWER"})
    assert [role["role"] for role in given.json()["roles"]] == ["OPERATOR", "REVIEWER"]
    until = client.patch(
        f"/v1/admin/roles/{person['id']}/REVIEWER", headers=admin, json={"valid_to": "2099-01-01T00:00:00Z"}
    )
    assert until.json()["roles"][1]["valid_to"] == "2099-01-01T00:00:00Z"
    ended = client.delete(f"/v1/admin/roles/{person['id']}/REVIEWER", headers=admin)
    assert [role["role"] for role in ended.json()["roles"]] == ["OPERATOR"]
    out = client.patch(f"/v1/admin/people/{person['id']}", headers=admin, json={"active": False})
    assert out.json()["active"] is False
    found = client.get("/v1/admin/people?search=BOB&active=false", headers=admin).json()["rows"]
    assert [row["email"] for row in found] == ["bob@example.org"]


def test_the_ledger_names_the_administrator_and_the_request(client: TestClient, admin: dict[str, str]) -> None:
    headers = admin | {"X-Request-ID": "ask-1"}
    person = invite(client, headers, "cleo", "LEARNER")
    with transaction("T") as connection:
        rows = connection.execute(
            text(
                "SELECT e.event_type, u.email FROM events AS e JOIN users AS u ON u.id::text = e.actor_id"
                " WHERE e.entity_id = :id AND e.request_id = 'ask-1' ORDER BY e.seq"
            ),
            {"id": person["id"]},
        ).all()
    assert [tuple(row) for row in rows] == [
        ("access.person.invited", "t-admin@example.org"),
        ("access.role.given", "t-admin@example.org"),
    ]


def test_the_last_administrator_answers_409(client: TestClient, bearer: Bearer) -> None:
    alone = bearer("ADMIN", tenant="U")
    me = client.get("/v1/admin/people?role=ADMIN", headers=alone).json()["rows"][0]["id"]
    for answer in (
        client.delete(f"/v1/admin/roles/{me}/ADMIN", headers=alone),
        client.patch(f"/v1/admin/people/{me}", headers=alone, json={"active": False}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "LAST_ADMIN")


def test_a_key_is_shown_once_rotated_and_revoked(client: TestClient, admin: dict[str, str]) -> None:
    made = client.post("/v1/admin/keys", headers=admin, json={"name": "Head end", "scopes": ["ami:read"]}).json()
    key = {"Authorization": f"Bearer {made['token']}"}
    assert client.get("/api/ami/status", headers=key).status_code == 200
    listed = client.get("/v1/admin/keys?state=STANDING", headers=admin)
    assert made["token"] not in listed.text
    assert "secret" not in listed.text
    new = client.post(f"/v1/admin/keys/{made['key']['key_id']}/rotate", headers=admin, json={}).json()
    assert new["key"]["replaces"] == made["key"]["key_id"]
    assert client.get("/api/ami/status", headers=key).status_code == 200
    assert client.delete(f"/v1/admin/keys/{made['key']['key_id']}", headers=admin).json()["state"] == "REVOKED"
    assert client.get("/api/ami/status", headers=key).status_code == 401
    with transaction("T", DbRole.OWNER) as connection:
        told = connection.execute(text("SELECT string_agg(e::text, ' ') FROM events AS e")).scalar_one()
    assert made["token"] not in told
    assert new["token"] not in told


@pytest.mark.parametrize("path", [*ADMIN_PATHS, "/v1/admin/tenants"])
@pytest.mark.parametrize("role", ["OPERATOR", "REVIEWER", "LEARNER"])
def test_who_does_not_administer_learns_nothing(client: TestClient, bearer: Bearer, path: str, role: str) -> None:
    assert client.get(path, headers=bearer(role)).status_code == 403
    assert client.get(path, headers=bearer(service=("ami:read",))).status_code == 403
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_an_auditor_reads_and_changes_nothing(client: TestClient, bearer: Bearer, path: str) -> None:
    auditor = bearer("AUDITOR")
    assert client.get(path, headers=auditor).status_code == 200
    for body in ({"email": "x@y.z", "name": "X", "roles": ["ADMIN"]},):
        assert client.post("/v1/admin/people", headers=auditor, json=body).status_code == 403


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_a_platform_admin_names_the_tenant_and_an_admin_cannot(
    client: TestClient, bearer: Bearer, admin: dict[str, str], path: str
) -> None:
    assert client.get(f"{path}?tenant_id=U", headers=bearer("PLATFORM_ADMIN")).status_code == 200
    answer = client.get(f"{path}?tenant_id=U", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (403, "TENANT_MISMATCH")


def test_a_platform_admin_makes_a_tenant_and_invites_its_administrator(client: TestClient, bearer: Bearer) -> None:
    platform = bearer("PLATFORM_ADMIN")
    body = {"tenant_id": "NEW", "name": "New utility", "timezone": "Europe/Oslo"}
    assert client.post("/v1/admin/tenants", headers=platform, json=body).status_code == 201
    again = client.post("/v1/admin/tenants", headers=platform, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "TENANT_EXISTS")
    first = {"email": "nia@new.example", "name": "Nia", "roles": ["ADMIN", "RELEASE_APPROVER"]}
    assert client.post("/v1/admin/people?tenant_id=NEW", headers=platform, json=first).status_code == 201
    names = [row["tenant_id"] for row in client.get("/v1/admin/tenants", headers=platform).json()["rows"]]
    assert names == sorted(names)
    assert {"NEW", "T", "U"} <= set(names)


def test_an_admin_gives_no_role_of_the_platform(client: TestClient, admin: dict[str, str]) -> None:
    for role in ("PLATFORM_ADMIN", "RELEASE_APPROVER"):
        body = {"email": "dan@example.org", "name": "Dan", "roles": [role]}
        assert client.post("/v1/admin/people", headers=admin, json=body).status_code == 403
    assert client.get("/v1/admin/people?search=dan", headers=admin).json()["rows"] == []


def test_settings_are_set_one_by_one(client: TestClient, admin: dict[str, str]) -> None:
    changed = client.patch(
        "/v1/admin/tenants/current", headers=admin, json={"four_eyes": False, "retention_days": {"meter_reads": 400}}
    ).json()
    assert (changed["four_eyes"], changed["retention_days"]) == (False, {"meter_reads": 400})
    assert client.get("/v1/admin/tenants/current", headers=admin).json() == changed
    wrong = client.patch("/v1/admin/tenants/current", headers=admin, json={"timezone": "Mars/Olympus"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "timezone")


def test_a_price_of_energy_is_stated_kept_and_taken_away(client: TestClient, admin: dict[str, str]) -> None:
    here = "/v1/admin/tenants/current"
    price = {"per_kwh": 0.2, "currency": "USD", "source": "The tariff of 2026"}

    def stands_after(**said: object) -> object:
        return client.patch(here, headers=admin, json=said).json()["energy_price"]

    assert stands_after(energy_price=price) == price
    assert stands_after(four_eyes=True) == price
    assert stands_after(energy_price=None) is None
    assert client.get(here, headers=admin).json()["energy_price"] is None


def test_lists_are_paged_by_key(client: TestClient, admin: dict[str, str]) -> None:
    for path in ADMIN_PATHS[:3]:
        page = client.get(f"{path}?limit=1", headers=admin).json()
        whole = client.get(f"{path}?limit=500", headers=admin).json()["rows"]
        seen = page["rows"]
        while page["next_cursor"]:
            page = client.get(f"{path}?limit=1&cursor={page['next_cursor']}", headers=admin).json()
            seen += page["rows"]
        assert seen == whole
        assert client.get(f"{path}?cursor=nonsense", headers=admin).status_code == 422
