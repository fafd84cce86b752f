"""What strangers, machines and broken devices send to a session: refused with a reason, and nothing of it stays."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from domain.kernel.keys import create_key
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.makers import make_person, make_tenant, make_token
from tests.stairs.at_once import Busy, counted
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import TESTED
from tests.stairs.test_evidence_over_http import photo, register, send

NOBODY = "00000000-0000-4000-8000-000000000000"
BAD_VALUES = (
    "1e400", "NaN", "Infinity", "-Infinity", "0x1F", "", " ", "4 4", "44,2", "\u0664\u0664", "9" * 40, "9" * 5000,
    "1e99", "44.2\0", "\ud800",
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(module_database: Database) -> Iterator[Busy]:
    make_tenant("T", "Australia/Sydney")
    make_tenant("U", "Australia/Sydney")
    ensure_signing_keys()
    house = SmallHouse(module_database)
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield Busy(client, house)


@pytest.fixture(scope="module")
def planned(desk: Busy) -> tuple[str, list[dict[str, Any]]]:
    rows = desk.plan()
    return desk.session, rows


@pytest.fixture
def rows(desk: Busy, planned: tuple[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What the module's own session tests."""
    desk.session = planned[0]
    return planned[1]


def raw(desk: Busy, path: str, body: str, kind: str = "application/json", method: str = "POST") -> Any:
    """A body as it is written here, however broken."""
    headers = {"Authorization": f"Bearer {desk.tokens['tom']}", "Content-Type": kind}
    return desk.client.request(method, path, content=body.encode("utf-8", "surrogatepass"), headers=headers)


def result_path(desk: Busy, row: dict[str, Any]) -> str:
    return f"{desk.at}/instances/{row['instance_id']}/results"


def nothing_stands(desk: Busy, row: dict[str, Any]) -> None:
    told = desk.ask("tom", "GET", f"{desk.at}/instances/{row['instance_id']}").json()
    assert (told["status"], told["validation_result"]) == ("pending", None)
    assert counted("T", "instance_evaluations WHERE instance_id = :id", id=row["instance_id"]) == 0
    assert counted("T", "session_submissions WHERE instance_id = :id", id=row["instance_id"]) == 0


@pytest.mark.parametrize("value", BAD_VALUES)
def test_a_value_that_is_no_number_is_refused_alone_and_in_a_batch(
    desk: Busy, rows: list[dict[str, Any]], value: str
) -> None:
    row = rows[0]
    one = desk.result(row) | {"value": value}
    sent = raw(desk, result_path(desk, row), json.dumps(one))
    assert sent.status_code == 422, sent.text
    batch = {"submissions": [one | {"submission_id": str(uuid4()), "instance_id": row["instance_id"]}]}
    told = raw(desk, f"{desk.at}/sync", json.dumps(batch))
    assert (told.status_code, told.json()["counts"]["invalid"]) == (200, 1), told.text
    nothing_stands(desk, row)


@pytest.mark.parametrize(
    "number", ["44.2", "NaN", "1e400", "-1e400", "1" + "0" * 20, "9" * 4000, "true", "[]", "{}", "null"]
)
def test_a_bare_number_that_lost_digits_or_is_none_is_refused(
    desk: Busy, rows: list[dict[str, Any]], number: str
) -> None:
    body = json.dumps(desk.result(rows[0]) | {"value": "@"}).replace('"@"', number)
    sent = raw(desk, result_path(desk, rows[0]), body)
    assert sent.status_code == 422, sent.text
    nothing_stands(desk, rows[0])


@pytest.mark.parametrize(
    "grid",
    [
        [{"point": n % 9 + 1, "velocity_ms": "1.2"} for n in range(100_000)],
        [{"point": n, "velocity_ms": "1.2"} for n in range(1, 11)],
        [{"point": 1, "velocity_ms": "1.2"}] * 9,
        [{"point": n, "velocity_ms": "1e400"} for n in range(1, 10)],
        [{"point": 10**30 + n, "velocity_ms": "1.2"} for n in range(9)],
        [],
        "grid",
    ],
    ids=["huge", "ten", "same", "infinite", "far", "none", "text"],
)
def test_a_grid_that_is_not_nine_points_is_refused(desk: Busy, rows: list[dict[str, Any]], grid: Any) -> None:
    row = rows[1]
    assert desk.test(row, grid=grid).status_code == 422
    one = desk.result(row, grid=grid) | {"submission_id": str(uuid4()), "instance_id": row["instance_id"]}
    told = desk.ask("tom", "POST", f"{desk.at}/sync", {"submissions": [one]})
    assert (told.status_code, told.json()["counts"]["invalid"]) == (200, 1), told.text[:500]
    nothing_stands(desk, row)


