"""One person's decision on one proposal: checked, signed, stored, noted in the ledger, put into effect, at once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.kernel.canonical import new_id
from domain.kernel.clock import utc_now
from domain.kernel.countersign.acts import Act
from domain.kernel.errors import Conflict, CountersignError, Forbidden, Invalid, Unavailable
from domain.kernel.events import record
from domain.kernel.gates import Gate
from domain.kernel.lent import Authority, authority_for
from domain.kernel.lineage import enqueue
from domain.kernel.principal import Principal, Role
from domain.kernel.proposals import Proposal, load_proposal, lock_subject
from domain.kernel.proposed import check_content
from domain.kernel.redaction import redact_text
from domain.kernel.signed import Countersignature, Decision, decisions_on, load_countersignature, signed_bytes
from domain.kernel.signing import Purpose, key_id_of, sign

LONGEST_REASON = 2000


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
    _check_words(act.gate, decision, content_hash, reason)
    lock_subject(connection, first.kind, first.subject)
    proposal = load_proposal(connection, proposal_id)
    former = decisions_on(connection, proposal_id)
    standing = _same_again(principal, decision, former)
    if standing is not None:
        _check_seen(proposal, content_hash)
        return Answer(standing, is_new=False)
    # Asked again of what stands under the lock: somebody may have decided between the look and now.
    authority = _may(connection, principal, act.gate, proposal, decision)
    withdraws = _check_state(connection, act, proposal, decision, content_hash, former)
    row = _row(proposal, act.gate, authority, principal, decision, reason, withdraws)
    return Answer(_keep(connection, act, proposal, row, request_id, ip), is_new=True)


def _may(connection: Connection, principal: Principal, gate: Gate, proposal: Proposal, decision: Decision) -> Authority:
    """Whether the person may; a waiting proposal is taken back by whoever made it, without a role of the gate."""
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


def _check_words(gate: Gate, decision: Decision, content_hash: str | None, reason: str | None) -> None:
    if decision is Decision.APPROVED:
        if gate.needs_hash and not content_hash:
            raise Invalid(
                "The request does not carry the hash of what was seen; nothing was signed.",
                hint="Send `content_hash` as the proposal shows it.",
                code="HASH_REQUIRED",
            )
    elif not (reason or "").strip():
        raise Invalid("A reason is needed, so that the other side knows why.", code="REASON_REQUIRED")
    if reason is not None and len(reason) > LONGEST_REASON:
        raise Invalid(f"A reason has at most {LONGEST_REASON} characters.", code="REASON_TOO_LONG")


def _same_again(principal: Principal, decision: Decision, former: list[Countersignature]) -> Countersignature | None:
    """The first answer, where the same person decides the same a second time and nothing came between."""
    if decision is Decision.MORE_INFORMATION or not former:
        return None
    last = former[-1]
    return last if last.decision is decision and str(last.signer_id) == principal.id else None


def _check_state(
    connection: Connection,
    act: Act,
    proposal: Proposal,
    decision: Decision,
    content_hash: str | None,
    former: list[Countersignature],
) -> uuid.UUID | None:
    """Whether the proposal can be decided so; answers the approval that a withdrawal takes back, if there is one."""
    if decision is Decision.WITHDRAWN and proposal.state == "APPROVED":
        return _withdrawable(connection, act, former)
    if not proposal.is_waiting:
        said = {
            "EXPIRED": ("It has waited too long and has expired.", "Ask for it to be proposed again."),
            "OUTDATED": ("A newer proposal for the same subject stands.", "Open the newest one and decide on that."),
        }
        detail, hint = said.get(
            proposal.state,
            (f"It was already {proposal.state.lower()}.", "A correction is a new proposal that supersedes it."),
        )
        code = proposal.state if proposal.state in said else "ALREADY_DECIDED"
        raise Conflict(f"{detail} Nothing was signed.", hint=hint, code=code)
    _check_seen(proposal, content_hash)
    if decision is Decision.APPROVED:
        check_content(proposal)
    is_moved = act.hash_now is not None and act.hash_now(connection, proposal) != proposal.content_hash
    if decision is Decision.APPROVED and is_moved:
        raise _mismatch("The subject has changed since it was proposed")
    return None


def _check_seen(proposal: Proposal, content_hash: str | None) -> None:
    if content_hash and content_hash != proposal.content_hash:
        raise _mismatch("What you saw is not what is proposed")


def _mismatch(what: str) -> Conflict:
    return Conflict(
        f"{what}; nothing was signed.", hint="Reload the page, read it again and then decide.", code="HASH_MISMATCH"
    )


def _withdrawable(connection: Connection, act: Act, former: list[Countersignature]) -> uuid.UUID:
    approval = next(one for one in former if one.decision is Decision.APPROVED)
    started = connection.execute(
        text("SELECT 1 FROM fulfilments WHERE countersignature_id = :id"), {"id": approval.countersignature_id}
    ).first()
    if started:
        raise Conflict(
            "Its fulfilment has started; it can no longer be taken back.",
            hint="Propose a correction that supersedes it.",
            code="FULFILMENT_STARTED",
        )
    if act.effect is not None and not act.may_withdraw:
        raise Conflict(
            "It took effect when it was signed; it can no longer be taken back.",
            hint="Propose a correction that supersedes it.",
            code="IN_EFFECT",
        )
    return approval.countersignature_id


def _row(
    proposal: Proposal,
    gate: Gate,
    authority: Authority,
    principal: Principal,
    decision: Decision,
    reason: str | None,
    withdraws: uuid.UUID | None,
) -> dict[str, Any]:
    """The decision as it is signed and stored, but for key and signature."""
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
        "signed_at": utc_now(),
    }


def _keep(
    connection: Connection, act: Act, proposal: Proposal, row: dict[str, Any], request_id: str | None, ip: str | None
) -> Countersignature:
    """Sign, store, note in the ledger and let it take effect: all of it or nothing."""
    row["key_id"] = key_id_of(Purpose.COUNTERSIGN)
    row["signature"] = sign(Purpose.COUNTERSIGN, signed_bytes(row))
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO countersignatures ({names}) VALUES ({values})"), row)
    signed = load_countersignature(connection, row["countersignature_id"])
    _tell(connection, signed, request_id, ip)
    if signed.decision is Decision.APPROVED:
        if act.effect is not None:
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
            actor_id=str(signed.signer_id),
            actor_role=signed.signer_role,
            occurred_at=signed.signed_at,
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
