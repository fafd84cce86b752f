"""R-18: imports are all or nothing, say every wrong row, and hold by a signature; what they replace is kept."""

import itertools
import uuid
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.stairs.rules.pilot.commissioning import csv_text, pilot_baselines
from domain.stairs.store.registry import load_registry
from tests.conftest import Database, application
from tests.stairs.registry.office import Office

KINDS = ("pressure", "velocity", "door_force")


class Made(Office):
    """An office with the pilot building, adopted ruleset, and the pilot's files."""

    def __init__(self, client: TestClient, tenant: str) -> None:
        super().__init__(client, tenant)
        self.adopt()
        self.building = self.import_pilot(defined=False)
        with transaction(tenant) as connection:
            self.rows = pilot_baselines(load_registry(connection, uuid.UUID(self.building)))

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = self.get(f"/buildings/{self.building}/baseline")["counts"]
        return found

    def waiting(self) -> int:
        return len(self.client.get("/v1/proposals?limit=500", headers=self.ben).json()["items"])


_tenants = itertools.count()


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def office(client: TestClient) -> Made:
    """A tenant of its own for each test."""
    return Made(client, f"VALUES-{next(_tenants)}")


def test_r_18_files_are_proposed_until_they_are_countersigned(office: Made) -> None:
    laid = {kind: office.upload(office.building, kind, csv_text(kind, office.rows[kind])) for kind in KINDS}
    assert {kind: one["rows_imported"] for kind, one in laid.items()} == {
        "pressure": 60,
        "velocity": 30,
        "door_force": 60,
    }
    assert all(one["success"] is True and one["state"] == "proposed" for one in laid.values())
    assert office.counts() == {"pressure": 0, "velocity": 0, "door_force": 0}
    assert office.sign(laid["pressure"], 403, office.ada)["code"] == "FOUR_EYES"
    for one in laid.values():
        office.sign(one)
    assert office.counts() == {"pressure": 60, "velocity": 30, "door_force": 60}
    again = office.upload(office.building, "velocity", csv_text("velocity", office.rows["velocity"]))
    assert (again["state"], again["unchanged"], again["proposal_id"]) == ("unchanged", 30, None)


def test_r_18_the_sources_example_answers_as_it_says(office: Made) -> None:
    answer = office.upload(office.building, "pressure", csv_text("pressure", office.rows["pressure"][:4]))
    assert (answer["success"], answer["rows_imported"]) == (True, 4)


def test_r_18_one_wrong_row_and_nothing_is_imported(office: Made) -> None:
    rows = [dict(row) for row in office.rows["pressure"]]
    rows[7]["pressure_pa"], rows[9]["floor_id"] = "4.9", str(uuid.uuid4())
    before = office.waiting()
    refused = office.upload(office.building, "pressure", csv_text("pressure", rows), 422)
    assert refused["code"] == "BAD_ROWS"
    assert [(one["row"], one["field"]) for one in refused["errors"]] == [(9, "pressure_pa"), (11, "floor_id")]
    assert office.waiting() == before


def test_r_18_rows_of_another_building_are_refused(office: Made) -> None:
    other = office.post("/buildings", {"name": "Other", "timezone": "Australia/Sydney"}, 201)["id"]
    refused = office.upload(other, "pressure", csv_text("pressure", office.rows["pressure"]), 422)
    assert refused["errors"][0]["message"] == "is no stair of this building"


def test_a_value_below_the_rule_is_taken_and_told(office: Made) -> None:
    rows = [dict(office.rows["pressure"][0], pressure_pa="12.5")]
    laid = office.upload(office.building, "pressure", csv_text("pressure", rows))
    assert [one["code"] for one in laid["warnings"]] == ["BASELINE_BELOW_RULE"]
    office.sign(laid)
    assert office.counts()["pressure"] == 1


def test_a_new_commissioning_replaces_and_keeps_what_it_replaced(office: Made) -> None:
    office.sign(office.upload(office.building, "pressure", csv_text("pressure", office.rows["pressure"])))
    rows = [dict(office.rows["pressure"][0], pressure_pa="46.1", commissioned_date="2025-03-01")]
    laid = office.upload(office.building, "pressure", csv_text("pressure", rows))
    assert laid["replaces"] == 1
    office.sign(laid)
    assert office.counts()["pressure"] == 60
    kept = office.get(f"/buildings/{office.building}/baseline/history")["pressure"]
    assert [(one["row"]["pressure_pa"], one["row"]["commissioned_date"]) for one in kept] == [(44.5, "2024-01-15")]
    back = office.upload(office.building, "pressure", csv_text("pressure", office.rows["pressure"][:1]))
    assert back["state"] == "proposed"
    office.sign(back)
    assert len(office.get(f"/buildings/{office.building}/baseline/history")["pressure"]) == 2


def test_history_refuses_change(office: Made) -> None:
    with pytest.raises(Exception, match=r"refus|permission"), transaction(office.tenant) as connection:
        connection.execute(text("DELETE FROM baseline_history"))


def test_the_older_of_two_files_is_outdated(office: Made) -> None:
    first = office.upload(office.building, "pressure", csv_text("pressure", office.rows["pressure"][:2]))
    office.upload(office.building, "pressure", csv_text("pressure", office.rows["pressure"][:3]))
    assert office.sign(first, 409)["code"] == "OUTDATED"


def test_a_file_over_a_floor_that_was_retired_is_not_put_in_force(office: Made) -> None:
    laid = office.upload(office.building, "pressure", csv_text("pressure", office.rows["pressure"]))
    office.post(f"/floors/{office.rows['pressure'][0]['floor_id']}/retire")
    assert office.sign(laid, 409)["code"] == "REGISTRY_CHANGED"
    assert office.counts()["pressure"] == 0


def test_two_files_at_once_are_one_too_many(office: Made) -> None:
    path = f"/api/v1/buildings/{office.building}/baseline/pressure/bulk"
    file = ("file", ("a.csv", b"x", "text/csv"))
    answer = office.client.post(path, headers=office.ada, files=[file, file])
    assert (answer.status_code, answer.json()["code"]) == (422, "ONE_FILE")


def test_who_commissioned_it_is_signed_with_it(office: Made) -> None:
    text_ = csv_text("pressure", office.rows["pressure"][:1])
    answer = office.post(
        f"/buildings/{office.building}/baseline/pressure/bulk",
        files={"file": ("a.csv", text_.encode(), "text/csv")},
        data={"commissioned_by": "ABC Fire Engineering", "commissioning_report_ref": "REP-2024-001"},
    )
    office.sign(answer)
    row = office.get(f"/buildings/{office.building}/baseline")["pressure"][0]
    assert (row["commissioned_by"], row["commissioning_report_ref"]) == ("ABC Fire Engineering", "REP-2024-001")


def test_values_that_changed_behind_a_proposal_are_not_signed_over(office: Made) -> None:
    office.sign(office.upload(office.building, "pressure", csv_text("pressure", office.rows["pressure"])))
    rows = [dict(office.rows["pressure"][0], pressure_pa="46.1")]
    laid = office.upload(office.building, "pressure", csv_text("pressure", rows))
    with transaction(office.tenant) as connection:
        connection.execute(text("UPDATE baseline_pressure_differentials SET pressure_pa = 60 WHERE pressure_pa = 44.5"))
    assert office.sign(laid, 409)["code"] == "STALE_BASELINES"
    assert office.get(f"/buildings/{office.building}/baseline/history")["counts"]["pressure"] == 0
