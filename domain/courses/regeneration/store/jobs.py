"""Regeneration jobs: PENDING until a person triggers them, then claimed by one worker, ended once."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.courses.regeneration.rules.instruction import Instruction
from domain.kernel.canonical import new_id
from domain.kernel.errors import Conflict, NotFound

SUBJECT = "regeneration_job"
STATUSES = ("PENDING", "TRIGGERED", "RUNNING", "COMPLETED", "FAILED")
_MINE = "tenant_id = NULLIF(current_setting('app.tenant', true), '')"


@dataclass(frozen=True)
class Job:
    """One job. Grain: accepted suggestion and target, or retry.

    Attributes:
        syllabus_id: the course.
        instruction_text: canonical; what is signed is its hash.
        suggestion_id: what it was asked for by; None for a retry.
        error: {code, message, errors} where it failed.
    """

    job_id: uuid.UUID
    status: str
    target_type: str
    target_id: str
    syllabus_id: str
    instruction_text: str
    instruction_hash: str
    suggestion_id: uuid.UUID | None
    retry_of_job_id: uuid.UUID | None
    retry_intent_id: uuid.UUID | None
    output_ref: str | None
    error: dict[str, Any] | None
    locked_at: datetime | None
    claim_token: uuid.UUID | None
    completed_at: datetime | None
    created_by: uuid.UUID
    created_at: datetime

    @property
    def instruction(self) -> Instruction:
        """What it is asked to do."""
        return Instruction(self.instruction_text, self.instruction_hash)


_COLUMNS = ", ".join(Job.__dataclass_fields__)


@dataclass(frozen=True)
class Origin:
    """What a job is asked for by: a suggestion, or a failed job and the intent to try it again."""

    suggestion_id: uuid.UUID | None = None
    retry_of_job_id: uuid.UUID | None = None
    retry_intent_id: uuid.UUID | None = None


def insert(
    connection: Connection,
    *,
    target_type: str,
    target_id: str,
    syllabus_id: str,
    instruction: Instruction,
    origin: Origin,
    created_by: str,
) -> Job:
    """Insert a PENDING job; nothing runs by it before a person has triggered it.

    Args:
        connection: bound to the tenant.
        target_type: COURSE, MODULE, LESSON or QUIZ.
        target_id: which part of the course.
        syllabus_id: of the course.
        instruction: its text and the SHA-256 over it; neither ever changes.
        origin: the suggestion, or the failed job with its intent.
        created_by: user id of who asked.
    """
    job_id = new_id()
    connection.execute(
        text(
            "INSERT INTO regeneration_jobs (job_id, target_type, target_id, syllabus_id, instruction_text,"
            " instruction_hash, suggestion_id, retry_of_job_id, retry_intent_id, created_by) VALUES (:job_id, :type,"
            " :target, :course, :text, :hash, :suggestion_id, :retry_of_job_id, :retry_intent_id, :by)"
        ),
        vars(origin)
        | {
            "job_id": job_id,
            "type": target_type,
            "target": target_id,
            "course": syllabus_id,
            "text": instruction.text,
            "hash": instruction.hash,
            "by": uuid.UUID(created_by),
        },
    )
    return load(connection, job_id)


def load(connection: Connection, job_id: uuid.UUID) -> Job:
    """One job.

    Raises:
        NotFound: the tenant has no such job.
    """
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM regeneration_jobs WHERE {_MINE} AND job_id = :id"), {"id": job_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such regeneration job.", hint="GET /api/admin/regeneration-jobs lists them.")
    return _job(row)


def of_suggestion(connection: Connection, suggestion_id: uuid.UUID) -> Job | None:
    """The job that a suggestion asked for, if there is one."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM regeneration_jobs WHERE {_MINE} AND suggestion_id = :id"), {"id": suggestion_id}
    ).one_or_none()
    return None if row is None else _job(row)


def retry_of(connection: Connection, job_id: uuid.UUID) -> Job | None:
    """The one job that tries this one again, if there is one."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM regeneration_jobs WHERE {_MINE} AND retry_of_job_id = :id"), {"id": job_id}
    ).one_or_none()
    return None if row is None else _job(row)


def by_suggestions(connection: Connection, suggestion_ids: list[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The job of each suggestion that has one."""
    rows = connection.execute(
        text(f"SELECT suggestion_id, job_id FROM regeneration_jobs WHERE {_MINE} AND suggestion_id = ANY(:ids)"),
        {"ids": suggestion_ids},
    )
    return {row.suggestion_id: row.job_id for row in rows}


def listed(
    connection: Connection,
    *,
    beyond: str,
    order: str,
    values: Mapping[str, Any],
    limit: int,
    status: str | None = None,
    course_id: str | None = None,
) -> list[Job]:
    """A page of jobs in the order asked for, at most `limit`. Grain: job.

    `beyond`, `order` and `values` are what a `Keyset` gives: SQL of the code, never of a caller.
    """
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM regeneration_jobs WHERE {_MINE} AND {beyond}"
            " AND (CAST(:status AS text) IS NULL OR status = :status)"
            " AND (CAST(:course AS text) IS NULL OR syllabus_id = :course)"
            f" ORDER BY {order} LIMIT :n"
        ),
        dict(values) | {"n": limit, "status": status, "course": course_id},
    )
    return [_job(row) for row in rows]


def waiting(connection: Connection) -> list[uuid.UUID]:
    """Jobs that a person has triggered and no worker has claimed, in the order of their triggers."""
    rows = connection.execute(
        text(
            "SELECT j.job_id FROM regeneration_jobs AS j JOIN regeneration_job_triggers AS t USING (tenant_id, job_id)"
            f" WHERE j.{_MINE} AND j.status = 'TRIGGERED' ORDER BY t.at, j.job_id"
        )
    )
    return list(rows.scalars())