@pytest.mark.parametrize("words", ["a\0b", "\ud800", "x" * 2001])
def test_text_that_cannot_be_stored_is_refused_and_keeps_no_other_result_back(desk: Busy, words: str) -> None:
    rows = desk.plan()
    batch = [desk.result(row) | {"submission_id": str(uuid4()), "instance_id": row["instance_id"]} for row in rows]
    batch[0]["notes"] = words
    batch[3]["events"] = json.loads(json.dumps(batch[3]["events"]))
    batch[3]["events"]["events"][0]["component_id"] = words
    batch[4][words] = 1
    told = raw(desk, f"{desk.at}/sync", json.dumps({"submissions": [*batch, {"submission_id": words}, {words: []}]}))
    assert told.status_code == 200, told.text
    assert [one["outcome"] for one in told.json()["results"]] == [
        "invalid", "accepted", "accepted", "invalid", "invalid", "invalid", "invalid"
    ]  # fmt: skip
    skipped = raw(desk, f"{desk.at}/instances/{rows[0]['instance_id']}/skip", json.dumps({"reason": words}))
    assert skipped.status_code == 422, skipped.text
    nothing_stands(desk, rows[0])


@pytest.mark.parametrize("depth", [50, 300, 900, 5000, 200_000])
def test_json_that_is_nested_without_end_is_refused_or_kept_and_never_fails(
    desk: Busy, rows: list[dict[str, Any]], depth: int
) -> None:
    deep = "[" * depth + "]" * depth
    one = {"evidence_id": str(uuid4()), "evidence_type": "photo", "captured_at": TESTED, "file_hash_sha256": "0" * 64}
    body = json.dumps(one | {"metadata": {"a": "@"}}).replace('"@"', deep)
    at = f"{desk.at}/instances/{rows[4]['instance_id']}/evidence"
    assert raw(desk, at, body).status_code in (201, 422)
    batch = json.dumps({"submissions": [{"submission_id": str(uuid4()), "value": "@"}]}).replace('"@"', deep)
    assert raw(desk, f"{desk.at}/sync", batch).status_code in (200, 422)
    evidence_id = register(desk, rows[4], deep.encode()).json()["evidence_id"]
    kept = raw(desk, f"/api/v1/evidence/{evidence_id}/content", deep, method="PUT")
    assert kept.status_code == 200, kept.text


@pytest.mark.parametrize("told", [{"a": "x\0"}, {"a": "\ud800"}, {"\0": 1}, {"a": [{"b": "\0"}]}])
def test_metadata_that_cannot_be_stored_is_refused(desk: Busy, rows: list[dict[str, Any]], told: Any) -> None:
    one = {"evidence_id": str(uuid4()), "evidence_type": "photo", "captured_at": TESTED, "file_hash_sha256": "0" * 64}
    at = f"{desk.at}/instances/{rows[4]['instance_id']}/evidence"
    for member in ("metadata", "gps_coordinates"):
        assert raw(desk, at, json.dumps(one | {member: told})).status_code == 422
    for number in ("NaN", "1e400"):
        body = json.dumps(one | {"metadata": {"iso": "@"}}).replace('"@"', number)
        assert raw(desk, at, body).status_code == 422


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "*"]
)
def test_another_content_type_is_refused(desk: Busy, rows: list[dict[str, Any]], kind: str) -> None:
    sent = raw(desk, result_path(desk, rows[0]), json.dumps(desk.result(rows[0])), kind)
    assert sent.status_code == 422, sent.text
    nothing_stands(desk, rows[0])


@pytest.mark.parametrize(
    "own", ["../../etc/passwd", "..%2F..%2Fx", "%00", "1", "x" * 5000, "'; DROP TABLE x; --", NOBODY]
)
def test_an_id_that_is_a_path_or_nothing_leads_nowhere(desk: Busy, rows: list[dict[str, Any]], own: str) -> None:
    assert desk.ask("tom", "GET", f"/api/v1/evidence/{own}").status_code in (404, 422)
    for path in (f"/api/v1/evidence/{own}/content", f"/v1/evidence/{own}/content"):
        sent = desk.ask("tom", "PUT", path, headers={"Content-Range": "bytes 0-0/1"}, content=b"x")
        assert sent.status_code in (404, 405, 422), sent.text
    assert desk.ask("tom", "GET", f"/api/v1/tests/sessions/{own}").status_code in (404, 422)
    body = {"evidence_id": own, "evidence_type": "photo", "captured_at": TESTED, "file_hash_sha256": "0" * 64}
    if own != NOBODY:
        made = desk.ask("tom", "POST", f"{desk.at}/instances/{rows[4]['instance_id']}/evidence", body)
        assert made.status_code == 422


