"""Generation jobs: asked for by people, claimed by one worker at a time, ended once."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import content_hash, new_id
from domain.kernel.errors import NotFound

_MINE = "tenant_id = NULLIF(current_setting('app.tenant', true), '')"


@dataclass(frozen=True)
class Job:
    """One request to have something drafted. Grain: one job.

    Attributes:
        kind: what is drafted: SYLLABUS, or the LESSON, QUIZ or PROJECT of one module.
        syllabus_revision: the approved revision that it is drafted from; None for a syllabus.
        request: the author's inputs for a syllabus, else the module.
        made: the items and revisions that came of it; `error` {code, message, errors} where it failed.
    """

    job_id: uuid.UUID
    kind: str
    syllabus_id: str
    syllabus_revision: int | None
    syllabus_hash: str | None
    module_id: str | None
    request: dict[str, Any]
    status: str
    claim_token: uuid.UUID | None
    claimed_at: datetime | None
    lease_until: datetime | None
    finished_at: datetime | None
    made: dict[str, Any] | None
    error: dict[str, Any] | None
    requested_by: str
    created_at: datetime


_COLUMNS = ", ".join(Job.__dataclass_fields__)


def insert_job(
    connection: Connection,
    kind: str,
    syllabus_id: str,
    request: Mapping[str, Any],
    requested_by: str,
    *,
    module_id: str | None = None,
    syllabus: tuple[int, str] | None = None,
) -> Job:
    """Queue a job; `syllabus` is revision and hash of the approved syllabus that it is drafted from."""
    job_id = new_id()
    connection.execute(
        text(
            "INSERT INTO generation_jobs (job_id, kind, syllabus_id, syllabus_revision, syllabus_hash, module_id,"
            " request, request_sha256, requested_by) VALUES (:job_id, :kind, :syllabus_id, :revision, :hash,"
            " :module_id, CAST(:request AS jsonb), :sha, :by)"
        ),
        {
            "job_id": job_id,
            "kind": kind,
            "syllabus_id": syllabus_id,
            "revision": syllabus[0] if syllabus else None,
            "hash": syllabus[1] if syllabus else None,
            "module_id": module_id,
            "request": json.dumps(dict(request)),
            "sha": content_hash(dict(request)),
            "by": requested_by,
        },
    )
    return load_job(connection, job_id)


def load_job(connection: Connection, job_id: uuid.UUID) -> Job:
    """One job.

    Raises:
        NotFound: the tenant has no such job.
    """
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM generation_jobs WHERE {_MINE} AND job_id = :id"), {"id": job_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such job.", hint="GET /api/admin/generation-jobs lists them.")
    return _job(row)


def listed(
    connection: Connection,
    limit: int,
    *,
    syllabus_id: str | None = None,
    status: str | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
) -> list[Job]:
    """Generation jobs, the newest first, at most `limit`. Grain: job.

    `before` holds `created_at` and id of the row behind which the page begins; the other arguments narrow the list.
    """
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM generation_jobs WHERE {_MINE}"
            " AND (CAST(:course AS text) IS NULL OR syllabus_id = :course)"
            " AND (CAST(:status AS text) IS NULL OR status = :status)"
            " AND (CAST(:at AS timestamptz) IS NULL OR (created_at, job_id) < (:at, CAST(:id AS uuid)))"
            " ORDER BY created_at DESC, job_id DESC LIMIT :n"
        ),
        {
            "course": syllabus_id,
            "status": status,
            "at": before[0] if before else None,
            "id": before[1] if before else None,
            "n": limit,
        },
    )
    return [_job(row) for row in rows]


def open_for(connection: Connection, syllabus_id: str, kind: str, module_id: str | None = None) -> Job | None:
    """The job that is queued or running for the same, if there is one."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM generation_jobs WHERE {_MINE} AND syllabus_id = :course AND kind = :kind"
            " AND module_id IS NOT DISTINCT FROM CAST(:module AS text) AND status IN ('QUEUED', 'RUNNING')"
            " ORDER BY created_at LIMIT 1"
        ),
        {"course": syllabus_id, "kind": kind, "module": module_id},
    ).one_or_none()
    return None if row is None else _job(row)


