"""Publish jobs and schedules as rows: what runs, what failed, which tenants publish by themselves."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import new_id
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.messages.kinds import MessageKind
from domain.kernel.messages.outbox import tell
from domain.kernel.principal import Role

# A job that says nothing for this long was killed with its process.
LOST_AFTER = timedelta(minutes=30)
# Who is told when a tenant's reads do not come as they should.
TOLD = frozenset({Role.OPERATOR, Role.ADMIN})


class Job:
    """A job in progress; set `counts` and `window_end` before it ends."""

    def __init__(self, job_id: uuid.UUID) -> None:
        self.job_id = job_id
        self.counts: dict[str, int] = {}
        self.window_end: datetime | None = None


@contextmanager
def job(tenant_id: str, kind: str, now: datetime) -> Iterator[Job]:
    """Record a job from its start to its end, in transactions of their own, so that a failure is seen too.

    It ends done, refused (what was asked for cannot be, such as a window off the grid) or failed.
    """
    running = Job(new_id())
    with transaction(tenant_id) as connection:
        connection.execute(
            text("INSERT INTO publish_jobs (job_id, kind, status, started_at) VALUES (:id, :kind, 'running', :now)"),
            {"id": running.job_id, "kind": kind, "now": now},
        )
    try:
        yield running
    except BaseException as error:
        told = error.detail if isinstance(error, CountersignError) else type(error).__name__
        _finish(tenant_id, running, "refused" if _is_refusal(error) else "failed", told)
        raise
    _finish(tenant_id, running, "done", None)


def _is_refusal(error: BaseException) -> bool:
    """Whether the asker was told no and nothing is wrong with the copy; a day that another load held too long is."""
    return isinstance(error, CountersignError) and error.status < 500 and error.code != "DAY_LOCKED"


def _finish(tenant_id: str, done: Job, status: str, error: str | None) -> None:
    with transaction(tenant_id) as connection:
        connection.execute(
            text(
                "UPDATE publish_jobs SET status = :status, finished_at = clock_timestamp(), error = :error,"
                " counts = CAST(:counts AS jsonb), window_end = :window_end WHERE job_id = :id"
            ),
            {
                "id": done.job_id,
                "status": status,
                "error": error,
                "counts": json.dumps(done.counts),
                "window_end": done.window_end,
            },
        )
        if status == "failed":
            _tell_failed(connection, error or "")


def _tell_failed(connection: Connection, error: str) -> None:
    """One message an hour, however many jobs fail in it; the list of jobs has them all."""
    hour: str = connection.execute(
        text("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')")
    ).scalar_one()
    tell(
        connection,
        MessageKind.JOB_FAILED,
        TOLD,
        subject_type="publish_job",
        subject_id=hour,
        title="Publishing reads failed",
        body=f"{error} Later failures within the hour are not told; Grid health lists every job.",
        path="/grid",
    )


def queue_health(connection: Connection, now: datetime) -> dict[str, int]:
    """How many jobs wait, run, and failed within a day; a job that was killed counts as failed."""
    row = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE status = 'queued') AS queued,"
            " count(*) FILTER (WHERE status = 'running' AND started_at > :lost) AS running,"
            " count(*) FILTER (WHERE started_at > :day_ago AND (status = 'failed'"
            "   OR status = 'running' AND started_at <= :lost)) AS failed_24h"
            " FROM publish_jobs WHERE tenant_id = current_setting('app.tenant') AND started_at > :day_ago"
        ),
        {"lost": now - LOST_AFTER, "day_ago": now - timedelta(days=1)},
    ).one()
    return dict(row._mapping)


def recent_jobs(connection: Connection, limit: int = 20) -> list[dict[str, Any]]:
    """The latest jobs, newest first."""
    rows = connection.execute(
        text(
            "SELECT job_id, kind, status, started_at, finished_at, window_end, counts, error FROM publish_jobs"
            " WHERE tenant_id = current_setting('app.tenant') ORDER BY started_at DESC, job_id DESC LIMIT :n"
        ),
        {"n": limit},
    ).mappings()
    return [dict(row) for row in rows]


def set_schedule(connection: Connection, *, is_on: bool, interval_minutes: int | None, by: str, at: datetime) -> int:
    """Turn continuous publishing on or off; answer its interval. Without an interval the former one stays."""
    interval: int = connection.execute(
        text(
            "INSERT INTO publish_schedules AS s (is_on, interval_minutes, changed_at, changed_by)"
            " VALUES (:is_on, COALESCE(:minutes, 15), :at, :by)"
            " ON CONFLICT (tenant_id) DO UPDATE SET is_on = EXCLUDED.is_on, changed_at = EXCLUDED.changed_at,"
            " changed_by = EXCLUDED.changed_by, interval_minutes = COALESCE(:minutes, s.interval_minutes)"
            " RETURNING interval_minutes"
        ),
        {"is_on": is_on, "minutes": interval_minutes, "at": at, "by": by},
    ).scalar_one()
    return interval


def schedule_of(connection: Connection) -> dict[str, Any]:
    """Whether the tenant publishes continuously, and how often."""
    row = (
        connection.execute(
            text(
                "SELECT is_on, interval_minutes, changed_at, changed_by FROM publish_schedules"
                " WHERE tenant_id = current_setting('app.tenant')"
            )
        )
        .mappings()
        .one_or_none()
    )
    return {"on": False, "interval_minutes": None} if row is None else {"on": row["is_on"], **_without_on(row)}


def _without_on(row: Any) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "is_on"}
