"""R-10: a result is proven by a certificate of the instrument that was used, on the day of the test and no other."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import dagster as dg
import pytest
from sqlalchemy import text

from domain.kernel.db import transaction, working_as
from domain.kernel.settings import DbRole
from domain.stairs.observe.calibration import tell_due
from orchestration.resources import Machine
from orchestration.stairs.calibration import calibration_due_sensor
from tests.conftest import Database
from tests.stairs.instruments.conftest import CERTIFICATE, MANOMETER, Ask
from tests.stairs.small_house import SmallHouse

NOW = datetime.now(UTC)
TODAY = NOW.date()


class Visit:
    """A session of the small house with its pressure test, done with an instrument of the test's own."""

    def __init__(self, ask: Ask, house: SmallHouse, instrument: str) -> None:
        self.ask = ask
        plan = {"building_id": str(house.building), "frequency": "annual", "planned_for": TODAY.isoformat()}
        self.session = f"/tests/sessions/{ask('TECHNICIAN', 'POST', '/tests/sessions', plan).json()['session_id']}"
        rows = ask("TECHNICIAN", "GET", f"{self.session}/instances").json()["rows"]
        own = next(row for row in rows if row["measurement_type"] == "pressure_differential")
        self.instance = f"{self.session}/instances/{own['instance_id']}"
        result = {
            "tested_at": (NOW - timedelta(hours=1)).isoformat(),
            "value": "44.0",
            "used_instrument_id": instrument,
        }
        sent = ask("TECHNICIAN", "POST", f"{self.instance}/results", result)
        assert sent.status_code in {200, 201}, sent.text

    def verdict(self) -> tuple[str, list[str]]:
        row = self.ask("AUDITOR", "GET", self.instance).json()
        return row["verdict"], row["validation_result"]["flags"]

    def evaluations(self) -> int:
        with transaction("T") as connection:
            return int(connection.execute(text("SELECT count(*) FROM instance_evaluations")).scalar_one())


@pytest.fixture
def house(database: Database, ask: Ask) -> SmallHouse:
    return SmallHouse(database)


@pytest.fixture
def instrument(ask: Ask) -> str:
    made = ask("TECHNICIAN", "POST", "/instruments", MANOMETER | {"serial_number": "OWN"})
    return str(made.json()["id"])


def lasting(begins: int, ends: int, number: str = "C-1") -> dict[str, Any]:
    """A certificate from and until so many days from today."""
    dates = {"calibration_date": begins, "expiry_date": ends}
    return CERTIFICATE | {"cert_number": number} | {n: str(TODAY + timedelta(days=d)) for n, d in dates.items()}


def certify(ask: Ask, instrument: str, body: dict[str, Any]) -> str:
    made = ask("TECHNICIAN", "POST", f"/instruments/{instrument}/certificates", body)
    assert made.status_code == 201, made.text
    return str(made.json()["cert_id"])


def test_r_10_without_a_certificate_a_pass_is_undecided(ask: Ask, house: SmallHouse, instrument: str) -> None:
    assert Visit(ask, house, instrument).verdict() == ("indeterminate", ["CALIBRATION_EXPIRED"])


def test_r_10_the_certificate_of_the_day_counts_also_when_a_newer_one_stands(
    ask: Ask, house: SmallHouse, instrument: str
) -> None:
    certify(ask, instrument, lasting(-300, 65))
    certify(ask, instrument, lasting(5, 370, "C-2"))
    with transaction("T") as connection:
        copied = connection.execute(text("SELECT calibration_date FROM instruments WHERE serial_number = 'OWN'"))
        assert copied.scalar_one() == TODAY + timedelta(days=5)
    assert Visit(ask, house, instrument).verdict()[0] == "compliant"


def test_r_10_an_ended_certificate_proves_nothing(ask: Ask, house: SmallHouse, instrument: str) -> None:
    certify(ask, instrument, lasting(-400, -35))
    assert Visit(ask, house, instrument).verdict()[0] == "indeterminate"


