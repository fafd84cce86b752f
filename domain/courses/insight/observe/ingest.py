"""Take batches of events in, of several requests at once: find courses and versions, keep what is new in one statement.

Callers join what arrives together into one transaction (api/courses/event_writer.py): the round trips and the commit
are then paid once for many, and every request still learns what became of its own events.
"""

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Counter
from sqlalchemy import Connection

from domain.courses.insight.rules.incoming import Batch, Refused
from domain.courses.insight.store import events as store
from domain.courses.insight.store.events import Columns, Offered

events_total = Counter("analytics_events_total", "Learner events taken in.", ["type", "result"])
rejected_total = Counter("analytics_ingest_rejected_total", "Learner events and fields that were not taken.", ["code"])
IGNORED_IDENTITY = "IDENTITY_IGNORED"


@dataclass(frozen=True)
class Asked:
    """One request's batch. `user_id` None: nobody is known."""

    user_id: str | None
    batch: Batch


@dataclass(frozen=True)
class Ingested:
    """What came of a batch."""

    accepted: int
    duplicates: int
    refused: tuple[Refused, ...]


def ingest(connection: Connection, tenant_id: str, asked: Sequence[Asked], received_at: datetime) -> list[Ingested]:
    """Keep what may be kept of every batch; the same id twice is kept once. Answers in the order of the batches."""
    known = store.offered(
        connection, tenant_id, {(one.user_id, event["courseId"]) for one in asked for event in one.batch.events}
    )
    columns = Columns([one.user_id for one in asked])
    refused = [_place(number, one, known, columns) for number, one in enumerate(asked)]
    new = store.insert(connection, tenant_id, columns, received_at)
    offered = Tally(columns.batches)
    return [
        Ingested(
            new.get(number, 0),
            offered[number] - new.get(number, 0),
            tuple(sorted((*one.batch.refused, *wrong), key=lambda each: each.index)),
        )
        for number, (one, wrong) in enumerate(zip(asked, refused, strict=True))
    ]


def count(asked: Asked, done: Ingested) -> None:
    """Count a batch that was kept."""
    lost = {one.index for one in done.refused}
    kinds = [event["eventType"] for event in asked.batch.events]
    if lost:
        kinds = [kind for place, kind in zip(asked.batch.places, kinds, strict=True) if place not in lost]
    for kind, number in Tally(kinds).items():
        events_total.labels(kind, "accepted").inc(number)
    for wrong in done.refused:
        rejected_total.labels(wrong.code).inc()
    if asked.batch.named:
        rejected_total.labels(IGNORED_IDENTITY).inc(asked.batch.named)


def _place(number: int, asked: Asked, known: dict[tuple[str | None, str], Offered], columns: Columns) -> list[Refused]:
    """Add the batch's events to the columns, each in its version; answers those that have none."""
    refused = []
    named: dict[tuple[str, int | None], tuple[int, int] | str] = {}
    for place, event, at in zip(asked.batch.places, asked.batch.events, asked.batch.ats, strict=True):
        key = event["courseId"], event.get("packageVersion")
        if key not in named:
            named[key] = _version(known.get((asked.user_id, key[0])), key[1])
        found = named[key]
        if isinstance(found, str):
            refused.append(Refused(place, found))
        elif (event.get("lessonIdx") or 0) >= found[1]:
            refused.append(Refused(place, "LESSON_OUT_OF_RANGE"))
        else:
            columns.add(number, event, at, found[0])
    return refused


def _version(course: Offered | None, named: int | None) -> tuple[int, int] | str:
    """The version that is meant and how many lessons it has, or the code of what is wrong."""
    if course is None:
        return "UNKNOWN_COURSE"
    version = named if named is not None else course.default
    if version is None or version not in course.lessons:
        return "UNKNOWN_VERSION"
    return version, course.lessons[version]
