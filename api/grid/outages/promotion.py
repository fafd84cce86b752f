"""Provisional outages over HTTP: infer, list, decide; and the canonical ones that people promoted."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.acts import ACTS
from api.deps import CallerDep, RequestId, TenantSession, allow
from api.grid.outages.answers import answer
from api.grid.outages.schemas import Infer, Progress, Promote
from api.kernel.sign_in import ip_of
from domain.grid.outages.observe.infer import infer
from domain.grid.outages.observe.progress import follow, note_progress
from domain.grid.outages.store import outages, provisionals
from domain.grid.outages.store.provisionals import Provisional
from domain.grid.outages.suggest.promote import Decisions, decisions, require_reason
from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import decide
from domain.kernel.errors import Conflict, Forbidden, Invalid
from domain.kernel.signed import Decision

router = APIRouter(prefix="/v1", tags=["RestoreIQ"])
ADVISES = allow(roles={"OPERATOR", "MANAGER", "REVIEWER", "ADMIN", "TENANT_OWNER"}, scopes={"grid:advise"})
LOOKS = allow(roles={"OPERATOR", "MANAGER", "REVIEWER", "ADMIN", "TENANT_OWNER", "AUDITOR"}, scopes={"grid:read"})
OPERATES = allow(roles={"OPERATOR", "MANAGER", "ADMIN", "TENANT_OWNER"})
STATES = ("OPEN", "DISPATCHED", "ARRIVED", "RESTORED", "CLOSED")


@router.post("/provisionals/infer", dependencies=[ADVISES], summary="Infer what is out from all that was reported")
def infer_now(body: Infer, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The same signals again are the same run; customers who are back are noted on the way."""
    made = infer(connection, caller.tenant_id, now=utc_now(), as_of=body.as_of, requested_by=caller.id)
    back = follow(connection, made.as_of, actor_id=caller.id)
    counts = made.counts | {"customers_restored": back["customers_restored"]}
    told = answer(
        "inferred" if made.is_new else "unchanged",
        run_id=made.run_id,
        counts=counts,
        mode=body.mode,
        provisionals=[_told(row) for row in made.rows],
    )
    return told | {"as_of": made.as_of}


@router.get("/provisionals", dependencies=[LOOKS], summary="Provisional outages, the most customers at stake first")
def list_provisionals(
    connection: TenantSession,
    status: Annotated[list[str] | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """By default those that wait: CANDIDATE, PROBABLE and VERIFY."""
    rows = provisionals.listed(connection, tuple(status or provisionals.OPEN), limit)
    return answer("ok", counts={"provisionals": len(rows)}, rows=[_told(row) for row in rows])


@router.post("/provisionals/promote", dependencies=[ADVISES], summary="Decide which provisional outages are real")
def promote(
    body: Promote, request: Request, connection: TenantSession, caller: CallerDep, request_id: RequestId
) -> dict[str, Any]:
    """`advise` answers the decision table; `commit`, by a person, countersigns it: send its `content_hash`."""
    if body.mode == "commit" and not caller.is_person:
        raise Forbidden(
            "A machine's key cannot promote; nothing was done.", hint="Send a person's token.", code="PERSON_REQUIRED"
        )
    made = decisions(
        connection,
        caller.tenant_id,
        now=utc_now(),
        prov_outage_ids=body.prov_outage_ids,
        outage_id=body.outage_id,
        override_reason=require_reason(body.override, body.reason),
        requested_by=caller.id,
        actor_role=caller.actor_role,
    )
    if body.mode != "commit":
        return _decided(made, "advised", body)
    if made.proposal is None:
        raise Conflict(
            "None of them may be promoted; nothing was done.",
            hint="mode=advise says why each is held.",
            code="NOTHING_TO_PROMOTE",
        )
    if not body.content_hash:
        raise Invalid(
            "The request does not carry the hash of what was seen; nothing was promoted.",
            hint="Send `content_hash` as mode=advise answers it.",
            code="HASH_REQUIRED",
        )
    decide(
        connection,
        caller,
        ACTS,
        made.proposal.proposal_id,
        Decision.APPROVED,
        content_hash=body.content_hash,
        reason=body.reason,
        request_id=request_id,
        ip=ip_of(request),
    )
    return _decided(made, "promoted", body, _outage_of(connection, made))


def _decided(made: Decisions, status: str, body: Promote, outage_id: UUID | None = None) -> dict[str, Any]:
    rows = [{name: value for name, value in row.items() if name != "meter_ids"} for row in made.decisions]
    told = answer(
        status,
        run_id=made.run_id,
        outage_id=outage_id or body.outage_id,
        counts=made.counts,
        mode=body.mode,
        decisions=rows,
    )
    proposal = made.proposal
    return told | {
        "as_of": made.as_of,
        "proposal_id": None if proposal is None else proposal.proposal_id,
        "content_hash": None if proposal is None else proposal.content_hash,
        "page": None if proposal is None else f"/countersign/{proposal.proposal_id}",
    }


def _outage_of(connection: TenantSession, made: Decisions) -> UUID | None:
    """The outage that came of it, where it is one."""
    ids = [UUID(row["prov_outage_id"]) for row in made.decisions if row["action"] in {"promote", "merge"}]
    found = sorted({row.canon_outage_id for row in provisionals.load(connection, ids) if row.canon_outage_id})
    return found[0] if found else None


@router.get("/outages", dependencies=[LOOKS], summary="Outages that people promoted, the newest first")
def list_outages(
    connection: TenantSession,
    status: Annotated[list[str] | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """All states by default."""
    rows = outages.listed(connection, tuple(status or STATES), limit)
    return answer("ok", counts={"outages": len(rows)}, rows=[vars(row) for row in rows])


@router.get("/outages/{outage_id}", dependencies=[LOOKS], summary="One outage and how far it is restored")
def one_outage(outage_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """Counts of customers out and back, with the outage's own row."""
    outage = outages.load(connection, outage_id)
    impacts = outages.impacts(connection, outage_id)
    counts = {
        "customers": len(impacts),
        "customers_out": sum(one.restored_at is None for one in impacts),
        "critical_out": sum(one.critical and one.restored_at is None for one in impacts),
    }
    return answer(outage.status, outage_id=outage_id, counts=counts) | {"outage": vars(outage)}


@router.post("/outages/{outage_id}/progress", dependencies=[OPERATES], summary="Report how an outage goes on")
def report_progress(outage_id: UUID, body: Progress, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Times of the work, its cause, where the fault was found. Nothing is switched by it."""
    outage = note_progress(connection, outage_id, body.model_dump(), actor_id=caller.id, actor_role=caller.actor_role)
    return answer(outage.status, outage_id=outage_id, counts={}) | {"outage": vars(outage)}


def _told(row: Provisional) -> dict[str, Any]:
    """A provisional outage without its long list of meters."""
    return {name: value for name, value in vars(row).items() if name != "meter_ids"}
