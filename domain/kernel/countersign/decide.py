"""One person's decision on one proposal: checked, signed, stored, noted in the ledger, put into effect, at once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.kernel.canonical import new_id
from domain.kernel.countersign.acts import Act
from domain.kernel.countersign.state import check_seen, check_state, check_words, readable, same_again
from domain.kernel.db import database_now
from domain.kernel.errors import Conflict, CountersignError, Forbidden, Unavailable
from domain.kernel.events import record
from domain.kernel.gates import DELEGATION, Gate
from domain.kernel.lent import Authority, authority_for
from domain.kernel.lineage import enqueue
from domain.kernel.people import still
from domain.kernel.principal import Principal, Role
from domain.kernel.proposals import Proposal, Subject, load_proposal, lock_subject
from domain.kernel.redaction import redact_text
from domain.kernel.signed import Countersignature, Decision, decisions_on, load_countersignature, signed_bytes
from domain.kernel.signing import Purpose, key_id_of, sign


@dataclass(frozen=True)
class Answer:
    """What came of a decision: the countersignature, and whether this call made it."""

    countersignature: Countersignature
    is_new: bool


def decide(
    connection: Connection,
    principal: Principal,
    acts: Mapping[str, Act],
    proposal_id: uuid.UUID,
    decision: Decision,
    *,
    content_hash: str | None = None,
    reason: str | None = None,
    request_id: str | None = None,
    ip: str | None = None,
) -> Answer:
    """One person's decision on one proposal, in the caller's transaction.

    The same person deciding the same again gets the first answer. A refusal and a question need a reason; so does
    taking something back.

    Raises:
        NotFound: the tenant has no such proposal.
        Forbidden: PERSON_REQUIRED, ROLE_REQUIRED, FOUR_EYES.
        Invalid: HASH_REQUIRED, REASON_REQUIRED.
        Conflict: HASH_MISMATCH, CONTENT_CHANGED, ALREADY_DECIDED, EXPIRED, OUTDATED, FULFILMENT_STARTED, IN_EFFECT.
        Unavailable: the ledger could not be written; nothing was signed.
    """
    first = load_proposal(connection, proposal_id)
    act = acts.get(first.kind)
    if act is None:
        raise Conflict(f"No gate for {first.kind} stands in this version.", code="UNKNOWN_KIND")
    _may(connection, principal, act.gate, first, decision)
    check_words(act.gate, decision, content_hash, reason)
    lock_subject(connection, first.kind, first.subject)
    proposal = load_proposal(connection, proposal_id)
    former = decisions_on(connection, proposal_id)
    standing = same_again(principal, decision, former)
    if standing is not None:
        check_seen(proposal, content_hash)
        return Answer(standing, is_new=False)
    # Asked again of what stands under the lock: somebody may have decided between the look and now, and a body may have
    # been minutes on its way since the gate asked for the roles.
    authority = _held(connection, still(connection, principal), act.gate, proposal, decision)
    withdraws = check_state(connection, act, proposal, decision, content_hash, former)
    row = _row(proposal, act.gate, authority, principal, decision, reason, withdraws)
    return Answer(_keep(connection, act, proposal, row, request_id, ip), is_new=True)


def _may(connection: Connection, principal: Principal, gate: Gate, proposal: Proposal, decision: Decision) -> Authority:
    """Whether the person may; a waiting proposal is taken back by whoever made it, without a role of the gate."""
    if principal.bound_to is not None:
        raise Forbidden("A device collects; it does not sign.", hint="Sign in in the browser.", code="DEVICE_BOUND")
    if principal.tenant_id != proposal.tenant_id:
        raise Forbidden(
            "What you are in another tenant does not sign in this one.",
            hint=f"Sign in to {proposal.tenant_id}, with a role there.",
            code="TENANT_MISMATCH",
        )
    is_own = principal.id == proposal.proposed_by
    # Withdrawn is let through for the second click, which answers the first; whatever else comes is refused there.
    is_open = proposal.is_waiting or proposal.state == "WITHDRAWN"
    if decision is Decision.WITHDRAWN and is_own and principal.is_person and is_open:
        return Authority(Role(min(principal.roles))) if principal.roles else authority_for(connection, principal, gate)
    authority = authority_for(connection, principal, gate)
    if decision is Decision.APPROVED and _hands(connection, gate, proposal) & {
        principal.id,
        str(authority.on_behalf_of),
    }:
        raise Forbidden(
            "You proposed this, had a hand in it or signed what it corrects; another person signs it.",
            hint="Ask a colleague with the same role.",
            code="FOUR_EYES",
        )
    return authority


def _held(
    connection: Connection, principal: Principal, gate: Gate, proposal: Proposal, decision: Decision
) -> Authority:
    """The authority, which nobody takes back before this transaction has ended."""
    authority = _may(connection, principal, gate, proposal, decision)
    while authority.delegation_id is not None:
        lock_subject(connection, DELEGATION.kind, Subject("delegation", str(authority.delegation_id)), is_shared=True)
        before, authority = authority, _may(connection, principal, gate, proposal, decision)
        if authority == before:
            break
    return authority


def _hands(connection: Connection, gate: Gate, proposal: Proposal) -> set[str]:
    """User ids of those who may not sign it: who had a hand in it, and always whoever signed what it corrects."""
    hands: set[str] = set()
    if gate.four_eyes and four_eyes_on(connection):
        hands |= {proposal.proposed_by, *proposal.authors}
    if proposal.supersedes is not None:
        hands.add(str(load_countersignature(connection, proposal.supersedes).signer_id))
    return hands


def why_not(connection: Connection, principal: Principal, gate: Gate, proposal: Proposal) -> CountersignError | None:
    """What keeps the person from approving the proposal, or None; asked again, under the lock, when it is decided."""
    try:
        _may(connection, principal, gate, proposal, Decision.APPROVED)
    except Forbidden as refusal:
        return refusal
    return None


def four_eyes_on(connection: Connection) -> bool:
    """Whether the tenant has it that nobody signs what he or she proposed; on unless it is switched off."""
    found = connection.execute(
        text(
            "SELECT settings -> 'four_eyes' FROM tenants"
            " WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '')"
        )
    ).scalar_one_or_none()
    return found is not False


def _row(
    proposal: Proposal,
    gate: Gate,
    authority: Authority,
    principal: Principal,
    decision: Decision,
    reason: str | None,
    withdraws: uuid.UUID | None,
) -> dict[str, Any]:
    """The decision as it is signed and stored, but for its time, key and signature."""
    meaning = gate.meaning if decision is Decision.APPROVED else f"Decision: {decision.value.lower()}."
    return {
        "countersignature_id": new_id(),
        "proposal_id": proposal.proposal_id,
        "tenant_id": proposal.tenant_id,
        "kind": proposal.kind,
        "subject_type": proposal.subject.type,
        "subject_id": proposal.subject.id,
        "content_hash": proposal.content_hash,
        "decision": decision.value,
        "signer_id": uuid.UUID(principal.id),
        "signer_role": authority.role.value,
        "on_behalf_of": authority.on_behalf_of,
        "delegation_id": authority.delegation_id,
        "meaning": meaning,
        # Signed as it is kept, for ever: a password that somebody pasted is no part of it.
        "reason": redact_text(reason.strip()) if reason and reason.strip() else None,
        "supersedes": proposal.supersedes,
        "withdraws": withdraws,
    }


def _keep(
    connection: Connection, act: Act, proposal: Proposal, row: dict[str, Any], request_id: str | None, ip: str | None
) -> Countersignature:
    """Sign, store, note in the ledger and let it take effect: all of it or nothing."""
    row["signed_at"] = database_now(connection)
    row["key_id"] = key_id_of(Purpose.COUNTERSIGN)
    row["signature"] = sign(Purpose.COUNTERSIGN, signed_bytes(row))
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO countersignatures ({names}) VALUES ({values})"), row)
    signed = load_countersignature(connection, row["countersignature_id"])
    _tell(connection, signed, request_id, ip)
    if signed.decision is Decision.APPROVED:
        if act.effect is not None:
            with readable(proposal):
                act.effect(connection, signed, proposal)
        enqueue(
            connection,
            ["countersign", signed.kind.replace(".", "_")],
            metadata={"countersignature_id": str(signed.countersignature_id), "subject": signed.subject_id},
        )
    elif signed.decision is Decision.REFUSED and act.on_refusal is not None:
        act.on_refusal(connection, signed, proposal)
    return signed


def _tell(connection: Connection, signed: Countersignature, request_id: str | None, ip: str | None) -> None:
    """The act and its event stand or fall together."""
    payload = {
        "countersignature_id": signed.countersignature_id,
        "kind": signed.kind,
        "subject": f"{signed.subject_type}/{signed.subject_id}",
        "content_hash": signed.content_hash,
        "on_behalf_of": signed.on_behalf_of,
        "reason": signed.reason,
    }
    try:
        record(
            connection,
            f"kernel.proposal.{signed.decision.value.lower()}",
            **signed.actor,
            entity_type="proposal",
            entity_id=str(signed.proposal_id),
            request_id=request_id,
            ip=ip,
            payload={name: str(value) for name, value in payload.items() if value is not None},
        )
    except DBAPIError as cause:
        raise Unavailable(
            "The ledger cannot be written now; nothing was signed.",
            hint="Try again shortly.",
            code="LEDGER_UNAVAILABLE",
        ) from cause
