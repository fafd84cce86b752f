"""When GridLens runs: each interval of a tenant whose publishing is on, each local night, on files, on late reads.

Start and stop over HTTP switch a tenant's publishing; the schedule itself always runs and asks who is on.
"""

import json
from datetime import timedelta

import dagster as dg

from domain.grid.metering.observe.days import due_of
from domain.grid.metering.observe.inbox import scan_inbox, waiting_files
from domain.grid.metering.observe.stale import tell_stale
from domain.grid.metering.rules.due import TICK_MINUTES, DueWindow
from domain.grid.metering.rules.fleet import local_days
from domain.grid.metering.rules.suspicion.features import DEFAULT_WINDOW_DAYS
from domain.grid.metering.rules.suspicion.settings import SCORING_VERSION, SETTINGS
from domain.grid.metering.store.day_figures import has_reads, outdated_scores
from domain.grid.metering.store.lineage import READ_TABLES
from domain.kernel.canonical import content_hash
from domain.kernel.tenancy import load_tenant, tenant_directory
from orchestration.grid.advice import notice_grid_figures
from orchestration.grid.assets import PublishConfig, kpi_views, publish_reads, score_meters_of_day
from orchestration.grid.checks import event_checks, read_checks
from orchestration.partitions import TenantDay, make_known
from orchestration.queue import FIRST
from orchestration.resources import Machine

NIGHTLY_AT_MIN = 20
LOOKED_BACK = timedelta(days=2)
HISTORY_DAYS = DEFAULT_WINDOW_DAYS + SETTINGS[SCORING_VERSION].baseline_days - 1
LIVE_VIEWS = [
    dg.AssetKey(["grid", view])
    for view in ("v_kpi_electric_feeder_loss_daily", "v_kpi_electric_overview_daily", "v_gl_event_outcomes")
]

publish_job = dg.define_asset_job(
    "grid_publish",
    selection=dg.AssetSelection.assets(publish_reads, *LIVE_VIEWS).without_checks(),
    description="Publish one window of emulated reads of one tenant, and look at the KPIs that it moved.",
    tags=FIRST,
)
daily_job = dg.define_asset_job(
    "grid_daily",
    selection=dg.AssetSelection.assets(score_meters_of_day, kpi_views, notice_grid_figures)
    | dg.AssetSelection.checks(read_checks)
    | dg.AssetSelection.checks(event_checks),
    description="Score the meters for the day that has ended, look at its KPIs, check it and notice what stands out.",
)


class InboxConfig(dg.Config):
    """Whose inbox is looked into."""

    tenant_id: str


@dg.op
def take_in_files(context: dg.OpExecutionContext, config: InboxConfig, machine: Machine) -> None:
    """Take in every file that waits for a tenant, and tell of the tables and days that it wrote."""
    with machine.at_work():
        results = scan_inbox(config.tenant_id, mode=machine.write_mode, now=machine.now(), actor=machine.actor)
    with machine.session(config.tenant_id) as connection:
        zone = load_tenant(connection).zone
    for result in results:
        context.log.info(f"{result.file}: {result.status}. {json.dumps(result.error or result.counts)}")
        for day, _, _ in local_days(*result.window, zone) if result.status == "loaded" and result.window else ():
            for table in READ_TABLES:
                partition = TenantDay(config.tenant_id, day).key
                context.log_event(dg.AssetMaterialization(["grid", table], partition=partition, metadata=result.counts))


# It brings its resource itself: Dagster 1.13 warns about its own beta parameter when it copies a sensor to add one.
@dg.job(
    name="grid_inbox",
    resource_defs={"machine": Machine()},
    description="Take in the meter files that wait in a tenant's inbox.",
    tags=FIRST,
)
def inbox_job() -> None:
    """One tenant's inbox."""
    take_in_files()


