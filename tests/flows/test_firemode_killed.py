"""The API is killed again and again while a phone brings a visit back: nothing told is lost, nothing is there twice."""

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import settings
from domain.kernel.signing import ensure_signing_keys
from domain.stairs.observe.audits import evidence_is_whole, one_open_fault, verdicts_replay
from domain.stairs.store import evidence
from tests.conftest import Database
from tests.faults.table import TABLE
from tests.flows.mortal import KILLS, SEED, Mortals, StubbornPhone
from tests.makers import make_tenant, make_token
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import TOOLS, VALUES
from tests.stairs.test_evidence_over_http import photo


@pytest.fixture
def mortals(database: Database) -> Iterator[Mortals]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    made = Mortals()
    yield made
    made.end()


def result(house: SmallHouse, row: dict[str, Any], place: int) -> dict[str, Any]:
    kind = row["measurement_type"]
    told = {
        "submission_id": str(uuid4()),
        "instance_id": row["instance_id"],
        "tested_at": datetime.now(UTC).isoformat(),
    }
    if kind in TOOLS:
        told["used_instrument_id"] = str(house.instruments[TOOLS[kind]])
    low = {"value": "18.2"} if kind == "pressure_differential" and place % 2 else {}
    return told | VALUES[kind] | low


def visit(phone: StubbornPhone, house: SmallHouse, place: int) -> tuple[str, list[dict[str, Any]], list[bytes]]:
    """One session: planned, tested, photographed and sent, each result on its own and all of them again."""
    body = {"building_id": str(house.building), "frequency": "annual", "planned_for": "2026-11-21"}
    session = phone.ask("POST", "/api/v1/tests/sessions", body).json()["session_id"]
    at = f"/api/v1/tests/sessions/{session}"
    bundle = phone.ask("GET", f"{at}/bundle").json()
    results, files = [], []
    for number, row in enumerate(bundle["parts"]["instances"]):
        one = result(house, row, place)
        told = phone.ask("POST", f"{at}/sync", {"bundle_hash": bundle["bundle_hash"], "submissions": [one]}).json()
        assert told["results"][0]["outcome"] in ("accepted", "duplicate"), told
        results.append(one)
        data = photo(640 + 10 * place + number, 480)
        capture = {
            "evidence_id": str(uuid4()),
            "evidence_type": "photo",
            "captured_at": one["tested_at"],
            "file_hash_sha256": hashlib.sha256(data).hexdigest(),
            "file_size_bytes": len(data),
            "mime_type": "image/jpeg",
        }
        phone.bring_file(f"{at}/instances/{row['instance_id']}/evidence", capture, data)
        files.append(data)
    again = phone.ask("POST", f"{at}/sync", {"bundle_hash": bundle["bundle_hash"], "submissions": results}).json()
    assert again["counts"]["duplicate"] == len(results), again["counts"]
    return session, results, files


@pytest.mark.parametrize("often", [KILLS, pytest.param(20, marks=pytest.mark.soak)])
def test_an_api_that_is_killed_at_any_point_of_a_sync_loses_nothing_and_doubles_nothing(
    mortals: Mortals, database: Database, often: int
) -> None:
    house = SmallHouse(database, prompts=True)
    phone = StubbornPhone(mortals.url, make_token("T", "TECHNICIAN", email="tom@example.org", ttl_s=3600))
    chance = random.Random(SEED)  # noqa: S311
    done, kills = threading.Event(), 0
    wrong: list[BaseException] = []
    visits: list[tuple[str, list[dict[str, Any]], list[bytes]]] = []

    def walk() -> None:
        try:
            while kills < often or len(visits) < 2:
                visits.append(visit(phone, house, len(visits)))
        except BaseException as error:
            wrong.append(error)
        finally:
            done.set()

    walking = threading.Thread(target=walk)
    walking.start()
    while kills < often and not done.is_set():
        mortals.is_up()
        time.sleep(chance.uniform(0.02, 0.9))
        mortals.kill()
        kills += 1
        mortals.start()
    walking.join(timeout=240)
    phone.end()
    assert done.is_set(), "the phone is still waiting for an answer"
    assert not wrong, wrong
    assert phone.cut > 0, "no request was ever cut"
    for session, results, files in visits:
        look(database, session, results, files)
    with transaction("T") as connection:
        for audit in (verdicts_replay(connection), one_open_fault(connection)):
            assert audit.passed, audit
        assert evidence_is_whole(connection, open_store()).passed
    # At most the pieces of a file that was whole when the process died, before they were thrown away.
    left = [one for one in (settings().home_path / "uploads").rglob("*") if one.is_file()]
    assert len(left) <= often
    with transaction("T") as connection:
        assert all(evidence.load(connection, UUID(one.name))["uploaded_at"] is not None for one in left)
    checks = sum(len(results) + len(files) for _, results, files in visits)
    TABLE.add("kill -9 of api while a phone brings a visit back", faults=kills, checks=checks)


def look(database: Database, session: str, results: list[dict[str, Any]], files: list[bytes]) -> None:
    """Every result stands once as it was sent, and every file with all its bytes."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        kept = connection.execute(
            "SELECT submission_id::text, payload ->> 'value', outcome FROM session_submissions WHERE session_id = %s",
            (session,),
        ).fetchall()
        assert sorted(kept) == sorted((one["submission_id"], one.get("value"), "accepted") for one in results)
        tested = connection.execute(
            "SELECT instance_id::text, status, verdict, measured_value_text FROM test_instances"
            " WHERE session_id = %s ORDER BY sequence_order",
            (session,),
        ).fetchall()
        assert [row[0] for row in tested] == [one["instance_id"] for one in results]
        assert {row[1] for row in tested} == {"completed"}
        assert [row[2] for row in tested] == [
            "non_compliant" if one.get("value") == "18.2" else "compliant" for one in results
        ]
        hashes = connection.execute(
            "SELECT stored_sha256 FROM evidence_records WHERE session_id = %s ORDER BY 1", (session,)
        ).fetchall()
        assert [row[0] for row in hashes] == sorted(hashlib.sha256(one).hexdigest() for one in files)
        events = connection.execute(
            "SELECT payload ->> 'session_id', count(*) FROM events WHERE event_type = 'stairs.instance.tested'"
            " AND payload ->> 'session_id' = %s GROUP BY 1",
            (session,),
        ).fetchall()
        assert events == [(session, len(results))]
