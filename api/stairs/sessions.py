"""Test sessions over HTTP: plan, walk, hand in, amend, give up."""

from datetime import date
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import CallerDep, TenantSession, allow
from api.paging import LONGEST_CURSOR, By, Keyset
from api.stairs.access import LOOKS
from api.stairs.answers import plain, session_told
from api.stairs.schemas import Amendment, NewSession, WithReason
from domain.kernel.clock import utc_now
from domain.kernel.principal import Role
from domain.stairs.observe import sessions as visits
from domain.stairs.store import instances, sessions
from domain.stairs.suggest.handing_in import hand_in

router = APIRouter(prefix="/tests/sessions")
WALKS = frozenset({Role.TECHNICIAN, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
TESTS = allow(roles=WALKS)
PLANS = allow(roles={"TECHNICIAN", "MANAGER", "REVIEWER", "ADMIN", "TENANT_OWNER"}, scopes={"stairs:write"})
AMENDERS = WALKS | {Role.REVIEWER}
AMENDS = allow(roles=AMENDERS)
ORDER = Keyset("test sessions", By("planned_for", date, descending=True), By("id", UUID, descending=True))
WALK = Keyset("instances", By("sequence_order", int))


@router.post("", status_code=201, dependencies=[PLANS], summary="Plan a visit from the published templates")
def create(body: NewSession, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Every published template of the building and frequency becomes an instance of the session, in walk order."""
    made = visits.create_session(connection, caller, **body.model_dump())
    return {"session_id": str(made.session.id), "instances": made.instances, "session": session_told(made.session)}


@router.get("", dependencies=[LOOKS], summary="Sessions, the latest planned first")
def listed(
    connection: TenantSession,
    building_id: UUID | None = None,
    status: Annotated[list[str] | None, Query(max_length=10)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> dict[str, Any]:
    """Of one building, or in some states, where asked."""
    before: Any = None if cursor is None else tuple(ORDER.read(cursor))
    found = sessions.listed(connection, limit + 1, building_id=building_id, statuses=status or (), before=before)
    rows = found[:limit]
    last = {"planned_for": rows[-1].planned_for, "id": rows[-1].id} if rows else {}
    return {
        "rows": [session_told(one) for one in rows],
        "next_cursor": ORDER.write(last) if len(found) > limit else None,
    }


@router.get("/{session_id}", dependencies=[LOOKS], summary="One session and how far it is")
def one(session_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """Completion counts what was carried out; resolved counts what was skipped besides."""
    return session_told(sessions.load(connection, session_id), instances.progress(connection, session_id))


@router.get("/{session_id}/instances", dependencies=[LOOKS], summary="What a session tests, in walk order")
def list_instances(
    session_id: UUID,
    connection: TenantSession,
    status: Annotated[str | None, Query(max_length=20)] = None,
    stair_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> dict[str, Any]:
    """With what came of each."""
    sessions.load(connection, session_id)
    after = 0 if cursor is None else cast(int, WALK.read(cursor)[0])
    found = instances.of_session(connection, session_id, status=status, stair_id=stair_id, after=after, limit=limit + 1)
    rows = found[:limit]
    more = len(found) > limit
    return {
        "rows": [plain(row) for row in rows],
        "next_cursor": WALK.write({"sequence_order": rows[-1]["sequence_order"]}) if more else None,
    }


@router.post("/{session_id}/start", dependencies=[TESTS], summary="Begin to walk a session")
def start(session_id: UUID, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Harmless where it has begun."""
    return session_told(visits.started(connection, caller, session_id, utc_now()))


@router.post("/{session_id}/submit", dependencies=[TESTS], summary="Hand a session in for review")
def submit(session_id: UUID, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Proposes the session as it stands; another person countersigns it. Nothing is approved by this."""
    proposal = hand_in(connection, caller, session_id, utc_now())
    told = session_told(sessions.load(connection, session_id), instances.progress(connection, session_id))
    return told | {
        "proposal_id": str(proposal.proposal_id),
        "content_hash": proposal.content_hash,
        "page": f"/countersign/{proposal.proposal_id}",
    }


@router.post("/{session_id}/void", dependencies=[TESTS], summary="Give a session up")
def void(session_id: UUID, body: WithReason, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """What was tested stays readable; an approved session is never void."""
    return session_told(visits.void(connection, caller, session_id, body.reason))


@router.post("/{session_id}/amend", status_code=201, dependencies=[AMENDS], summary="Correct an approved session")
def amend(session_id: UUID, body: Amendment, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """A new session that repeats the named instances; the approved one stays as it was signed."""
    made = visits.amend(connection, caller, session_id, **body.model_dump())
    return {"session_id": str(made.session.id), "instances": made.instances, "session": session_told(made.session)}
