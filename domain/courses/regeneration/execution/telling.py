"""What the worker tells the ledger of a job; a ledger that cannot be written never stops a job."""

from sqlalchemy import Connection

from domain.courses.regeneration.store import jobs
from domain.courses.regeneration.store.jobs import Job
from domain.kernel.gaps import note

ACTOR = "system:regeneration"


def tell_moved(connection: Connection, job: Job, event: str) -> None:
    """One event of a job's life, with its status."""
    note(
        connection,
        event,
        actor_id=ACTOR,
        actor_role="MACHINE",
        entity_type=jobs.SUBJECT,
        entity_id=str(job.job_id),
        status="failed" if job.status == "FAILED" else "ok",
        payload={
            "jobId": str(job.job_id),
            "status": job.status,
            "targetId": job.target_id,
            "outputRef": job.output_ref,
            "code": (job.error or {}).get("code"),
        },
    )
