"""The ledger for people: a timeline with filters, one event with its seal, files to take away."""

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import RequestId, allow
from api.kernel.ledger import READERS, event_detail, events_page, export_csv
from api.pages import Page, PageDep
from domain.kernel import ledger
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, NotFound
from domain.kernel.gaps import open_gaps
from domain.kernel.ledger import Wanted
from domain.kernel.people import named
from domain.kernel.seals.proof import make_proof
from domain.kernel.seals.seal import Seal
from domain.kernel.seals.state import seal_state

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READERS)])
PER_PAGE = 50
MOST_COUNTED = 10_000
Text = Annotated[str, Query(max_length=200)]


@router.get("/ledger")
def timeline(
    page: PageDep,
    kind: Text = "",
    entity: Annotated[str, Query(max_length=400)] = "",
    actor: Text = "",
    run: Text = "",
    first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """What was done, by whom, when; the newest first."""
    filters = {"kind": kind, "entity": entity, "actor": actor, "run": run, "from": first, "to": last}
    asked, errors = _wanted(filters, page.tenant.zone)
    asked = replace(asked, actor=_actor(page, asked.actor, errors))
    shown = events_page(page.connection, asked, PER_PAGE, after)
    return page.show(
        "kernel/ledger.html",
        events=shown.items,
        next_cursor=shown.next_cursor,
        total=ledger.count(page.connection, asked, MOST_COUNTED),
        most=MOST_COUNTED,
        filters=filters,
        used={name: value for name, value in filters.items() if value},
        errors=errors,
        after=after,
        state=seal_state(page.connection, page.tenant.tenant_id),
        now=utc_now(),
        gaps=open_gaps(page.connection) if after is None else [],
    )


@router.get("/ledger.csv")
def export(
    page: PageDep,
    call: RequestId,
    kind: Text = "",
    entity: Annotated[str, Query(max_length=400)] = "",
    actor: Text = "",
    run: Text = "",
    first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
) -> Response:
    """Everything that fits the filters, as CSV."""
    filters = {"kind": kind, "entity": entity, "actor": actor, "run": run, "from": first, "to": last}
    asked, errors = _wanted(filters, page.tenant.zone)
    asked = replace(asked, actor=_actor(page, asked.actor, errors))
    return export_csv(page.request, page.connection, page.principal, page.tenant.tenant_id, call, asked)


@router.get("/ledger/{event_id}")
def event(page: PageDep, event_id: str) -> Response:
    """One event: what, who, when, its members, and its place among the seals."""
    return shown_event(page, _id(event_id))


def shown_event(
    page: Page, event_id: UUID, status: int = 200, error: CountersignError | None = None, seal: Seal | None = None
) -> Response:
    """The page of one event; after its verification with what came of it."""
    found = event_detail(page.connection, event_id)
    written = json.dumps(found.payload, indent=2, ensure_ascii=False, sort_keys=True)
    payload = written if found.payload else ""
    return page.show("kernel/ledger_event.html", status, event=found, payload=payload, error=error, verified=seal)


@router.get("/ledger/{event_id}/proof.json")
def proof(page: PageDep, event_id: str) -> Response:
    """The inclusion proof as a file."""
    wanted = _id(event_id)
    body = json.dumps(make_proof(page.connection, wanted), indent=1)
    named = {"Content-Disposition": f'attachment; filename="proof-{wanted}.json"'}
    return Response(body, media_type="application/json", headers=named)


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as cause:
        raise NotFound("There is no such event.", hint="The ledger at /ledger lists what there is.") from cause


def _actor(page: Page, given: str | None, errors: dict[str, str]) -> str | None:
    """The id of whom a name or an address means; what is neither stands as it is, for machines have names as ids."""
    found = [] if given is None else named(page.connection, given)
    if len(found) > 1:
        errors["actor"] = f"{len(found)} people are called so. Give the id of one, or the address."
        return None
    return found[0] if found else given


def _wanted(filters: dict[str, str], zone: ZoneInfo) -> tuple[Wanted, dict[str, str]]:
    """The filters of the page; days are the tenant's own, both ends included. What cannot be read is told, not used."""
    errors: dict[str, str] = {}
    given: dict[str, Any] = {}
    for name, days in (("from", 0), ("to", 1)):
        try:
            day = date.fromisoformat(filters[name]) + timedelta(days=days) if filters[name] else None
            given[name] = datetime.combine(day, time(), zone) if day else None
        except (ValueError, OverflowError):
            errors[name], given[name] = "Write the day like 2026-11-21.", None
    try:
        given["run"] = UUID(filters["run"].strip()) if filters["run"].strip() else None
    except ValueError:
        errors["run"], given["run"] = "This is not the id of a run.", None
    texts = {name: filters[name].strip() or None for name in ("kind", "entity", "actor")}
    return Wanted(texts["kind"], texts["entity"], texts["actor"], given["from"], given["to"], given["run"]), errors
