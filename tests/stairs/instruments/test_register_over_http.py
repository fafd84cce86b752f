"""The register of instruments over HTTP: entered, corrected, certified, withdrawn, retired, and what is kept."""

from typing import Any
from uuid import uuid4

from sqlalchemy import text

from domain.kernel.db import transaction
from tests.stairs.instruments.conftest import CERTIFICATE, MANOMETER, Ask

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
AS_PDF = {"headers": {"Content-Type": "application/pdf"}}


def told(event: str) -> list[dict[str, Any]]:
    with transaction("T") as connection:
        found = connection.execute(
            text("SELECT payload FROM events WHERE event_type = :type ORDER BY seq"),
            {"type": f"stairs.instrument.{event}"},
        )
        return [dict(row.payload) for row in found]


def test_an_instrument_carries_the_dates_of_its_newest_certificate(ask: Ask, manometer: str) -> None:
    newer = CERTIFICATE | {"cert_number": "cert-2", "calibration_date": "2026-01-10", "expiry_date": "2027-01-10"}
    older = CERTIFICATE | {"cert_number": "cert-0", "calibration_date": "2024-01-10", "expiry_date": "2025-01-10"}
    for body in (newer, older):
        assert ask("TECHNICIAN", "POST", f"{manometer}/certificates", body).status_code == 201
    one = ask("AUDITOR", "GET", f"{manometer}?on=2026-01-12").json()
    assert (one["calibration_cert_id"], one["calibration_expiry"]) == ("CERT-2", "2027-01-10")
    assert [row["cert_number"] for row in one["certificates"]] == ["CERT-2", "CERT-1", "CERT-0"]
    assert [row["is_valid"] for row in one["certificates"]] == [True, True, False]
    assert [row["days_until_expiry"] for row in one["certificates"]] == [363, 3, -367]
    assert (one["range_min"], one["range_max"]) == ("-100.000", "500.000")
    assert [row["cert_number"] for row in told("certified")] == ["CERT-1", "CERT-2", "CERT-0"]


def test_the_list_tells_how_each_stands_and_goes_in_pages(ask: Ask, manometer: str) -> None:
    for number in range(2, 6):
        body = MANOMETER | {"serial_number": f"MAN-{number}", "instrument_type": "anemometer"}
        assert ask("MANAGER", "POST", "/instruments", body).status_code == 201
    first = ask("OWNER", "GET", "/instruments?limit=2&on=2026-01-01").json()
    assert [(row["serial_number"], row["calibration_state"]) for row in first["rows"]] == [
        ("MAN-1", "due"),
        ("MAN-2", "never"),
    ]
    rest = ask("OWNER", "GET", f"/instruments?limit=9&cursor={first['next_cursor']}").json()
    assert [row["serial_number"] for row in rest["rows"]] == ["MAN-3", "MAN-4", "MAN-5"]
    assert rest["next_cursor"] is None
    one = ask("OWNER", "GET", "/instruments?instrument_type=manometer&fields=serial_number").json()
    assert one["rows"] == [{"serial_number": "MAN-1"}]
    assert ask("OWNER", "GET", "/instruments?cursor=nonsense").status_code == 422


def test_what_ends_soon_comes_first_and_what_was_never_calibrated_last(ask: Ask, manometer: str) -> None:
    ask("MANAGER", "POST", "/instruments", MANOMETER | {"serial_number": "MAN-2"})
    path = "/instruments/calibration-due"
    due = ask("TECHNICIAN", "GET", f"{path}?on=2025-12-20").json()
    assert due["counts"] == {"expired": 0, "due": 1, "never": 1}
    assert [row["serial_number"] for row in due["rows"]] == ["MAN-1", "MAN-2"]
    assert ask("TECHNICIAN", "GET", f"{path}?on=2025-12-01").json()["counts"]["due"] == 0
    assert ask("TECHNICIAN", "GET", f"{path}?on=2025-12-01&days=60").json()["counts"]["due"] == 1
    assert ask("TECHNICIAN", "GET", f"{path}?on=2026-01-15").json()["counts"]["expired"] == 1
    assert ask("TECHNICIAN", "GET", path.replace("/api", "")).status_code == 200


def test_a_wrong_certificate_is_withdrawn_and_entered_again(ask: Ask, manometer: str) -> None:
    cert = ask("AUDITOR", "GET", f"{manometer}/certificates").json()["rows"][0]["cert_id"]
    again = ask("TECHNICIAN", "POST", f"{manometer}/certificates", CERTIFICATE)
    assert (again.status_code, again.json()["code"]) == (409, "CERTIFICATE_KNOWN")
    path = f"{manometer}/certificates/{cert}/withdraw"
    assert ask("TECHNICIAN", "POST", path, {"reason": "wrong year"}).status_code == 403
    assert ask("MANAGER", "POST", path, {"reason": " "}).status_code == 422
    gone = ask("MANAGER", "POST", path, {"reason": "wrong year"})
    assert (gone.status_code, gone.json()["is_valid"], gone.json()["withdrawn_reason"]) == (200, False, "wrong year")
    assert ask("MANAGER", "POST", path, {"reason": "wrong year"}).json()["code"] == "WITHDRAWN"
    assert ask("AUDITOR", "GET", manometer).json()["calibration_expiry"] is None
    assert ask("TECHNICIAN", "POST", f"{manometer}/certificates", CERTIFICATE).status_code == 201
    assert len(ask("AUDITOR", "GET", manometer).json()["certificates"]) == 2
    assert [row["reason"] for row in told("certificate_withdrawn")] == ["wrong year"]