@dg.schedule(
    cron_schedule=f"*/{TICK_MINUTES} * * * *",
    job=publish_job,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def publish_schedule(context: dg.ScheduleEvaluationContext, machine: Machine) -> list[dg.RunRequest] | dg.SkipReason:
    """Publish what is due for each tenant whose publishing is on, at its own interval of 15, 30 or 60 minutes."""
    now = context.scheduled_execution_time
    requests: list[dg.RunRequest] = []
    for tenant_id in _tenants(context.instance, machine):
        with machine.session(tenant_id) as connection:
            minutes, windows = due_of(connection, now)
        requests.extend(_publish_request(tenant_id, minutes, window) for window in windows)
    return requests or dg.SkipReason("No tenant has a window due. POST /api/ami/start switches publishing on.")


def _publish_request(tenant_id: str, minutes: int, window: DueWindow) -> dg.RunRequest:
    start, end = window.start.isoformat(), window.end.isoformat()
    config = PublishConfig(window_start=start, window_end=end, interval_minutes=minutes)
    return dg.RunRequest(
        run_key=f"{tenant_id}|{start}|{end}",
        partition_key=TenantDay(tenant_id, window.day).key,
        run_config=dg.RunConfig(ops={"publish_reads": config}),
        tags={"tenant": tenant_id},
    )


@dg.schedule(
    cron_schedule="5,20,35,50 * * * *",
    job=daily_job,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily_schedule(context: dg.ScheduleEvaluationContext, machine: Machine) -> list[dg.RunRequest] | dg.SkipReason:
    """Twenty minutes past each tenant's midnight: score and check the day that has ended, if it has reads."""
    now = context.scheduled_execution_time
    requests: list[dg.RunRequest] = []
    for tenant_id in _tenants(context.instance, machine):
        with machine.session(tenant_id) as connection:
            local = now.astimezone(load_tenant(connection).zone)
            ended = TenantDay(tenant_id, local.date() - timedelta(days=1))
            # The same run key at 00:35 and 00:50: a tick that was missed is made up, one that ran is not repeated.
            if local.hour == 0 and local.minute >= NIGHTLY_AT_MIN and has_reads(connection, ended.day):
                requests.append(_daily_request(ended))
    return requests or dg.SkipReason("No tenant's day has just ended.")


def _daily_request(slot: TenantDay) -> dg.RunRequest:
    return dg.RunRequest(run_key=slot.key, partition_key=slot.key, tags={"tenant": slot.tenant_id})


@dg.sensor(job=inbox_job, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def inbox_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> list[dg.RunRequest] | dg.SkipReason:
    """Take in meter files that somebody laid into a tenant's inbox; a file that has to wait is tried each minute."""
    requests = []
    for tenant_id in _tenants(context.instance, machine):
        with machine.at_work():
            names = waiting_files(tenant_id)
        if names:
            mark = content_hash([names, machine.now().strftime("%Y-%m-%dT%H:%M")])[:16]
            config = dg.RunConfig(ops={"take_in_files": InboxConfig(tenant_id=tenant_id)})
            requests.append(dg.RunRequest(f"{tenant_id}|{mark}", run_config=config, tags={"tenant": tenant_id}))
    return requests or dg.SkipReason("No meter file waits.")


@dg.sensor(job=daily_job, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def late_reads_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> list[dg.RunRequest] | dg.SkipReason:
    """Score a day anew when reads arrive, for it or for its history, after it was scored.

    So the scores of a backfill do not depend on the order in which its days were done. There is no cursor, which a
    late commit could fall behind: the ledger says which score is older than which load.
    """
    since = machine.now() - LOOKED_BACK
    requests: list[dg.RunRequest] = []
    for tenant_id in _tenants(context.instance, machine):
        with machine.session(tenant_id) as connection:
            outdated = outdated_scores(connection, since, HISTORY_DAYS)
        requests.extend(_late_request(TenantDay(tenant_id, day), batch_id) for day, batch_id in outdated)
    return requests or dg.SkipReason("No score is older than its reads.")


def _late_request(slot: TenantDay, batch_id: str) -> dg.RunRequest:
    return dg.RunRequest(f"late|{slot.key}|{batch_id}", partition_key=slot.key, tags={"tenant": slot.tenant_id})


@dg.sensor(minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.RUNNING)
def stale_reads_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> dg.SkipReason:
    """Tell a tenant's operators, once a day, that its continuous reads have fallen behind."""
    told = 0
    for tenant_id in _tenants(context.instance, machine):
        with machine.session(tenant_id) as connection:
            told += tell_stale(connection, machine.now())
    return dg.SkipReason(f"Told {told} people of reads that are behind." if told else "Nobody is to be told of reads.")


def _tenants(instance: dg.DagsterInstance, machine: Machine) -> list[str]:
    """All tenants, each with its partitions."""
    with machine.at_work():
        tenants = tenant_directory()
    make_known(instance, tenants)
    return tenants
