"""The statements of a night: what some UTC days brought, kept for good, and the daily rows of a course.

All of them are set-based and may run again: the same facts give the same rows, and a row that would not change is not
written.
"""

from datetime import date

from sqlalchemy import Connection, text

from domain.kernel.sqlfiles import sql_file

_TIMELINE = """
CREATE TEMPORARY TABLE learner_timeline (
  user_id uuid, course_id text, package_version integer, lesson_idx integer, event_type text, at timestamptz,
  event_id uuid
) ON COMMIT DROP
"""
_DAYS = "tenant_id = :tenant AND day BETWEEN CAST(:from_day AS date) AND CAST(:to_day AS date)"
# What is computed anew as a whole; the rest is kept up with.
_BEFORE = {"credit": "learner_lesson_days", "views": "course_view_days"}
_ORDER = ("credit", "state", "state_seconds", "activity", "views")


def keep_what_lasts(connection: Connection, tenant_id: str, from_day: date, to_day: date) -> int:
    """Keep what these days brought beyond their raw events; answers how many acts there were."""
    binds = {"tenant": tenant_id, "from_day": from_day, "to_day": to_day}
    connection.execute(text(_TIMELINE))
    acts = connection.execute(text(sql_file("courses/insight/timeline.sql")), binds).rowcount
    connection.execute(text("ANALYZE learner_timeline"))
    for name in _ORDER:
        if name in _BEFORE:
            connection.execute(text(f"DELETE FROM {_BEFORE[name]} WHERE {_DAYS}"), binds)
        connection.execute(text(sql_file(f"courses/insight/{name}.sql")), binds)
    return acts


def write_daily_rows(
    connection: Connection, tenant_id: str, course_id: str, from_day: date, to_day: date, ruleset: str
) -> int:
    """Write the course's daily rows of these days; answers how many are new or changed."""
    binds = {
        "tenant": tenant_id,
        "course": course_id,
        "from_day": from_day,
        "to_day": to_day,
        "ruleset": ruleset,
    }
    return connection.execute(text(sql_file("courses/insight/daily.sql")), binds).rowcount


def courses_with_learners(connection: Connection, before: date) -> list[str]:
    """Courses that anybody had enrolled in before that day, by id."""
    found = connection.execute(
        text(
            "SELECT course_id FROM enrollments WHERE created_at < CAST(:before AS date)"
            ' GROUP BY course_id ORDER BY course_id COLLATE "C"'
        ),
        {"before": before},
    )
    return list(found.scalars())


def first_day(connection: Connection) -> date | None:
    """The first UTC day of which anything is known; None where nothing is."""
    found: date | None = connection.execute(
        text(
            "SELECT least((SELECT min(occurred_on) FROM analytics_events), (SELECT min(created_at)::date FROM"
            " enrollments))"
        )
    ).scalar_one()
    return found


def sealed_before(connection: Connection) -> date | None:
    """Days before this one never change; None where none is sealed."""
    found: date | None = connection.execute(text("SELECT max(sealed_before) FROM analytics_seals")).scalar_one()
    return found


def seal(connection: Connection, before: date) -> bool:
    """Seal the days before; False where they are sealed already."""
    standing = sealed_before(connection)
    if standing is not None and standing >= before:
        return False
    connection.execute(
        text("INSERT INTO analytics_seals (sealed_before) VALUES (:before) ON CONFLICT DO NOTHING"), {"before": before}
    )
    return True
