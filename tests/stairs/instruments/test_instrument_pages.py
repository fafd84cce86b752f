"""The register as pages: what ends first stands first, each certificate with what it proves today."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from tests.conftest import application
from tests.makers import make_token
from tests.stairs.instruments.conftest import CERTIFICATE, MANOMETER, Ask

TODAY = datetime.now(UTC).date()


def shown(path: str, tenant: str = "T", role: str = "AUDITOR") -> tuple[int, str]:
    token = make_token(tenant, role, email=f"{role}-{tenant}@example.org".lower())
    with TestClient(application(), headers={"Authorization": f"Bearer {token}"}) as client:
        answer = client.get(path)
    return answer.status_code, answer.text


def pressed(path: str, role: str = "TECHNICIAN", **more: Any) -> Any:
    token = make_token("T", role, email=f"{role}-t@example.org".lower())
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    with TestClient(application(), headers=headers, follow_redirects=False) as client:
        return client.post(path, **more)


def test_an_instrument_and_its_certificate_are_entered_by_forms(ask: Ask) -> None:
    given = {"instrument_type": "manometer", "serial_number": "", "unit": "Pa"}
    refused = pressed("/stairs/instruments", data=given)
    assert (refused.status_code, "Needed." in refused.text, 'value="Pa"' in refused.text) == (422, True, True)
    made = pressed("/stairs/instruments", data=given | {"serial_number": "MAN-9", "range_max": "500", "range_min": "0"})
    own = made.headers["location"]
    assert "MAN-9" in shown(own)[1]
    dates = {"cert_number": "C-1", "calibration_date": str(TODAY), "expiry_date": str(TODAY - timedelta(days=1))}
    refused = pressed(f"{own}/certificates", data=dates)
    assert refused.status_code == 422
    assert 'value="C-1"' in refused.text
    dates |= {"expiry_date": str(TODAY + timedelta(days=200))}
    for data, status in ((b"no PDF", 400), (b"%PDF-1.7 %%EOF", 303)):
        sent = pressed(f"{own}/certificates", data=dates, files={"file": ("c.pdf", data, "application/pdf")})
        assert sent.status_code in {status, 422}, sent.text
        assert ("C-1" in shown(own)[1]) is (status == 303), "certificate and file stand together or not at all"
    assert ">PDF</a>" in shown(own)[1]
    cert = ask("AUDITOR", "GET", own.removeprefix("/stairs")).json()["certificates"][0]["cert_id"]
    assert (
        pressed(f"{own}/certificates/{cert}/withdraw", "MANAGER", data={"reason": "of another one"}).status_code == 303
    )
    assert "of another one" in shown(own)[1]
    assert pressed(f"{own}/retire", data={"reason": "dropped"}).status_code == 403
    assert pressed(f"{own}/retire", "MANAGER", data={"reason": "dropped"}).status_code == 303


def test_what_is_known_of_an_instrument_is_corrected_and_its_pdf_added_later(ask: Ask, manometer: str) -> None:
    own = f"/stairs{manometer}"
    known = {"instrument_type": "manometer", "serial_number": "MAN-1", "accuracy": "±0.5 Pa", "unit": "Pa"}
    refused = pressed(own, data=known | {"serial_number": ""})
    assert (refused.status_code, "Needed." in refused.text, 'value="±0.5 Pa"' in refused.text) == (422, True, True)
    wrong = pressed(own, data=known | {"range_min": "low"})
    assert (wrong.status_code, "Give a number." in wrong.text) == (422, True)
    assert pressed(own, "AUDITOR", data=known).status_code == 403
    for _ in range(2):
        assert pressed(own, data=known).headers["location"] == f"{own}?done=corrected"
    told = ask("AUDITOR", "GET", manometer).json()
    assert (told["accuracy"], told["range_min"], told["manufacturer"]) == ("±0.5 Pa", None, None)
    file = f"{own}/certificates/{told['certificates'][0]['cert_id']}/file"
    assert "Add the PDF" in shown(own, role="TECHNICIAN")[1]
    assert (pressed(file).status_code, pressed(file, "AUDITOR").status_code) == (422, 403)
    assert "No file was chosen" in pressed(file).text
    sent = pressed(file, files={"file": ("c.pdf", b"%PDF-1.7 %%EOF", "application/pdf")})
    assert sent.headers["location"] == f"{own}?done=kept"
    assert ">PDF</a>" in shown(own)[1]


def test_the_register_says_what_proves_nothing_and_what_ends_soon(ask: Ask, manometer: str) -> None:
    soon = ask("TECHNICIAN", "POST", "/instruments", MANOMETER | {"serial_number": "<SOON>"}).json()["id"]
    dates = {"calibration_date": str(TODAY - timedelta(days=300)), "expiry_date": str(TODAY + timedelta(days=20))}
    ask("TECHNICIAN", "POST", f"/instruments/{soon}/certificates", CERTIFICATE | dates | {"cert_number": "S"})
    status, page = shown("/stairs/instruments")
    assert status == 200
    assert "1 of 2 instruments prove nothing today; the calibration of 1 ends within 30 days." in page
    assert page.index("MAN-1") < page.index("&lt;SOON&gt;")
    assert "-100 to 500 Pa" in page
    assert "<SOON>" not in page


def test_one_instrument_shows_every_certificate(ask: Ask, manometer: str) -> None:
    own = manometer.rsplit("/", 1)[1]
    cert = ask("AUDITOR", "GET", manometer).json()["certificates"][0]["cert_id"]
    ask("MANAGER", "POST", f"{manometer}/certificates/{cert}/withdraw", {"reason": "of another gauge"})
    status, page = shown(f"/stairs/instruments/{own}")
    assert status == 200
    assert "Manometer Dwyer (MAN-1) has no calibration certificate." in page
    assert "withdrawn" in page
    assert "of another gauge" in page
    ask("MANAGER", "POST", f"{manometer}/retire", {"reason": "dropped"})
    assert "is out of use." in shown(f"/stairs/instruments/{own}")[1]


def test_an_empty_register_says_how_to_begin_and_another_tenant_sees_nothing(ask: Ask, manometer: str) -> None:
    assert "No instrument is in the register yet" in shown("/stairs/instruments", tenant="U")[1]
    assert shown(manometer.replace("/instruments", "/stairs/instruments"), tenant="U")[0] == 404
    assert shown("/stairs/instruments", role="LEARNER")[0] == 403
