"""That a job may run: the person's trigger, in the signing transaction. The worker claims it afterwards."""

import uuid

from sqlalchemy import Connection, text

from domain.courses.regeneration.store import jobs
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict
from domain.kernel.gaps import note
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature


def check_pending(job: jobs.Job) -> None:
    """Only a job that waits for a person is triggered.

    Raises:
        Conflict: NOT_PENDING.
    """
    if job.status != "PENDING":
        raise Conflict(
            f"The job is {job.status.lower()}; it is triggered once, while it is pending.",
            hint="A failed job is tried again with a reason; that makes a new one.",
            code="NOT_PENDING",
        )


def trigger(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Write the trigger and its status; what is executed is what was signed.

    Raises:
        Conflict: NOT_PENDING; HASH_MISMATCH, the instruction is not the signed one.
    """
    job = jobs.load(connection, uuid.UUID(proposal.subject.id))
    check_pending(job)
    if content_hash(job.instruction.content()) != signed.content_hash:
        raise Conflict("What was signed is not the job's instruction; nothing was done.", code="HASH_MISMATCH")
    connection.execute(
        text(
            "INSERT INTO regeneration_job_triggers (job_id, actor, at, rationale, instruction_hash,"
            " countersignature_id) VALUES (:id, :who, clock_timestamp(), :why, :hash, :signed)"
        ),
        {
            "id": job.job_id,
            "who": signed.signer_id,
            "why": signed.reason,
            "hash": job.instruction_hash,
            "signed": signed.countersignature_id,
        },
    )
    moved = connection.execute(
        text("UPDATE regeneration_jobs SET status = 'TRIGGERED' WHERE job_id = :id AND status = 'PENDING'"),
        {"id": job.job_id},
    )
    if moved.rowcount != 1:
        raise Conflict("Somebody else triggered the job just now; nothing was done.", code="NOT_PENDING")
    note(
        connection,
        "REGEN_JOB_TRIGGERED",
        **signed.actor,
        entity_type=jobs.SUBJECT,
        entity_id=str(job.job_id),
        payload={
            "jobId": str(job.job_id),
            "status": "TRIGGERED",
            "countersignatureId": str(signed.countersignature_id),
        },
    )
    enqueue(connection, ("courses", "regeneration_jobs"), metadata={"triggered": 1})