@pytest.mark.parametrize(
    "header",
    [
        "bytes 0-9/104857601", "bytes 0-9/999999999999", "bytes 5-14/15", "bytes 0-8/10", "bytes 0-10/10",
        "bytes -1-9/10", "bytes 0-9/*", "bytes */10", "bytes 0-9/0", "bytes 9-0/10", "bytes 00-9/10, 0-9/10",
        "bits 0-9/10", "", "bytes \u0660-9/10", "bytes 0-9/11",
    ],
)  # fmt: skip
def test_a_content_range_that_lies_keeps_nothing(desk: Busy, rows: list[dict[str, Any]], header: str) -> None:
    data = b"0123456789"
    made = register(desk, rows[4], data, file_size_bytes=10)
    path = f"/api/v1/evidence/{made.json()['evidence_id']}/content"
    sent = desk.ask("tom", "PUT", path, headers={"Content-Range": header.encode()}, content=data)
    assert sent.status_code in (409, 413, 422), sent.text
    told = desk.ask("tom", "GET", path.removesuffix("/content")).json()
    assert (told["received_bytes"], told["uploaded_at"]) == (0, None)
    assert send(desk, made.json()["evidence_id"], data).status_code == 200


def test_evidence_over_100_mb_is_refused_before_it_is_read(desk: Busy, rows: list[dict[str, Any]]) -> None:
    too_large = register(desk, rows[4], b"x", file_size_bytes=104_857_601)
    assert too_large.status_code == 422
    own = register(desk, rows[4], b"xy").json()["evidence_id"]
    read = []

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            read.append(1)
            yield bytes(1024 * 1024)

    path = f"/api/v1/evidence/{own}/content"
    announced = {"Content-Length": str(200 * 1024 * 1024)}
    refused = desk.ask("tom", "PUT", path, headers=announced, content=b"x")
    assert refused.status_code == 413, refused.text
    assert desk.ask("tom", "PUT", path, content=endless()).status_code == 413
    told = desk.ask("tom", "GET", f"/api/v1/evidence/{own}").json()
    assert (told["received_bytes"], told["uploaded_at"]) == (0, None)


def test_a_database_that_fails_at_the_last_piece_leaves_all_pieces_that_were_acknowledged(
    desk: Busy, rows: list[dict[str, Any]], module_database: Database
) -> None:
    data = photo(666, 500)
    own = register(desk, rows[4], data).json()["evidence_id"]
    assert send(desk, own, data[:1000], 0, len(data)).status_code == 202
    with psycopg.connect(module_database.urls["superuser"], autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$;"
            " CREATE TRIGGER fails BEFORE UPDATE OF uploaded_at ON evidence_records"
            " FOR EACH ROW EXECUTE FUNCTION fails()"
        )
        assert send(desk, own, data[1000:], 1000, len(data)).status_code == 503
        connection.execute("DROP TRIGGER fails ON evidence_records; DROP FUNCTION fails")
    assert desk.ask("tom", "GET", f"/api/v1/evidence/{own}").json()["received_bytes"] == len(data)
    assert send(desk, own, data[-1:], len(data) - 1, len(data)).status_code == 200


def acts(desk: Busy, row: dict[str, Any], evidence_id: str, fault_id: str) -> list[tuple[str, str, Any]]:
    """Every act of a person on a session."""
    at = f"{desk.at}/instances/{row['instance_id']}"
    why = {"reason": "Because"}
    capture = {
        "evidence_id": str(uuid4()),
        "evidence_type": "photo",
        "captured_at": TESTED,
        "file_hash_sha256": "0" * 64,
    }
    batch = {"submissions": [desk.result(row) | {"submission_id": str(uuid4()), "instance_id": row["instance_id"]}]}
    amendment = why | {"instance_ids": [row["instance_id"]], "planned_for": "2026-11-22"}
    return [
        ("POST", f"{desk.at}/start", None),
        ("POST", f"{desk.at}/submit", None),
        ("POST", f"{desk.at}/void", why),
        ("POST", f"{desk.at}/amend", amendment),
        ("POST", f"{desk.at}/sync", batch),
        ("POST", f"{desk.at}/conflicts/{NOBODY}/settle", why | {"resolution": "took_this"}),
        ("POST", f"{at}/start", None),
        ("POST", f"{at}/skip", why),
        ("POST", f"{at}/fail", why),
        ("POST", f"{at}/retry", None),
        ("POST", f"{at}/retest", None),
        ("POST", f"{at}/results", desk.result(row)),
        ("POST", f"{at}/acknowledge", why | {"codes": ["UNEVEN_GRID"]}),
        ("POST", f"{at}/evidence", capture),
        ("PUT", f"/api/v1/evidence/{evidence_id}/content", "bytes"),
        ("POST", f"/api/v1/faults/{fault_id}/review", why | {"action": "confirm"}),
        ("POST", f"/api/v1/faults/{fault_id}/resolve", why),
    ]


