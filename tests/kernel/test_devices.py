"""A phone's session: it opens what it was handed and nothing else, signs nothing, and ends when its owner says so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.gate import SESSION_COOKIE
from domain.kernel.access import authenticate
from domain.kernel.db import transaction
from domain.kernel.devices import LASTS, open_device
from domain.kernel.errors import Forbidden, Unauthenticated
from domain.kernel.login import end_own_session, open_session, principal_of_session, sessions_of
from domain.kernel.principal import Principal, Role
from domain.kernel.settings import DbRole
from tests.conftest import Database, application
from tests.makers import make_person, make_tenant, make_token
from tests.stairs.small_house import SmallHouse

ROLES = {Role.TECHNICIAN, Role.MANAGER}


@pytest.fixture
def tom(database: Database) -> Principal:
    make_tenant("T")
    return make_person("T", "tom", "TECHNICIAN", "REVIEWER")


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


def handed(who: Principal, session: object, at: datetime | None = None) -> str:
    with transaction("T") as connection:
        return open_device(connection, who, f"tests/sessions/{session}", ROLES, at or datetime.now(UTC))[0]


def test_a_device_is_its_person_in_the_roles_of_its_purpose_alone(tom: Principal) -> None:
    session = uuid4()
    found = authenticate(handed(tom, session))
    assert (found.id, found.tenant_id, found.roles) == (tom.id, "T", {Role.TECHNICIAN})
    assert found.bound_to == f"tests/sessions/{session}"


@pytest.mark.parametrize(
    "path",
    ["/api/v1/buildings", "/v1/ledger/events", "/api/v1/tests/sessions", "/api/v1/tests/sessions/{other}",
     "/v1/tests/sessions/{session}x/bundle", "/api/v1/evidence", "/v1/countersign/queue", "/stairs"],
)  # fmt: skip
def test_a_device_opens_no_other_address(tom: Principal, client: TestClient, path: str) -> None:
    session = uuid4()
    answer = client.get(
        path.format(session=session, other=uuid4()), headers={"Authorization": f"Bearer {handed(tom, session)}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "DEVICE_BOUND")


def test_a_device_opens_its_session_under_both_addresses_and_no_others_capture(
    tom: Principal, client: TestClient, database: Database
) -> None:
    house = SmallHouse(database, prompts=True)
    make_person("T", "mia", "MANAGER")
    own, other = planned(client, house), planned(client, house)
    headers = {"Authorization": f"Bearer {handed(tom, own)}"}
    for prefix in ("/api/v1", "/v1"):
        assert client.get(f"{prefix}/tests/sessions/{own}/bundle", headers=headers).status_code == 200
    assert client.post(f"/api/v1/tests/sessions/{own}/start", headers=headers).status_code == 200
    theirs = {"Authorization": f"Bearer {handed(tom, other)}"}
    instance = client.get(f"/api/v1/tests/sessions/{other}/instances", headers=theirs).json()["rows"][0]["instance_id"]
    capture = str(uuid4())
    told = {
        "evidence_id": capture,
        "evidence_type": "photo",
        "captured_at": datetime.now(UTC).isoformat(),
        "file_hash_sha256": "0" * 64,
        "file_size_bytes": 4,
    }
    made = client.post(f"/api/v1/tests/sessions/{other}/instances/{instance}/evidence", json=told, headers=theirs)
    assert made.status_code == 201, made.text
    assert client.get(f"/api/v1/evidence/{capture}", headers=theirs).status_code == 200
    assert client.get(f"/api/v1/evidence/{capture}", headers=headers).status_code == 404
    assert client.put(f"/api/v1/evidence/{capture}/content", content=b"1234", headers=headers).status_code == 404


def planned(client: TestClient, house: SmallHouse) -> str:
    made = client.post(
        "/api/v1/tests/sessions",
        json={"building_id": str(house.building), "frequency": "annual", "planned_for": "2026-11-21"},
        headers={"Authorization": f"Bearer {make_token('T', 'MANAGER', email='mia@example.org')}"},
    )
    assert made.status_code == 201, made.text
    return str(made.json()["session_id"])


def test_a_device_does_not_sign_even_for_a_reviewer(tom: Principal, client: TestClient) -> None:
    session = uuid4()
    with transaction("T") as connection:
        token, _ = open_device(connection, tom, f"tests/sessions/{session}", set(Role), datetime.now(UTC))
    answer = client.post(
        f"/api/v1/tests/sessions/{session}/approve",
        json={"content_hash": "0" * 64, "reason": "On the stairs."},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code in (403, 404, 422)
    with transaction("T") as connection:
        assert connection.execute(text("SELECT count(*) FROM countersignatures")).scalar_one() == 0


def test_a_device_hands_over_no_other_device(tom: Principal) -> None:
    with pytest.raises(Forbidden), transaction("T") as connection:
        open_device(
            connection, authenticate(handed(tom, uuid4())), "tests/sessions/" + str(uuid4()), ROLES, datetime.now(UTC)
        )


def test_neither_door_takes_the_others_secret(tom: Principal, client: TestClient) -> None:
    token = handed(tom, uuid4())
    assert principal_of_session(token) is None
    client.cookies.set(SESSION_COOKIE, token)
    assert client.get("/me", follow_redirects=False).status_code in (302, 303, 401)
    with pytest.raises(Unauthenticated):
        authenticate(open_session(tom, datetime.now(UTC)))


def test_it_ends_by_time_by_its_owner_and_with_the_person(tom: Principal, database: Database) -> None:
    old = handed(tom, uuid4(), datetime.now(UTC) - LASTS - timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        authenticate(old)
    lost = handed(tom, uuid4())
    with transaction("T") as connection:
        listed = [one for one in sessions_of(connection, tom, None) if one.opened_by == "device"]
        assert len(listed) == 1
        end_own_session(connection, tom, listed[0].mark)
    with pytest.raises(Unauthenticated):
        authenticate(lost)
    kept = handed(tom, uuid4())
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE users SET active = false WHERE id = CAST(:id AS uuid)"), {"id": tom.id})
    with pytest.raises(Unauthenticated):
        authenticate(kept)