def test_r_10_a_late_certificate_decides_and_a_withdrawn_one_undoes(
    ask: Ask, house: SmallHouse, instrument: str
) -> None:
    visit = Visit(ask, house, instrument)
    cert = certify(ask, instrument, lasting(-300, 65))
    assert visit.verdict()[0] == "compliant"
    gone = ask("MANAGER", "POST", f"/instruments/{instrument}/certificates/{cert}/withdraw", {"reason": "of another"})
    assert gone.status_code == 200
    assert visit.verdict() == ("indeterminate", ["CALIBRATION_EXPIRED"])
    assert visit.evaluations() == 3  # each stays, with what it was made from


def test_r_10_the_wrong_type_of_instrument_is_seen_and_its_correction_too(ask: Ask, house: SmallHouse) -> None:
    body = MANOMETER | {"serial_number": "WRONG", "instrument_type": "thermometer"}
    instrument = str(ask("TECHNICIAN", "POST", "/instruments", body).json()["id"])
    certify(ask, instrument, lasting(-300, 65))
    visit = Visit(ask, house, instrument)
    assert visit.verdict() == ("indeterminate", ["WRONG_INSTRUMENT"])
    ask("TECHNICIAN", "PATCH", f"/instruments/{instrument}", {"instrument_type": "manometer"})
    assert visit.verdict()[0] == "compliant"


def test_r_10_a_session_that_is_closed_keeps_its_verdict(
    ask: Ask, house: SmallHouse, instrument: str, database: Database
) -> None:
    visit = Visit(ask, house, instrument)
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE test_sessions SET status = 'void', void_reason = 'by mistake'"))
    certify(ask, instrument, lasting(-300, 65))
    assert visit.evaluations() == 1


def messages() -> list[tuple[str, str]]:
    with transaction("T", DbRole.OWNER) as connection:
        rows = connection.execute(
            text("SELECT kind, title FROM messages WHERE kind = 'CALIBRATION_DUE' ORDER BY created_at, title, user_id")
        )
        return [(row.kind, row.title) for row in rows]


def tell(on: date) -> int:
    with working_as(DbRole.MACHINE), transaction("T") as connection:
        return tell_due(connection, on)


def test_people_are_told_thirty_days_before_seven_days_before_and_on_the_day(ask: Ask, instrument: str) -> None:
    ask("MANAGER", "GET", "/instruments")
    end = date(2027, 6, 30)
    certify(ask, instrument, CERTIFICATE | {"calibration_date": "2026-06-30", "expiry_date": end.isoformat()})
    counted = {days: tell(end - timedelta(days=days)) for days in (60, 31, 30, 29, 8, 7, 1, 0, -3)}
    assert counted == {60: 0, 31: 0, 30: 2, 29: 0, 8: 0, 7: 2, 1: 0, 0: 2, -3: 0}
    assert [title for _, title in messages()][::2] == [
        "The calibration of manometer Dwyer (OWN) ends on 2027-06-30, in 30 days.",
        "The calibration of manometer Dwyer (OWN) ends on 2027-06-30, in 7 days.",
        "The calibration of manometer Dwyer (OWN) ended on 2027-06-30.",
    ]


def test_a_new_certificate_ends_the_warnings_and_begins_its_own(ask: Ask, instrument: str) -> None:
    certify(ask, instrument, lasting(-360, 5))
    assert tell(TODAY) == 1
    certify(ask, instrument, lasting(0, 365, "C-2"))
    assert tell(TODAY + timedelta(days=5)) == 0
    assert tell(TODAY + timedelta(days=360)) == 1


def test_the_sensor_tells_by_itself(ask: Ask, instrument: str) -> None:
    with dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral(), resources={"machine": Machine()}) as context:
        skipped = calibration_due_sensor(context)
    assert isinstance(skipped, dg.SkipReason)
    assert str(skipped.skip_message) == "Told 1 people of calibrations."


def test_a_tenant_hears_of_its_own_instruments_alone(ask: Ask, instrument: str) -> None:
    ask("TECHNICIAN", "GET", "/instruments", tenant="U")
    assert tell(TODAY) == 1  # never calibrated
    with working_as(DbRole.MACHINE), transaction("U") as connection:
        assert tell_due(connection, TODAY) == 0
    assert str(uuid4()) not in str(messages())
