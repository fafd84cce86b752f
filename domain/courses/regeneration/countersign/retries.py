"""That a failed job is tried again, or is not: in the signing transaction. The failed one stays as it is."""

import uuid

from sqlalchemy import Connection, text

from domain.courses.regeneration.laid import lay_trigger, refuse_retried, retry_intents_total
from domain.courses.regeneration.rules.instruction import patched
from domain.courses.regeneration.store import intents, jobs
from domain.courses.regeneration.store.intents import Intent
from domain.courses.regeneration.store.jobs import Origin
from domain.kernel.errors import Conflict, Forbidden
from domain.kernel.gaps import note
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature


def check_pending(intent: Intent) -> None:
    """An intent is executed or rejected once.

    Raises:
        Conflict: NOT_PENDING.
    """
    if intent.status != "PENDING":
        raise Conflict(
            f"The intent is {intent.status.lower()} already; nothing was done.",
            hint="A new reason is a new intent.",
            code="NOT_PENDING",
        )


def execute(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Consume the intent and make the new job, PENDING like any other; it waits for its own trigger.

    Raises:
        Conflict: NOT_PENDING, ALREADY_RETRIED, JOB_NOT_FAILED, HASH_MISMATCH.
        Forbidden: FOUR_EYES, where the tenant has it that another person than the creator executes.
        Invalid: PATCH_NOT_ALLOWED, INSTRUCTION_INVALID.
    """
    intent = intents.load(connection, uuid.UUID(proposal.subject.id))
    check_pending(intent)
    if _four_eyes_retry(connection) and signed.signer_id == intent.created_by:
        raise Forbidden(
            "You gave the reason; another person executes it.",
            hint="Ask a colleague with the role REVIEWER or ADMIN.",
            code="FOUR_EYES",
        )
    source = jobs.load(connection, intent.source_job_id)
    if source.status != "FAILED":
        raise Conflict("The job that is to be tried again has not failed; nothing was done.", code="JOB_NOT_FAILED")
    refuse_retried(connection, source)
    patch = proposal.content["instruction_patch"]
    instruction = patched(source.instruction, patch, intent.reason_code)
    if instruction.hash != proposal.content["instruction_hash"]:
        raise Conflict("What was signed is not the instruction that would run.", code="HASH_MISMATCH")
    job = jobs.insert(
        connection,
        target_type=source.target_type,
        target_id=source.target_id,
        syllabus_id=source.syllabus_id,
        instruction=instruction,
        origin=Origin(retry_of_job_id=source.job_id, retry_intent_id=intent.intent_id),
        created_by=str(signed.signer_id),
    )
    intents.consume(connection, signed, intent, job, patch)
    for event, entity_type, entity_id in (
        ("RETRY_INTENT_EXECUTED", intents.SUBJECT, intent.intent_id),
        ("REGEN_JOB_RETRIED", jobs.SUBJECT, source.job_id),
        ("REGEN_JOB_CREATED", jobs.SUBJECT, job.job_id),
    ):
        _tell(connection, signed, event, entity_type, entity_id, intent, job.job_id)
    retry_intents_total.labels("CONSUMED", intent.reason_code).inc()
    lay_trigger(connection, job)


def reject(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """The failed job is not tried again for this reason.

    Raises:
        Conflict: NOT_PENDING.
    """
    intent = intents.load(connection, uuid.UUID(proposal.subject.id))
    check_pending(intent)
    intents.reject(connection, signed, intent)
    _tell(connection, signed, "RETRY_INTENT_REJECTED", intents.SUBJECT, intent.intent_id, intent, None)
    retry_intents_total.labels("REJECTED", intent.reason_code).inc()


def _four_eyes_retry(connection: Connection) -> bool:
    """Whether the tenant has it that another person executes a retry; off unless it is switched on."""
    found = connection.execute(
        text(
            "SELECT settings -> 'four_eyes_retry' FROM tenants"
            " WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '')"
        )
    ).scalar_one_or_none()
    return found is True


def _tell(
    connection: Connection,
    signed: Countersignature,
    event: str,
    entity_type: str,
    entity_id: uuid.UUID,
    intent: Intent,
    job_id: uuid.UUID | None,
) -> None:
    note(
        connection,
        event,
        **signed.actor,
        entity_type=entity_type,
        entity_id=str(entity_id),
        payload={
            "retryIntentId": str(intent.intent_id),
            "sourceJobId": str(intent.source_job_id),
            "jobId": None if job_id is None else str(job_id),
            "reasonCode": intent.reason_code,
            "reason": signed.reason,
            "countersignatureId": str(signed.countersignature_id),
        },
    )