@pytest.fixture(scope="module")
def tested(desk: Busy, planned: tuple[str, list[dict[str, Any]]]) -> tuple[str, str]:
    """A capture without bytes, and a fault, in the module's session."""
    desk.session, rows = planned
    fault = desk.test(rows[2], value="118.5").json()["fault"]["id"]
    return register(desk, rows[2], b"none yet").json()["evidence_id"], fault


@pytest.mark.parametrize("role", ["OWNER", "AUDITOR", "OPERATOR", "machine"])
def test_owner_auditor_and_machines_read_and_never_act(
    desk: Busy, rows: list[dict[str, Any]], tested: tuple[str, str], role: str
) -> None:
    if role == "machine":
        _, token = create_key("T", "robot", ["stairs:read", "stairs:write"])
    else:
        token = make_token("T", role, email=f"{role.lower()}@example.org")
    headers = {"Authorization": f"Bearer {token}"}
    before = counted("T", "events")
    for method, path, body in acts(desk, rows[0], *tested):
        for alias in (path, path.removeprefix("/api")):
            more = {"content": b"x"} if body == "bytes" else {"json": body}
            sent = desk.client.request(method, alias, headers=headers, **more)
            assert sent.status_code == 403, (method, alias, sent.text)
    for path in (desk.at, f"{desk.at}/instances", f"{desk.at}/bundle", f"{desk.at}/conflicts", "/api/v1/faults"):
        sent = desk.client.get(path, headers=headers)
        assert sent.status_code == (403 if role == "OPERATOR" else 200), (path, sent.text)
    assert counted("T", "events") == before
    assert counted("T", "session_bundles WHERE session_id = :id", id=desk.session) == 0
    nothing_stands(desk, rows[0])


def test_a_stranger_finds_nothing_and_his_ids_collide_with_nothing(
    desk: Busy, rows: list[dict[str, Any]], tested: tuple[str, str], module_database: Database
) -> None:
    headers = {
        "Authorization": f"Bearer {make_token('U', 'TECHNICIAN', 'REVIEWER', 'MANAGER', email='eve@example.org')}"
    }
    for method, path, body in acts(desk, rows[0], *tested):
        more = {"content": b"x"} if body == "bytes" else {"json": body}
        sent = desk.client.request(method, path, headers=headers, **more)
        assert sent.status_code == 404, (method, path, sent.text)
    plan = {"building_id": str(desk.house.building), "frequency": "annual", "planned_for": "2026-11-21"}
    assert desk.client.post("/api/v1/tests/sessions", json=plan, headers=headers).status_code == 404
    theirs = SmallHouse(module_database, "U")
    own, known = str(uuid4()), tested[0]
    other = Busy(desk.client, theirs)
    there = other.plan()
    assert other.test(there[0], submission_id=own).json()["outcome"] == "accepted"
    mine = desk.plan()
    assert desk.test(mine[0], submission_id=own, value="43").json()["outcome"] == "accepted"
    used = other.test(there[2], used_instrument_id=str(desk.house.instruments["force_gauge"]))
    assert (used.status_code, used.json()["code"]) == (422, "UNKNOWN_INSTRUMENT")
    assert register(other, there[1], b"theirs", evidence_id=known).status_code == 201
    assert send(other, known, b"theirs").status_code == 200
    assert desk.ask("tom", "GET", f"/api/v1/evidence/{known}").json()["uploaded_at"] is None
    wanted = plan | {"building_id": str(theirs.building)}
    only_ours = str(make_person("T", "only", "TECHNICIAN").id)
    foreign = other.ask("tom", "POST", "/api/v1/tests/sessions", wanted | {"technician_id": only_ours})
    assert foreign.status_code == 404, foreign.text
    assert other.ask("tom", "POST", "/api/v1/tests/sessions", wanted | {"technician_id": NOBODY}).status_code == 404
    assert desk.client.post(f"{desk.at}/start", params={"tenant_id": "T"}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "year", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1899-12-31T23:59:59+00:00"]
)
def test_a_clock_beyond_every_calendar_is_refused_wherever_it_stands(
    desk: Busy, rows: list[dict[str, Any]], year: str
) -> None:
    for name in ("tested_at", "started_at", "completed_at"):
        assert desk.test(rows[0], **{name: year}).status_code == 422
    assert register(desk, rows[0], b"x", captured_at=year).status_code == 422
    body = {"device_clock": year, "submissions": [{"submission_id": str(uuid4())}]}
    assert desk.ask("tom", "POST", f"{desk.at}/sync", body).status_code == 422
    nothing_stands(desk, rows[0])


def test_a_capture_from_the_future_is_a_clock_error(desk: Busy, rows: list[dict[str, Any]]) -> None:
    ahead = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    told = register(desk, rows[0], b"x", captured_at=ahead)
    assert (told.status_code, told.json()["code"]) == (422, "CLOCK_ERROR")
    near = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    assert register(desk, rows[0], b"x", captured_at=near).status_code == 201
