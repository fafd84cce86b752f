"""When things run: what start and stop switch, each tenant's own interval and night, files, late reads, lineage."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain.grid.metering.observe.publish import publish
from domain.grid.metering.observe.scenarios import Wish, inject
from domain.grid.metering.rules.scenario import Kind
from domain.grid.metering.store import jobs
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.lineage import enqueue
from domain.kernel.settings import WriteMode, settings
from orchestration.definitions import defs
from orchestration.grid.automation import daily_schedule, inbox_sensor, late_reads_sensor, publish_schedule
from orchestration.kernel.automation import lineage_sensor, tenants_sensor
from orchestration.partitions import TenantDay
from orchestration.resources import Machine
from tests.conftest import Database
from tests.makers import make_fleet, make_tenant
from tests.orchestration.steps import DAY, READS, count, run

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def _start(tenant_id: str, minutes: int, at: datetime = NOW - timedelta(hours=6), *, on: bool = True) -> None:
    with transaction(tenant_id) as connection:
        jobs.set_schedule(connection, is_on=on, interval_minutes=minutes, by="ada", at=at)


def _tick(schedule: dg.ScheduleDefinition, instance: dg.DagsterInstance, at: datetime) -> list[dg.RunRequest]:
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=at, resources={"machine": Machine()}
    ) as context:
        return _requests(schedule(context))


def _look(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    with dg.build_sensor_context(instance=instance, resources={"machine": Machine()}) as context:
        return _requests(sensor(context))


def _requests(answer: object) -> list[dg.RunRequest]:
    """What a tick asked for; nothing when it said why not."""
    return answer if isinstance(answer, list) else []


def _execute(instance: dg.DagsterInstance, name: str, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def(name).execute_in_process(
        instance=instance, run_config=request.run_config, partition_key=request.partition_key, tags=request.tags
    )


def _publish(start: datetime, end: datetime, tenant_id: str = "T", now: datetime | None = None) -> Any:
    return publish(
        tenant_id, window_start=start, window_end=end, mode=WriteMode.UPSERT, now=now or utc_now(), actor="ada"
    )


def test_nothing_is_published_until_somebody_starts_it(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    assert _tick(publish_schedule, instance, NOW) == []
    _start("T", 15, NOW - timedelta(minutes=15))
    (request,) = _tick(publish_schedule, instance, NOW)
    assert request.run_key == "T|2026-03-03T09:45:00+00:00|2026-03-03T10:00:00+00:00"
    assert request.partition_key == "2026-03-03|T"
    _start("T", 15, on=False)
    assert _tick(publish_schedule, instance, NOW) == []


def test_a_tick_publishes_its_window_and_the_next_tick_the_next(
    database: Database, instance: dg.DagsterInstance
) -> None:
    make_fleet("T", feeders=2, meters_per_feeder=10)
    _start("T", 15, NOW - timedelta(minutes=15))
    for quarter in range(3):
        (request,) = _tick(publish_schedule, instance, NOW + timedelta(minutes=15 * quarter))
        assert _execute(instance, "grid_publish", request).success
    assert count("T", "feeder_delivered") == 2 * 3
    with transaction("T") as connection:
        listed = [(job["kind"], job["status"]) for job in jobs.recent_jobs(connection)]
    assert listed == [("publish-window", "done")] * 3


def test_each_tenant_has_its_own_interval(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("HOUR", feeders=1, meters_per_feeder=5)
    make_fleet("QUARTER", feeders=1, meters_per_feeder=5)
    _start("HOUR", 60, NOW - timedelta(hours=1))
    _start("QUARTER", 15, NOW - timedelta(minutes=15))
    at_ten = {r.tags["tenant"]: r for r in _tick(publish_schedule, instance, NOW)}
    assert set(at_ten) == {"HOUR", "QUARTER"}
    for request in at_ten.values():
        _execute(instance, "grid_publish", request)
    assert [r.tags["tenant"] for r in _tick(publish_schedule, instance, NOW + timedelta(minutes=15))] == ["QUARTER"]


def test_a_stretch_that_was_missed_is_caught_up_cut_at_local_midnight(
    database: Database, instance: dg.DagsterInstance
) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    _start("T", 15, NOW - timedelta(hours=8))
    requests = _tick(publish_schedule, instance, NOW)
    assert [r.partition_key for r in requests] == ["2026-03-02|T", "2026-03-03|T"]
    for request in requests:
        _execute(instance, "grid_publish", request)
    assert count("T", "feeder_delivered") == 8 * 4


@pytest.mark.parametrize(
    ("timezone", "at", "ended"),
    [
        ("America/New_York", datetime(2026, 3, 3, 5, 20, tzinfo=UTC), "2026-03-02"),
        ("Pacific/Auckland", datetime(2026, 3, 2, 11, 20, tzinfo=UTC), "2026-03-02"),
        ("Asia/Kolkata", datetime(2026, 3, 2, 18, 50, tzinfo=UTC), "2026-03-02"),
        ("Asia/Kathmandu", datetime(2026, 3, 2, 18, 35, tzinfo=UTC), "2026-03-02"),
    ],
)
def test_the_night_is_the_tenants_own(
    database: Database, instance: dg.DagsterInstance, timezone: str, at: datetime, ended: str
) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5, timezone=timezone)
    assert _tick(daily_schedule, instance, at) == []
    run(instance, "T", *READS, day=date.fromisoformat(ended))
    assert _tick(daily_schedule, instance, at - timedelta(minutes=15)) == []
    assert _tick(daily_schedule, instance, at + timedelta(hours=1)) == []
    (request,) = _tick(daily_schedule, instance, at)
    assert request.partition_key == f"{ended}|T"
    done = _execute(instance, "grid_daily", request)
    assert count("T", "meter_suspicion") == 5
    assert len(done.get_asset_check_evaluations()) == 6


def test_reads_that_come_late_have_the_day_scored_anew_once(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    run(instance, "T", *READS, "meter_suspicion")
    assert _look(late_reads_sensor, instance) == []
    midnight = datetime(2026, 3, 3, 5, tzinfo=UTC)
    _publish(midnight - timedelta(hours=2), midnight - timedelta(hours=1))
    (request,) = _look(late_reads_sensor, instance)
    assert request.partition_key == "2026-03-03|T", "the history of that day has changed"
    assert [r.run_key for r in _look(late_reads_sensor, instance)] == [request.run_key]
    _execute(instance, "grid_daily", request)
    assert _look(late_reads_sensor, instance) == []
    _publish(midnight + timedelta(days=2), midnight + timedelta(days=2, hours=1))
    assert _look(late_reads_sensor, instance) == [], "what comes after a day does not touch its scores"


def _lay(tenant_id: str, name: str, content: str) -> None:
    folder = settings().inbox_path / tenant_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)


def test_a_file_in_the_inbox_is_taken_in_and_shown(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    assert _look(inbox_sensor, instance) == []
    _lay(
        "T",
        "reads.csv",
        "meter_id,read_at,kwh,interval_minutes\n"
        "M010001,2026-03-03T12:15:00Z,0.25,15\nM010001,2026-03-03T12:30:00Z,0.30,15\n",
    )
    _settled(settings().inbox_path / "T" / "reads.csv")
    (request,) = _look(inbox_sensor, instance)
    done = defs.resolve_job_def("grid_inbox").execute_in_process(instance=instance, run_config=request.run_config)
    assert count("T", "meter_reads_electric") == 2
    told = {event.asset_key.path[-1] for event in done.get_asset_materialization_events() if event.asset_key}
    assert told == set(READS)
    assert {e.partition for e in done.get_asset_materialization_events()} == {"2026-03-03|T"}
    assert _look(inbox_sensor, instance) == []


def _settled(path: Path) -> None:
    """As if the file had been laid there a minute ago."""
    before = path.stat().st_mtime - 60
    os.utime(path, (before, before))


def test_every_tenant_has_its_partitions(database: Database, instance: dg.DagsterInstance) -> None:
    make_tenant("NORTH")
    _look(tenants_sensor, instance)
    assert set(instance.get_dynamic_partitions("tenant")) >= {"NORTH"}
    assert "PLATFORM" not in instance.get_dynamic_partitions("tenant")


def _materialised(instance: dg.DagsterInstance, table: str) -> list[dg.AssetMaterialization]:
    records = instance.fetch_materializations(dg.AssetKey(["grid", table]), limit=100).records
    return [record.asset_materialization for record in records if record.asset_materialization]


def test_what_the_api_published_shows_in_the_graph_once(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    window = (datetime(2026, 3, 3, 4, tzinfo=UTC), datetime(2026, 3, 3, 6, tzinfo=UTC))
    result = _publish(*window)
    for _ in range(2):
        _look(lineage_sensor, instance)
    for table in READS:
        made = _materialised(instance, table)
        assert sorted(str(one.partition) for one in made) == ["2026-03-02|T", "2026-03-03|T"]
        assert {one.metadata["run_id"].value for one in made} == {str(result.run_id)}
    keys = instance.get_materialized_partitions(dg.AssetKey(["grid", "gl_feeder_day"]))
    assert {TenantDay.of(key) for key in keys} == {TenantDay("T", DAY), TenantDay("T", DAY - timedelta(days=1))}


def test_what_dagster_publishes_is_told_once_by_its_own_run(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    run(instance, "T", *READS)
    _look(lineage_sensor, instance)
    assert len(_materialised(instance, "meter_reads_electric")) == 1


def test_an_injected_scenario_shows_in_the_graph_under_its_tenant(
    database: Database, instance: dg.DagsterInstance
) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    inject("T", Wish(Kind.THEFT, "FEEDER_1", 60), now=utc_now(), actor="ada", actor_role="OPERATOR")
    _look(lineage_sensor, instance)
    assert [one.partition for one in _materialised(instance, "ami_events")] == ["T"]
    assert [one.partition for one in _materialised(instance, "event_expectations")] == ["T"]


def test_lineage_is_written_with_the_thing_itself_or_not_at_all(
    database: Database, instance: dg.DagsterInstance
) -> None:
    make_tenant("T")

    def fail() -> None:
        with transaction("T") as connection:
            enqueue(connection, ("grid", "meters"), metadata={"password": "hunter2"})
            raise RuntimeError("the thing itself fails")

    with pytest.raises(RuntimeError):
        fail()
    _look(lineage_sensor, instance)
    assert _materialised(instance, "meters") == []


def test_lineage_carries_no_secret(database: Database, instance: dg.DagsterInstance) -> None:
    make_tenant("T")
    with transaction("T") as connection:
        enqueue(connection, ("grid", "meters"), metadata={"password": "hunter2", "note": "Bearer abc.def"})
    _look(lineage_sensor, instance)
    (made,) = _materialised(instance, "meters")
    assert "hunter2" not in str(made.metadata)
    assert "abc.def" not in str(made.metadata)


def test_whatever_runs_by_itself_is_on_from_the_start() -> None:
    repository = defs.get_repository_def()
    assert {one.name for one in repository.schedule_defs if one.default_status is dg.DefaultScheduleStatus.RUNNING} == {
        "publish_schedule",
        "daily_schedule",
        "seal_ledgers_schedule",
        "retention_plan_schedule",
        "retention_dispose_schedule",
        "stairs_nightly_schedule",
        "courses_audit_schedule",
        "analytics_nightly_schedule",
        "courses_retention_schedule",
        "courses_regeneration_reaper_schedule",
    }
    running = {one.name for one in repository.sensor_defs if one.default_status is dg.DefaultSensorStatus.RUNNING}
    assert running >= {"tenants_sensor", "lineage_sensor", "signed_sensor", "inbox_sensor", "late_reads_sensor"}


def test_what_somebody_waits_for_goes_before_a_backfill() -> None:
    repository = defs.get_repository_def()
    first = {one.name for one in repository.get_all_jobs() if int(one.tags.get("dagster/priority", "0")) > 0}
    assert first == {
        "grid_publish",
        "grid_inbox",
        "grid_infer_outages",
        "grid_advise_on_outages",
        "grid_replay_outages",
        "stairs_visited",
        "courses_regeneration",
        "carry_out",
        "deliver_messages",
    }
