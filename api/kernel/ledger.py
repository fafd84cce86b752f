"""The ledger over HTTP: who did what and when, how it is sealed, and proofs to take away. It only reads."""

import base64
from collections.abc import AsyncIterator, Generator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime
from sqlalchemy import Connection
from starlette.concurrency import iterate_in_threadpool

from api.deps import CallerDep, RequestId, TenantId, TenantSession, allow
from api.kernel.ledger_schemas import Event, EventDetail, Events, Key, Keys, Proof, SealDocument, Seals, SealState
from api.kernel.sign_in import ip_of
from domain.kernel import ledger
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.gaps import note
from domain.kernel.ledger import Place, Wanted
from domain.kernel.principal import EVERY_ROLE, Principal, Role
from domain.kernel.queue import names_of
from domain.kernel.seals.proof import make_proof
from domain.kernel.seals.seal import seals_of
from domain.kernel.seals.state import seal_state
from domain.kernel.signing import public_pem, registered_keys

router = APIRouter(prefix="/v1", tags=["Ledger"])
READERS = frozenset({Role.AUDITOR, Role.ADMIN, Role.TENANT_OWNER, Role.PLATFORM_ADMIN})
READS = allow(roles=READERS)
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=200)]
Text = Annotated[str | None, Query(max_length=200)]


def wanted(
    event_type: Annotated[
        str | None, Query(max_length=200, description="How the type begins.", examples=["kernel.proposal."])
    ] = None,
    entity: Annotated[str | None, Query(max_length=400, description="An id, a type, or `type/id`.")] = None,
    actor: Text = None,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    run_id: UUID | None = None,
) -> Wanted:
    """The filters that list and export share."""
    return Wanted(event_type or None, entity or None, actor or None, since, until, run_id)


WantedDep = Annotated[Wanted, Depends(wanted)]


@router.get("/ledger", dependencies=[READS], summary="Events")
def events(connection: TenantSession, asked: WantedDep, limit: Limit = 50, cursor: Cursor = None) -> Events:
    """What was done, by whom, when; the newest first."""
    return events_page(connection, asked, limit, cursor)


@router.get(
    "/ledger.csv",
    dependencies=[READS],
    summary="Events as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def export(
    request: Request,
    connection: TenantSession,
    caller: CallerDep,
    tenant_id: TenantId,
    call: RequestId,
    asked: WantedDep,
) -> StreamingResponse:
    """Everything that fits the filters, oldest first, as a stream. That it was taken is itself noted."""
    return export_csv(request, connection, caller, tenant_id, call, asked)


@router.get("/ledger/{event_id}", dependencies=[READS], summary="One event")
def event(connection: TenantSession, event_id: UUID) -> EventDetail:
    """One event with its seal."""
    return event_detail(connection, event_id)


@router.get("/ledger/{event_id}/proof", dependencies=[READS], summary="An event's inclusion proof")
def proof(connection: TenantSession, event_id: UUID) -> Proof:
    """That the event is in a signed seal, to be checked offline. Works for a countersignature's id too."""
    return Proof.model_validate(make_proof(connection, event_id))


@router.get("/seals", dependencies=[READS], summary="Seals")
def seals(connection: TenantSession, tenant_id: TenantId, limit: Limit = 50, cursor: Cursor = None) -> Seals:
    """The chain of seals, the newest first, and how many rows wait for one."""
    found = seals_of(connection, newest_first=True, before=_number(cursor), limit=limit + 1)
    state = seal_state(connection, tenant_id)
    return Seals(
        items=[SealDocument.model_validate(seal.as_document()) for seal in found[:limit]],
        counts={"sealed": state.total, "unsealed": state.unsealed},
        next_cursor=str(found[limit - 1].seal_number) if len(found) > limit else None,
    )


