"""FireMode in the graph by real runs as the machine: what is proposed, judged again, noticed, checked and told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest
from sqlalchemy import text

from cli.demo import firemode
from cli.demo.firemode import People, Visit
from domain.kernel.artifacts import load
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole, settings
from orchestration.partitions import make_known
from orchestration.resources import Machine, Objects
from orchestration.stairs import automation
from orchestration.stairs.advice import notice_stairs
from orchestration.stairs.assets import ASSETS
from orchestration.stairs.automation import JOBS, handed_in_sessions_sensor, stairs_nightly_schedule
from orchestration.stairs.calibration import calibration_due_sensor
from orchestration.stairs.checks import CHECKS, stairs_checks
from tests.conftest import Database
from tests.makers import make_tenant
from tests.orchestration.steps import checks
from tests.stairs.visited import people_here, published

pytestmark = pytest.mark.xdist_group("stairs_in_the_graph")


class Later(Machine):
    """The machine at another time."""

    days: int = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


@pytest.fixture(scope="module")
def people(module_database: Database) -> Iterator[People]:
    with people_here() as made:
        yield made


@pytest.fixture(scope="module")
def visit(people: People) -> Visit:
    """The pilot building, published, walked and approved."""
    seen = published(people)
    firemode.settle(people, seen, firemode.walk(people, seen, utc_now()))
    return seen


def launch(job: str, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    make_known(instance, ["T"])
    resources = {"machine": Machine(), "objects": Objects()}
    definitions = dg.Definitions(assets=[*ASSETS, notice_stairs], jobs=JOBS, resources=resources)
    return definitions.resolve_job_def(job).execute_in_process(instance=instance, partition_key="T")


def look(instance: dg.DagsterInstance, tenant: str | None = "T") -> dict[str, Any]:
    done = dg.materialize(
        [stairs_checks],
        selection=dg.AssetSelection.all_asset_checks(),
        instance=instance,
        resources={"machine": Machine(), "objects": Objects()},
        tags={"dagster/partition": tenant} if tenant else {},
    )
    return checks(done)


def scalars(query: str) -> list[Any]:
    with transaction("T") as connection:
        return list(connection.execute(text(query)).scalars())


def test_nightly_the_machine_proposes_what_is_not_published_and_twice_is_once(
    visit: Visit, instance: dg.DagsterInstance
) -> None:
    assert launch(automation.nightly_job.name, instance).success
    waiting = "SELECT content ->> 'frequency' FROM v_proposals WHERE kind = 'stairs.templates' AND state = 'WAITING'"
    proposed = scalars(f"{waiting} ORDER BY 1")
    assert proposed == ["monthly", "six_monthly"]
    noticed = scalars("SELECT observation_id::text FROM stair_observations ORDER BY 1")
    assert noticed
    assert launch(automation.nightly_job.name, instance).success
    assert scalars(f"{waiting} ORDER BY 1") == proposed
    assert scalars("SELECT observation_id::text FROM stair_observations ORDER BY 1") == noticed


def test_what_was_visited_is_noticed_and_its_report_drafted_once(visit: Visit, instance: dg.DagsterInstance) -> None:
    assert launch(automation.visited_job.name, instance).success
    reports = scalars("SELECT status FROM compliance_reports")
    assert reports == ["DRAFT"]
    assert launch(automation.visited_job.name, instance).success
    assert scalars("SELECT status FROM compliance_reports") == reports


def asked(found: Any) -> list[tuple[str, str]]:
    """Key and partition of each run that is asked for."""
    return [(one.run_key, one.partition_key) for one in found]


def test_a_handed_in_session_asks_for_one_run_and_each_tenant_for_one_night(
    visit: Visit, instance: dg.DagsterInstance
) -> None:
    make_tenant("EMPTY", "Australia/Sydney")
    with dg.build_sensor_context(instance=instance, resources={"machine": Machine()}) as context:
        first, again = handed_in_sessions_sensor(context), handed_in_sessions_sensor(context)
    assert asked(first) == asked(again)
    assert [partition for _, partition in asked(first)] == ["T"]
    at = datetime(2026, 11, 22, 16, 40, tzinfo=UTC)
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=at, resources={"machine": Machine()}
    ) as night:
        assert asked(stairs_nightly_schedule(night)) == [("T|2026-11-22", "T")]


def test_a_calibration_that_ends_is_told_once(visit: Visit, instance: dg.DagsterInstance) -> None:
    def told(days: int) -> str:
        with dg.build_sensor_context(instance=instance, resources={"machine": Later(days=days)}) as context:
            found = calibration_due_sensor(context)
        assert isinstance(found, dg.SkipReason)
        return str(found.skip_message)

    ends = scalars("SELECT min(expiry_date) - current_date FROM calibration_certificates")[0]
    assert "Nobody" in told(0)
    assert told(ends - 6).startswith("Told ")
    assert "Nobody" in told(ends - 6)


def test_a_passed_test_without_proof_is_judged_by_the_machine_when_its_certificate_comes(
    visit: Visit, people: People, instance: dg.DagsterInstance, module_database: Database
) -> None:
    at = f"/api/v1/tests/sessions/{visit.session_id}"
    row = next(
        one
        for one in firemode._rows(people.reviewer, f"{at}/instances?status=completed")
        if one["measurement_type"] == "pressure_differential" and one["verdict"] == "compliant"
    )
    body = {"instance_ids": [row["instance_id"]], "planned_for": "2026-11-30", "reason": "To be tested again"}
    made = people.manager.post(f"{at}/amend", body)["session_id"]
    again = f"/api/v1/tests/sessions/{made}"
    other = people.technician.get(f"{again}/instances")["rows"][0]
    told = people.technician.post("/api/v1/instruments", {"serial_number": "NEW-1", "instrument_type": "manometer",
                                                          "range_min": "-50", "range_max": "500", "unit": "Pa",
                                                          "accuracy": "±1 Pa"})  # fmt: skip
    sent = people.technician.post(
        f"{again}/instances/{other['instance_id']}/results",
        {"tested_at": datetime.now(UTC).isoformat(), "value": "44", "used_instrument_id": told["id"]},
    )
    assert sent["verdict"] == "indeterminate"
    with psycopg.connect(module_database.urls["superuser"]) as connection:
        connection.execute(
            "INSERT INTO calibration_certificates (tenant_id, instrument_id, cert_number, calibration_date,"
            " expiry_date) VALUES ('T', %s, 'LATE', current_date - 10, current_date + 300)",
            (told["id"],),
        )
    assert launch(automation.nightly_job.name, instance).success
    judged = people.reviewer.get(f"{again}/instances/{other['instance_id']}/evaluations")["rows"]
    assert [one["seq"] for one in judged] == [1, 2]
    flags = people.reviewer.get(f"{again}/instances/{other['instance_id']}")["validation_result"]["flags"]
    assert "CALIBRATION_EXPIRED" not in flags
    assert look(instance)["verdicts_replay"].passed


def test_every_check_passes_on_the_pilot_building(visit: Visit, instance: dg.DagsterInstance) -> None:
    for tenant in ("T", None):
        found = look(instance, tenant)
        assert {name: one.passed for name, one in found.items()} == {name: True for _, name in CHECKS}, found


PLANTED = {
    "cardinality": (
        "UPDATE test_instance_templates SET retired_at = now() WHERE sequence_order = 5",
        "UPDATE test_instance_templates SET retired_at = NULL WHERE sequence_order = 5",
    ),
    "one_open_fault": (
        "UPDATE faults SET rule_applied = 'SP-99' WHERE rule_applied = 'SP-03'",
        "UPDATE faults SET rule_applied = 'SP-03' WHERE rule_applied = 'SP-99'",
    ),
    "verdicts_replay": (
        'UPDATE instance_evaluations SET outputs = outputs || \'{"verdict": "compliant"}\''
        " WHERE outputs ->> 'verdict' = 'non_compliant'",
        'UPDATE instance_evaluations SET outputs = outputs || \'{"verdict": "non_compliant"}\''
        " WHERE outputs ->> 'is_compliant' = 'false'",
    ),
    "no_rule_gaps": (
        "UPDATE as1851_rules SET active = false WHERE rule_code = 'SP-02'",
        "UPDATE as1851_rules SET active = true WHERE rule_code = 'SP-02'",
    ),
}


def as_nobody_may(database: Database, statement: str) -> None:
    """Behind every trigger: what only somebody with the server in hand can do."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        table = statement.split()[1]
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        assert connection.execute(statement).rowcount > 0
        connection.execute(
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER USER".replace("ALWAYS TRIGGER USER", "TRIGGER USER")
        )


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_fails_its_check_alone(
    visit: Visit, instance: dg.DagsterInstance, module_database: Database, name: str
) -> None:
    plant, undo = PLANTED[name]
    as_nobody_may(module_database, plant)
    try:
        found = look(instance)
    finally:
        as_nobody_may(module_database, undo)
    assert [one for one, told in found.items() if not told.passed] == [name]
    assert all(one.passed for one in look(instance).values())


