"""Aggregate: take in what some UTC days brought, then write the daily rows of each course.

What lasts of the raw events is kept for all courses at once, since time spent hangs on what a learner did in others.
The daily rows are written course by course, each in a transaction of its own: one that fails stops no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.exc import SQLAlchemyError

from domain.courses.insight.rules.ruleset import CURRENT
from domain.courses.insight.store import aggregation, job_runs
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.logs import logger
from domain.kernel.settings import DbRole

log = logger("courses.insight")
# Events arrive up to a day late, and a completion may be told of after midnight.
REREAD_DAYS = 3


@dataclass(frozen=True)
class Aggregated:
    """What an aggregation did.

    Attributes:
        from_day, to_day: the days that it covered, both included; none where from_day is later.
        sealed: days that were asked for and are sealed.
        courses: those whose daily rows stand.
        failed: by course, why its rows were not written.
    """

    from_day: date
    to_day: date
    sealed: int = 0
    acts: int = 0
    rows: int = 0
    courses: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)


def aggregate(tenant_id: str, from_day: date, to_day: date, *, actor: str, ruleset: str = CURRENT) -> Aggregated:
    """Aggregate the days from `from_day` to `to_day`; sealed ones are left as they are.

    Raises:
        Unavailable: the database does not answer.
    """
    with transaction(tenant_id, DbRole.MACHINE, actor=actor) as connection:
        sealed_before = aggregation.sealed_before(connection)
        begin = max(from_day, sealed_before) if sealed_before else from_day
        sealed = min((begin - from_day).days, (to_day - from_day).days + 1)
        if sealed:
            log.warning("AGGREGATE_SEALED", tenant_id=tenant_id, from_day=str(from_day), days=sealed)
        if begin > to_day:
            return Aggregated(begin, to_day, sealed)
        acts = aggregation.keep_what_lasts(connection, tenant_id, begin, to_day)
        every = aggregation.courses_with_learners(connection, to_day + timedelta(days=1))
    rows, failed = _write(tenant_id, every, begin, to_day, actor, ruleset)
    done = tuple(course for course in every if course not in failed)
    return Aggregated(begin, to_day, sealed, acts, rows, done, failed)


def _write(
    tenant_id: str, courses: Sequence[str], from_day: date, to_day: date, actor: str, ruleset: str
) -> tuple[int, dict[str, str]]:
    """The daily rows of every course: how many changed, and which failed for what reason."""
    rows, failed = 0, {}
    for course in courses:
        try:
            with transaction(tenant_id, DbRole.MACHINE, actor=actor) as connection:
                rows += aggregation.write_daily_rows(connection, tenant_id, course, from_day, to_day, ruleset)
        except (SQLAlchemyError, CountersignError) as error:
            failed[course] = type(error).__name__
            log.error("analytics.course_failed", tenant_id=tenant_id, course_id=course, exc_info=error)
    return rows, failed


def days_due(tenant_id: str, as_of_day: date) -> date:
    """The first day that a night must read: three days back, or further where nights were missed.

    A tenant that was never aggregated is read from its first day on.
    """
    with transaction(tenant_id, DbRole.MACHINE) as connection:
        last, first = job_runs.last_day(connection), aggregation.first_day(connection)
    reread = as_of_day - timedelta(days=REREAD_DAYS - 1)
    if last is None:
        return min(reread, first) if first else reread
    return min(reread, last + timedelta(days=1))