def claim(connection: Connection, lease: timedelta, job_id: uuid.UUID | None = None) -> tuple[Job, float] | None:
    """Take the triggered job, or the one that waits longest; with how long it waited, in seconds.

    None where nothing waits or another worker was faster. A job that nobody has triggered is never taken.
    """
    row = connection.execute(
        text(
            "UPDATE regeneration_jobs AS j SET status = 'RUNNING', claim_token = gen_random_uuid(),"
            " locked_at = clock_timestamp()"
            " WHERE j.status = 'TRIGGERED' AND j.tenant_id = NULLIF(current_setting('app.tenant', true), '')"
            " AND j.job_id = (SELECT w.job_id FROM regeneration_jobs AS w JOIN regeneration_job_triggers AS t"
            "   ON t.tenant_id = w.tenant_id AND t.job_id = w.job_id"
            "   WHERE w.status = 'TRIGGERED' AND w.tenant_id = NULLIF(current_setting('app.tenant', true), '')"
            "   AND (CAST(:id AS uuid) IS NULL OR w.job_id = :id)"
            "   ORDER BY t.at, w.job_id LIMIT 1 FOR UPDATE OF w SKIP LOCKED)"
            f" RETURNING {', '.join(f'j.{name}' for name in Job.__dataclass_fields__)}"
        ),
        {"id": job_id},
    ).one_or_none()
    if row is None:
        return None
    job = _job(row)
    waited: float = connection.execute(
        text(
            "INSERT INTO regeneration_job_leases (job_id, claim_token, lease_until)"
            " VALUES (:id, :token, clock_timestamp() + CAST(:lease AS interval))"
            " RETURNING (SELECT extract(epoch FROM clock_timestamp() - t.at)::double precision"
            "   FROM regeneration_job_triggers AS t WHERE t.job_id = :id)"
        ),
        {"id": job.job_id, "token": job.claim_token, "lease": lease},
    ).scalar_one()
    return job, waited


def renew(connection: Connection, job: Job, lease: timedelta) -> bool:
    """Hold a claimed job longer; False where it is no longer this worker's."""
    held = connection.execute(
        text(
            "UPDATE regeneration_job_leases AS l SET lease_until = clock_timestamp() + CAST(:lease AS interval),"
            " renewed_at = clock_timestamp() FROM regeneration_jobs AS j"
            f" WHERE l.{_MINE} AND j.tenant_id = l.tenant_id AND j.job_id = l.job_id AND l.job_id = :id"
            " AND l.claim_token = :token AND j.claim_token = :token AND j.status = 'RUNNING'"
        ),
        {"lease": lease, "id": job.job_id, "token": job.claim_token},
    )
    return held.rowcount == 1


def hold(connection: Connection, job: Job) -> None:
    """Be sure, until the transaction ends, that the job is still this worker's.

    Raises:
        Conflict: WORKER_LOST, it was ended meanwhile; nothing may be stored.
    """
    held = connection.execute(
        text(
            f"SELECT 1 FROM regeneration_jobs WHERE {_MINE} AND job_id = :id AND status = 'RUNNING'"
            " AND claim_token = :token FOR UPDATE"
        ),
        {"id": job.job_id, "token": job.claim_token},
    ).first()
    if held is None:
        raise Conflict("The job was ended while it was worked on; nothing was kept.", code="WORKER_LOST")


def complete(connection: Connection, job: Job, ref: str) -> bool:
    """End a claimed job with its output; False where it is no longer this worker's."""
    done = connection.execute(
        text(
            "UPDATE regeneration_jobs SET status = 'COMPLETED', output_ref = :ref, completed_at = clock_timestamp()"
            f" WHERE {_MINE} AND job_id = :id AND status = 'RUNNING' AND claim_token = :token"
        ),
        {"ref": ref, "id": job.job_id, "token": job.claim_token},
    )
    return done.rowcount == 1


def fail(connection: Connection, job: Job, error: Mapping[str, Any]) -> bool:
    """End a claimed job that brought nothing; False where it is no longer this worker's."""
    done = connection.execute(
        text(
            "UPDATE regeneration_jobs SET status = 'FAILED', error = CAST(:error AS jsonb),"
            f" completed_at = clock_timestamp() WHERE {_MINE} AND job_id = :id AND status = 'RUNNING'"
            " AND claim_token = :token"
        ),
        {"error": json.dumps(dict(error)), "id": job.job_id, "token": job.claim_token},
    )
    return done.rowcount == 1


def lost(connection: Connection) -> list[tuple[Job, str | None]]:
    """Jobs whose worker let the lease end, each with the reference of its output where it brought one; locked."""
    rows = connection.execute(
        text(
            f"SELECT {', '.join(f'j.{name}' for name in Job.__dataclass_fields__)}, o.ref"
            " FROM regeneration_jobs AS j"
            " JOIN regeneration_job_leases AS l ON l.tenant_id = j.tenant_id AND l.job_id = j.job_id"
            " LEFT JOIN regeneration_outputs AS o ON o.tenant_id = j.tenant_id AND o.job_id = j.job_id"
            " WHERE j.tenant_id = NULLIF(current_setting('app.tenant', true), '') AND j.status = 'RUNNING'"
            " AND l.lease_until < clock_timestamp() ORDER BY j.job_id FOR UPDATE OF j SKIP LOCKED"
        )
    ).all()
    return [(_job(row), row.ref) for row in rows]


def _job(row: Row[Any]) -> Job:
    return Job(**{name: row._mapping[name] for name in Job.__dataclass_fields__})
