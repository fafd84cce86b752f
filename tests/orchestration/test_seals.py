"""Seals as Dagster makes them: every tenant's, hourly, told as overdue where they are not made; gaps are filled."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.events import record
from domain.kernel.gaps import note
from domain.kernel.signing import Purpose, ensure_signing_keys, key_path
from orchestration.definitions import defs
from orchestration.kernel.automation import SEAL_SCHEDULE, audit_gaps_sensor
from orchestration.kernel.checks import sealing_is_not_overdue
from orchestration.resources import Machine
from tests.conftest import Database
from tests.kernel.test_gaps import open_gaps
from tests.makers import make_tenant

KEY = dg.AssetKey(["kernel", "seals"])


@pytest.fixture
def tenants(database: Database) -> None:
    for tenant_id in ("T", "U"):
        make_tenant(tenant_id)
        with transaction(tenant_id) as connection:
            record(connection, "grid.thing.seen", actor_id="ada", actor_role="OPERATOR")
    ensure_signing_keys()


def run(instance: dg.DagsterInstance, *, raise_on_error: bool = True) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def("seal_ledgers_hourly").execute_in_process(
        instance=instance, raise_on_error=raise_on_error
    )


def test_one_run_seals_every_tenant_and_the_platform(tenants: None, instance: dg.DagsterInstance) -> None:
    result = run(instance)
    assert result.success
    (made,) = [event.materialization for event in result.get_asset_materialization_events()]
    assert made.asset_key == KEY
    assert made.metadata["seals"].value == 3
    assert {one.check_name: one.passed for one in result.get_asset_check_evaluations()} == {
        "sealing_is_not_overdue": True
    }
    (again,) = [event.materialization for event in run(instance).get_asset_materialization_events()]
    assert again.metadata["seals"].value == 0


def test_without_the_key_the_run_fails_with_a_sentence_that_says_what_is_missing(
    tenants: None, instance: dg.DagsterInstance
) -> None:
    key_path(Purpose.SEAL).unlink()
    result = run(instance, raise_on_error=False)
    (failed,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    error = failed.event_specific_data.error
    assert "seal key is not there" in str(error)


class Later(Machine):
    """A machine three hours on."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=3)


def test_rows_that_wait_longer_than_two_hours_fail_the_check(tenants: None, instance: dg.DagsterInstance) -> None:
    def checked(machine: Machine) -> dg.AssetCheckResult:
        result = sealing_is_not_overdue(machine)
        assert isinstance(result, dg.AssetCheckResult)
        return result

    run(instance)  # what the copied database brought with it may be older
    with transaction("T") as connection:
        record(connection, "grid.thing.seen", actor_id="ada", actor_role="OPERATOR")
    assert checked(Machine()).passed
    late = checked(Later())
    assert (late.passed, late.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "without a seal" in (late.description or "")
    run(instance)
    assert checked(Later()).passed


def test_the_schedule_runs_every_hour_by_itself() -> None:
    assert SEAL_SCHEDULE.cron_schedule == "7 * * * *"
    assert SEAL_SCHEDULE.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_sensor_fills_the_gaps_of_the_audit(
    tenants: None, database: Database, instance: dg.DagsterInstance
) -> None:
    with psycopg.connect(database.urls["owner"], autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON events FROM countersign_app")
        with transaction("T") as connection:
            event_id = note(connection, "grid.export.made", actor_id="ada", actor_role="OPERATOR")
        owner.execute("GRANT INSERT ON events TO countersign_app")
    with dg.build_sensor_context(instance=instance, resources={"machine": Machine()}) as context:
        told = audit_gaps_sensor(context)
    assert "Filled 1" in str(told)
    with transaction("T") as connection:
        assert open_gaps(connection) == 0
        assert connection.execute(text("SELECT 1 FROM events WHERE event_id = :id"), {"id": event_id}).scalar() == 1
