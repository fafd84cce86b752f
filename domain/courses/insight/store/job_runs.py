"""The runs of insight's jobs, as a record."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

ANALYTICS = "analytics"
# A night may be late by two hours before the page says that its numbers are old.
STALE_AFTER = timedelta(hours=26)


@dataclass(frozen=True)
class JobRun:
    """One run. Grain: run. `as_of_day` is the last UTC day that it took in."""

    run_id: uuid.UUID
    as_of_day: date
    status: str
    duration_ms: int
    counts: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]]
    finished_at: datetime

    def is_stale(self, now: datetime) -> bool:
        """Whether its numbers are to be read with care."""
        return self.status == "FAILED" or now - self.finished_at > STALE_AFTER


def insert(
    connection: Connection,
    run_id: uuid.UUID,
    job: str,
    as_of_day: date,
    status: str,
    duration_ms: int,
    counts: Mapping[str, Any],
    errors: Sequence[Mapping[str, Any]],
) -> None:
    """Keep a night's run, done or failed. Grain: run.

    Args:
        connection: bound to the tenant.
        run_id: of this run.
        job: which job it was.
        as_of_day: the last UTC day that it took in.
        status: how it ended.
        duration_ms: how long it took, milliseconds.
        counts: how many of what it made, by name.
        errors: what went wrong, a member a step; empty where all went well.
    """
    connection.execute(
        text(
            "INSERT INTO analytics_job_runs (run_id, job, as_of_day, status, duration_ms, counts, errors) VALUES"
            " (:id, :job, :day, :status, :ms, CAST(:counts AS jsonb), CAST(:errors AS jsonb))"
        ),
        {
            "id": run_id,
            "job": job,
            "day": as_of_day,
            "status": status,
            "ms": duration_ms,
            "counts": json.dumps(dict(counts)),
            "errors": json.dumps([dict(one) for one in errors]),
        },
    )


def newest(connection: Connection, job: str = ANALYTICS) -> JobRun | None:
    """The last run that did something; None before the first."""
    row = connection.execute(
        text(
            "SELECT run_id, as_of_day, status, duration_ms, counts, errors, finished_at FROM analytics_job_runs"
            " WHERE job = :job AND status <> 'SKIPPED' ORDER BY finished_at DESC, run_id LIMIT 1"
        ),
        {"job": job},
    ).one_or_none()
    return None if row is None else JobRun(**row._mapping)


def last_day(connection: Connection, job: str = ANALYTICS) -> date | None:
    """The last UTC day that was taken in whole; None before the first such run."""
    found: date | None = connection.execute(
        text("SELECT max(as_of_day) FROM analytics_job_runs WHERE job = :job AND status = 'SUCCESS'"), {"job": job}
    ).scalar_one()
    return found
