"""A session from its plan to its approval, over HTTP as people would drive it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from domain.kernel.canonical import content_hash
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from domain.kernel.verify import verify_run
from domain.together import REBUILDERS
from tests.conftest import Database, application
from tests.makers import make_tenant, make_token
from tests.stairs.small_house import SmallHouse

TESTED = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
GRID = [
    {"point": n, "velocity_ms": v}
    for n, v in enumerate(["1.2", "1.3", "1.1", "1.15", "1.25", "1.18", "1.08", "1.12", "1.05"], 1)
]
VALUES: dict[str, dict[str, Any]] = {
    "pressure_differential": {"value": "44.0"},
    "air_velocity": {"grid": GRID},
    "door_opening_force": {"value": "95.5", "measurement_position": "at_handle"},
    "cause_and_effect_logic": {
        "events": {
            "source": "panel_log",
            "events": [
                {"component_id": "ALARM-PANEL", "action": "activate", "t_s": "0.4"},
                {"component_id": "FAN-01", "action": "start", "t_s": "3.9"},
            ],
        }
    },
    "interface_test": {"interface": {"matched": True, "response_time_s": "4"}},
}
TOOLS = {
    "pressure_differential": "manometer",
    "air_velocity": "anemometer",
    "door_opening_force": "force_gauge",
}


class Desk:
    """People at their devices."""

    def __init__(self, client: TestClient, house: SmallHouse) -> None:
        self.client, self.house = client, house
        self.session = ""

    def ask(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        roles = {"tom": "TECHNICIAN", "rita": "REVIEWER", "mia": "MANAGER", "otto": "OPERATOR"}
        token = make_token(self.house.tenant, roles[who], email=f"{who}@example.org")
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        return self.client.request(method, path, json=body, headers=headers, **more)

    def plan(self) -> list[dict[str, Any]]:
        made = self.ask(
            "tom",
            "POST",
            "/api/v1/tests/sessions",
            {"building_id": str(self.house.building), "frequency": "annual", "planned_for": "2026-11-21"},
        )
        assert made.status_code == 201, made.text
        self.session = made.json()["session_id"]
        assert made.json()["instances"] == 5
        rows: list[dict[str, Any]] = self.ask("tom", "GET", f"{self.at}/instances").json()["rows"]
        return rows

    @property
    def at(self) -> str:
        return f"/api/v1/tests/sessions/{self.session}"

    def result(self, row: dict[str, Any], **other: Any) -> dict[str, Any]:
        kind = row["measurement_type"]
        used = {"used_instrument_id": str(self.house.instruments[TOOLS[kind]])} if kind in TOOLS else {}
        return {"tested_at": TESTED} | VALUES[kind] | used | other

    def test(self, row: dict[str, Any], who: str = "tom", **other: Any) -> Any:
        return self.ask(who, "POST", f"{self.at}/instances/{row['instance_id']}/results", self.result(row, **other))

    def sign(self, who: str, decision: str = "approve", **body: Any) -> Any:
        handed = self.ask("tom", "POST", f"{self.at}/submit")
        assert handed.status_code == 200, handed.text
        told = handed.json()
        return self.ask(
            who,
            "POST",
            f"/v1/proposals/{told['proposal_id']}/{decision}",
            {"reason": "Seen."} | ({"content_hash": told["content_hash"]} if decision == "approve" else {}) | body,
        )


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    house = SmallHouse(database)
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield Desk(client, house)


def test_a_session_is_planned_tested_handed_in_and_approved_and_then_nothing_changes(
    desk: Desk, database: Database
) -> None:
    rows = desk.plan()
    assert [row["sequence_order"] for row in rows] == [1, 2, 3, 4, 5]
    for row in rows:
        done = desk.test(row)
        assert done.status_code == 200, done.text
        assert done.json()["verdict"] == "compliant", done.json()
    told = desk.ask("tom", "GET", desk.at).json()
    assert told["status"] == "active"
    assert told["progress"]["completion_pct"] == 100.0
    assert desk.sign("tom").status_code == 403
    signed = desk.sign("rita")
    assert signed.status_code in (200, 201), signed.text
    told = desk.ask("mia", "GET", desk.at).json()
    assert told["status"] == "approved"
    assert told["report_hash"]
    for statement in (
        "UPDATE test_instances SET notes = 'x'",
        "DELETE FROM test_instances",
        "UPDATE test_sessions SET planned_for = '2026-01-01'",
        "DELETE FROM test_sessions",
        "UPDATE instance_evaluations SET seq = 2",
        "TRUNCATE test_instances CASCADE",
    ):
        for role in ("app", "owner", "superuser"):
            refused(database, role, statement)


def refused(database: Database, role: str, statement: str) -> None:
    with psycopg.connect(database.urls[role], autocommit=True) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
            connection.execute(statement)


def test_r_11_a_failed_value_is_a_fault_that_a_person_reviews_and_a_retest_settles(desk: Desk) -> None:
    rows = desk.plan()
    for row in rows[1:]:
        assert desk.test(row).status_code == 200
    found = desk.test(rows[0], value="18.2").json()
    assert found["verdict"] == "non_compliant"
    assert found["review_state"] == "proposed"
    fault = found["fault"]
    assert fault["description"] == "Pressure 18.2 Pa BELOW minimum 20 Pa on Stair-A Level-8 (all_closed)"
    assert fault["deviation_from_baseline_pct"] == "-58.82"
    assert (fault["severity"], fault["defect_classification"]) == ("critical", "1A")
    blocked = desk.sign("rita")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "FAULTS_PROPOSED")
    no_proof = desk.ask(
        "rita", "POST", f"/api/v1/faults/{fault['id']}/review", {"action": "dismiss", "reason": "I do not like it"}
    )
    assert (no_proof.status_code, no_proof.json()["code"]) == (422, "DISMISSAL_NEEDS_PROOF")
    returned = desk.sign("rita", "refuse")
    assert returned.status_code == 200, returned.text
    assert desk.ask("tom", "GET", desk.at).json()["status"] == "returned"
    again = desk.ask("tom", "POST", f"{desk.at}/instances/{rows[0]['instance_id']}/retest").json()["instance_id"]
    twice = desk.ask("tom", "POST", f"{desk.at}/instances/{rows[0]['instance_id']}/retest")
    assert twice.json()["code"] == "RETEST_WAITS"
    passed = desk.test(rows[0] | {"instance_id": again}).json()
    assert passed["verdict"] == "compliant"
    body = {"action": "dismiss", "reason": "The relief damper was set", "retest_instance_id": again}
    assert desk.ask("tom", "POST", f"/api/v1/faults/{fault['id']}/review", body).status_code == 403
    dismissed = desk.ask("rita", "POST", f"/api/v1/faults/{fault['id']}/review", body)
    assert dismissed.status_code == 200, dismissed.text
    assert (dismissed.json()["status"], dismissed.json()["review_state"]) == ("dismissed", "dismissed")
    assert desk.sign("rita").status_code == 200


def test_a_confirmed_fault_is_mended_later_and_stays_as_it_was_found(desk: Desk, database: Database) -> None:
    rows = desk.plan()
    for row in rows[1:]:
        desk.test(row)
    fault = desk.test(rows[0], value="81.5").json()["fault"]
    assert fault["description"] == "Pressure 81.5 Pa ABOVE maximum 80 Pa on Stair-A Level-8 (all_closed)"
    early = desk.ask("tom", "POST", f"/api/v1/faults/{fault['id']}/resolve", {"reason": "Done"})
    assert early.json()["code"] == "NOT_REVIEWED"
    said = {"action": "reclassify", "reason": "One storey only", "severity": "high", "standard_class": "non_critical"}
    reviewed = desk.ask("rita", "POST", f"/api/v1/faults/{fault['id']}/review", said).json()
    assert (reviewed["severity"], reviewed["standard_class"]) == ("high", "non_critical")
    assert reviewed["countersignature_id"]
    assert desk.sign("rita").status_code == 200
    refused(database, "owner", "UPDATE faults SET severity = 'low'")
    refused(database, "owner", "DELETE FROM faults")
    mended = desk.ask("tom", "POST", f"/api/v1/faults/{fault['id']}/resolve", {"reason": "Damper replaced"})
    assert mended.status_code == 200, mended.text
    assert (mended.json()["status"], mended.json()["severity"]) == ("resolved", "high")


def test_r_15_a_second_result_is_a_duplicate_a_conflict_or_kept_apart_and_nothing_is_overwritten(
    desk: Desk, database: Database
) -> None:
    rows = desk.plan()
    own = str(uuid4())
    for row in rows[1:]:
        desk.test(row)
    assert desk.test(rows[0], submission_id=own).json()["outcome"] == "accepted"
    assert desk.test(rows[0], submission_id=own).json()["outcome"] == "duplicate"
    other = desk.test(rows[0], submission_id=own, value="45")
    assert (other.status_code, other.json()["code"]) == (409, "SUBMISSION_ID_USED")
    later = desk.test(rows[0], value="19.9", who="mia")
    assert (later.status_code, later.json()["code"]) == (409, "RESULT_CONFLICT")
    standing = desk.ask("tom", "GET", f"{desk.at}/instances/{rows[0]['instance_id']}").json()
    assert (standing["measured_value_numeric"], standing["verdict"]) == ("44.000", "compliant")
    assert desk.sign("rita").json()["code"] == "CONFLICTS_OPEN"
    waiting = desk.ask("rita", "GET", f"{desk.at}/conflicts").json()["rows"]
    assert [one["payload"]["value"] for one in waiting] == ["19.9"]
    path = f"{desk.at}/conflicts/{waiting[0]['submission_id']}/settle"
    settled = desk.ask("rita", "POST", path, {"resolution": "took_this", "reason": "The hose was off the first time"})
    assert settled.json()["verdict"] == "non_compliant", settled.text
    verdicts = desk.ask("rita", "GET", f"{desk.at}/instances/{rows[0]['instance_id']}/evaluations").json()["rows"]
    assert [one["outputs"]["verdict"] for one in verdicts] == ["compliant", "non_compliant"]
    fault = desk.ask("rita", "GET", f"/api/v1/faults?session_id={desk.session}").json()["rows"][0]
    reviewed = desk.ask("rita", "POST", f"/api/v1/faults/{fault['id']}/review", {"action": "confirm", "reason": "Seen"})
    assert reviewed.status_code == 200
    assert desk.sign("mia").json()["code"] == "FOUR_EYES"
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("UPDATE tenants SET settings = settings || '{\"four_eyes\": false}'")
    assert desk.sign("mia").json()["code"] == "SAME_PERSON"
    assert desk.sign("rita").status_code == 200
    late = desk.test(rows[0], value="50")
    assert (late.status_code, late.json()["code"]) == (409, "SESSION_APPROVED")


def test_r_03_every_stored_verdict_replays_to_the_same_bytes(desk: Desk) -> None:
    rows = desk.plan()
    for row in rows:
        desk.test(row, **({"value": "19.9996"} if row["measurement_type"] == "pressure_differential" else {}))
    for row in rows:
        kept = desk.ask("rita", "GET", f"{desk.at}/instances/{row['instance_id']}/evaluations").json()["rows"]
        told = desk.ask("rita", "POST", f"/api/v1/evaluations/{kept[-1]['evaluation_id']}/replay").json()
        assert told["is_same"], told["checks"]
        with transaction("T", DbRole.AUDITOR) as connection:
            assert verify_run(connection, UUID(kept[-1]["evaluation_id"]), REBUILDERS).is_good
    first = desk.ask("rita", "GET", f"{desk.at}/instances/{rows[0]['instance_id']}").json()
    assert (first["measured_value_numeric"], first["verdict"]) == ("20.000", "non_compliant")
    assert first["validation_result"]["measured_raw"] == "19.9996"


def test_a_batch_from_a_phone_keeps_what_is_good_and_says_what_is_not(desk: Desk) -> None:
    rows = desk.plan()
    made = desk.ask("tom", "GET", f"{desk.at}/bundle")
    told = made.json()
    assert made.headers["etag"] == f'"{told["bundle_hash"]}"'
    assert content_hash(told["manifest"]) == told["bundle_hash"]
    assert {name: content_hash(part) for name, part in told["parts"].items()} == told["manifest"]["parts"]
    assert (
        desk.ask("tom", "GET", f"{desk.at}/bundle", headers={"If-None-Match": made.headers["etag"]}).status_code == 304
    )
    taken = {"tested_at": datetime.now(UTC).isoformat()}
    batch = [
        desk.result(row, **taken) | {"submission_id": str(uuid4()), "instance_id": row["instance_id"]} for row in rows
    ]
    batch[1]["grid"] = batch[1]["grid"][:8]
    batch[2]["tested_at"] = "yesterday"
    batch[3]["tested_at"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    sent = desk.ask(
        "tom", "POST", f"{desk.at}/sync", {"bundle_hash": told["bundle_hash"], "submissions": [*batch, batch[0]]}
    )
    assert sent.status_code == 200, sent.text
    assert sent.json()["counts"] == {"accepted": 2, "duplicate": 1, "conflict": 0, "locked": 0, "invalid": 3}
    codes = [one.get("code") for one in sent.json()["results"]]
    assert codes == [None, "GRID_INCOMPLETE", "RESULT_MALFORMED", "CLOCK_ERROR", None, None]
    handed = desk.ask("tom", "POST", f"{desk.at}/submit")
    assert (handed.status_code, handed.json()["code"]) == (409, "UNFINISHED")


def test_states_refuse_what_does_not_follow_and_say_what_does(desk: Desk) -> None:
    rows = desk.plan()
    at = f"{desk.at}/instances/{rows[0]['instance_id']}"
    assert desk.ask("tom", "POST", f"{at}/fail", {"reason": "No access"}).json()["code"] == "INSTANCE_STATE"
    assert desk.ask("tom", "POST", f"{at}/start").json()["status"] == "in_progress"
    assert desk.ask("tom", "POST", f"{at}/fail", {"reason": "No access"}).json()["status"] == "failed"
    assert desk.ask("tom", "POST", f"{at}/retry").json()["status"] == "pending"
    assert desk.ask("tom", "POST", f"{at}/skip", {"reason": "Storey is being rebuilt"}).json()["status"] == "skipped"
    assert desk.ask("tom", "POST", f"{at}/start").json()["code"] == "INSTANCE_STATE"
    told = desk.ask("tom", "GET", desk.at).json()["progress"]
    assert (told["completion_pct"], told["resolved_pct"]) == (0.0, 20.0)
    gone = desk.ask("mia", "POST", f"{desk.at}/void", {"reason": "Planned twice"})
    assert gone.json()["status"] == "void"
    assert desk.test(rows[1]).json()["code"] == "SESSION_CLOSED"


def test_another_tenant_and_another_role_see_and_do_nothing(desk: Desk) -> None:
    rows = desk.plan()
    make_tenant("U", "Australia/Sydney")
    token = make_token("U", "TECHNICIAN", email="eve@example.org")
    for method, path in (
        ("GET", desk.at),
        ("GET", f"{desk.at}/bundle"),
        ("POST", f"{desk.at}/submit"),
        ("POST", f"{desk.at}/instances/{rows[0]['instance_id']}/start"),
    ):
        assert desk.client.request(method, path, headers={"Authorization": f"Bearer {token}"}).status_code == 404
    assert desk.ask("otto", "GET", desk.at).status_code == 403


def test_an_approved_session_is_corrected_by_an_amendment_alone(desk: Desk) -> None:
    rows = desk.plan()
    for row in rows:
        desk.test(row)
    wanted = {"instance_ids": [rows[0]["instance_id"]], "planned_for": "2026-11-22", "reason": "Wrong hose"}
    assert desk.ask("mia", "POST", f"{desk.at}/amend", wanted).json()["code"] == "NOT_APPROVED"
    assert desk.sign("rita").status_code == 200
    made = desk.ask("mia", "POST", f"{desk.at}/amend", wanted)
    assert made.status_code == 201, made.text
    assert made.json()["instances"] == 1
    assert made.json()["session"]["revision"] == 2
    assert made.json()["session"]["supersedes_session_id"] == desk.session
    assert desk.ask("mia", "POST", f"{desk.at}/amend", wanted).json()["code"] == "AMENDED"


def test_an_approved_session_is_corrected_from_its_page(desk: Desk) -> None:
    rows = desk.plan()
    for row in rows:
        desk.test(row)
    visit = f"/stairs/sessions/{desk.session}"
    page = {"headers": {"Accept": "text/html"}, "follow_redirects": False}
    assert desk.ask("mia", "GET", f"{visit}/amend", **page).headers["location"] == visit, "it is not approved"
    assert desk.sign("rita").status_code == 200
    assert f'href="{visit}/amend"' in desk.ask("rita", "GET", visit, **page).text
    shown = desk.ask("mia", "GET", f"{visit}/amend", **page).text
    assert all(row["instance_id"] in shown for row in rows)
    given = {"planned_for": "2026-11-22", "reason": "Wrong hose"}
    bare = desk.ask("mia", "POST", f"{visit}/amend", data=given, **page)
    assert (bare.status_code, "Tick at least one test." in bare.text, "Wrong hose" in bare.text) == (422, True, True)
    ticked = {"instance_ids": [rows[0]["instance_id"], rows[1]["instance_id"]]}
    blank = desk.ask("mia", "POST", f"{visit}/amend", data=ticked | {"planned_for": "soon", "reason": ""}, **page)
    assert (blank.status_code, blank.text.count("checked"), 'value="soon"' in blank.text) == (422, 2, True)
    assert desk.ask("otto", "POST", f"{visit}/amend", data=given | ticked, **page).status_code == 403
    made = desk.ask("mia", "POST", f"{visit}/amend", data=given | ticked, **page).headers["location"].split("?")[0]
    told = desk.ask("mia", "GET", f"/api/v1/tests/sessions/{made.rsplit('/', 1)[1]}").json()
    assert (told["supersedes_session_id"], told["revision"]) == (desk.session, 2)
    assert f'href="{visit}"' in desk.ask("rita", "GET", made, **page).text
    again = desk.ask("mia", "POST", f"{visit}/amend", data=given | ticked, **page)
    assert (again.status_code, "An amendment of this session stands already." in again.text) == (409, True)
    approved = desk.ask("rita", "GET", visit, **page).text
    assert (f'href="{made}"' in approved, f"{visit}/amend" in approved) == (True, False)
