"""Raw events as they are kept: insert-only, each id once, in the partition of their tenant and UTC day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pydantic_core import to_json
from sqlalchemy import Connection, text

from domain.courses.insight.rules.incoming import Told, metadata_text

_COURSES = """
SELECT a.user_id, v.syllabus_id, v.version, v.lessons, v.status, e.package_version AS pinned
FROM unnest(CAST(:users AS text[]), CAST(:courses AS text[])) AS a (user_id, course_id)
JOIN v_course_packages AS v ON v.syllabus_id = a.course_id
LEFT JOIN enrollments AS e ON e.tenant_id = :tenant AND e.user_id = CAST(a.user_id AS uuid)
  AND e.course_tenant_id = v.tenant_id AND e.course_id = v.syllabus_id
ORDER BY (v.tenant_id = :tenant), v.tenant_id COLLATE "C", v.version
"""
# Ids are given in their order, so that two that write the same ones at once wait for each other and do not embrace.
_KEEP = """
WITH given AS (
  SELECT * FROM unnest(CAST(:batches AS int[]), CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:courses AS int[]),
    CAST(:versions AS int[]), CAST(:lessons AS int[]), CAST(:ats AS double precision[]),
    CAST(:metadata AS text[]), CAST(:anons AS text[])) WITH ORDINALITY
    AS g (batch, event_id, event_type, course, version, lesson_idx, s, metadata, anon_id, place)
),
fresh AS (
  INSERT INTO analytics_event_keys (event_id) SELECT DISTINCT event_id FROM given ORDER BY event_id
  ON CONFLICT DO NOTHING RETURNING event_id
),
first AS MATERIALIZED (
  SELECT DISTINCT ON (g.event_id) g.*, to_timestamp(g.s) AS at
  FROM given AS g JOIN fresh USING (event_id) ORDER BY g.event_id, g.place
),
kept AS (
  INSERT INTO analytics_events (event_id, occurred_on, event_type, source, user_id, anon_id, course_id,
    package_version, lesson_idx, occurred_at, received_at, metadata)
  SELECT event_id, at::date, event_type, 'client', (CAST(:users AS uuid[]))[batch + 1], anon_id,
    (CAST(:course_ids AS text[]))[course + 1], version, lesson_idx, at, :received_at, COALESCE(metadata, '{}')::jsonb
  FROM first
)
SELECT batch, count(*) AS n FROM first GROUP BY batch
"""
EPOCH = date(1970, 1, 1)
DAY_S = 86_400
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

    @property
    def default(self) -> int | None:
        """The version of an event that names none."""
        return self.pinned if self.pinned is not None else self.newest


@dataclass(frozen=True)
class Columns:
    """Events of several batches, column by column; `users`: whose each batch is."""

    users: list[str | None]
    batches: list[int] = field(default_factory=list)
    events: list[Told] = field(default_factory=list)
    ats: list[float] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)

    def add(self, batch: int, event: Told, at: float, version: int) -> None:
        """One event more, of that batch, instant and version."""
        self.batches.append(batch)
        self.events.append(event)
        self.ats.append(at)
        self.versions.append(version)


def offered(
    connection: Connection, tenant_id: str, asked: Collection[tuple[str | None, str]]
) -> dict[tuple[str | None, str], Offered]:
    """The courses that this tenant delivers, for every pair of learner and course."""
    found: dict[tuple[str | None, str], Offered] = {}
    if not asked:
        return found
    given = {"tenant": tenant_id, "users": [user for user, _ in asked], "courses": [course for _, course in asked]}
    for row in connection.execute(text(_COURSES), given):
        key = row.user_id, row.syllabus_id
        one = found.get(key, Offered({}, None, None))
        newest = row.version if row.status == "PUBLISHED" else one.newest
        found[key] = Offered(one.lessons | {row.version: row.lessons}, row.pinned or one.pinned, newest)
    return found


def insert(connection: Connection, tenant_id: str, columns: Columns, received_at: datetime) -> dict[int, int]:
    """Keep the events; answers how many of each batch are new, by the batch's number. One statement for all of them.

    Grain: event of a tenant; an id that stands already is not kept again. Instants of `columns` are seconds since 1970
    UTC; the partitions of their days are opened where they are not.
    """
    events = columns.events
    if not events:
        return {}
    days = sorted({int(at // DAY_S) for at in columns.ats})
    connection.execute(text(_OPEN), {"tenant": tenant_id, "days": [EPOCH + timedelta(days=day) for day in days]})
    courses = {course: place for place, course in enumerate(sorted({event["courseId"] for event in events}))}
    given = {
        "batches": _array(columns.batches),
        "ids": _array([event["eventId"] for event in events]),
        "types": _array([event["eventType"] for event in events]),
        "courses": _array([courses[event["courseId"]] for event in events]),
        "versions": _array(columns.versions),
        "lessons": _array([event.get("lessonIdx") for event in events]),
        "ats": _array(columns.ats),
        "metadata": _seldom([metadata_text(told) if (told := event.get("metadata")) else None for event in events]),
        "anons": _seldom(_anonymous(columns)),
        "users": columns.users,
        "course_ids": list(courses),
        "received_at": received_at,
    }
    return {row.batch: row.n for row in connection.execute(text(_KEEP), given)}


def _array(values: Sequence[object]) -> str:
    """An array as the database reads it, of numbers, NULL and texts without a backslash.

    A list would be turned into the same one value after the other, at a tenth of the speed.
    """
    return "{" + to_json(values).decode()[1:-1] + "}"


def _seldom(values: list[str | None]) -> list[str | None] | None:
    """A column that is mostly empty; None where it is empty altogether."""
    return values if any(values) else None


def _anonymous(columns: Columns) -> list[str | None]:
    """The random ids of those who are not known; whoever is known needs none."""
    if None not in columns.users:
        return []
    pairs = zip(columns.batches, columns.events, strict=True)
    return [event.get("anonId") if columns.users[batch] is None else None for batch, event in pairs]
