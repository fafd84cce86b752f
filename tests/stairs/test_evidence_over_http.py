"""Evidence from a phone: sent in pieces, hashed by the server, and judged with the test that it proves."""

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.makers import make_tenant
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import TESTED, Desk


def photo(width: int = 800, height: int = 600, shade: int = 7) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 80, 120)).save(made, "JPEG")
    return made.getvalue()


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    house = SmallHouse(database, prompts=True)
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield Desk(client, house)


def register(desk: Desk, row: dict[str, Any], data: bytes, **other: Any) -> Any:
    body = {
        "evidence_id": str(uuid4()),
        "evidence_type": "photo",
        "captured_at": TESTED,
        "file_hash_sha256": hashlib.sha256(data).hexdigest(),
        "mime_type": "image/jpeg",
    } | other
    return desk.ask("tom", "POST", f"{desk.at}/instances/{row['instance_id']}/evidence", body)


def send(desk: Desk, evidence_id: str, data: bytes, first: int = 0, total: int | None = None) -> Any:
    whole = len(data) if total is None else total
    headers = {"Content-Range": f"bytes {first}-{first + len(data) - 1}/{whole}"}
    return desk.ask("tom", "PUT", f"/api/v1/evidence/{evidence_id}/content", headers=headers, content=data)


def verdict(desk: Desk, row: dict[str, Any]) -> tuple[str, list[str]]:
    told = desk.ask("tom", "GET", f"{desk.at}/instances/{row['instance_id']}").json()
    return told["verdict"], told["validation_result"]["flags"]


def test_r_13_a_pass_waits_for_its_photo_and_is_judged_again_when_all_bytes_have_arrived(desk: Desk) -> None:
    row = desk.plan()[0]
    assert desk.test(row).json()["verdict"] == "indeterminate"
    data = photo()
    evidence_id = register(desk, row, data).json()["evidence_id"]
    assert verdict(desk, row) == ("indeterminate", ["EVIDENCE_MISSING", "EVIDENCE_PENDING"])
    half = len(data) // 2
    piece = send(desk, evidence_id, data[:half], 0, len(data))
    assert (piece.status_code, piece.json()["received_bytes"]) == (202, half), piece.text
    gap = send(desk, evidence_id, data[half + 10 :], half + 10, len(data))
    assert (gap.status_code, gap.json()["code"]) == (409, "OFFSET")
    assert desk.ask("tom", "GET", f"/api/v1/evidence/{evidence_id}").json()["received_bytes"] == half
    whole = send(desk, evidence_id, data[half:], half, len(data))
    assert whole.status_code == 200, whole.text
    assert whole.json()["stored_sha256"] == hashlib.sha256(data).hexdigest()
    assert whole.json()["metadata"]["resolution"] == "800x600"
    assert verdict(desk, row) == ("compliant", [])
    assert send(desk, evidence_id, data).status_code == 200
    history = desk.ask("rita", "GET", f"{desk.at}/instances/{row['instance_id']}/evaluations").json()["rows"]
    assert [one["outputs"]["verdict"] for one in history] == ["indeterminate", "indeterminate", "compliant"]


def test_r_13_other_bytes_than_declared_are_refused_and_thrown_away(desk: Desk) -> None:
    row = desk.plan()[0]
    evidence_id = register(desk, row, photo()).json()["evidence_id"]
    wrong = send(desk, evidence_id, photo(shade=9))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "HASH_MISMATCH")
    told = desk.ask("tom", "GET", f"/api/v1/evidence/{evidence_id}").json()
    assert (told["received_bytes"], told["uploaded_at"], told["artifact_id"]) == (0, None, None)
    assert send(desk, evidence_id, photo()).status_code == 200


def test_r_13_a_photo_too_small_or_used_before_or_taken_at_another_time_proves_nothing(desk: Desk) -> None:
    first, second, third, fourth, *_ = desk.plan()
    for row, data, other in (
        (first, photo(320, 240), {}),
        (second, photo(), {}),
        (third, photo(), {}),
        (fourth, photo(shade=8), {"captured_at": (datetime.now(UTC) - timedelta(hours=5)).isoformat()}),
    ):
        evidence_id = register(desk, row, data, **other).json()["evidence_id"]
        assert send(desk, evidence_id, data).status_code == 200
        assert desk.test(row).json()["verdict"] == ("compliant" if row is second else "indeterminate")
    assert "EVIDENCE_REUSED" in verdict(desk, third)[1]
    assert "EVIDENCE_TIME_ODD" in verdict(desk, fourth)[1]


@pytest.mark.parametrize(
    ("header", "status"), [("bytes 0-1/2", 422), ("bytes 9-2/4", 422), ("pages 0-1/2", 422), ("bytes 0-9/5", 422)]
)
def test_a_range_that_names_other_bytes_than_come_is_refused(desk: Desk, header: str, status: int) -> None:
    row = desk.plan()[0]
    evidence_id = register(desk, row, photo()).json()["evidence_id"]
    path = f"/api/v1/evidence/{evidence_id}/content"
    sent = desk.ask("tom", "PUT", path, headers={"Content-Range": header}, content=b"0123456789")
    assert sent.status_code == status, sent.text


def test_evidence_of_a_bomb_of_a_picture_costs_nothing_and_proves_nothing(desk: Desk) -> None:
    row = desk.plan()[0]
    for data in (b"GIF89a" + b"\xff\xff\xff\xff" + bytes(20), b"\x89PNG\r\n\x1a\n" + bytes(50), b"%PDF-1.4 none"):
        evidence_id = register(desk, row, data).json()["evidence_id"]
        assert send(desk, evidence_id, data).status_code == 200
    assert desk.test(row).json()["verdict"] == "indeterminate"
