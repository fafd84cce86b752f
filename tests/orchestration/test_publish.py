"""A partition of reads: what it writes, what it shows, and whom it refuses."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from domain.grid.metering.observe.publish import publish
from domain.grid.metering.store.jobs import recent_jobs
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole, WriteMode, settings
from tests.conftest import Database
from tests.makers import make_fleet, make_tenant
from tests.orchestration.steps import DAY, READS, VIEWS, count, metadata, run


def test_a_day_is_published_rolled_up_scored_and_shown(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=3, meters_per_feeder=20)
    result = run(instance, "T", *READS, "meter_suspicion", *VIEWS)
    rows = {name: metadata(result, name)["dagster/partition_row_count"] for name in (*READS, "meter_suspicion")}
    assert rows["meter_reads_electric"] == count("T", "meter_reads_electric") > 0.98 * 60 * 96
    assert (rows["feeder_delivered"], rows["gl_feeder_interval"], rows["gl_feeder_day"]) == (288, 288, 3)
    assert (rows["gl_meter_day"], rows["meter_suspicion"], rows["read_batches"]) == (60, 60, 1)
    assert {e.check_name for e in result.get_asset_check_evaluations() if not e.passed} == set()


def test_the_plot_and_the_tables_are_there_and_name_no_meter(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=2, meters_per_feeder=10)
    result = run(instance, "T", *READS, "meter_suspicion", *VIEWS)
    assert metadata(result, "gl_feeder_interval")["loss"].startswith("![Loss between ")
    shown = str([metadata(result, name) for name in (*READS, "meter_suspicion", *VIEWS)])
    assert "FEEDER_1" in shown
    assert "M010001" not in shown


@pytest.mark.parametrize(("day", "intervals"), [(date(2026, 3, 8), 92), (date(2025, 11, 2), 100), (DAY, 96)])
def test_a_partition_is_the_tenants_local_day(
    database: Database, instance: dg.DagsterInstance, day: date, intervals: int
) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    result = run(instance, "T", *READS, day=day)
    assert metadata(result, "feeder_delivered")["dagster/partition_row_count"] == intervals


def _refusal(result: dg.ExecuteInProcessResult) -> str | None:
    """The sentence with which the one failed step ended, without a second try."""
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    told = failed.step_failure_data.user_failure_data
    return None if told is None else told.description


def test_a_real_utility_is_refused_with_a_plain_sentence(database: Database, instance: dg.DagsterInstance) -> None:
    make_tenant("REAL", is_demo=False)
    result = run(instance, "REAL", *READS, raise_on_error=False)
    assert not result.success
    assert _refusal(result) == (
        "Emulated reads are not written for tenant REAL: it is not marked as a demo tenant."
        " Upload its real reads instead, or publish for a tenant created with is_demo."
    )
    assert count("REAL", "meter_reads_electric") == 0
    with transaction("REAL") as connection:
        assert [job["status"] for job in recent_jobs(connection)] == ["refused"]


def test_a_day_that_has_not_begun_is_refused(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    tomorrow = (utc_now() + timedelta(days=2)).date()
    result = run(instance, "T", *READS, day=tomorrow, raise_on_error=False)
    assert "no interval of that day has closed yet" in (_refusal(result) or "")


def test_a_window_of_the_day_is_published_once(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=2, meters_per_feeder=10)
    config = {"window_start": "2026-03-03T12:00:00+00:00", "window_end": "2026-03-03T12:15:00+00:00"}
    first = metadata(run(instance, "T", *READS, config=config), "read_batches")
    again = metadata(run(instance, "T", *READS, config=config), "read_batches")
    assert (first["already_published"], again["already_published"]) == (False, True)
    assert first["run_id"] == again["run_id"]
    assert count("T", "feeder_delivered") == 2


def test_a_day_over_windows_that_stand_changes_nothing_in_them(
    database: Database, instance: dg.DagsterInstance
) -> None:
    make_fleet("T", feeders=2, meters_per_feeder=10)
    publish(
        "T",
        window_start=datetime(2026, 3, 3, 12, tzinfo=UTC),
        window_end=datetime(2026, 3, 3, 14, tzinfo=UTC),
        mode=WriteMode.UPSERT,
        now=utc_now(),
        actor="test",
    )
    shown = metadata(run(instance, "T", *READS), "read_batches")
    assert shown["updated"] == 0
    assert shown["skipped"] > 0
    assert shown["kept_versions"] == 0


@pytest.fixture
def machine_alone(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a process of Dagster is handed: no address of the API's role, none of the owner's."""
    make_fleet("T", feeders=1, meters_per_feeder=5)
    app, owner = settings().url(DbRole.APP), settings().url(DbRole.OWNER)
    for role in (DbRole.APP, DbRole.OWNER, DbRole.AUDITOR):
        monkeypatch.delenv(f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL")
    settings.cache_clear()
    yield
    monkeypatch.setenv("COUNTERSIGN_APP_DATABASE_URL", app)
    monkeypatch.setenv("COUNTERSIGN_OWNER_DATABASE_URL", owner)
    monkeypatch.setenv("COUNTERSIGN_AUDITOR_DATABASE_URL", app)
    settings.cache_clear()


def test_everything_works_with_the_roles_that_dagster_is_handed(
    machine_alone: None, instance: dg.DagsterInstance
) -> None:
    assert run(instance, "T", *READS, "meter_suspicion", *VIEWS).success
