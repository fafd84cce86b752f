"""What a person has said of a fault stays said, however often a machine judges the same value again."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.makers import make_tenant
from tests.stairs.at_once import Busy, column
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_evidence_over_http import photo, register, send


@pytest.fixture(scope="module")
def desk(module_database: Database) -> Iterator[Busy]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    house = SmallHouse(module_database)
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield Busy(client, house)


def failed(desk: Busy) -> tuple[dict[str, Any], str]:
    row = desk.plan()[0]
    fault: str = desk.test(row, value="18.2").json()["fault"]["id"]
    return row, fault


def judged_again(desk: Busy, row: dict[str, Any], number: int) -> None:
    """A photo comes late: the same value is judged with it."""
    data = photo(width=650 + number)
    assert send(desk, register(desk, row, data).json()["evidence_id"], data).status_code == 200
    seqs = column("T", "SELECT max(seq) FROM instance_evaluations WHERE instance_id = :id", id=row["instance_id"])
    assert seqs[0] > 1


def faults(desk: Busy) -> list[tuple[str, str, str, str]]:
    rows = desk.ask("rita", "GET", f"/api/v1/faults?session_id={desk.session}").json()["rows"]
    return [(one["status"], one["review_state"], one["severity"], one["standard_class"]) for one in rows]


def test_a_reclassified_fault_stays_as_the_person_classified_it(desk: Busy) -> None:
    row, fault = failed(desk)
    said = {"action": "reclassify", "reason": "One storey only", "severity": "low", "standard_class": "non_critical"}
    assert desk.ask("rita", "POST", f"/api/v1/faults/{fault}/review", said).status_code == 200
    judged_again(desk, row, 1)
    assert faults(desk) == [("open", "reclassified", "low", "non_critical")]


def test_a_dismissed_fault_is_not_found_again_by_the_same_value(desk: Busy) -> None:
    row, fault = failed(desk)
    said = {"action": "dismiss", "reason": "Hose was off", "invalid_measurement": "Photo 12 of the site diary"}
    assert desk.ask("rita", "POST", f"/api/v1/faults/{fault}/review", said).status_code == 200
    judged_again(desk, row, 2)
    assert [one[:2] for one in faults(desk)] == [("dismissed", "dismissed")]


def test_a_mended_fault_is_not_found_again_by_the_same_value(desk: Busy) -> None:
    row, fault = failed(desk)
    said = {"action": "confirm", "reason": "Seen"}
    assert desk.ask("rita", "POST", f"/api/v1/faults/{fault}/review", said).status_code == 200
    assert desk.ask("tom", "POST", f"/api/v1/faults/{fault}/resolve", {"reason": "Damper set"}).status_code == 200
    judged_again(desk, row, 3)
    assert [one[:2] for one in faults(desk)] == [("resolved", "confirmed")]


def test_another_failing_value_that_counts_is_a_finding_of_its_own(desk: Busy) -> None:
    row, fault = failed(desk)
    said = {"action": "dismiss", "reason": "Hose was off", "invalid_measurement": "Photo 12 of the site diary"}
    assert desk.ask("rita", "POST", f"/api/v1/faults/{fault}/review", said).status_code == 200
    assert desk.test(row, who="tim", value="17.1").json()["code"] == "RESULT_CONFLICT"
    waiting = desk.ask("rita", "GET", f"{desk.at}/conflicts").json()["rows"][0]["submission_id"]
    body = {"resolution": "took_this", "reason": "With the hose on"}
    assert desk.ask("rita", "POST", f"{desk.at}/conflicts/{waiting}/settle", body).status_code == 200
    assert sorted(one[:2] for one in faults(desk)) == [("dismissed", "dismissed"), ("open", "proposed")]
