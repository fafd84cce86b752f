"""Events as browsers send them: what may be kept, and a code for what may not.

A batch is read in one go where every event is well formed, which is what our own pages send; where one is not, each is
judged by itself against the same form, so that the others are kept. Who did it is never read from them. What a browser
says of completions and quizzes is kept as its own copy, and no rate reads it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from domain.courses.insight.rules.facts import MAX_LESSON_IDX

MOST_EVENTS = 100
MOST_METADATA_BYTES = 4_096
OLDEST = timedelta(hours=24)
YOUNGEST = timedelta(minutes=5)
COURSE_VIEW = "course_view"
# Sent by mistake or on purpose: not read, and counted.
IDENTITY = frozenset({"userId", "user_id", "tenantId", "tenant_id"})
# What a member's fault is called; of all others INVALID_EVENT.
CODES = {"eventType": "INVALID_TYPE", "courseId": "UNKNOWN_COURSE"}
INVALID = "INVALID_EVENT"


@with_config(ConfigDict(extra="forbid", strict=True))
class Told(TypedDict):
    """One event in its form."""

    eventId: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
    eventType: Literal[
        "course_view", "lesson_viewed", "lesson_left", "lesson_completed", "quiz_attempted", "quiz_passed"
    ]
    courseId: Annotated[str, Field(pattern=r"^[^\x00]{1,64}$")]
    packageVersion: NotRequired[Annotated[int, Field(ge=1, lt=2**31)] | None]
    lessonIdx: NotRequired[Annotated[int, Field(ge=0, le=MAX_LESSON_IDX)] | None]
    occurredAt: AwareDatetime
    metadata: NotRequired[dict[str, Any] | None]
    anonId: NotRequired[Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")] | None]
    userId: NotRequired[Any]
    user_id: NotRequired[Any]
    tenantId: NotRequired[Any]
    tenant_id: NotRequired[Any]


@with_config(ConfigDict(strict=True))
class Sent(TypedDict):
    """A whole body."""

    events: Annotated[list[Told], Field(min_length=1, max_length=MOST_EVENTS)]


_BODY = TypeAdapter(Sent)
_EVENT = TypeAdapter(Told)


@dataclass(frozen=True)
class Refused:
    """One event that is not kept, and why. `index`: its place in the batch."""

    index: int
    code: str


@dataclass(frozen=True)
class Batch:
    """One request's events.

    Attributes:
        places: where each event that may be kept, if its course is there, stood in the batch.
        events: those events, in the same order; `ats`: when each happened, in seconds since 1970, to the microsecond.
        refused: the others.
        named: how many said who they are.
    """

    places: Sequence[int]
    events: Sequence[Told]
    ats: Sequence[float]
    refused: Sequence[Refused]
    named: int


def well_formed(body: bytes) -> list[Told] | None:
    """The events of a body in which every one has its form; None where something has not."""
    try:
        return _BODY.validate_json(body)["events"]
    except ValidationError:
        return None


def judged(events: Sequence[Told], received_at: datetime, is_anonymous: bool) -> Batch:
    """Events that have their form, by what the form does not say: clock, lesson, size."""
    oldest, youngest = (received_at - OLDEST).timestamp(), (received_at + YOUNGEST).timestamp()
    # Numbers from here on: an instant with an offset costs a call to its offset whenever it is compared or written.
    ats = [event["occurredAt"].timestamp() for event in events]
    codes = [_amiss(event, oldest <= at <= youngest, is_anonymous) for event, at in zip(events, ats, strict=True)]
    named = sum(not IDENTITY.isdisjoint(event) for event in events)
    if not any(codes):
        return Batch(range(len(events)), events, ats, (), named)
    places = [index for index, code in enumerate(codes) if code is None]
    refused = [Refused(index, code) for index, code in enumerate(codes) if code is not None]
    return Batch(places, [events[index] for index in places], [ats[index] for index in places], refused, named)


def judged_apart(events: Sequence[Any], received_at: datetime, is_anonymous: bool) -> Batch:
    """Events of which any may be anything."""
    read = [_read(event) for event in events]
    fit = [(index, event) for index, event in enumerate(read) if not isinstance(event, str)]
    told = judged([event for _, event in fit], received_at, is_anonymous)
    refused = [Refused(index, event) for index, event in enumerate(read) if isinstance(event, str)]
    refused += [Refused(fit[one.index][0], one.code) for one in told.refused]
    return Batch([fit[place][0] for place in told.places], told.events, told.ats, refused, told.named)


def _read(event: Any) -> Told | str:
    """The event in its form, or the code of what is wrong with it."""
    try:
        return _EVENT.validate_json(json.dumps(event))
    except ValidationError as wrong:
        told = [CODES.get(str(error["loc"][0]), INVALID) if error["loc"] else INVALID for error in wrong.errors()]
        return INVALID if INVALID in told else told[0]
    except (ValueError, RecursionError):
        return INVALID


def _amiss(event: Told, is_in_time: bool, is_anonymous: bool) -> str | None:
    """The code of what is wrong with an event that has its form."""
    is_view = event["eventType"] == COURSE_VIEW
    if is_anonymous and not is_view:
        return "SESSION_REQUIRED"
    if (event.get("lessonIdx") is None) is not is_view:
        return INVALID
    if not is_in_time:
        return "CLOCK_SKEW"
    return _metadata_amiss(event["metadata"]) if event.get("metadata") else None


def _metadata_amiss(given: Any) -> str | None:
    try:
        written = metadata_text(given)
        size = len(written.encode())
    except (ValueError, RecursionError):
        return INVALID
    if size > MOST_METADATA_BYTES:
        return "METADATA_TOO_LARGE"
    return INVALID if "\\u0000" in written else None


def metadata_text(given: Any) -> str:
    """Metadata as they are kept.

    Raises:
        ValueError: there are numbers in it that JSON has not.
    """
    return json.dumps(given, ensure_ascii=False, allow_nan=False)
