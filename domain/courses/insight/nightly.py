"""The night of a tenant: aggregation, then signals and their suggestions, behind one lock, told to ledger and log.

`run_analytics_jobs` never raises for what fails inside a course: that course is named, gets no signals, and the others
go on. A run that finds the lock held says so. A killed run holds the lock until its time is over and no longer.
"""

import time
import uuid
from datetime import date, timedelta
from typing import Any

from prometheus_client import Counter, Histogram
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from domain.courses.insight.observe.aggregate import Aggregated, aggregate, days_due
from domain.courses.insight.store import aggregation, job_runs
from domain.courses.insight.store.retention import LEARNER_EVENTS
from domain.courses.insight.suggest.signals import evaluate_course, ruleset_in_force
from domain.kernel.advice import signals
from domain.kernel.advice.take import Taken, counts_of
from domain.kernel.canonical import new_id
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.events import record
from domain.kernel.gaps import note
from domain.kernel.locks import SKIPPED, TTL, Lock, held
from domain.kernel.logs import logger
from domain.kernel.retention.policy import class_days_kept, days_kept
from domain.kernel.settings import DbRole

ACTOR = "courses.insight"
LOCK = "analytics"
log = logger("courses.insight")
runs_total = Counter("analytics_job_runs_total", "Nightly runs of insight.", ["status"])
seconds = Histogram("analytics_job_duration_seconds", "Time of a nightly run.", buckets=(1, 5, 15, 60, 300, 1800))


def run_analytics_jobs(
    tenant_id: str,
    as_of_day: date,
    *,
    from_day: date | None = None,
    held_by: str = ACTOR,
    ttl: timedelta = TTL,
    run_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Aggregate up to the end of a UTC day, then judge and suggest.

    Answers {success, durationMs, errors, ...counts}, or {skipped, reason: "locked"} where another run is at it.

    Raises:
        Unavailable: the database does not answer at all.
    """
    run = run_id or new_id()
    started = time.perf_counter()
    with held(tenant_id, LOCK, held_by=held_by, ttl=ttl) as lock:
        if lock is None:
            _tell(tenant_id, run, as_of_day, "SKIPPED", 0, {}, [])
            return dict(SKIPPED)
        counts, errors = _run(tenant_id, as_of_day, from_day, lock, run)
        duration_ms = round((time.perf_counter() - started) * 1000)
        _tell(tenant_id, run, as_of_day, "FAILED" if errors else "SUCCESS", duration_ms, counts, errors)
    return {"success": not errors, "durationMs": duration_ms, "errors": errors, **counts}


def _run(
    tenant_id: str, as_of_day: date, from_day: date | None, lock: Lock, run: uuid.UUID
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        begin = from_day or days_due(tenant_id, as_of_day)
        done = aggregate(tenant_id, begin, as_of_day, actor=ACTOR)
    except (SQLAlchemyError, CountersignError) as error:
        log.error("analytics.aggregation_failed", tenant_id=tenant_id, exc_info=error)
        return {}, [{"step": "aggregation", "error": type(error).__name__}]
    errors = [{"step": "aggregation", "courseId": course, "error": why} for course, why in sorted(done.failed.items())]
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        judged_by = ruleset_in_force(connection).version
    taken: list[Taken] = []
    for course in done.courses:
        lock.check()
        try:
            with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
                taken += evaluate_course(connection, course, as_of_day, run_id=run)
        except (SQLAlchemyError, CountersignError, ValueError) as error:
            log.error("analytics.signals_failed", tenant_id=tenant_id, course_id=course, exc_info=error)
            errors.append({"step": "signals", "courseId": course, "error": type(error).__name__})
    return {**_counts(done), "ruleset": judged_by, **counts_of(taken)}, errors


def _counts(done: Aggregated) -> dict[str, Any]:
    return {
        "fromDay": done.from_day.isoformat(),
        "toDay": done.to_day.isoformat(),
        "courses": len(done.courses),
        "acts": done.acts,
        "rows": done.rows,
        "sealedDays": done.sealed,
    }


def seal_old_days(tenant_id: str, as_of_day: date) -> dict[str, Any]:
    """Seal the aggregates of days whose raw events may go, and put away signals that closed long ago.

    A day that no night has taken in is not sealed: what was never counted must not be lost.
    """
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        last = job_runs.last_day(connection)
        before = as_of_day - timedelta(days=days_kept(connection, LEARNER_EVENTS))
        sealed = last is not None and before <= last and aggregation.seal(connection, before)
        archived = _put_away(connection, as_of_day)
    return {"sealedBefore": before.isoformat() if sealed else None, "archivedSignals": archived}


def _put_away(connection: Connection, as_of_day: date) -> int:
    """Archive signals that closed longer ago than the tenant keeps them, and tell the ledger if there were any."""
    cutoff = as_of_day - timedelta(days=class_days_kept(connection, "signals"))
    archived = signals.archive(connection, cutoff)
    if archived:
        record(
            connection,
            "ANALYTICS_RETENTION_RUN",
            actor_id=ACTOR,
            actor_role="MACHINE",
            entity_type="retention",
            entity_id="signals",
            payload={"table": "signals", "cutoff": cutoff.isoformat(), "rows": archived, "archiveRef": None},
        )
    return archived


def _tell(
    tenant_id: str,
    run: uuid.UUID,
    as_of_day: date,
    status: str,
    duration_ms: int,
    counts: dict[str, Any],
    errors: list[dict[str, Any]],
) -> None:
    """Keep the run, note it in the ledger, log it and count it."""
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        job_runs.insert(connection, run, job_runs.ANALYTICS, as_of_day, status, duration_ms, counts, errors)
        note(
            connection,
            "ANALYTICS_JOB_RUN",
            actor_id=ACTOR,
            actor_role="MACHINE",
            entity_type="job",
            entity_id=job_runs.ANALYTICS,
            run_id=run,
            status=status,
            payload={"status": status, "durationMs": duration_ms, "asOfDay": as_of_day.isoformat(), "errors": errors},
        )
    runs_total.labels(status).inc()
    if status != "SKIPPED":
        seconds.observe(duration_ms / 1000)
    log.info("analytics.job", job="analytics", status=status, durationMs=duration_ms, tenant_id=tenant_id)
