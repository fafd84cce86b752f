"""Countersigning over HTTP: the queue, one verb for each outcome of a decision, and the chain behind a signature."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from api.acts import GATES
from api.deps import CallerDep, TenantSession, allow
from api.kernel.acting import Acting, ActingDep
from api.kernel.countersign_schemas import (
    HASH,
    Approve,
    Chain,
    Countersigned,
    Decided,
    Proposed,
    Queue,
    RefusedMany,
    RefuseMany,
    State,
    Waiting,
    WithReason,
)
from api.kernel.proposed_content import is_short
from api.paging import By, Keyset, Page, PageDep
from domain.kernel import queue
from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import why_not
from domain.kernel.errors import CountersignError
from domain.kernel.gates import Gate
from domain.kernel.lent import kinds_open_to
from domain.kernel.principal import Principal, Role
from domain.kernel.proposals import Proposal, load_proposal
from domain.kernel.signed import MEMBERS, Countersignature, Decision, decisions_on, load_countersignature

router = APIRouter(prefix="/v1", tags=["Countersign"])
# Who may decide on what is a matter of each gate; a learner comes to none.
PEOPLE = allow(roles=frozenset(Role) - {Role.LEARNER})
READERS = allow(roles={"AUDITOR", "ADMIN", "TENANT_OWNER", "MANAGER", "REVIEWER", "RELEASE_APPROVER", "PLATFORM_ADMIN"})
QUEUE = Keyset("queue", By("severity", int, descending=True), By("created_at", datetime), By("proposal_id", UUID))
HISTORY = Keyset(
    "proposals",
    By("created_at", datetime, descending=True),
    By("proposal_id", UUID, descending=True),
    By("severity", int),
)
Text = Annotated[str | None, Query(max_length=200)]


@router.get("/countersign/queue", dependencies=[PEOPLE], summary="What waits for you")
def waiting_for_you(
    connection: TenantSession,
    caller: CallerDep,
    page: PageDep,
    kind: Text = None,
    room: Text = None,
) -> Queue:
    """What you may decide on, the most severe first and then the oldest, by your own roles or lent ones."""
    kinds = [
        name
        for name in kinds_open_to(connection, caller, GATES.values())
        if kind in {None, name} and room in {None, GATES[name].room}
    ]
    found = queue.waiting(connection, kinds, after=place_of(QUEUE, page.cursor), limit=page.limit + 1)
    return _page(connection, caller, QUEUE, page, found, {"waiting": queue.how_many_wait(connection, kinds)})


@router.get("/proposals", dependencies=[READERS], summary="Proposals in any state")
def proposals(
    connection: TenantSession,
    caller: CallerDep,
    page: PageDep,
    state: State | None = None,
    kind: Text = None,
    subject_id: Text = None,
) -> Queue:
    """What was ever laid before people in this tenant, the newest first."""
    after = place_of(HISTORY, page.cursor)
    found = queue.history(connection, state=state, kind=kind, subject_id=subject_id, after=after, limit=page.limit + 1)
    return _page(connection, caller, HISTORY, page, found, {"shown": min(len(found), page.limit)})


@router.get("/proposals/{proposal_id}", dependencies=[PEOPLE], summary="One proposal")
def proposal(connection: TenantSession, caller: CallerDep, proposal_id: UUID) -> Proposed:
    """Everything that a signer looks at, and every decision so far."""
    return shown(connection, caller, load_proposal(connection, proposal_id))


@router.post("/proposals/{proposal_id}/approve", dependencies=[PEOPLE], summary="Countersign")
def approve(body: Approve, act: ActingDep, proposal_id: UUID) -> Decided:
    """Sign exactly what was seen. The same click twice answers the first signature."""
    return _decided(act, proposal_id, Decision.APPROVED, body.reason, body.content_hash)


@router.post("/proposals/{proposal_id}/refuse", dependencies=[PEOPLE], summary="Refuse")
def refuse(body: WithReason, act: ActingDep, proposal_id: UUID) -> Decided:
    """Refuse, with the reason; the proposal is closed."""
    return _decided(act, proposal_id, Decision.REFUSED, body.reason)


@router.post("/proposals/{proposal_id}/ask", dependencies=[PEOPLE], summary="Ask for more information")
def ask(body: WithReason, act: ActingDep, proposal_id: UUID) -> Decided:
    """Ask a question; the proposal goes on waiting."""
    return _decided(act, proposal_id, Decision.MORE_INFORMATION, body.reason)


@router.post("/proposals/{proposal_id}/withdraw", dependencies=[PEOPLE], summary="Take back")
def withdraw(body: WithReason, act: ActingDep, proposal_id: UUID) -> Decided:
    """Take back the own proposal while it waits, or an approval until its fulfilment has started."""
    return _decided(act, proposal_id, Decision.WITHDRAWN, body.reason)


@router.post("/countersign/refuse", dependencies=[PEOPLE], summary="Refuse several")
def refuse_many(body: RefuseMany, act: ActingDep) -> RefusedMany:
    """Refuse several for one reason; each by itself: what cannot be refused says why, the others are."""
    results = [refuse_one(act, one, body.reason) for one in dict.fromkeys(body.proposal_ids)]
    counts = {"refused": sum(one["status"] == "refused" for one in results), "asked": len(results)}
    return RefusedMany.model_validate({"results": results, "counts": counts})


@router.get("/countersignatures/{countersignature_id}", dependencies=[PEOPLE], summary="The chain behind a signature")
def countersignature(connection: TenantSession, caller: CallerDep, countersignature_id: UUID) -> Chain:
    """Proposal, evidence, signature, fulfilment, artifacts."""
    return chain_of(connection, caller, load_countersignature(connection, countersignature_id))


@router.get("/countersignatures", dependencies=[READERS], summary="The approval of a content")
def countersignatures(connection: TenantSession, content_hash: Annotated[HASH, Query()]) -> list[Countersigned]:
    """Every decision on exactly this content, oldest first."""
    found = [one for item in queue.by_hash(connection, content_hash) for one in decisions_on(connection, item)]
    return as_countersigned(connection, sorted(found, key=lambda one: (one.signed_at, str(one.countersignature_id))))


def refuse_one(act: Acting, proposal_id: UUID, reason: str) -> dict[str, Any]:
    """Refuse one of several; an error undoes this one alone."""
    try:
        with act.connection.begin_nested():
            _decided(act, proposal_id, Decision.REFUSED, reason)
    except CountersignError as error:
        return {"proposal_id": proposal_id, "status": "not_refused", "code": error.code, "detail": error.detail}
    return {"proposal_id": proposal_id, "status": "refused"}


def _decided(
    act: Acting, proposal_id: UUID, decision: Decision, reason: str | None, content_hash: str | None = None
) -> Decided:
    answer = act.decide(proposal_id, decision, reason=reason, content_hash=content_hash)
    told = as_countersigned(act.connection, [answer.countersignature])[0]
    return Decided(status="signed" if answer.is_new else "already_signed", countersignature=told)


def chain_of(connection: Connection, caller: Principal, signed: Countersignature) -> Chain:
    """From what was proposed to what was made of it."""
    fulfilment = queue.fulfilment_of(connection, signed.countersignature_id)
    named = fulfilment["artifact_ids"] if fulfilment else []
    return Chain.model_validate(
        {
            "countersignature": as_countersigned(connection, [signed])[0],
            "proposal": shown(connection, caller, load_proposal(connection, signed.proposal_id)),
            "fulfilment": fulfilment,
            "artifacts": queue.artifacts_of(connection, signed.countersignature_id, named),
        }
    )


def shown(connection: Connection, caller: Principal, found: Proposal) -> Proposed:
    """One proposal for one reader."""
    gate = GATES[found.kind]
    more = {
        "content": found.content if is_short(found) else None,
        "content_url": None if found.content is None else f"/v1/proposals/{found.proposal_id}/content",
        "evidence": found.evidence,
        "meaning": gate.meaning,
        "roles": sorted(gate.roles),
        "run_id": found.run_id,
        "supersedes": found.supersedes,
        "decisions": as_countersigned(connection, decisions_on(connection, found.proposal_id)),
    }
    line = in_line(connection, caller, [found])[0]
    return Proposed.model_validate(line.model_dump() | more)


def in_line(connection: Connection, caller: Principal, found: Sequence[Proposal]) -> list[Waiting]:
    """Proposals as lines of the queue, for one reader."""
    names = queue.names_of(connection, {one.proposed_by for one in found})
    return [_line(connection, caller, one, names, GATES[one.kind]) for one in found if one.kind in GATES]


def _line(connection: Connection, caller: Principal, one: Proposal, names: dict[str, str], gate: Gate) -> Waiting:
    refusal = why_not(connection, caller, gate, one) if one.is_waiting else None
    return Waiting.model_validate(
        {
            "proposal_id": one.proposal_id,
            "kind": one.kind,
            "title": gate.title,
            "room": gate.room,
            "subject_type": one.subject.type,
            "subject_id": one.subject.id,
            "content_hash": one.content_hash,
            "summary": one.summary,
            "severity": one.severity,
            "state": one.state,
            "proposed_by": one.proposed_by,
            "proposed_by_name": names.get(one.proposed_by),
            "created_at": one.created_at,
            "expires_at": one.expires_at,
            "age_s": max(0, int((utc_now() - one.created_at).total_seconds())),
            "page_url": one.page_url,
            "consequence": gate.consequence,
            "may_sign": one.is_waiting and refusal is None,
            "why_not": refusal.detail if refusal else None,
        }
    )


def as_countersigned(connection: Connection, found: Sequence[Countersignature]) -> list[Countersigned]:
    """Decisions with the names of those who made them."""
    people = {str(person) for one in found for person in (one.signer_id, one.on_behalf_of) if person}
    names = queue.names_of(connection, people)
    told = []
    for one in found:
        members = {name: getattr(one, name) for name in MEMBERS if name in Countersigned.model_fields}
        members["signature"] = base64.b64encode(one.signature).decode()
        members["signer_name"] = names.get(str(one.signer_id), "a former colleague")
        members["on_behalf_of_name"] = names.get(str(one.on_behalf_of)) if one.on_behalf_of else None
        told.append(Countersigned.model_validate(members))
    return told


def _page(
    connection: Connection,
    caller: Principal,
    order: Keyset,
    page: Page,
    found: Sequence[Proposal],
    counts: dict[str, int],
) -> Queue:
    lines = in_line(connection, caller, found[: page.limit])
    return Queue(items=lines, counts=counts, next_cursor=next_cursor(order, found, page.limit))


def next_cursor(order: Keyset, found: Sequence[Proposal], limit: int) -> str | None:
    """The cursor behind the last of `limit` proposals; None where no more were found."""
    return order.write(vars(found[limit - 1])) if len(found) > limit else None


def place_of(order: Keyset, cursor: str | None) -> queue.Place | None:
    """The place that a cursor of that list names.

    Raises:
        Invalid: BAD_CURSOR, it is none that a page of the list gave.
    """
    if cursor is None:
        return None
    named: dict[str, Any] = {
        column.name: value for column, value in zip(order.columns, order.read(cursor), strict=True)
    }
    return queue.Place(**named)
