"""Regeneration in the graph: one run for each triggered job, and every five minutes an end for those that were lost.

The worker of `countersign worker` does the same without Dagster; whoever claims a job first carries it out. Nothing
here triggers, adopts or tries again: people do.
"""

from uuid import UUID

import dagster as dg

from domain.courses.authoring.generation.configured import configured_author
from domain.courses.regeneration.execution.worker import Tools, reap, work_one
from domain.courses.regeneration.executors.parts import EXECUTORS
from domain.courses.regeneration.store import jobs
from domain.kernel.settings import settings
from domain.kernel.tenancy import tenant_directory
from orchestration.courses.assets import signed_by, table_of
from orchestration.queue import FIRST
from orchestration.resources import Machine, Objects

ASSETS = [
    table_of(
        "regeneration_jobs",
        "What is to be made anew, by an accepted suggestion; it runs when a person has triggered it. Grain: job.",
        "countersign",
        signed_by("regeneration"),
        signed_by("retry"),
    ),
    table_of(
        "regeneration_outputs",
        "What jobs brought, beside what is in use; evidence, until a person adopts it. Grain: job.",
        "suggest",
        "regeneration_jobs",
    ),
    table_of(
        "regeneration_output_adoptions",
        "Outputs that a person took as drafts, and which drafts. Grain: output.",
        "countersign",
        "regeneration_outputs",
        signed_by("adoption"),
    ),
]


class JobConfig(dg.Config):
    """Which job of which tenant."""

    tenant_id: str
    job_id: str


@dg.op(out=dg.Out(dg.Nothing))
def carry_out_job(context: dg.OpExecutionContext, config: JobConfig, machine: Machine, objects: Objects) -> None:
    """Claim the job, make it anew, keep the output and end it; one that another worker has claimed is left alone."""
    tools = Tools(EXECUTORS, lambda: configured_author(settings()), objects.store)
    with machine.at_work():
        ended = work_one(config.tenant_id, tools, UUID(config.job_id))
    context.log.info("Another worker has it." if ended is None else f"{ended.target_id}: {ended.status}.")


# It brings its resources itself, as the inbox's job does: a copy of its sensor would warn.
@dg.job(
    name="courses_regeneration",
    resource_defs={"machine": Machine(), "objects": Objects()},
    description="Carry out one regeneration job that a person has triggered.",
    tags=FIRST,
)
def regeneration_job() -> None:
    """One job, once."""
    carry_out_job()


@dg.sensor(job=regeneration_job, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def regeneration_sensor(machine: Machine) -> list[dg.RunRequest] | dg.SkipReason:
    """One run for each job that was triggered and is not claimed; its id is the run's key, so that it is asked once."""
    requests = []
    for tenant_id in _tenants(machine):
        with machine.session(tenant_id) as connection:
            found = jobs.waiting(connection)
        for job_id in found:
            config = JobConfig(tenant_id=tenant_id, job_id=str(job_id))
            run_config = dg.RunConfig(ops={"carry_out_job": config})
            requests.append(dg.RunRequest(str(job_id), run_config=run_config, tags={"tenant": tenant_id}))
    return requests or dg.SkipReason("Nothing was triggered.")


@dg.op(out=dg.Out(dg.Nothing))
def end_lost_jobs(context: dg.OpExecutionContext, machine: Machine) -> None:
    """End the jobs whose worker was lost, forward only."""
    with machine.at_work():
        lost = sum(reap(one) for one in tenant_directory())
    context.log.info(f"{lost} jobs were lost.")


@dg.job(
    name="courses_regeneration_reaper",
    resource_defs={"machine": Machine()},
    description="End regeneration jobs whose worker let its lease run out.",
)
def reaper_job() -> None:
    """End the jobs of every tenant whose worker was lost."""
    end_lost_jobs()


reaper_schedule = dg.ScheduleDefinition(
    name="courses_regeneration_reaper_schedule",
    job=reaper_job,
    cron_schedule="*/5 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


def _tenants(machine: Machine) -> list[str]:
    with machine.at_work():
        return tenant_directory()


JOBS = [regeneration_job, reaper_job]