@pytest.mark.parametrize("how", ["changed", "cut", "gone"])
def test_evidence_that_was_changed_in_the_store_fails_its_check(
    visit: Visit, instance: dg.DagsterInstance, how: str
) -> None:
    with transaction("T", DbRole.AUDITOR) as connection:
        own = connection.execute(
            text("SELECT artifact_id FROM evidence_records ORDER BY uploaded_at DESC, evidence_id LIMIT 1")
        ).scalar_one()
        key = load(connection, own).store_key
    path = settings().home_path / "objects" / key
    assert open_store().size_bytes(key) == path.stat().st_size
    whole = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.chmod(0o600)
        path.write_bytes(whole[:-1] + (bytes([whole[-1] ^ 1]) if how == "changed" else b""))
    try:
        failed = [one for one, told in look(instance).items() if not told.passed]
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(whole)
    assert failed == ["evidence_is_whole"]


# What the machine may write in the room: whole rows that it makes, and of a person's rows what it computes.
MAKES = {"compliance_reports", "faults", "generation_runs", "instance_evaluations", "stair_observations"}
COMPUTES = {
    "test_instances": "deviation_from_baseline_pct fault_id is_compliant measured_value_numeric updated_at"
    " validation_result verdict",
    "faults": "action_required defect_classification description deviation_from_baseline_pct evidence_ids max_threshold"
    " measured_value min_threshold notice_due_at notified_at resolution resolved_at rule_version severity"
    " standard_class status updated_at",
    "compliance_reports": "blob_ref countersignature_id status",
}
# What says that a person has looked: no machine writes it.
PERSONS = {"review_state", "review_reason", "reviewed_by", "reviewed_at", "resolved_by", "approved_by", "technician_id"}
GRANTED = """
SELECT p.table_name, p.privilege_type, array_agg(p.column_name::text ORDER BY p.column_name)
FROM information_schema.column_privileges AS p
WHERE p.grantee = %s AND p.privilege_type <> 'SELECT' AND p.table_schema = 'public' AND p.table_name ~
  '^(test_|session_|stair|floors|door|zones|control_eq|baseline|ce_sc|interface_|generation_runs|instance_|evidence_rec'
  '|faults|as1851|archetype|defect_class|rule_overr|instruments|calibration|compliance_rep|buildings)'
GROUP BY 1, 2
"""


def test_the_machine_may_write_what_it_makes_and_nothing_else(module_database: Database) -> None:
    with psycopg.connect(module_database.urls["superuser"]) as connection:
        rows = connection.execute(GRANTED, (DbRole.MACHINE.login,)).fetchall()
        removes = connection.execute(
            "SELECT table_name FROM information_schema.table_privileges WHERE grantee = %s AND table_schema = 'public'"
            " AND privilege_type IN ('DELETE', 'TRUNCATE') AND table_name ~"
            " '^(test_|stair|evidence|faults|session_|inst)'",
            (DbRole.MACHINE.login,),
        ).fetchall()
    assert {table for table, verb, _ in rows if verb == "INSERT"} == MAKES
    updated = {table: columns for table, verb, columns in rows if verb == "UPDATE"}
    assert updated == {table: sorted(columns.split()) for table, columns in COMPUTES.items()}
    assert not PERSONS & {column for _, _, columns in rows for column in columns}
    assert removes == []
