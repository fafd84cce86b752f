"""What is laid before people: jobs to be triggered, outputs to be adopted, intents to be executed."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Connection

from domain.courses.regeneration.rules.gates import ADOPTION, RETRY, TRIGGER
from domain.courses.regeneration.store import intents, jobs, outputs
from domain.courses.regeneration.store.intents import Intent
from domain.courses.regeneration.store.jobs import Job
from domain.courses.regeneration.store.outputs import Output
from domain.kernel.errors import Conflict
from domain.kernel.proposals import Proposal, Subject, propose

ACTOR = "courses.regeneration"
retry_intents_total = Counter("retry_intents", "Retry intents by what became of them.", ["status", "reason"])


def lay_trigger(connection: Connection, job: Job) -> Proposal:
    """The proposal by which a person triggers the job; the standing one where it waits."""
    return propose(
        connection,
        TRIGGER,
        Subject(jobs.SUBJECT, str(job.job_id)),
        content=job.instruction.content(),
        summary=f"Make {job.target_id} of {job.syllabus_id} anew",
        proposed_by=ACTOR,
        evidence={"suggestion_id": str(job.suggestion_id), "retry_of_job_id": str(job.retry_of_job_id)},
        page_url=f"/admin/regeneration-jobs/{job.job_id}",
    )


def lay_adoption(connection: Connection, output: Output, job: Job) -> Proposal:
    """The proposal by which a person makes drafts of an output."""
    return propose(
        connection,
        ADOPTION,
        Subject(outputs.SUBJECT, str(output.output_id)),
        hashed=output.content_hash,
        summary=f"Take the new {job.target_id} of {job.syllabus_id} as a draft",
        proposed_by=ACTOR,
        evidence={"job_id": str(job.job_id), "ref": output.ref, "parts": len(output.parts)},
        page_url=f"/admin/regeneration-jobs/{job.job_id}",
    )


def refuse_retried(connection: Connection, source: Job) -> None:
    """A job has one retry; that one is retried if it fails too.

    Raises:
        Conflict: ALREADY_RETRIED.
    """
    child = jobs.retry_of(connection, source.job_id)
    if child is not None:
        raise Conflict(
            f"The job was tried again already, as {child.job_id}; nothing was made.",
            hint="If that one failed, try that one again.",
            code="ALREADY_RETRIED",
        )


def lay_retry(
    connection: Connection, intent: Intent, instruction_hash: str, patch: Mapping[str, Any] | None
) -> Proposal:
    """The proposal by which a person executes or rejects an intent; what is signed holds the patch."""
    signed = {"instruction_hash": instruction_hash, "instruction_patch": None if patch is None else dict(patch)}
    return propose(
        connection,
        RETRY,
        Subject(intents.SUBJECT, str(intent.intent_id)),
        content=intent.content() | signed,
        summary=f"Try again: {intent.reason_text}"[:300],
        proposed_by=ACTOR,
        evidence={"reason_code": intent.reason_code, "source_job_id": str(intent.source_job_id)},
        page_url=f"/admin/retry-intents/{intent.intent_id}",
    )
