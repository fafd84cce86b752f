"""What is wrong, too large or sent by the wrong person is refused with a reason, and nothing is kept."""

from typing import Any

import pytest

from tests.stairs.instruments.conftest import CERTIFICATE, MANOMETER, Ask

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/pdf", 422),
        (b"<html>", "application/pdf", 422),
        (b"%PDF-1.7 cut", "application/pdf", 422),
        (b"--x\r\n" + PDF, "multipart/form-data", 422),
        (b"%PDF-" + bytes(17 * 1024 * 1024), "application/pdf", 413),
    ],
)
def test_what_is_no_pdf_is_refused(
    ask_again: Ask, shared_manometer: str, content: bytes, kind: str, status: int
) -> None:
    cert = ask_again("AUDITOR", "GET", f"{shared_manometer}/certificates").json()["rows"][0]["cert_id"]
    path = f"{shared_manometer}/certificates/{cert}/file"
    refused = ask_again("TECHNICIAN", "PUT", path, content=content, headers={"Content-Type": kind})
    assert refused.status_code == status, refused.text
    assert ask_again("AUDITOR", "GET", shared_manometer).json()["certificates"][0]["artifact_id"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        MANOMETER | {"serial_number": "  "},
        MANOMETER | {"instrument_type": "ruler"},
        MANOMETER | {"range_min": "500", "range_max": "1"},
        MANOMETER | {"range_max": "NaN"},
        MANOMETER | {"range_max": "1e12"},
        MANOMETER | {"calibration_frequency_months": 0},
        MANOMETER | {"calibration_frequency_months": 61},
        MANOMETER | {"calibration_expiry": "2099-01-01"},
        MANOMETER | {"serial_number": "A\x00B"},
        MANOMETER | {"unit": "P" * 21},
        [MANOMETER],
        "MAN-1",
        None,
    ],
)
def test_hostile_instruments_are_refused_with_a_reason(ask_again: Ask, body: Any) -> None:
    refused = ask_again("TECHNICIAN", "POST", "/instruments", body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["code"]


@pytest.mark.parametrize(
    "changes",
    [
        {"expiry_date": "2025-01-15"},
        {"expiry_date": "2024-01-15"},
        {"calibration_date": "soon"},
        {"calibration_date": "0001-01-01"},
        {"expiry_date": "9999-12-31"},
        {"cert_number": ""},
        {"cert_number": "x" * 101},
        {"withdrawn_at": "2025-01-01T00:00:00Z"},
    ],
)
def test_hostile_certificates_are_refused_with_a_reason(
    ask_again: Ask, shared_manometer: str, changes: dict[str, Any]
) -> None:
    body = CERTIFICATE | {"cert_number": "C-9"} | changes
    assert ask_again("TECHNICIAN", "POST", f"{shared_manometer}/certificates", body).status_code == 422
    assert len(ask_again("AUDITOR", "GET", shared_manometer).json()["certificates"]) == 1


@pytest.mark.parametrize("role", ["OWNER", "AUDITOR", "REVIEWER", "OPERATOR", "LEARNER"])
def test_who_does_not_look_after_instruments_enters_none(ask_again: Ask, role: str) -> None:
    assert ask_again(role, "POST", "/instruments", MANOMETER).status_code == 403
