"""Retry intents: why a failed job should be tried again, and what a person made of that."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from domain.courses.regeneration.store.jobs import Job
from domain.kernel.canonical import new_id
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.signed import Countersignature

SUBJECT = "retry_intent"
REASONS = ("TRANSIENT_FAILURE", "BAD_INPUT", "IMPROVED_PROMPT", "INFRA_ERROR", "OTHER")


@dataclass(frozen=True)
class Intent:
    """One intent to try again. Grain: one failed job and reason.

    Attributes:
        approved_by: who had it executed; nobody has while it is PENDING.
        job_id: the job that came of it.
    """

    intent_id: uuid.UUID
    source_job_id: uuid.UUID
    source_output_ref: str | None
    reason_code: str
    reason_text: str
    status: str
    approved_by: uuid.UUID | None
    approved_at: datetime | None
    created_by: uuid.UUID
    created_at: datetime
    job_id: uuid.UUID | None
    instruction_patch: dict[str, Any] | None
    rejection_reason: str | None
    rejected_by: uuid.UUID | None
    rejected_at: datetime | None

    def content(self) -> dict[str, Any]:
        """What is signed of it."""
        return {
            "intent_id": str(self.intent_id),
            "source_job_id": str(self.source_job_id),
            "source_output_ref": self.source_output_ref,
            "reason_code": self.reason_code,
            "reason_text": self.reason_text,
        }


_SELECT = (
    "SELECT i.intent_id, i.source_job_id, i.source_output_ref, i.reason_code, i.reason_text, i.status, i.approved_by,"
    " i.approved_at, i.created_by, i.created_at, e.job_id, e.instruction_patch, r.reason AS rejection_reason,"
    " r.actor AS rejected_by, r.at AS rejected_at"
    " FROM retry_intents AS i"
    " LEFT JOIN retry_intent_executions AS e ON e.tenant_id = i.tenant_id AND e.intent_id = i.intent_id"
    " LEFT JOIN retry_intent_rejections AS r ON r.tenant_id = i.tenant_id AND r.intent_id = i.intent_id"
    " WHERE i.tenant_id = NULLIF(current_setting('app.tenant', true), '')"
)


def insert(connection: Connection, source: Job, reason_code: str, reason_text: str, created_by: str) -> Intent:
    """Insert a PENDING intent.

    Raises:
        Conflict: INTENT_PENDING, another one waits for the same job.
    """
    intent_id = new_id()
    try:
        with connection.begin_nested():
            connection.execute(
                text(
                    "INSERT INTO retry_intents (intent_id, source_job_id, source_output_ref, reason_code, reason_text,"
                    " created_by) VALUES (:id, :source, :ref, :code, :said, :by)"
                ),
                {
                    "id": intent_id,
                    "source": source.job_id,
                    "ref": source.output_ref,
                    "code": reason_code,
                    "said": reason_text,
                    "by": uuid.UUID(created_by),
                },
            )
    except IntegrityError as cause:
        raise Conflict(
            "An intent to try this job again waits already; nothing was made.",
            hint="Execute or reject the one that waits: GET /api/admin/retry-intents?jobId=.",
            code="INTENT_PENDING",
        ) from cause
    return load(connection, intent_id)


def load(connection: Connection, intent_id: uuid.UUID) -> Intent:
    """One intent.

    Raises:
        NotFound: the tenant has no such intent.
    """
    row = connection.execute(text(f"{_SELECT} AND i.intent_id = :id"), {"id": intent_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such retry intent.", hint="GET /api/admin/retry-intents?jobId= lists a job's.")
    return Intent(**row._mapping)


def of_job(connection: Connection, job_id: uuid.UUID) -> list[Intent]:
    """The intents for a job, the newest first."""
    rows = connection.execute(
        text(f"{_SELECT} AND i.source_job_id = :id ORDER BY i.created_at DESC, i.intent_id DESC"), {"id": job_id}
    )
    return [Intent(**row._mapping) for row in rows]


def consume(
    connection: Connection, signed: Countersignature, intent: Intent, job: Job, patch: Mapping[str, Any] | None
) -> None:
    """Write the execution, then the status that follows from it."""
    connection.execute(
        text(
            "INSERT INTO retry_intent_executions (intent_id, job_id, actor, at, instruction_patch,"
            " countersignature_id) VALUES (:id, :job, :who, :at, CAST(:patch AS jsonb), :signed)"
        ),
        {
            "id": intent.intent_id,
            "job": job.job_id,
            "who": signed.signer_id,
            "at": signed.signed_at,
            "patch": None if patch is None else json.dumps(dict(patch)),
            "signed": signed.countersignature_id,
        },
    )
    connection.execute(
        text(
            "UPDATE retry_intents SET status = 'CONSUMED', approved_by = :who, approved_at = :at"
            " WHERE intent_id = :id AND status = 'PENDING'"
        ),
        {"id": intent.intent_id, "who": signed.signer_id, "at": signed.signed_at},
    )


def reject(connection: Connection, signed: Countersignature, intent: Intent) -> None:
    """Write the rejection, then the status that follows from it."""
    connection.execute(
        text(
            "INSERT INTO retry_intent_rejections (intent_id, reason, actor, at, countersignature_id)"
            " VALUES (:id, :reason, :who, :at, :signed)"
        ),
        {
            "id": intent.intent_id,
            "reason": signed.reason,
            "who": signed.signer_id,
            "at": signed.signed_at,
            "signed": signed.countersignature_id,
        },
    )
    connection.execute(
        text("UPDATE retry_intents SET status = 'REJECTED' WHERE intent_id = :id AND status = 'PENDING'"),
        {"id": intent.intent_id},
    )
