"""A yearly visit of 168 tests, driven over HTTP as a phone would, to its approval; and what physics says of it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from cli.demo import firemode
from cli.demo.client import Client
from cli.demo.firemode import People, Visit
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.makers import make_tenant, make_token

NOW = datetime.now(UTC)


class Here(Client):
    """A caller of the application in this process."""

    def __init__(self, application: TestClient, token: str) -> None:
        own = {"Authorization": f"Bearer {token}"}
        self._http = TestClient(application.app, headers=own, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def people(module_database: Database) -> Iterator[People]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    with TestClient(create_app(), raise_server_exceptions=False) as application:
        made = object.__new__(People)
        for name, role in (("technician", "TECHNICIAN"), ("manager", "MANAGER"), ("reviewer", "REVIEWER")):
            token = make_token("T", role, email=f"{name}@example.org", ttl_s=3600)
            setattr(made, name, Here(application, token))
        made.technician_name, made.reviewer_name = "technician", "reviewer"
        yield made


@pytest.fixture(scope="module")
def visit(people: People) -> Visit:
    """The whole of it, once."""
    seen = Visit()
    seen.building_id = firemode.enter(people, "T", NOW)
    assert firemode.publish(people, seen.building_id)["total"] == 168
    phone = firemode.walk(people, seen, NOW)
    firemode.settle(people, seen, phone)
    return seen


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


def test_the_building_entered_again_changes_nothing(people: People, visit: Visit) -> None:
    assert firemode.enter(people, "T", NOW) == visit.building_id
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
