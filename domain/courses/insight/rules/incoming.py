"""Events as browsers send them, judged one by one: what may be kept, and a code for what may not.

Who did it is never read from them. What a browser says of completions and quizzes is kept as its own copy, and no rate
reads it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.courses.insight.rules.facts import EVENT_TYPES, MAX_LESSON_IDX

MOST_EVENTS = 100
MOST_METADATA_BYTES = 4_096
OLDEST = timedelta(hours=24)
YOUNGEST = timedelta(minutes=5)
COURSE_VIEW = "course_view"
FIELDS = frozenset(
    {"eventId", "eventType", "courseId", "packageVersion", "lessonIdx", "occurredAt", "metadata", "anonId"}
)
# Sent by mistake or on purpose: not read, and counted.
IDENTITY = frozenset({"userId", "user_id", "tenantId", "tenant_id"})


@dataclass(frozen=True)
class Incoming:
    """One event that may be kept, if its course is there. `index`: its place in the batch."""

    index: int
    event_id: UUID
    event_type: str
    course_id: str
    package_version: int | None
    lesson_idx: int | None
    occurred_at: datetime
    metadata: str
    anon_id: str | None


@dataclass(frozen=True)
class Refused:
    """One event that is not kept, and why."""

    index: int
    code: str


class _Wrong(Exception):
    """An event that is not kept, with its code."""


def judged(
    events: Sequence[Any], received_at: datetime, is_anonymous: bool
) -> tuple[list[Incoming], list[Refused], int]:
    """The events that may be kept, those that may not, and how many said who they are."""
    kept, refused, named = [], [], 0
    for index, event in enumerate(events):
        if isinstance(event, Mapping) and not IDENTITY.isdisjoint(event):
            named += 1
        try:
            kept.append(_one(index, event, received_at, is_anonymous))
        except _Wrong as wrong:
            refused.append(Refused(index, str(wrong)))
    return kept, refused, named


def _one(index: int, event: Any, received_at: datetime, is_anonymous: bool) -> Incoming:
    if not isinstance(event, dict) or not event.keys() <= FIELDS | IDENTITY:
        raise _Wrong("INVALID_EVENT")
    kind, course = event.get("eventType"), event.get("courseId")
    if kind not in EVENT_TYPES:
        raise _Wrong("INVALID_TYPE")
    if is_anonymous and kind != COURSE_VIEW:
        raise _Wrong("SESSION_REQUIRED")
    if not isinstance(course, str) or not 0 < len(course) <= 64:
        raise _Wrong("UNKNOWN_COURSE")
    lesson = _whole(event.get("lessonIdx"), 0, MAX_LESSON_IDX)
    if (lesson is None) != (kind == COURSE_VIEW):
        raise _Wrong("INVALID_EVENT")
    anon = event.get("anonId")
    if anon is not None and not (isinstance(anon, str) and 0 < len(anon) <= 64 and anon.isprintable()):
        raise _Wrong("INVALID_EVENT")
    occurred_at = _instant(event.get("occurredAt"))
    if not received_at - OLDEST <= occurred_at <= received_at + YOUNGEST:
        raise _Wrong("CLOCK_SKEW")
    return Incoming(
        index,
        _uuid(event.get("eventId")),
        kind,
        course,
        _whole(event.get("packageVersion"), 1, 2**31 - 1),
        lesson,
        occurred_at,
        _metadata(event.get("metadata")),
        anon if is_anonymous else None,
    )


def _uuid(given: Any) -> UUID:
    try:
        return UUID(given)
    except (ValueError, TypeError, AttributeError) as cause:
        raise _Wrong("INVALID_EVENT") from cause


def _instant(given: Any) -> datetime:
    """An instant with its offset, in UTC."""
    try:
        found = datetime.fromisoformat(given)
        if found.tzinfo is None:
            raise _Wrong("INVALID_EVENT")
        return found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as cause:
        raise _Wrong("INVALID_EVENT") from cause


def _whole(given: Any, least: int, most: int) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
        raise _Wrong("INVALID_EVENT")
    return given


def _metadata(given: Any) -> str:
    if not given:
        return "{}"
    if not isinstance(given, dict):
        raise _Wrong("INVALID_EVENT")
    try:
        written = json.dumps(given, ensure_ascii=False, allow_nan=False)
        size = len(written.encode())
    except (ValueError, RecursionError) as cause:
        raise _Wrong("INVALID_EVENT") from cause
    if size > MOST_METADATA_BYTES:
        raise _Wrong("METADATA_TOO_LARGE")
    if "\\u0000" in written:
        raise _Wrong("INVALID_EVENT")
    return written
