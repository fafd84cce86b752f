"""The register as pages: what ends first stands first, each certificate with what it proves today."""

from datetime import UTC, datetime, timedelta

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