def test_the_pdf_of_a_certificate_is_an_artifact(ask: Ask, manometer: str) -> None:
    cert = ask("AUDITOR", "GET", f"{manometer}/certificates").json()["rows"][0]["cert_id"]
    path = f"{manometer}/certificates/{cert}/file"
    kept = ask("TECHNICIAN", "PUT", path, content=PDF, **AS_PDF)
    assert kept.status_code == 200, kept.text
    again = ask("TECHNICIAN", "PUT", path, content=PDF, **AS_PDF)
    assert again.json()["artifact_id"] == kept.json()["artifact_id"]
    other = ask("TECHNICIAN", "PUT", path, content=PDF + b"%%EOF\n", **AS_PDF)
    assert (other.status_code, other.json()["code"]) == (409, "FILE_KEPT")
    with transaction("T") as connection:
        row = connection.execute(text("SELECT kind, size_bytes, made_from FROM artifacts")).one()
    assert (row.kind, row.size_bytes) == ("stairs.calibration_certificate", len(PDF))
    assert row.made_from["cert_id"] == cert
    assert len(told("certificate_filed")) == 1


def test_a_correction_names_what_was_and_what_is(ask: Ask, manometer: str) -> None:
    assert ask("TECHNICIAN", "PATCH", manometer, {"accuracy": "±0.5 Pa", "unit": "Pa"}).json()["accuracy"] == "±0.5 Pa"
    assert told("changed") == [{"accuracy": ["±1 Pa", "±0.5 Pa"]}]
    assert ask("TECHNICIAN", "PATCH", manometer, {}).status_code == 200
    assert len(told("changed")) == 1
    assert ask("TECHNICIAN", "PATCH", manometer, {"serial_number": None}).status_code == 422
    assert ask("TECHNICIAN", "PATCH", manometer, {"range_max": "-100"}).status_code == 422


def test_a_retired_instrument_stays_and_takes_nothing_more(ask: Ask, manometer: str) -> None:
    assert ask("MANAGER", "POST", f"{manometer}/retire", {"reason": "dropped"}).json()["retired_at"]
    assert ask("MANAGER", "POST", f"{manometer}/retire", {"reason": "dropped"}).status_code == 200
    assert told("retired") == [{"reason": "dropped"}]
    newer = ask("TECHNICIAN", "POST", f"{manometer}/certificates", CERTIFICATE | {"cert_number": "C-9"})
    assert (newer.status_code, newer.json()["code"]) == (409, "RETIRED")
    assert ask("OWNER", "GET", "/instruments").json()["rows"] == []
    assert len(ask("OWNER", "GET", "/instruments?is_retired=true").json()["rows"]) == 1
    assert ask("OWNER", "GET", "/instruments/calibration-due?on=2026-06-01").json()["rows"] == []


def test_the_same_serial_number_of_a_maker_is_entered_once(ask: Ask, manometer: str) -> None:
    again = ask("TECHNICIAN", "POST", "/instruments", MANOMETER)
    assert (again.status_code, again.json()["code"]) == (409, "INSTRUMENT_KNOWN")
    assert ask("TECHNICIAN", "POST", "/instruments", MANOMETER | {"manufacturer": "Testo"}).status_code == 201
    nowhere = ask("TECHNICIAN", "POST", "/instruments", MANOMETER | {"building_id": str(uuid4()), "serial_number": "X"})
    assert nowhere.status_code == 404


def test_another_tenants_instruments_are_not_there(ask: Ask, manometer: str) -> None:
    cert = ask("AUDITOR", "GET", f"{manometer}/certificates").json()["rows"][0]["cert_id"]
    assert ask("OWNER", "GET", "/instruments", tenant="U").json()["rows"] == []
    for method, path, body in (
        ("GET", manometer, None),
        ("GET", f"{manometer}/certificates", None),
        ("PATCH", manometer, {"unit": "Pa"}),
        ("POST", f"{manometer}/retire", {"reason": "taken"}),
        ("POST", f"{manometer}/certificates", CERTIFICATE),
        ("POST", f"{manometer}/certificates/{cert}/withdraw", {"reason": "taken"}),
    ):
        assert ask("MANAGER", method, path, body, tenant="U").status_code == 404, (method, path)
    file = f"{manometer}/certificates/{cert}/file"
    assert ask("MANAGER", "PUT", file, tenant="U", content=PDF, **AS_PDF).status_code == 404
    assert ask("MANAGER", "POST", "/instruments", MANOMETER, tenant="U").status_code == 201
