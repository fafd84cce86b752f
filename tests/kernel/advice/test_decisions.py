"""A suggestion is decided on once, by a person, and nothing else of it ever changes."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql

from domain.kernel.advisory import SENTENCES
from domain.kernel.keys import create_key
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.kernel.advice.looks import LESSON, look, rows, take
from tests.makers import make_tenant, make_token

TABLES = ("signals", "signal_evaluations", "suggestions", "suggestion_decisions", "work_items", "advice_rulesets")


@pytest.fixture
def client(database: Database) -> Any:
    make_tenant("T")
    ensure_signing_keys()
    take(look())
    take(look(about=LESSON))
    with TestClient(application(), raise_server_exceptions=False, follow_redirects=False) as made:
        made.headers["Authorization"] = f"Bearer {make_token('T', 'ADMIN')}"
        yield made


def of(room: str) -> str:
    return next(str(one.suggestion_id) for one in rows("suggestions") if one.room == room)


def test_accepting_for_the_grid_opens_what_somebody_is_to_look_at(client: TestClient) -> None:
    answer = client.post(f"/v1/advice/suggestions/{of('grid')}/accept", json={"reason": "On the way."})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["suggestion"]["status"], told["suggestion"]["decision_reason"]) == ("ACCEPTED", "On the way.")
    (item,) = rows("work_items")
    assert str(item.work_item_id) == told["work_item_id"]
    assert (item.status, item.reasons) == ("OPEN", ["OWN_DROP", "VOLTAGE"])
    assert str(item.countersignature_id) == told["countersignature_id"]


def test_accepting_for_a_course_writes_a_status_and_nothing_more(client: TestClient) -> None:
    answer = client.post(f"/api/admin/suggestions/{of('courses')}/accept")
    assert (answer.status_code, answer.json()["status"]) == (200, "ACCEPTED")
    assert rows("work_items") == []
    events = {one.event_type for one in rows("events")}
    assert {"CONTENT_SUGGESTION_CREATED", "CONTENT_SUGGESTION_ACCEPTED"} <= events


@pytest.mark.parametrize("second", ["accept", "dismiss"])
@pytest.mark.parametrize("first", ["accept", "dismiss"])
def test_a_second_decision_is_refused_whoever_makes_it(client: TestClient, first: str, second: str) -> None:
    here = f"/api/admin/suggestions/{of('courses')}"
    assert client.post(f"{here}/{first}").status_code == 200
    for headers in ({}, {"Authorization": f"Bearer {make_token('T', 'REVIEWER', email='bob@example.org')}"}):
        answer = client.post(f"{here}/{second}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_DECIDED")
        assert answer.json()["error"]["code"] == "ALREADY_DECIDED"
    assert len(rows("suggestion_decisions")) == 1


def test_ten_at_once_decide_once(client: TestClient) -> None:
    here = f"/v1/advice/suggestions/{of('grid')}"
    tokens = [make_token("T", "REVIEWER", email=f"p{n}@example.org") for n in range(10)]
    with ThreadPoolExecutor(10) as pool:
        codes = list(
            pool.map(
                lambda n: (
                    client.post(
                        f"{here}/{'accept' if n % 2 else 'dismiss'}",
                        headers={"Authorization": f"Bearer {tokens[n]}"},
                    ).status_code
                ),
                range(10),
            )
        )
    assert sorted(codes) == [200] + [409] * 9
    assert len(rows("suggestion_decisions")) == 1


def test_the_queue_decides_as_the_endpoints_do(client: TestClient) -> None:
    queue = client.get("/v1/countersign/queue").json()
    waiting = {one["subject_id"]: one for one in queue["items"]}
    one = waiting[of("grid")]
    done = client.post(f"/v1/proposals/{one['proposal_id']}/refuse", json={"reason": "Vacant since May."})
    assert done.status_code == 200, done.text
    assert client.get(f"/v1/advice/suggestions/{of('grid')}").json()["status"] == "DISMISSED"


def test_a_machine_decides_on_nothing(client: TestClient) -> None:
    key = {"Authorization": f"Bearer {create_key('T', 'k', ['advice:read'])[1]}"}
    assert client.get("/v1/advice/suggestions", headers=key).status_code == 200
    for path in (f"/v1/advice/suggestions/{of('grid')}/accept", f"/api/admin/suggestions/{of('courses')}/accept"):
        assert client.post(path, headers=key).status_code == 403


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE"])
def test_there_is_no_other_verb(client: TestClient, verb: str) -> None:
    for path in ("/api/admin/suggestions", f"/api/admin/suggestions/{of('courses')}", "/v1/advice/suggestions"):
        answer = client.request(verb, path)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


def test_filters_narrow_the_list_and_pages_join_up(client: TestClient) -> None:
    for n in range(7):
        take(look(about=LESSON.__class__("courses", "HIGH_DROP_OFF", "lesson", f"l{n}", "rye@1"), severity="HIGH"))
    here = "/api/admin/suggestions"
    assert {one["courseId"] for one in client.get(here).json()["suggestions"]} == {"bread", "rye"}
    assert len(client.get(here, params={"courseId": "rye"}).json()["suggestions"]) == 14
    assert len(client.get(here, params={"courseId": "bread"}).json()["suggestions"]) == 1
    assert len(client.get(here, params={"severity": "LOW"}).json()["suggestions"]) == 1
    assert client.get(here, params={"scope": "WRONG"}).status_code == 422
    seen, cursor = [], None
    while True:
        page = client.get(here, params={"limit": 4} | ({"cursor": cursor} if cursor else {})).json()
        seen += [one["id"] for one in page["suggestions"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 15


def test_what_was_found_gives_precision_by_reason_and_ruleset(client: TestClient) -> None:
    for n, outcome in enumerate(["confirmed", "confirmed", "vacant", "clean"]):
        taken = take(look(about=LESSON.__class__("grid", "METER_SUSPICION", "meter", f"P{n}"), severity="LOW"))
        done = client.post(f"/v1/advice/suggestions/{taken.made[0].suggestion_id}/accept").json()
        closed = client.post(f"/v1/advice/work-items/{done['work_item_id']}/outcome", json={"outcome": outcome})
        assert (closed.status_code, closed.json()["outcome"]) == (200, outcome)
        again = client.post(f"/v1/advice/work-items/{done['work_item_id']}/outcome", json={"outcome": "clean"})
        assert (again.status_code, again.json()["code"]) == (409, "ALREADY_CLOSED")
    found = client.get("/v1/advice/precision", params={"room": "grid"}).json()["rows"]
    assert [(one["reason"], one["ruleset"], one["found"], one["closed_items"]) for one in found] == [
        ("*", "2026-1", 2, 4),
        ("OWN_DROP", "2026-1", 2, 4),
        ("VOLTAGE", "2026-1", 2, 4),
    ]
    assert (found[0]["value"], round(found[0]["low"], 4), round(found[0]["high"], 4)) == (0.5, 0.15, 0.85)


def test_pages_decide_without_a_script(client: TestClient) -> None:
    shown = client.get("/admin/suggestions")
    assert shown.status_code == 200, shown.text
    assert "9 of 30 at lesson:m01l02." in shown.text
    assert "meter:M1" not in shown.text
    assert "Evidence" in shown.text
    sent = client.post(f"/admin/suggestions/{of('courses')}/dismiss", data={"reason": ""})
    assert sent.status_code == 422
    assert "Nothing was dismissed: the reason is missing. Write why." in sent.text
    assert re.search(rf'<details open>.*aria-describedby="e-{of("courses")}"', sent.text, re.S)
    sent = client.post(f"/admin/suggestions/{of('courses')}/dismiss", data={"reason": "No."})
    assert (sent.status_code, sent.headers["location"]) == (303, "/admin/suggestions?done=dismiss")
    sent = client.post(f"/advice/suggestions/{of('grid')}/accept", data={"reason": ""})
    assert sent.status_code == 303
    assert "meter:M1" in client.get("/advice/work-items").text
    (item,) = rows("work_items")
    sent = client.post(
        f"/advice/work-items/{item.work_item_id}/outcome", data={"outcome": "confirmed", "note": "Jumper."}
    )
    assert sent.status_code == 303
    assert "Jumper." in client.get("/advice/work-items?status=CLOSED").text
    for room in ("grid", "courses", ""):
        assert client.get("/advice", params={"room": room, "status": ""}).status_code == 200


def test_a_list_of_advice_is_folded_but_for_what_tells_whether_to_look(client: TestClient) -> None:
    shown = client.get("/advice").text
    unfolded = shown
    # The innermost first, until no fold is left.
    while (outer := re.sub(r"<details>(?:(?!<details).)*?</details>", "", unfolded, flags=re.S)) != unfolded:
        unfolded = outer
    assert "9 of 30 at lesson:m01l02." in unfolded
    assert all(sentence in unfolded for sentence in SENTENCES)
    assert "<textarea" not in unfolded
    assert shown.count("<textarea") == 2
    assert f'formaction="/advice/suggestions/{of("grid")}/dismiss"' in shown


def test_no_role_changes_what_stands(client: TestClient, database: Database) -> None:
    assert client.post(f"/v1/advice/suggestions/{of('grid')}/accept").status_code == 200
    statements = {
        "signals": "signal_type = 'X_X'",
        "signal_evaluations": "value = 1",
        "suggestions": "message = 'other'",
        "suggestion_decisions": "reason = 'other'",
        "work_items": "title = 'other'",
        "advice_rulesets": "version = 'x'",
    }
    for role in ("app", "machine", "loader", "auditor", "owner", "superuser"):
        with psycopg.connect(database.urls[role], autocommit=True) as connection:
            connection.execute("SELECT set_config('app.tenant', 'T', false)")
            if role == "superuser":
                connection.execute("SET session_replication_role = replica")
            for table in TABLES:
                if not rows(table):
                    continue
                name = sql.Identifier(table)
                for statement in (
                    sql.SQL("UPDATE {} SET " + statements[table]).format(name),  # type: ignore[arg-type]
                    sql.SQL("DELETE FROM {}").format(name),
                    sql.SQL("TRUNCATE {} CASCADE").format(name),
                ):
                    with pytest.raises(
                        (
                            psycopg.errors.InsufficientPrivilege,
                            psycopg.errors.RaiseException,
                            psycopg.errors.ObjectInUse,
                            psycopg.errors.RestrictViolation,
                        )
                    ) as refused:
                        connection.execute(statement)
                    assert refused.value.sqlstate in {"42501", "55006", "23001"}, (role, table)


def test_a_status_without_a_decision_is_refused_by_the_database(client: TestClient, database: Database) -> None:
    for role in ("app", "owner"):
        with psycopg.connect(database.urls[role]) as connection:
            connection.execute("SELECT set_config('app.tenant', 'T', false)")
            with pytest.raises(psycopg.errors.CheckViolation, match="no decision stands"):
                connection.execute("UPDATE suggestions SET status = 'ACCEPTED'")
    with psycopg.connect(database.urls["machine"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE suggestions SET status = 'ACCEPTED'")


def test_what_is_open_is_counted_for_prometheus_without_a_name(client: TestClient) -> None:
    shown = client.get("/metrics").text
    assert 'signals_open{severity="LOW",type="METER_SUSPICION"} 1.0' in shown
    assert "suggestions_open 2.0" in shown
    client.post(f"/v1/advice/suggestions/{of('grid')}/accept")
    shown = client.get("/metrics").text
    assert "suggestions_open 1.0" in shown
    assert "bread" not in shown
