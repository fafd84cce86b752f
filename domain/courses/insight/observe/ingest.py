"""Take a batch of events in: judge each, find its course and version, keep what is new in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Connection

from domain.courses.insight.rules.incoming import COURSE_VIEW, Incoming, Refused, judged
from domain.courses.insight.store import events as store
from domain.courses.insight.store.events import Offered

events_total = Counter("analytics_events_total", "Learner events taken in.", ["type", "result"])
rejected_total = Counter("analytics_ingest_rejected_total", "Learner events and fields that were not taken.", ["code"])
IGNORED_IDENTITY = "IDENTITY_IGNORED"


@dataclass(frozen=True)
class Ingested:
    """What came of a batch."""

    accepted: int
    duplicates: int
    refused: tuple[Refused, ...]


def ingest(
    connection: Connection, tenant_id: str, user_id: str | None, events: Sequence[Any], received_at: datetime
) -> Ingested:
    """Keep what may be kept; the same id twice is kept once. `user_id` None: nobody is known."""
    fit, refused, named = judged(events, received_at, user_id is None)
    known = store.offered(connection, tenant_id, user_id, sorted({one.course_id for one in fit})) if fit else {}
    kept: list[tuple[Incoming, int]] = []
    for one in fit:
        found = _version(one, known.get(one.course_id))
        if isinstance(found, int):
            kept.append((one, found))
        else:
            refused.append(Refused(one.index, found))
    new = store.insert(connection, tenant_id, user_id, kept, received_at)
    _count(kept, refused, named)
    return Ingested(new, len(kept) - new, tuple(sorted(refused, key=lambda one: one.index)))


def _version(one: Incoming, course: Offered | None) -> int | str:
    """The version that the event is of, or the code of what is wrong."""
    if course is None:
        return "UNKNOWN_COURSE"
    default = course.pinned if course.pinned is not None else course.newest
    version = one.package_version if one.package_version is not None else default
    if version is None or version not in course.lessons:
        return "UNKNOWN_VERSION"
    if one.event_type != COURSE_VIEW and (one.lesson_idx or 0) >= course.lessons[version]:
        return "LESSON_OUT_OF_RANGE"
    return version


def _count(kept: Sequence[tuple[Incoming, int]], refused: Sequence[Refused], named: int) -> None:
    by_type: dict[str, int] = {}
    for one, _ in kept:
        by_type[one.event_type] = by_type.get(one.event_type, 0) + 1
    for kind, number in by_type.items():
        events_total.labels(kind, "accepted").inc(number)
    for wrong in refused:
        rejected_total.labels(wrong.code).inc()
    if named:
        rejected_total.labels(IGNORED_IDENTITY).inc(named)
