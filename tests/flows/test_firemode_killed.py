"""The API is killed again and again while a phone brings a visit back: nothing told is lost, nothing is there twice."""

import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from api.serve import listen
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import settings
from domain.kernel.signing import ensure_signing_keys
from domain.stairs.observe.audits import evidence_is_whole, one_open_fault, verdicts_replay
from domain.stairs.store import evidence
from tests.conftest import Database
from tests.makers import make_tenant, make_token
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import TOOLS, VALUES
from tests.stairs.test_evidence_over_http import photo

KILLS, PIECE_BYTES = 3, 2000


class Api:
    """The API as a process of its own, behind a socket that stays open when it dies."""

    def __init__(self) -> None:
        self.socket: socket.socket = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.start()

    def start(self) -> None:
        number = self.socket.fileno()
        command = [sys.executable, "-m", "api.serve", "--fd", str(number)]
        self.process = subprocess.Popen(
            command, pass_fds=[number], env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.socket.close()


class StubbornPhone:
    """A phone that asks until it is answered, and notes what it was told."""

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )
        self.cut = 0

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        deadline = time.monotonic() + 120
        while True:
            try:
                answer = self.client.request(method, path, json=body, **more)
            except httpx.TransportError:
                self.cut += 1
                time.sleep(0.1)
            else:
                if answer.status_code not in (502, 503):
                    return answer
            assert time.monotonic() < deadline, f"{method} {path} was never answered"

    def bring_file(self, at: str, told: dict[str, Any], data: bytes) -> None:
        """Register a capture and send its bytes; what was told to have arrived is never asked for again."""
        assert self.ask("POST", at, told).status_code == 201
        path, known = f"/api/v1/evidence/{told['evidence_id']}", 0
        while known < len(data):
            held = int(self.ask("GET", path).json()["received_bytes"])
            assert held >= known, "bytes that were told to have arrived are gone"
            piece = data[held : held + PIECE_BYTES]
            if not piece:
                # All lie there, but nobody was told that the file is whole: the last piece is sent again.
                held, piece = len(data) - 1, data[-1:]
            ranged = {"Content-Range": f"bytes {held}-{held + len(piece) - 1}/{len(data)}"}
            sent = self.ask("PUT", f"{path}/content", headers=ranged, content=piece)
            assert sent.status_code in (200, 202), sent.text
            known = int(sent.json()["received_bytes"])


@pytest.fixture
def api(database: Database) -> Iterator[Api]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    made = Api()
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


def test_an_api_that_is_killed_at_any_point_of_a_sync_loses_nothing_and_doubles_nothing(
    api: Api, database: Database
) -> None:
    house = SmallHouse(database, prompts=True)
    phone = StubbornPhone(api.url, make_token("T", "TECHNICIAN", email="tom@example.org", ttl_s=3600))
    chance = random.Random(20261121)  # noqa: S311
    done, kills = threading.Event(), 0
    wrong: list[BaseException] = []
    visits: list[tuple[str, list[dict[str, Any]], list[bytes]]] = []

    def walk() -> None:
        try:
            while kills < KILLS or len(visits) < 2:
                visits.append(visit(phone, house, len(visits)))
        except BaseException as error:
            wrong.append(error)
        finally:
            done.set()

    walking = threading.Thread(target=walk)
    walking.start()
    while kills < KILLS and not done.is_set():
        assert httpx.get(f"{api.url}/health/live", timeout=60, trust_env=False).status_code == 200
        time.sleep(chance.uniform(0.02, 0.9))
        api.kill()
        kills += 1
        api.start()
    walking.join(timeout=240)
    phone.client.close()
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
    assert len(left) <= KILLS
    with transaction("T") as connection:
        assert all(evidence.load(connection, UUID(one.name))["uploaded_at"] is not None for one in left)


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