def request_of(connection: Connection, syllabus_id: str) -> dict[str, Any] | None:
    """The author's inputs from which the course's syllabus was drafted; None where none is known."""
    found = connection.execute(
        text(
            f"SELECT request FROM generation_jobs WHERE {_MINE} AND syllabus_id = :course AND kind = 'SYLLABUS'"
            " AND status = 'COMPLETED' ORDER BY created_at DESC LIMIT 1"
        ),
        {"course": syllabus_id},
    ).scalar_one_or_none()
    return None if found is None else dict(found)


def claim(connection: Connection, lease: timedelta) -> Job | None:
    """Take the oldest job that waits; None where none does. What another worker holds is passed over."""
    row = connection.execute(
        text(
            "UPDATE generation_jobs SET status = 'RUNNING', claim_token = gen_random_uuid(),"
            " claimed_at = clock_timestamp(), lease_until = clock_timestamp() + CAST(:lease AS interval)"
            f" WHERE {_MINE} AND status = 'QUEUED' AND job_id = (SELECT job_id FROM generation_jobs"
            f" WHERE {_MINE} AND status = 'QUEUED' ORDER BY created_at, job_id LIMIT 1 FOR UPDATE SKIP LOCKED)"
            f" RETURNING {_COLUMNS}"
        ),
        {"lease": lease},
    ).one_or_none()
    return None if row is None else _job(row)


def renew(connection: Connection, job: Job, lease: timedelta) -> bool:
    """Hold a claimed job longer; False where it is no longer this worker's."""
    done = connection.execute(
        text(
            "UPDATE generation_jobs SET lease_until = clock_timestamp() + CAST(:lease AS interval)"
            f" WHERE {_MINE} AND job_id = :id AND status = 'RUNNING' AND claim_token = :token"
        ),
        {"lease": lease, "id": job.job_id, "token": job.claim_token},
    )
    return done.rowcount == 1


def complete(connection: Connection, job: Job, made: Mapping[str, Any]) -> bool:
    """End a claimed job; False where it is no longer this worker's, and then nothing may be stored."""
    return _end(connection, job, "COMPLETED", "made", made)


def fail(connection: Connection, job: Job, error: Mapping[str, Any]) -> bool:
    """End a claimed job that brought nothing."""
    return _end(connection, job, "FAILED", "error", error)


def reap(connection: Connection) -> list[uuid.UUID]:
    """End the jobs whose worker was lost; a new request makes a new job."""
    rows = connection.execute(
        text(
            "UPDATE generation_jobs SET status = 'FAILED', finished_at = clock_timestamp(),"
            " error = CAST(:error AS jsonb)"
            f" WHERE {_MINE} AND status = 'RUNNING' AND lease_until < clock_timestamp() RETURNING job_id"
        ),
        {"error": json.dumps({"code": "WORKER_LOST", "message": "The worker ended before the job did.", "errors": []})},
    )
    return sorted(rows.scalars())


def insert_answers(connection: Connection, job: Job, answers: list[dict[str, Any]]) -> None:
    """Keep what was asked and answered, word for word."""
    if answers:
        connection.execute(
            text(
                "INSERT INTO generation_answers (job_id, seq, slot, provider, model, seed, prompt_id, prompt_sha256,"
                " prompt_text, raw_answer, raw_sha256) VALUES (:job_id, :seq, :slot, :provider, :model, :seed,"
                " :prompt_id, :prompt_sha256, :prompt_text, :raw_answer,"
                " encode(sha256(convert_to(:raw_answer, 'UTF8')), 'hex'))"
            ),
            [{**answer, "job_id": job.job_id} for answer in answers],
        )


def _end(connection: Connection, job: Job, status: str, column: str, told: Mapping[str, Any]) -> bool:
    done = connection.execute(
        text(
            f"UPDATE generation_jobs SET status = :status, finished_at = clock_timestamp(),"
            f" {column} = CAST(:told AS jsonb)"
            f" WHERE {_MINE} AND job_id = :id AND status = 'RUNNING' AND claim_token = :token"
        ),
        {"status": status, "told": json.dumps(dict(told)), "id": job.job_id, "token": job.claim_token},
    )
    return done.rowcount == 1


def _job(row: Row[Any]) -> Job:
    return Job(**row._mapping)
