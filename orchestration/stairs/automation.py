"""When FireMode's machines work: nightly for every tenant that has buildings, and when a session is handed in."""

import uuid
from collections.abc import Iterator

import dagster as dg

from domain.kernel.tenancy import tenant_directory
from domain.stairs.observe import waiting
from orchestration.partitions import make_known
from orchestration.queue import FIRST
from orchestration.resources import Machine
from orchestration.stairs.advice import notice_stairs
from orchestration.stairs.assets import (
    draft_reports,
    judge_what_waited,
    notice_physics_and_trends,
    propose_generations,
)

nightly_job = dg.define_asset_job(
    "stairs_nightly",
    selection=dg.AssetSelection.assets(
        propose_generations, judge_what_waited, notice_physics_and_trends, notice_stairs
    ),
    description="Propose what should be tested, judge what waited for its proof, notice what physics and time say.",
)
visited_job = dg.define_asset_job(
    "stairs_visited",
    selection=dg.AssetSelection.assets(notice_physics_and_trends, draft_reports),
    description="Hold a tenant's handed-in sessions against physics and time; draft the reports of approved ones.",
    tags=FIRST,
)


@dg.schedule(job=nightly_job, cron_schedule="40 16 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def stairs_nightly_schedule(
    context: dg.ScheduleEvaluationContext, machine: Machine
) -> list[dg.RunRequest] | dg.SkipReason:
    """Each tenant with buildings, once a day; the hour is early morning in eastern Australia."""
    day = context.scheduled_execution_time.date()
    requests = [_request(f"{one}|{day}", one) for one, _ in _tenants(context.instance, machine)]
    return requests or dg.SkipReason("No tenant has a building.")


@dg.sensor(job=visited_job, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def handed_in_sessions_sensor(
    context: dg.SensorEvaluationContext, machine: Machine
) -> list[dg.RunRequest] | dg.SkipReason:
    """Look at sessions that were handed in; the state of the newest names the run, so that it is launched once."""
    requests = []
    for tenant_id, visited in _tenants(context.instance, machine):
        if visited:
            requests.append(_request("|".join([tenant_id, *(str(part) for part in visited[0])]), tenant_id))
    return requests or dg.SkipReason("No session was handed in.")


def _tenants(instance: dg.DagsterInstance, machine: Machine) -> Iterator[tuple[str, list[tuple[uuid.UUID, str, str]]]]:
    """Tenants with buildings, and the sessions that they handed in."""
    with machine.at_work():
        tenants = tenant_directory()
    make_known(instance, tenants)
    for tenant_id in tenants:
        with machine.session(tenant_id) as connection:
            found = waiting.buildings(connection)
            visited = waiting.handed_in(connection) if found else []
        if found:
            yield tenant_id, visited


def _request(key: str, tenant_id: str) -> dg.RunRequest:
    return dg.RunRequest(run_key=key, partition_key=tenant_id, tags={"tenant": tenant_id})


JOBS = [nightly_job, visited_job]
SCHEDULES = [stairs_nightly_schedule]
SENSORS = [handed_in_sessions_sensor]
