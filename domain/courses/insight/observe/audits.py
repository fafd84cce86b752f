"""Audits of what a night writes; each answers the rows that are wrong, and none when all is well."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

MOST = 100
Audit = Callable[[Connection], list[dict[str, Any]]]
_ROW = "course_id, package_version, lesson_idx, day::text AS day"


def completers_within_enrolled(connection: Connection) -> list[dict[str, Any]]:
    """Nobody completes or opens who is not enrolled, and nobody passes without an attempt."""
    return _rows(
        connection,
        f"SELECT {_ROW}, completers_to_date, viewers_to_date, enrolled_to_date FROM analytics_daily_aggregates"
        " WHERE completers_to_date > enrolled_to_date OR viewers_to_date > enrolled_to_date OR passes > attempts"
        " OR completers_to_date > viewers_to_date AND lesson_idx IS NOT NULL",
    )


def reached_never_rises(connection: Connection) -> list[dict[str, Any]]:
    """Whoever reached a lesson has reached those before it, so that a drop-off lies between 0 and 1."""
    return _rows(
        connection,
        f"SELECT {_ROW}, reached_to_date, before FROM (SELECT *, lag(reached_to_date) OVER"
        " (PARTITION BY course_id, package_version, day ORDER BY lesson_idx) AS before"
        " FROM analytics_daily_aggregates WHERE lesson_idx IS NOT NULL) AS a WHERE reached_to_date > before",
    )


def no_negative_seconds(connection: Connection) -> list[dict[str, Any]]:
    """Time is never negative, and nobody has more than four hours on a lesson and day."""
    return _rows(
        connection,
        f"SELECT {_ROW}, seconds::float AS seconds, seconds_users FROM analytics_daily_aggregates"
        " WHERE seconds < 0 OR lesson_idx IS NOT NULL AND seconds > 14400 * seconds_users",
    )


def every_lesson_has_its_row(connection: Connection) -> list[dict[str, Any]]:
    """A day of a version has one row for the course and one for each lesson."""
    return _rows(
        connection,
        "SELECT a.course_id, a.package_version, a.day::text AS day, count(*) AS rows, p.lessons + 1 AS expected"
        " FROM analytics_daily_aggregates AS a JOIN (SELECT DISTINCT e.tenant_id, e.course_tenant_id, e.course_id"
        " FROM enrollments AS e) AS e ON e.tenant_id = a.tenant_id AND e.course_id = a.course_id"
        " JOIN course_packages AS p ON p.tenant_id = e.course_tenant_id AND p.syllabus_id = a.course_id"
        " AND p.version = a.package_version"
        " GROUP BY a.course_id, a.package_version, a.day, p.lessons HAVING count(*) <> p.lessons + 1",
    )


def received_after_it_happened(connection: Connection) -> list[dict[str, Any]]:
    """No browser's clock is more than five minutes ahead, or a day behind."""
    return _rows(
        connection,
        "SELECT occurred_on::text AS day, count(*) AS events FROM analytics_events WHERE source = 'client'"
        " AND (occurred_at > received_at + INTERVAL '5 minutes' OR occurred_at < received_at - INTERVAL '25 hours')"
        " GROUP BY occurred_on",
    )


def events_have_their_keys(connection: Connection) -> list[dict[str, Any]]:
    """Every event's id is given once over all days."""
    return _rows(
        connection,
        "SELECT e.occurred_on::text AS day, count(*) AS events FROM analytics_events AS e WHERE NOT EXISTS"
        " (SELECT 1 FROM analytics_event_keys AS k WHERE k.tenant_id = e.tenant_id AND k.event_id = e.event_id)"
        " GROUP BY e.occurred_on",
    )


# By name: the table that it is about, and the audit.
AUDITS: dict[str, tuple[str, Audit]] = {
    "completers_within_enrolled": ("analytics_daily_aggregates", completers_within_enrolled),
    "reached_never_rises": ("analytics_daily_aggregates", reached_never_rises),
    "no_negative_seconds": ("analytics_daily_aggregates", no_negative_seconds),
    "every_lesson_has_its_row": ("analytics_daily_aggregates", every_lesson_has_its_row),
    "received_after_it_happened": ("analytics_events", received_after_it_happened),
    "events_have_their_keys": ("analytics_events", events_have_their_keys),
}


def _rows(connection: Connection, statement: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(text(f"{statement} LIMIT {MOST}"))]
