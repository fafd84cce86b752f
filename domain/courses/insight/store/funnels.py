"""Both funnels of a course from what lasts, over days; learners only, staff left out."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from domain.courses.insight.rules.funnels import PurchaseFunnel, ViewFunnel
from domain.courses.insight.rules.wilson import rate

_LEARNS = (
    "NOT EXISTS (SELECT 1 FROM role_assignments AS r WHERE r.tenant_id = {0}.tenant_id AND r.user_id = {0}.user_id"
    " AND r.role <> 'LEARNER')"
)
_WINDOW = "day BETWEEN CAST(:from_day AS date) AND CAST(:to_day AS date)"
_IN = "{0} >= CAST(:from_day AS date) AND {0} < CAST(:to_day AS date) + 1"
_VERSION = "(CAST(:version AS int) IS NULL OR {0}.package_version = CAST(:version AS int))"
_VIEWS = f"""
WITH views AS (
  SELECT v.user_id, min(v.first_at) AS first_at FROM course_view_days AS v
  WHERE v.course_id = :course AND v.user_id IS NOT NULL AND v.{_WINDOW} AND {_VERSION.format("v")}
    AND {_LEARNS.format("v")}
  GROUP BY v.user_id
), learners AS (
  SELECT e.user_id, e.created_at, e.completed_at IS NOT NULL AND e.completed_at < CAST(:until AS date) AS is_completed
  FROM v_enrollments AS e
  WHERE e.course_id = :course AND (e.revoked_at IS NULL OR e.revoked_at >= CAST(:until AS date))
    AND e.created_at < CAST(:until AS date) AND {_VERSION.format("e")} AND {_LEARNS.format("e")}
), joined AS (
  SELECT l.*, v.first_at IS NOT NULL AND l.created_at >= v.first_at AS from_view
  FROM learners AS l LEFT JOIN views AS v ON v.user_id = l.user_id
)
SELECT
  (SELECT count(*) FROM views) AS viewed,
  count(*) FILTER (WHERE from_view) AS enrolled,
  count(*) FILTER (WHERE from_view AND is_completed) AS completed,
  count(*) FILTER (WHERE NOT from_view AND {_IN.format("created_at")}) AS without_view,
  (SELECT coalesce(sum(v.views), 0) FROM course_view_days AS v WHERE v.course_id = :course AND v.user_id IS NULL
    AND v.{_WINDOW} AND {_VERSION.format("v")}) AS anonymous
FROM joined
"""
_BOUGHT = f"""
SELECT
  count(*) AS purchased,
  count(*) FILTER (WHERE is_standing AND e.enrollment_id IS NOT NULL) AS enrolled,
  count(*) FILTER (WHERE is_standing AND e.completed_at < CAST(:until AS date)) AS completed,
  count(*) FILTER (WHERE NOT is_standing) AS refunded
FROM (
  SELECT p.*, p.refunded_at IS NULL OR p.refunded_at >= CAST(:until AS date) AS is_standing FROM v_purchases AS p
  WHERE p.course_id = :course AND {_IN.format("p.created_at")} AND {_LEARNS.format("p")}
) AS p
LEFT JOIN v_enrollments AS e ON e.tenant_id = p.tenant_id AND e.user_id = p.user_id AND e.course_id = p.course_id
  AND (e.revoked_at IS NULL OR e.revoked_at >= CAST(:until AS date)) AND e.created_at < CAST(:until AS date)
"""


def _binds(course_id: str, version: int | None, window: tuple[date, date], until: date) -> dict[str, Any]:
    return {"course": course_id, "version": version, "from_day": window[0], "to_day": window[1], "until": until}


def view_funnel(
    connection: Connection, course_id: str, version: int | None, window: tuple[date, date], until: date
) -> ViewFunnel:
    """Funnel A: the window's days, both included, and how things stood just before `until`."""
    row = connection.execute(text(_VIEWS), _binds(course_id, version, window, until)).one()
    return ViewFunnel(
        row.viewed,
        row.enrolled,
        row.completed,
        rate(row.enrolled, row.viewed),
        rate(row.completed, row.enrolled),
        row.without_view,
        int(row.anonymous),
    )


def purchase_funnel(connection: Connection, course_id: str, window: tuple[date, date], until: date) -> PurchaseFunnel:
    """Funnel B: purchases of the course, whatever version their buyers came to read."""
    row = connection.execute(text(_BOUGHT), _binds(course_id, None, window, until)).one()
    return PurchaseFunnel(
        row.purchased,
        row.enrolled,
        row.completed,
        row.refunded,
        rate(row.enrolled, row.purchased),
        rate(row.completed, row.enrolled),
    )
