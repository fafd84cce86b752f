"""Raw events as they are kept: insert-only, each id once, in the partition of their tenant and UTC day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from domain.courses.insight.rules.incoming import Incoming

_COURSES = """
SELECT v.syllabus_id, v.version, v.lessons, v.status, e.package_version AS pinned
FROM v_course_packages AS v
LEFT JOIN enrollments AS e ON e.tenant_id = :tenant AND e.user_id = CAST(:user AS uuid)
  AND e.course_tenant_id = v.tenant_id AND e.course_id = v.syllabus_id
WHERE v.syllabus_id = ANY(:courses)
ORDER BY (v.tenant_id = :tenant), v.tenant_id COLLATE "C", v.version
"""
_KEEP = """
WITH given AS (
  SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:anons AS text[]),
    CAST(:courses AS text[]), CAST(:versions AS int[]), CAST(:lessons AS int[]), CAST(:ats AS timestamptz[]),
    CAST(:metadata AS text[])) AS g (event_id, event_type, anon_id, course_id, version, lesson_idx, at, metadata)
),
fresh AS (
  INSERT INTO analytics_event_keys (event_id) SELECT DISTINCT event_id FROM given ORDER BY event_id
  ON CONFLICT DO NOTHING RETURNING event_id
)
INSERT INTO analytics_events (event_id, occurred_on, event_type, source, user_id, anon_id, course_id,
  package_version, lesson_idx, occurred_at, received_at, metadata)
SELECT DISTINCT ON (g.event_id) g.event_id, g.at::date, g.event_type, 'client', CAST(:user AS uuid), g.anon_id,
  g.course_id, g.version, g.lesson_idx, g.at, :received_at, g.metadata::jsonb
FROM given AS g JOIN fresh USING (event_id)
ORDER BY g.event_id
"""
_OPEN = "SELECT learner_day_open(:tenant, one) FROM unnest(CAST(:days AS date[])) AS days (one)"


@dataclass(frozen=True)
class Offered:
    """A course as events may name it.

    Attributes:
        lessons: how many each version has.
        pinned: the learner's version, where there is an enrolment; newest: the newest published one.
    """

    lessons: dict[int, int]
    pinned: int | None
    newest: int | None


def offered(connection: Connection, tenant_id: str, user_id: str | None, courses: Sequence[str]) -> dict[str, Offered]:
    """The courses of these ids that this tenant delivers."""
    found: dict[str, Offered] = {}
    for row in connection.execute(text(_COURSES), {"tenant": tenant_id, "user": user_id, "courses": list(courses)}):
        one = found.get(row.syllabus_id, Offered({}, None, None))
        newest = row.version if row.status == "PUBLISHED" else one.newest
        found[row.syllabus_id] = Offered(one.lessons | {row.version: row.lessons}, row.pinned or one.pinned, newest)
    return found


def insert(
    connection: Connection,
    tenant_id: str,
    user_id: str | None,
    events: Sequence[tuple[Incoming, int]],
    received_at: datetime,
) -> int:
    """Keep the events, each with its version; answers how many are new. One statement for all of them."""
    if not events:
        return 0
    days = sorted({event.occurred_at.date() for event, _ in events})
    connection.execute(text(_OPEN), {"tenant": tenant_id, "days": days})
    ids: list[UUID] = [event.event_id for event, _ in events]
    return connection.execute(
        text(_KEEP),
        {
            "ids": ids,
            "types": [event.event_type for event, _ in events],
            "anons": [event.anon_id for event, _ in events],
            "courses": [event.course_id for event, _ in events],
            "versions": [version for _, version in events],
            "lessons": [event.lesson_idx for event, _ in events],
            "ats": [event.occurred_at for event, _ in events],
            "metadata": [event.metadata for event, _ in events],
            "user": user_id,
            "received_at": received_at,
        },
    ).rowcount
