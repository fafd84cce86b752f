"""Whose day a test belongs to, which clocks are believed, and what an old bundle does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.makers import make_tenant, make_token
from tests.stairs.at_once import Busy, counted
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_evidence_over_http import photo, register, send


@pytest.fixture(scope="module")
def desk(module_database: Database) -> Iterator[Busy]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    house = SmallHouse(module_database)
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield Busy(client, house)


def now(**other: int) -> str:
    return (datetime.now(UTC) + timedelta(**other)).isoformat()


def bundle(desk: Busy, who: str = "tom") -> str:
    told: str = desk.ask(who, "GET", f"{desk.at}/bundle").json()["bundle_hash"]
    return told


def sync(desk: Busy, row: dict[str, Any], bundle_hash: str | None, **other: Any) -> dict[str, Any]:
    one = desk.result(row, **other) | {"submission_id": str(uuid4()), "instance_id": row["instance_id"]}
    body = {"submissions": [one]} | ({} if bundle_hash is None else {"bundle_hash": bundle_hash})
    told: dict[str, Any] = desk.ask("tom", "POST", f"{desk.at}/sync", body).json()["results"][0]
    return told


def flags(desk: Busy, row: dict[str, Any]) -> list[str]:
    told = desk.ask("rita", "GET", f"{desk.at}/instances/{row['instance_id']}").json()
    found: list[str] = told["validation_result"]["flags"]
    return found


@pytest.mark.parametrize(
    ("tested_at", "verdict", "flag"),
    [
        # The rules hold from 2024-01-01 and the certificate from 2025-01-01, both in Sydney, UTC+11.
        ("2023-12-31T23:59:59+11:00", "indeterminate", "NO_RULE_IN_FORCE"),
        ("2023-12-31T12:59:59.999Z", "indeterminate", "NO_RULE_IN_FORCE"),
        ("2024-12-31T23:59:59+11:00", "indeterminate", "CALIBRATION_EXPIRED"),
        ("2025-01-01T00:00:00+11:00", "compliant", None),
        ("2024-12-31T13:00:00Z", "compliant", None),
        ("2024-12-31T08:00:00-05:00", "compliant", None),
        # Clocks go back at 03:00 on 2025-04-06, and forward at 02:00 on 2025-10-05.
        ("2025-04-06T02:30:00+11:00", "compliant", None),
        ("2025-04-06T02:30:00+10:00", "compliant", None),
        ("2025-10-05T01:59:59+10:00", "compliant", None),
        ("2025-10-05T03:00:00+11:00", "compliant", None),
        ("1950-06-01T12:00:00+10:00", "indeterminate", "NO_RULE_IN_FORCE"),
        ("1900-01-01T00:00:00+00:00", "indeterminate", "NO_RULE_IN_FORCE"),
    ],
)
def test_r_05_a_test_belongs_to_the_day_of_its_building(
    desk: Busy, tested_at: str, verdict: str, flag: str | None
) -> None:
    row = desk.plan()[0]
    told = desk.test(row, tested_at=tested_at)
    assert told.status_code == 200, told.text
    assert told.json()["verdict"] == verdict
    assert flag is None or flag in told.json()["validation_result"]["flags"]
    kept = desk.ask("rita", "GET", f"{desk.at}/instances/{row['instance_id']}").json()
    assert datetime.fromisoformat(kept["tested_at"]) == datetime.fromisoformat(tested_at)


def test_a_result_from_before_the_visit_was_planned_counts_where_no_bundle_is_named(desk: Busy) -> None:
    row = desk.plan()[0]
    assert sync(desk, row, None, tested_at="2026-06-01T10:00:00+10:00")["outcome"] == "accepted"


@pytest.mark.parametrize(("ahead", "outcome"), [(4, "accepted"), (6, "invalid"), (60 * 24 * 365 * 20, "invalid")])
def test_a_result_from_more_than_five_minutes_ahead_is_a_clock_error(desk: Busy, ahead: int, outcome: str) -> None:
    row = desk.plan()[0]
    told = sync(desk, row, bundle(desk), tested_at=now(minutes=ahead))
    assert (told["outcome"], told.get("code")) == (outcome, None if outcome == "accepted" else "CLOCK_ERROR")
    if outcome == "invalid":
        assert counted("T", "session_submissions WHERE session_id = :id", id=desk.session) == 0


def test_a_result_from_before_a_bundle_was_issued_is_a_clock_error_also_beside_another(desk: Busy) -> None:
    first, second = desk.plan()[:2]
    issued = bundle(desk)
    told = sync(desk, first, issued, tested_at=now(minutes=-6))
    assert (told["outcome"], told["code"]) == ("invalid", "CLOCK_ERROR")
    assert sync(desk, first, issued, tested_at=now(minutes=-4))["outcome"] == "accepted"
    beside = sync(desk, first, issued, tested_at=now(minutes=-6), value="45")
    assert (beside["outcome"], beside["code"]) == ("invalid", "CLOCK_ERROR")
    assert desk.ask("rita", "GET", f"{desk.at}/conflicts").json()["rows"] == []
    # A newer bundle was fetched; what was measured under the first one is still of its time.
    assert sync(desk, second, bundle(desk), tested_at=now(minutes=-4))["outcome"] == "accepted"


def test_a_malformed_result_is_no_conflict(desk: Busy) -> None:
    row = desk.plan()[1]
    assert sync(desk, row, None)["outcome"] == "accepted"
    told = sync(desk, row, None, grid=[{"point": 1, "velocity_ms": "1.2"}])
    assert (told["outcome"], told["code"]) == ("invalid", "GRID_INCOMPLETE")
    assert desk.ask("rita", "GET", f"{desk.at}/conflicts").json()["rows"] == []


def test_an_old_bundle_is_flagged_on_the_stored_result_and_stays_flagged_when_it_is_judged_again(desk: Busy) -> None:
    first, second, third = desk.plan()[:3]
    old = bundle(desk)
    assert sync(desk, first, old, tested_at=now())["outcome"] == "accepted"
    assert "BUNDLE_STALE" not in flags(desk, first)
    assert bundle(desk) != old
    assert sync(desk, second, old, tested_at=now())["outcome"] == "accepted"
    assert "BUNDLE_STALE" in flags(desk, second)
    data = photo(width=601)
    assert send(desk, register(desk, second, data).json()["evidence_id"], data).status_code == 200
    assert "BUNDLE_STALE" in flags(desk, second)
    assert counted("T", "instance_evaluations WHERE instance_id = :id", id=second["instance_id"]) > 1
    assert sync(desk, third, "0" * 64, tested_at=now())["outcome"] == "accepted"
    assert "BUNDLE_STALE" in flags(desk, third)


def test_who_only_looks_at_a_bundle_makes_no_other_one_old(desk: Busy) -> None:
    first, second = desk.plan()[:2]
    walked = bundle(desk)
    assert sync(desk, first, walked, tested_at=now())["outcome"] == "accepted"
    auditor = {"Authorization": f"Bearer {make_token('T', 'AUDITOR', email='ann@example.org')}"}
    looked = desk.client.get(f"{desk.at}/bundle", headers=auditor)
    assert looked.status_code == 200
    assert looked.json()["bundle_hash"] != walked
    assert sync(desk, second, walked, tested_at=now())["outcome"] == "accepted"
    assert "BUNDLE_STALE" not in flags(desk, second)


def test_the_bundle_of_an_approved_session_is_still_shown(desk: Busy) -> None:
    desk.walked()
    assert desk.approve("rita", desk.handed_in()).status_code < 300
    assert desk.ask("tom", "GET", f"{desk.at}/bundle").status_code == 200
