"""What browsers tell of learning: batches of events, kept without anything waiting for it.

Who learns is known from the session alone. There are three doors: with a token, from our own pages with their cookie,
and, where a tenant has a public catalogue, for views by people who are not known.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy import text

from api.courses.event_schemas import BODY, RejectedEvent, Taken
from api.courses.event_writer import EventWriter
from api.courses.learn_session import LEARNS, WHO_LEARNS
from api.deps import Allowed, CallerDep, MaybeCallerDep, body_limit, remembered
from api.gate import session_secret
from api.limits import Limit, spend_anonymously
from domain.courses.insight.observe.ingest import Asked, count
from domain.courses.insight.rules.incoming import MOST_EVENTS, judged, judged_apart, well_formed
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError, Forbidden, Invalid, NotFound, TooLarge

MOST_BYTES = 262_144
# A learner's browser sends every few seconds; nothing can be read here.
REMEMBERED_S = 5.0
VIEWS = Limit("courses.catalogue_views", 600)
WHO = Allowed(WHO_LEARNS, ())


class OftenAsked(APIRoute):
    """A route whose body is read by what it calls, and whose caller the gate has found: nothing is left to resolve.

    What it depends on stands there for the gate and for readers; resolving it costs as much as keeping a batch.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Call with the request and the caller alone."""

        async def answer(request: Request) -> Response:
            principal = getattr(request.state, "principal", None)
            WHO.check(principal)
            told: Taken = await self.endpoint(request, principal)
            return Response(told.model_dump_json(), 202, media_type="application/json")

        return answer


router = APIRouter(tags=["Learning"], route_class=OftenAsked)
pages = APIRouter(include_in_schema=False, route_class=OftenAsked)
public = APIRouter(tags=["Learning"])


class NotJson(CountersignError):
    """The body is not JSON at all."""

    code, status = "NOT_JSON", 400


def events_of(body: bytes) -> list[Any]:
    """The events of a body in which something has not its form.

    Raises:
        NotJson: 400.
        Invalid: there is no list of events.
        TooLarge: TOO_MANY_EVENTS.
    """
    try:
        read = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise NotJson("The body is not JSON; nothing was kept.", hint='Send {"events": [...]}.') from cause
    events = read.get("events") if isinstance(read, dict) else None
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
        Invalid: NO_VALID_EVENT, and what `events_of` raises.
        Unavailable: nothing was kept.
    """
    body = await request.body()
    events = well_formed(body)
    is_anonymous, now = user_id is None, utc_now()
    batch = judged_apart(events_of(body), now, is_anonymous) if events is None else judged(events, now, is_anonymous)
    asked = Asked(user_id, batch)
    done = await _writer(request).kept(tenant_id, asked)
    count(asked, done)
    if len(done.refused) == len(batch.events) + len(batch.refused):
        raise Invalid(
            "None of the events could be kept.",
            code="NO_VALID_EVENT",
            errors=[{"row": one.index, "message": one.code} for one in done.refused],
        )
    rejected = [RejectedEvent(index=one.index, code=one.code) for one in done.refused]
    return Taken(accepted=done.accepted, duplicates=done.duplicates, rejected=rejected)


def _writer(request: Request) -> EventWriter:
    """The process's writer, made at its first batch."""
    found: EventWriter | None = getattr(request.app.state, "learner_events", None)
    if found is None:
        found = request.app.state.learner_events = EventWriter()
    return found


@router.post(
    "/api/analytics/event",
    dependencies=[LEARNS, body_limit(MOST_BYTES), remembered(REMEMBERED_S)],
    status_code=202,
    openapi_extra=BODY,
    summary="Tell what was looked at",
)
async def event(request: Request, caller: CallerDep) -> Taken:
    """A batch of 1 to 100 events. A userId in it is not read; completions and quiz results are told by the server, and
    a browser's copies of them enter no rate.
    """
    return await taken(request, caller.tenant_id, caller.id)


@public.post(
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


@pages.post("/learn/events", dependencies=[LEARNS, body_limit(MOST_BYTES), remembered(REMEMBERED_S)], status_code=202)
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
