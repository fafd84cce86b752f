"""A yearly visit of 168 tests, driven over HTTP as a phone would, to its signed report; and what physics says of it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from cli.demo import firemode
from cli.demo.firemode import People, Visit
from cli.demo.phone import Phone
from domain.kernel.canonical import sha256_hex
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.fulfil import fulfil
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole
from domain.kernel.verify import Verdict, verify_artifact
from domain.together import RENDERERS
from orchestration.doers import DOERS
from tests.conftest import Database
from tests.grid.outages.report.reading import pages
from tests.stairs.visited import Here, people_here, published

HELD = "PRESSURE_STAIR-B_L5_ALL-CLOSED"


@pytest.fixture(scope="module")
def people(module_database: Database) -> Iterator[People]:
    with people_here() as made:
        yield made


@pytest.fixture(scope="module")
def visit(people: People) -> Visit:
    """The whole of it, once; a second device has another result for one test, and the reviewer decides."""
    seen = published(people)
    phone = firemode.walk(people, seen, utc_now())
    _contradict(people, seen, phone.bundle)
    firemode.settle(people, seen, phone)
    firemode.report(people, seen)
    fulfil("T", UUID(seen.countersignature_id), DOERS, run_id="test", actor_id="test")
    return seen


def _contradict(people: People, seen: Visit, bundle: dict[str, Any]) -> None:
    at = f"/api/v1/tests/sessions/{seen.session_id}"
    (row,) = [one for one in bundle["parts"]["instances"] if one["scoped_identifier"] == HELD]
    first = people.technician.get(f"{at}/instances/{row['instance_id']}")
    other = {
        "submission_id": str(uuid4()),
        "instance_id": row["instance_id"],
        "tested_at": first["tested_at"],
        "value": "19.2",
        "used_instrument_id": first["used_instrument_id"],
    }
    sent = people.manager.post(f"{at}/sync", {"bundle_hash": bundle["bundle_hash"], "submissions": [other]})
    assert sent["counts"]["conflict"] == 1
    # What was first stands, and nobody can approve around the other.
    with pytest.raises(CountersignError):
        firemode.settle(people, seen, Phone(people.technician, seen.session_id, utc_now()))
    (waiting,) = people.reviewer.get(f"{at}/conflicts")["rows"]
    assert (waiting["submission_id"], waiting["payload"]["value"]) == (other["submission_id"], "19.2")
    decided = people.reviewer.post(
        f"{at}/conflicts/{waiting['submission_id']}/settle",
        {"resolution": "kept_first", "reason": "The second gauge stood on the wrong landing"},
    )
    assert decided["verdict"] == "compliant"
    stands = people.technician.get(f"{at}/instances/{row['instance_id']}")
    assert stands["measured_value_numeric"] == first["measured_value_numeric"]


def test_a_yearly_visit_of_168_tests_goes_from_bundle_to_approval(people: People, visit: Visit) -> None:
    told = people.technician.get(f"/api/v1/tests/sessions/{visit.session_id}")
    assert told["status"] == "approved"
    assert told["progress"]["total"] == 169
    assert (told["progress"]["completed"], told["progress"]["indeterminate"]) == (169, 0)
    assert told["progress"]["compliant"] == 167
    assert visit.tests == 168
    assert visit.bundle_bytes < 5_000_000
    assert sorted(visit.faults) == [
        "Door opening force 118.5 N ABOVE maximum 110 N at D-Level-3-Stair-B, Stair-B Level-3 (pressurisation active)",
        "Pressure 18.2 Pa BELOW minimum 20 Pa on Stair-A Level-8 (all_closed)",
    ]


def test_both_results_of_the_conflict_stay_on_record_with_the_decision(people: People, visit: Visit) -> None:
    at = f"/api/v1/tests/sessions/{visit.session_id}"
    (kept,) = people.reviewer.get(f"{at}/conflicts?include_settled=true")["rows"]
    assert (kept["payload"]["value"], kept["resolution"]) == ("19.2", "kept_first")
    assert people.reviewer.get(f"{at}/conflicts")["rows"] == []
    found = firemode._rows(people.reviewer, f"{at}/instances?status=completed")
    (row,) = [one for one in found if one["scoped_identifier"] == HELD]
    assert row["verdict"] == "compliant"
    judged = people.reviewer.get(f"{at}/instances/{row['instance_id']}/evaluations")["rows"]
    assert {one["outputs"]["measured_raw"] for one in judged} != {"19.2"}


def test_the_visit_ends_in_a_signed_report_that_anybody_can_check(people: People, visit: Visit) -> None:
    rows = people.reviewer.get(f"/api/v1/reports?session_id={visit.session_id}")["rows"]
    assert [one["status"] for one in rows] == ["SIGNED"]
    told = people.reviewer.get(f"/api/v1/reports/{rows[0]['report_id']}")
    assert told["countersignature_id"] == visit.countersignature_id
    assert isinstance(people.reviewer, Here)
    bytes_of = {ending: people.reviewer.fetched(one["url"]) for ending, one in told["files"]["signed"].items()}
    for ending, one in told["files"]["signed"].items():
        assert (sha256_hex(bytes_of[ending]), len(bytes_of[ending])) == (one["sha256"], one["size_bytes"])
    # Its JSON is what was signed, byte for byte: the hash under the signature is that of the file.
    signed = people.reviewer.get(f"/v1/countersignatures/{visit.countersignature_id}")["countersignature"]
    assert sha256_hex(bytes_of["json"]) == signed["content_hash"] == told["content_hash"]
    read = pages(bytes_of["pdf"])
    assert not any("DRAFT" in page for page in read)
    whole = " ".join(read)
    for said in (*visit.faults, signed["content_hash"], visit.session_id, "reviewer", "AS1851-2024-v1.3"):
        assert said in whole, said
    with transaction("T", DbRole.AUDITOR) as connection:
        found = connection.exec_driver_sql(
            "SELECT artifact_id FROM artifacts WHERE kind = 'stairs.compliance_report' ORDER BY artifact_id"
        ).scalars()
        made = [verify_artifact(connection, open_store(), one, RENDERERS).verdict for one in list(found)]
    assert made == [Verdict.SAME] * 4


def test_the_building_entered_again_changes_nothing(people: People, visit: Visit) -> None:
    assert firemode.enter(people, "T", utc_now()) == visit.building_id
    assert firemode.publish(people, visit.building_id)["total"] == 168
    again = people.manager.post(f"/api/v1/buildings/{visit.building_id}/instances/generate", {"frequency": "annual"})
    assert (again["added"], again["retired"], again["unchanged"]) == (0, 0, 168)


def test_every_verdict_of_the_visit_replays_to_the_same_bytes(people: People, visit: Visit) -> None:
    rows = firemode._rows(people.reviewer, f"/api/v1/tests/sessions/{visit.session_id}/instances?status=completed")
    assert len(rows) == 169
    for row in rows:
        told = people.reviewer.post(f"/api/v1/evaluations/{row['validation_result']['evaluation_id']}/replay", {})
        assert told["is_same"], row["scoped_identifier"]


def test_physics_notices_what_the_fan_cannot_give_and_sets_no_verdict(people: People, visit: Visit) -> None:
    rows = people.reviewer.get(f"/api/v1/tests/sessions/{visit.session_id}/observations")["rows"]
    codes = {row["code"] for row in rows}
    assert "FLOW_EXCEEDS_FAN" in codes, codes
    leaky = [row["data"]["total_m2"] for row in rows if row["code"] == "LEAKAGE_INDEX"]
    assert len(leaky) == 2
    assert all(0.8 < one < 1.1 for one in leaky), leaky
    at = f"/api/v1/tests/sessions/{visit.session_id}"
    instances = firemode._rows(people.reviewer, f"{at}/instances?status=completed")
    assert sum(row["verdict"] == "non_compliant" for row in instances) == 2


def test_after_approval_nothing_of_the_visit_can_change_also_for_the_owner(
    visit: Visit, module_database: Database
) -> None:
    for role in ("app", "machine", "owner", "superuser"):
        for statement in (
            "UPDATE test_instances SET notes = 'x' WHERE verdict = 'non_compliant'",
            "DELETE FROM evidence_records",
            "UPDATE evidence_records SET description = 'x'",
            "DELETE FROM buildings",
            "DELETE FROM stairs",
            "UPDATE instance_evaluations SET outputs = '{}'",
            "UPDATE faults SET description = 'x'",
            "UPDATE test_sessions SET status = 'void'",
        ):
            with psycopg.connect(module_database.urls[role], autocommit=True) as connection:
                connection.execute("SELECT set_config('app.tenant', 'T', false)")
                with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
                    connection.execute(statement)
    assert visit.session_id
