"""Provisional outages over HTTP: infer, list, decide; `commit` is a person's countersignature."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from api.deps import CallerDep, TenantSession, allow
from api.grid.outages.answers import OF_RUN, answer, short_provisional
from api.grid.outages.schemas import Infer, Promote
from api.kernel.acting import Acting, ActingDep
from api.paging import LONGEST_CURSOR, By, Keyset
from domain.grid.outages.observe.infer import infer
from domain.grid.outages.observe.progress import follow
from domain.grid.outages.store import provisionals
from domain.grid.outages.suggest.promote import Decisions, approved_before, decisions, require_reason
from domain.kernel.clock import utc_now
from domain.kernel.errors import Conflict, Forbidden, Invalid
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Decision

router = APIRouter(prefix="/v1", tags=["RestoreIQ"])
ADVISES = allow(roles={"OPERATOR", "MANAGER", "REVIEWER", "ADMIN", "TENANT_OWNER"}, scopes={"grid:advise"})
LOOKS = allow(roles={"OPERATOR", "MANAGER", "REVIEWER", "ADMIN", "TENANT_OWNER", "AUDITOR"}, scopes={"grid:read"})
OPERATES = allow(roles={"OPERATOR", "MANAGER", "ADMIN", "TENANT_OWNER"})
State = Literal["CANDIDATE", "PROBABLE", "VERIFY", "PROMOTED", "REJECTED", "MERGED", "EXPIRED", "MOMENTARY", "COMMS"]
ORDER = Keyset("provisional outages", By("at_stake", float, descending=True), By("prov_outage_id", UUID))


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
        rest="provisionals",
        provisionals=[short_provisional(row) for row in made.rows],
    )
    return told | {"as_of": made.as_of}


@router.get("/provisionals", dependencies=[LOOKS], summary="Provisional outages, the most customers at stake first")
def list_provisionals(
    connection: TenantSession,
    status: Annotated[list[State] | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> dict[str, Any]:
    """By default those that wait: CANDIDATE, PROBABLE and VERIFY."""
    after: Any = None if cursor is None else tuple(ORDER.read(cursor))
    found = provisionals.listed(connection, tuple(status or provisionals.OPEN), limit + 1, after=after)
    rows = found[:limit]
    told = answer("ok", counts={"provisionals": len(rows)})
    last = {"at_stake": rows[-1].at_stake, "prov_outage_id": rows[-1].prov_outage_id} if rows else {}
    next_cursor = ORDER.write(last) if len(found) > limit else None
    return told | {"rows": [short_provisional(row) for row in rows], "next_cursor": next_cursor}


@router.post("/provisionals/promote", dependencies=[ADVISES], summary="Decide which provisional outages are real")
def promote(body: Promote, act: ActingDep) -> dict[str, Any]:
    """`advise` answers the decision table; `commit`, by a person, countersigns it: send its `content_hash`."""
    connection, caller = act.connection, act.caller
    if body.mode == "commit":
        _check_commit(body, caller)
        former = approved_before(connection, body.content_hash or "")
        if former is not None:
            _sign(act, former, body)
            return _signed_before(connection, former)
    made = decisions(
        connection,
        caller.tenant_id,
        now=utc_now(),
        prov_outage_ids=body.prov_outage_ids,
        outage_id=body.outage_id,
        override_reason=require_reason(body.override, body.reason, body.prov_outage_ids, is_person=caller.is_person),
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
    _sign(act, made.proposal, body)
    return _decided(made, "promoted", body, _outage_of(connection, made.decisions))


def _check_commit(body: Promote, caller: Principal) -> None:
    if not caller.is_person:
        raise Forbidden(
            "A machine's key cannot promote; nothing was done.", hint="Send a person's token.", code="PERSON_REQUIRED"
        )
    if not body.content_hash:
        raise Invalid(
            "The request does not carry the hash of what was seen; nothing was promoted.",
            hint="Send `content_hash` as mode=advise answers it.",
            code="HASH_REQUIRED",
        )


def _sign(act: Acting, proposal: Proposal, body: Promote) -> None:
    """The caller's signature on what was seen; whoever signed it before gets the first answer, anybody else 409."""
    act.decide(proposal.proposal_id, Decision.APPROVED, reason=body.reason, content_hash=body.content_hash)


def _signed_before(connection: Connection, proposal: Proposal) -> dict[str, Any]:
    """The second click: what came of the first, from what was signed."""
    rows = proposal.content["decisions"]
    actions = [row["action"] for row in rows]
    counts = {"candidates": len(rows), "promoted": actions.count("promote"), "merged": actions.count("merge")}
    told = answer(
        "unchanged",
        run_id=proposal.run_id,
        outage_id=_outage_of(connection, rows),
        counts=counts | {"rejected": 0, "held": 0},
        decisions=[_without_meters(row) for row in rows],
    )
    return told | _proposed(proposal)


def _decided(made: Decisions, status: str, body: Promote, outage_id: UUID | None = None) -> dict[str, Any]:
    first = _first_asked(body.cursor, made.run_id)
    told = answer(
        status,
        run_id=made.run_id,
        outage_id=outage_id or body.outage_id,
        counts=made.counts,
        mode=body.mode,
        rest="decisions",
        first=first,
        decisions=[_without_meters(row) for row in made.decisions[first:]],
    )
    return told | {"as_of": made.as_of} | _proposed(made.proposal)


def _first_asked(cursor: str | None, run_id: UUID) -> int:
    """The number of the first decision that is asked for; the table must be the one that was begun."""
    if cursor is None:
        return 0
    of, name, position = OF_RUN.read(cursor)
    if (of, name) != (run_id, "decisions") or not isinstance(position, int):
        raise Conflict(
            "The table is another by now: something was reported or decided meanwhile.",
            hint="Leave `cursor` out to begin anew.",
            code="CURSOR_OUTDATED",
        )
    return position


def _without_meters(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "meter_ids"}


def _proposed(proposal: Proposal | None) -> dict[str, Any]:
    return {
        "proposal_id": None if proposal is None else proposal.proposal_id,
        "content_hash": None if proposal is None else proposal.content_hash,
        "page": None if proposal is None else f"/countersign/{proposal.proposal_id}",
    }


def _outage_of(connection: Connection, rows: list[dict[str, Any]]) -> UUID | None:
    """The outage that came of it, where it is one."""
    ids = [UUID(row["prov_outage_id"]) for row in rows if row["action"] in {"promote", "merge"}]
    found = sorted({row.canon_outage_id for row in provisionals.load(connection, ids) if row.canon_outage_id})
    return found[0] if found else None
