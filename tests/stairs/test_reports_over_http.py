"""From an approved session to its signed report, over HTTP and through the fulfilment, with a real signature."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel import artifacts
from domain.kernel.canonical import content_hash
from domain.kernel.db import transaction
from domain.kernel.fulfil import fulfil, waiting_for_fulfilment
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from domain.kernel.verify import Verdict, verify_artifact
from domain.stairs.fulfil import notice_doer, report_doer
from domain.stairs.suggest.period_report import due_visits
from domain.together import RENDERERS
from tests.conftest import Database, application
from tests.grid.outages.report.reading import pages
from tests.makers import make_tenant, make_token
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import Desk


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    house = SmallHouse(database)
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield Desk(client, house)


def walked(desk: Desk, approve: bool = True) -> None:
    for row in desk.plan():
        assert desk.test(row).status_code == 200
    if approve:
        assert desk.sign("rita").status_code == 200


def exported(desk: Desk, **body: Any) -> dict[str, Any]:
    made = desk.ask("tom", "POST", f"{desk.at}/report", body)
    assert made.status_code == 200, made.text
    told: dict[str, Any] = made.json()
    return told


def read(desk: Desk, url: str) -> bytes:
    answer = desk.client.get(url)
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def sign(desk: Desk, told: dict[str, Any], who: str = "mia") -> Any:
    body = {"reason": "Read.", "content_hash": told["content_hash"]}
    return desk.ask(who, "POST", f"/v1/proposals/{told['proposal_id']}/approve", body)


def carry_out() -> None:
    doers = {doer.gate.kind: doer for doer in (report_doer(open_store), notice_doer(open_store))}
    with transaction("T", DbRole.MACHINE, actor="test") as connection:
        waiting = waiting_for_fulfilment(connection, list(doers))
    for own, _ in waiting:
        fulfil("T", own, doers, run_id="test", actor_id="test")


def test_a_signed_report_is_exactly_what_was_signed_and_can_be_made_again(desk: Desk) -> None:
    walked(desk)
    draft = exported(desk)
    assert draft["edition"] == "draft"
    assert draft["proposal_id"] is not None
    drafted = pages(read(desk, draft["files"]["pdf"]["url"]))
    assert all("DRAFT, not countersigned" in page for page in drafted)
    assert exported(desk)["report_id"] == draft["report_id"]
    assert sign(desk, draft, "tom").status_code == 403
    signed = sign(desk, draft)
    assert signed.status_code == 200, signed.text
    carry_out()
    told = desk.ask("mia", "GET", f"/api/v1/reports/{draft['report_id']}").json()
    assert told["status"] == "SIGNED"
    assert content_hash(told["content"]) == draft["content_hash"]
    final = pages(read(desk, told["files"]["signed"]["pdf"]["url"]))
    assert not any("DRAFT" in page for page in final)
    assert draft["content_hash"] in final[-1]
    with transaction("T", DbRole.MACHINE, actor="test") as connection:
        rows = connection.exec_driver_sql("SELECT artifact_id FROM artifacts WHERE kind = 'stairs.compliance_report'")
        found = [row.artifact_id for row in rows]
        assert len(found) == 4
        for own in found:
            assert artifacts.load(connection, own) is not None
            verdict = verify_artifact(connection, open_store(), own, RENDERERS)
            assert verdict.verdict is Verdict.SAME, verdict.as_json()


def test_a_signed_report_leads_back_to_its_visit_the_approval_and_the_tests(desk: Desk) -> None:
    walked(desk)
    assert sign(desk, exported(desk)).status_code == 200
    carry_out()
    with transaction("T") as connection:
        query = "SELECT artifact_id FROM artifacts WHERE countersignature_id IS NOT NULL AND kind = :kind LIMIT 1"
        edition = connection.execute(text(query), {"kind": "stairs.compliance_report"}).scalar_one()
    told = desk.ask("mia", "GET", f"/v1/lineage/{edition}").json()
    relations = {(one["from_type"], one["relation"], one["to_type"]) for one in told["edges"]}
    assert {
        ("artifact", "carries out", "countersignature"),
        ("artifact", "is an edition of", "compliance_report"),
        ("compliance_report", "reports on", "test_session"),
        ("test_session", "approved by", "countersignature"),
        ("test_session", "measured", "rows"),
    } <= relations
    (rows,) = [node for node in told["nodes"] if node["type"] == "rows"]
    assert rows["facts"] == {"tests": len(desk.plan())}
    visit = next(node for node in told["nodes"] if node["type"] == "test_session")
    assert visit["facts"]["status"] == "approved"
    assert desk.ask("mia", "GET", f"/v1/lineage/{visit['id']}").json()["nodes"][0]["label"] == visit["label"]
    page = desk.ask("mia", "GET", f"/lineage/{edition}")
    assert f"leads back to {rows['facts']['tests']} tests" in page.text


def test_a_session_that_may_still_change_has_a_draft_and_nothing_to_sign(desk: Desk) -> None:
    walked(desk, approve=False)
    told = exported(desk)
    assert told["proposal_id"] is None
    assert "The session is not approved" in " ".join(pages(read(desk, told["files"]["pdf"]["url"])))


def test_a_content_that_was_changed_behind_the_platform_is_not_signed(desk: Desk, database: Database) -> None:
    walked(desk)
    told = exported(desk)
    change = "UPDATE compliance_reports SET content = jsonb_set(content, '{report,tenant_name}', '\"X\"')"
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(change)
        # Whoever owns the machine can still switch the guard off; the hash then tells.
        connection.execute("ALTER TABLE compliance_reports DISABLE TRIGGER USER")
        connection.execute(change)
    refused = sign(desk, told)
    assert (refused.status_code, refused.json()["code"]) == (409, "CONTENT_CHANGED")


@pytest.mark.parametrize("kind", ["logbook", "yearly_statement"])
def test_a_building_tells_its_year(desk: Desk, kind: str) -> None:
    walked(desk)
    at = f"/api/v1/buildings/{desk.house.building}/reports"
    body = {"kind": kind, "begins_on": "2026-01-01", "ends_on": "2026-12-31"}
    made = desk.ask("mia", "POST", at, body)
    assert made.status_code == 200, made.text
    told = desk.ask("mia", "GET", f"/api/v1/reports/{made.json()['report_id']}").json()["content"]["report"]
    assert [(one["frequency"], one["due"], one["done"]) for one in told["routines"]] == [("annual", 1, 1)]
    assert told["visits"][0]["compliant"] == 5
    assert {one["certificate"] for one in told["instruments"]} == {
        "C-MANOMETER",
        "C-ANEMOMETER",
        "C-FORCE_GAUGE",
    } or len(told["instruments"]) == 3
    assert desk.ask("mia", "POST", at, body | {"ends_on": "2025-12-31"}).status_code == 422
    listed = desk.ask("mia", "GET", f"/api/v1/reports?building_id={desk.house.building}").json()["rows"]
    assert [one["kind"] for one in listed] == [kind]


def test_a_technician_gives_notice_of_a_fault_before_anybody_reviewed_it(desk: Desk, database: Database) -> None:
    rows = desk.plan()
    fault = desk.test(rows[0], value="18.2").json()["fault"]
    make_token("T", "OWNER", email="owner@example.org")
    made = desk.ask("tom", "POST", f"/api/v1/faults/{fault['id']}/notice", {})
    assert made.status_code == 200, made.text
    told = made.json()
    whole = " ".join(pages(read(desk, told["files"]["pdf"]["url"])))
    assert "Pressure 18.2 Pa BELOW minimum 20 Pa on Stair-A Level-8 (all_closed)" in whole
    assert "machine finding, not yet reviewed" in whole
    assert sign(desk, told, "tom").status_code == 200
    carry_out()
    kept = desk.ask("mia", "GET", f"/api/v1/reports/{told['report_id']}").json()
    assert (kept["kind"], kept["status"]) == ("fault_notice", "SIGNED")
    after = desk.ask("mia", "GET", f"/api/v1/faults/{fault['id']}").json()
    assert after["notified_at"] is not None
    with psycopg.connect(database.urls["superuser"]) as connection:
        heard = connection.execute(
            "SELECT u.email FROM messages AS m JOIN users AS u ON u.id = m.user_id"
            " WHERE m.kind = 'CRITICAL_FAULT' AND m.subject_type = 'compliance_report'"
        ).fetchall()
    assert ("owner@example.org",) in heard


def test_a_fault_that_is_mended_needs_no_notice(desk: Desk) -> None:
    rows = desk.plan()
    fault = desk.test(rows[0], value="18.2").json()["fault"]
    body = {"action": "confirm", "reason": "Seen on site"}
    assert desk.ask("rita", "POST", f"/api/v1/faults/{fault['id']}/review", body).status_code == 200
    mended = desk.ask("tom", "POST", f"/api/v1/faults/{fault['id']}/resolve", {"reason": "Damper replaced"})
    assert mended.status_code == 200
    refused = desk.ask("tom", "POST", f"/api/v1/faults/{fault['id']}/notice", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_OPEN")


def test_what_is_not_there_and_who_may_not(desk: Desk) -> None:
    nobody = uuid.uuid4()
    assert desk.ask("tom", "POST", f"/api/v1/tests/sessions/{nobody}/report", {}).status_code == 404
    period = {"kind": "logbook", "begins_on": "2026-01-01", "ends_on": "2026-12-31"}
    assert desk.ask("tom", "POST", f"/api/v1/buildings/{nobody}/reports", period).status_code == 404
    assert desk.ask("tom", "GET", f"/api/v1/reports/{nobody}").status_code == 404
    assert desk.ask("otto", "GET", "/api/v1/reports").status_code == 403
    assert desk.ask("otto", "POST", f"/api/v1/tests/sessions/{nobody}/report", {}).status_code == 403


@pytest.mark.parametrize(
    ("frequency", "begins", "ends", "due"),
    [
        ("monthly", date(2026, 1, 1), date(2026, 12, 31), 12),
        ("six_monthly", date(2026, 1, 1), date(2026, 12, 31), 2),
        ("annual", date(2026, 1, 1), date(2026, 12, 30), 0),
        ("annual", date(2026, 2, 13), date(2027, 2, 12), 1),
        ("monthly", date(2026, 1, 31), date(2026, 2, 27), 0),
    ],
)
def test_visits_fall_due_by_whole_months(frequency: str, begins: date, ends: date, due: int) -> None:
    assert due_visits(frequency, begins, ends) == due


def test_of_two_contents_of_one_session_the_newer_alone_can_be_signed(desk: Desk) -> None:
    rows = desk.plan()
    fault = desk.test(rows[0], value="18.2").json()["fault"]
    for row in rows[1:]:
        assert desk.test(row).status_code == 200
    body = {"action": "confirm", "reason": "Seen on site"}
    assert desk.ask("rita", "POST", f"/api/v1/faults/{fault['id']}/review", body).status_code == 200
    assert desk.sign("rita").status_code == 200
    first = exported(desk)
    assert desk.ask("tom", "POST", f"/api/v1/faults/{fault['id']}/resolve", {"reason": "Mended"}).status_code == 200
    second = exported(desk)
    assert second["report_id"] != first["report_id"]
    outdated = sign(desk, first)
    assert outdated.status_code == 409, outdated.text
    assert sign(desk, second).status_code == 200
    carry_out()
    states = {one["report_id"]: one["status"] for one in desk.ask("mia", "GET", "/api/v1/reports").json()["rows"]}
    assert states == {first["report_id"]: "DRAFT", second["report_id"]: "SIGNED"}


def test_two_who_export_at_once_get_the_same_report(desk: Desk) -> None:
    walked(desk)
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: exported(desk), range(2)))
    assert {one["report_id"] for one in told} == {told[0]["report_id"]}
    assert {one["proposal_id"] for one in told} == {told[0]["proposal_id"]}
    assert len(desk.ask("mia", "GET", "/api/v1/reports").json()["rows"]) == 1