@router.get("/keys", dependencies=[allow(roles=EVERY_ROLE, scopes={"ledger:read"})], summary="Public keys")
def keys(connection: TenantSession) -> Keys:
    """The public halves of the keys that seal and countersign. Keep a copy of your own: a proof is as good as it."""
    found = [
        Key(key_id=key_id, purpose=purpose.value, created_at=created_at, public_key_pem=public_pem(raw))
        for key_id, purpose, raw, created_at in registered_keys(connection)
    ]
    return Keys(items=found, counts={"keys": len(found)})


def events_page(connection: Connection, asked: Wanted, limit: int, cursor: str | None) -> Events:
    """One page of the list."""
    rows = ledger.events(connection, asked, after=place_of(cursor), limit=limit + 1)
    here = rows[:limit]
    names = names_of(connection, {row.actor_id for row in here})
    items = [Event.model_validate(dict(row._mapping) | {"actor_name": names.get(row.actor_id)}) for row in here]
    last = here[-1] if len(rows) > limit else None
    return Events(
        items=items,
        counts={"shown": len(items)},
        next_cursor=None if last is None else cursor_of(Place(last.occurred_at, last.event_id)),
    )


def event_detail(connection: Connection, event_id: UUID) -> EventDetail:
    """One event with its seal.

    Raises:
        NotFound: the tenant has no such event.
    """
    row = ledger.event(connection, event_id)
    if row is None:
        raise NotFound(f"There is no event {event_id}.", hint="/v1/ledger lists what there is.")
    members: dict[str, Any] = dict(row._mapping)
    where = {name: members.pop(name) for name in ("seal_id", "sealed_at", "root", "leaf_index")}
    number = members["seal_number"]
    seal = SealState(state="not_sealed_yet" if number is None else "sealed", seal_number=number, **where)
    name = names_of(connection, {row.actor_id}).get(row.actor_id)
    return EventDetail.model_validate(members | {"actor_name": name, "seal": seal})


def export_csv(
    request: Request, connection: Connection, caller: Principal, tenant_id: str, call: str, asked: Wanted
) -> StreamingResponse:
    """The stream, in a transaction of its own that lasts as long as it is read; and a note of who took it."""
    # What the database cannot be asked is refused here: once the answer has begun there is no other way to say so.
    ledger.count(connection, asked, 1)
    note(
        connection,
        "kernel.ledger.exported",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="ledger",
        entity_id=tenant_id,
        request_id=call,
        ip=ip_of(request),
        payload={name: str(value) for name, value in vars(asked).items() if value is not None},
    )

    async def body() -> AsyncIterator[str]:
        lines = _lines(tenant_id, caller.id, asked)
        async with request.app.state.sessions:
            try:
                async for part in iterate_in_threadpool(lines):
                    yield part
            finally:
                lines.close()

    named = {"Content-Disposition": f'attachment; filename="ledger-{tenant_id}.csv"'}
    return StreamingResponse(body(), media_type="text/csv; charset=utf-8", headers=named)


def _lines(tenant_id: str, actor: str, asked: Wanted) -> Generator[str, None, None]:
    with transaction(tenant_id, actor=actor) as connection:
        yield from ledger.csv_lines(connection, asked)


def cursor_of(place: Place) -> str:
    """A place as text for an address."""
    written = f"{place.occurred_at.isoformat()}|{place.event_id}"
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def place_of(cursor: str | None) -> Place | None:
    """The place that a cursor names.

    Raises:
        Invalid: it is not one of ours.
    """
    if cursor is None:
        return None
    try:
        at, event_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        occurred_at = datetime.fromisoformat(at)
        if occurred_at.tzinfo is None:
            raise ValueError(cursor)
        return Place(occurred_at, UUID(event_id))
    except (ValueError, UnicodeError) as cause:
        raise _not_ours() from cause


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise _not_ours()
    return int(cursor)


def _not_ours() -> Invalid:
    return Invalid("The cursor is not one that this list gave.", hint="Begin again without a cursor.")
