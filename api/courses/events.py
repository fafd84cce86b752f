"""What browsers tell of learning: batches of events, kept without anything waiting for it.

Who learns is known from the session alone. There are three doors: with a token, from our own pages with their cookie,
and, where a tenant has a public catalogue, for views by people who are not known.
"""

import json
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy import text

from api.courses.learn_session import LEARNS
from api.deps import CallerDep, MaybeCallerDep, body_limit
from api.gate import session_secret
from api.limits import Limit, spend_anonymously
from domain.courses.insight.observe.ingest import Ingested, ingest
from domain.courses.insight.rules.facts import EVENT_TYPES
from domain.courses.insight.rules.incoming import MOST_EVENTS
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError, Forbidden, Invalid, NotFound, TooLarge

MOST_BYTES = 262_144
VIEWS = Limit("courses.catalogue_views", 600)
router = APIRouter(tags=["Learning"])
pages = APIRouter(include_in_schema=False)


class NotJson(CountersignError):
    """The body is not JSON at all."""

    code, status = "NOT_JSON", 400


class EventSent(BaseModel):
    """One event as a browser sends it. Who it was is not among its members."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    event_id: str = Field(description="A UUID; the same id is kept once.", json_schema_extra={"format": "uuid"})
    event_type: str = Field(json_schema_extra={"enum": list(EVENT_TYPES)})
    course_id: str = Field(min_length=1, max_length=64)
    package_version: int | None = Field(None, ge=1, description="The version that was read; else the learner's own.")
    lesson_idx: int | None = Field(None, ge=0, description="0-based; of every type but course_view.")
    occurred_at: AwareDatetime = Field(description="At most 24 hours ago and 5 minutes ahead.")
    metadata: dict[str, Any] | None = Field(None, description="At most 4,096 bytes.")
    anon_id: str | None = Field(None, max_length=64, description="Of a course_view by nobody known.")


class RejectedEvent(BaseModel):
    """One event that was not kept."""

    index: int = Field(description="Its place in the batch, from 0.", examples=[3])
    code: str = Field(examples=["CLOCK_SKEW"])


class Taken(BaseModel):
    """What came of a batch."""

    accepted: int = Field(description="Kept now.", examples=[9])
    duplicates: int = Field(description="Had been kept before.", examples=[1])
    rejected: list[RejectedEvent]


EXAMPLE = {
    "eventId": "7d6d6a3e-8a53-4a0c-9f6e-2f8d2c1b5a10",
    "eventType": "lesson_viewed",
    "courseId": "0190a3c4-0000-7000-8000-000000000001",
    "packageVersion": 1,
    "lessonIdx": 0,
    "occurredAt": "2026-03-01T10:00:00Z",
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["events"],
                    "properties": {
                        "events": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MOST_EVENTS,
                            "items": EventSent.model_json_schema(by_alias=True),
                        }
                    },
                },
                "example": {"events": [EXAMPLE]},
            }
        },
    }
}


async def batch_of(request: Request) -> list[Any]:
    """The events of the body.

    Raises:
        NotJson: 400.
        Invalid: there is no list of events.
        TooLarge: TOO_MANY_EVENTS.
    """
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as cause:
        raise NotJson("The body is not JSON; nothing was kept.", hint='Send {"events": [...]}.') from cause
    events = body.get("events") if isinstance(body, dict) else None
    if not isinstance(events, list) or not events:
        raise Invalid("There is no list of events; nothing was kept.", hint=f"Send 1 to {MOST_EVENTS} events.")
    if len(events) > MOST_EVENTS:
        raise TooLarge(
            f"{len(events)} events were sent; {MOST_EVENTS} are taken at once, and nothing of it was kept.",
            hint="Send them in parts.",
            code="TOO_MANY_EVENTS",
        )
    return events


async def taken(request: Request, tenant_id: str, user_id: str | None) -> Taken:
    """Keep the body's events for that person, or for nobody known.

    Raises:
        Invalid: NO_VALID_EVENT, and what `batch_of` raises.
    """
    events = await batch_of(request)
    async with request.app.state.sessions:
        done = await run_in_threadpool(_keep, tenant_id, user_id, events)
    if len(done.refused) == len(events):
        raise Invalid(
            "None of the events could be kept.",
            code="NO_VALID_EVENT",
            errors=[{"row": one.index, "message": one.code} for one in done.refused],
        )
    rejected = [RejectedEvent(index=one.index, code=one.code) for one in done.refused]
    return Taken(accepted=done.accepted, duplicates=done.duplicates, rejected=rejected)


def _keep(tenant_id: str, user_id: str | None, events: list[Any]) -> Ingested:
    with transaction(tenant_id, actor=user_id) as connection:
        # Nobody waits for a disk: a server that loses its power may lose the last moment's clicks, and no record.
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        return ingest(connection, tenant_id, user_id, events, utc_now())


@router.post(
    "/api/analytics/event",
    dependencies=[LEARNS, body_limit(MOST_BYTES)],
    status_code=202,
    openapi_extra=BODY,
    summary="Tell what was looked at",
)
async def event(request: Request, caller: CallerDep) -> Taken:
    """A batch of 1 to 100 events. A userId in it is not read; completions and quiz results are told by the server, and
    a browser's copies of them enter no rate.
    """
    return await taken(request, caller.tenant_id, caller.id)


@router.post(
    "/api/catalogue/{tenant_id}/event",
    dependencies=[body_limit(MOST_BYTES)],
    status_code=202,
    openapi_extra=BODY,
    summary="Tell of a view of a public catalogue",
)
async def anonymous_event(request: Request, tenant_id: Annotated[str, Path(max_length=64)], _: MaybeCallerDep) -> Taken:
    """course_view alone, with a random anonId, where the tenant has a public catalogue."""
    if not await run_in_threadpool(_has_public_catalogue, tenant_id):
        raise NotFound("There is no public catalogue at this address.", hint="Sign in to see what is offered.")
    await run_in_threadpool(spend_anonymously, tenant_id, VIEWS)
    return await taken(request, tenant_id, None)


def _has_public_catalogue(tenant_id: str) -> bool:
    with transaction(tenant_id) as connection:
        found = connection.execute(
            text("SELECT settings -> 'public_catalogue' = 'true'::jsonb FROM tenants WHERE tenant_id = :tenant"),
            {"tenant": tenant_id},
        ).scalar_one_or_none()
    return bool(found)


@pages.post("/learn/events", dependencies=[LEARNS, body_limit(MOST_BYTES)], status_code=202)
async def page_event(request: Request, caller: CallerDep) -> Taken:
    """The same from a page of ours, whose cookie another site must not use."""
    refuse_other_sites(request)
    return await taken(request, caller.tenant_id, caller.id)


def refuse_other_sites(request: Request) -> None:
    """A browser says from where a script sends; what does not say so, or comes from elsewhere, is refused.

    Raises:
        Forbidden: OTHER_SITE.
    """
    if session_secret(request.scope) is None or "authorization" in request.headers:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "")
    is_ours = urlsplit(origin).netloc == request.headers.get("host", "")
    if (site is not None and site != "same-origin") or not is_ours:
        raise Forbidden("This was not sent from a page of ours; nothing was kept.", code="OTHER_SITE")
