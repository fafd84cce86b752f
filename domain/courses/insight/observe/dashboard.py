"""The figures of one version of a course for whoever answers for it: aggregates alone, nobody's name or id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.courses.delivery.store import versions
from domain.courses.delivery.store.versions import Version
from domain.courses.insight.rules.by_lesson import LessonFigures, lesson_figures, median_seconds
from domain.courses.insight.rules.progress import mean_progress_pct
from domain.courses.insight.rules.wilson import Rate
from domain.courses.insight.store import job_runs
from domain.courses.insight.store.job_runs import JobRun
from domain.courses.insight.store.kept import end_of, kept_figures, pinned_versions
from domain.kernel.errors import NotFound

WINDOW_DAYS = 90
_DAYS = """
SELECT day, viewers_new, completers_new, seconds::float AS seconds, seconds_users, attempts, passes, enrolled_to_date,
  viewers_to_date, completed_to_date, computed_at
FROM analytics_daily_aggregates
WHERE course_id = :course AND package_version = :version AND lesson_idx IS NULL
  AND day BETWEEN CAST(:from_day AS date) AND CAST(:to_day AS date)
ORDER BY day
"""


@dataclass(frozen=True)
class Dashboard:
    """One version as it stood at the end of the last UTC day that was taken in.

    Attributes:
        run: the last nightly run; None before the first.
        median_seconds: of learners' time in the whole course, among the `timed` who have any.
        days: the daily rows of the course within the window.
    """

    version: Version
    versions: tuple[int, ...]
    as_of: date
    run: JobRun | None
    enrolled: int
    revoked: int
    completed: Rate
    mean_progress_pct: float | None
    median_seconds: float | None
    timed: int
    lessons: tuple[LessonFigures, ...]
    window: tuple[date, date]
    days: tuple[dict[str, Any], ...]


def dashboard(
    connection: Connection,
    course_id: str,
    now: datetime,
    *,
    version: int | None = None,
    from_day: date | None = None,
    to_day: date | None = None,
) -> Dashboard:
    """The figures of a version, by default the newest that anybody is enrolled in.

    Raises:
        NotFound: COURSE_NOT_FOUND, VERSION_NOT_FOUND.
    """
    chosen, numbers = chosen_version(connection, course_id, version)
    run = job_runs.newest(connection)
    as_of = run.as_of_day if run else (now - timedelta(days=1)).date()
    window = window_of(as_of, from_day, to_day)
    found = kept_figures(connection, [chosen], end_of(as_of))
    median, timed = median_seconds(found)
    counted = found.courses
    days = connection.execute(
        text(_DAYS),
        {"course": course_id, "version": chosen.version, "from_day": window[0], "to_day": window[1]},
    )
    return Dashboard(
        chosen,
        numbers,
        as_of,
        run,
        int(counted.enrolled[0]),
        int(counted.revoked[0]),
        found.completed(counted)[0],
        mean_progress_pct(found.standing, counted)[0],
        median,
        timed,
        tuple(lesson_figures(found)),
        window,
        tuple(dict(row._mapping) for row in days),
    )


def chosen_version(connection: Connection, course_id: str, version: int | None) -> tuple[Version, tuple[int, ...]]:
    """The version that is asked for, and all that there are to choose from.

    Raises:
        NotFound: COURSE_NOT_FOUND, VERSION_NOT_FOUND.
    """
    found = {one.version: one for one in pinned_versions(connection, course_id)}
    newest = versions.newest(connection, course_id)
    if newest is not None:
        found.setdefault(newest.version, newest)
    if not found:
        raise NotFound("There is no such course.", hint="GET /api/courses lists them.", code="COURSE_NOT_FOUND")
    numbers = tuple(sorted(found))
    if version is None:
        read = [one.version for one in pinned_versions(connection, course_id)]
        return found[max(read, default=numbers[-1])], numbers
    if version not in found:
        raise NotFound("Nobody reads such a version of the course.", code="VERSION_NOT_FOUND")
    return found[version], numbers


def window_of(as_of: date, from_day: date | None, to_day: date | None) -> tuple[date, date]:
    """The days that are asked for, both included; by default the last 90 until the day that was taken in last."""
    last = to_day or as_of
    return from_day or last - timedelta(days=WINDOW_DAYS - 1), last


def by_bound(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Signals, the open ones first, then by severity and by how far the interval's end lies from its bound.

    Many rules look at many lessons each night: the bound says how sure a number is, the value does not.
    """
    rank = {"HIGH": 0, "MEDIUM": 1, "LOW": 2}

    def distance(row: dict[str, Any]) -> float:
        opens = (row["thresholds"] or {}).get("open")
        if opens is None or row["low"] is None or row["high"] is None:
            return 0.0
        return float(max(row["low"] - opens, opens - row["high"]))

    return sorted(
        rows, key=lambda row: (row["state"] != "OPEN", rank[row["severity"]], -distance(row), str(row["signal_id"]))
    )
