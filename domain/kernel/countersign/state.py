"""Whether one decision can be taken on one proposal as it stands: words, state, what was seen, what it says."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from domain.kernel.countersign.acts import Act
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.gates import Gate
from domain.kernel.logs import logger
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal
from domain.kernel.proposed import check_content
from domain.kernel.signed import Countersignature, Decision

LONGEST_REASON = 2000
log = logger("kernel.countersign")


def check_words(gate: Gate, decision: Decision, content_hash: str | None, reason: str | None) -> None:
    """Whether hash and reason are given where this decision needs them, and the reason is of a length to be kept.

    Raises:
        Invalid: HASH_REQUIRED, REASON_REQUIRED, REASON_TOO_LONG.
    """
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


def same_again(principal: Principal, decision: Decision, former: list[Countersignature]) -> Countersignature | None:
    """The first answer, where the same person decides the same a second time and nothing came between."""
    if decision is Decision.MORE_INFORMATION or not former:
        return None
    last = former[-1]
    return last if last.decision is decision and str(last.signer_id) == principal.id else None


def check_state(
    connection: Connection,
    act: Act,
    proposal: Proposal,
    decision: Decision,
    content_hash: str | None,
    former: list[Countersignature],
) -> uuid.UUID | None:
    """Whether the proposal can be decided so; answers the approval that a withdrawal takes back, if there is one.

    Raises:
        Conflict: EXPIRED, OUTDATED, ALREADY_DECIDED, HASH_MISMATCH, FULFILMENT_STARTED, IN_EFFECT, MALFORMED_PROPOSAL.
    """
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
    check_seen(proposal, content_hash)
    if decision is Decision.APPROVED:
        check_content(proposal)
        _check_unmoved(connection, act, proposal)
    return None


def _check_unmoved(connection: Connection, act: Act, proposal: Proposal) -> None:
    if act.hash_now is None:
        return
    with readable(proposal):
        now = act.hash_now(connection, proposal)
    if now != proposal.content_hash:
        raise _mismatch("The subject has changed since it was proposed")


def check_seen(proposal: Proposal, content_hash: str | None) -> None:
    """Whether the hash that the person sends along, if any, is the one of what is proposed.

    Raises:
        Conflict: HASH_MISMATCH.
    """
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


@contextmanager
def readable(proposal: Proposal) -> Iterator[None]:
    """Content or a subject that its kind cannot read was laid down by something that is not ours: say so, no fault.

    Raises:
        Conflict: MALFORMED_PROPOSAL.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as cause:
        log.error("countersign.proposal_unreadable", proposal=str(proposal.proposal_id), exc_info=cause)
        raise Conflict(
            f"This proposal is not what {proposal.kind} can carry out; nothing was signed.",
            hint="Refuse it with a reason, and have it proposed again by the page or the command that it belongs to.",
            code="MALFORMED_PROPOSAL",
        ) from cause
