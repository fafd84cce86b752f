"""Lent authority over HTTP: delegations, which the lender signs at once, and standing orders, which another signs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.acts import GATES
from api.deps import CallerDep, TenantSession, allow
from api.kernel.acting import Acting, ActingDep
from api.kernel.lent_schemas import (
    Delegation,
    Delegations,
    Ending,
    NewDelegation,
    NewOrder,
    Order,
    Orders,
    ProposedOrder,
)
from domain.kernel import lending
from domain.kernel.clock import utc_now
from domain.kernel.errors import Conflict, Forbidden
from domain.kernel.gates import DELEGATION, STANDING_ORDER
from domain.kernel.principal import Role
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Decision

router = APIRouter(prefix="/v1", tags=["Lent authority"])
LENDERS = allow(roles=DELEGATION.roles)
ORDER_PROPOSERS = frozenset({Role.OPERATOR, Role.MANAGER}) | STANDING_ORDER.roles
PROPOSES = allow(roles=ORDER_PROPOSERS)
SIGNERS = allow(roles=STANDING_ORDER.roles)
LOOKS = allow(roles=frozenset(Role) - {Role.LEARNER})
ENDS_ANY = STANDING_ORDER.roles
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=1000)]


@router.post("/delegations", dependencies=[LENDERS], status_code=201, summary="Lend an own role")
def lend(body: NewDelegation, act: ActingDep) -> Delegation:
    """Proposed and countersigned in one step by the person whose role it is; the ledger shows both names."""
    return Delegation.model_validate(lend_role(act, **body.model_dump()))


def lend_role(
    act: Acting,
    *,
    to_user: UUID,
    role: Role,
    kinds: list[str],
    valid_to: datetime,
    reason: str,
) -> lending.Delegation:
    """Propose the delegation and sign it as the lender, in one step.

    Raises:
        Forbidden: ROLE_REQUIRED, the caller does not hold the role or it cannot be lent.
        NotFound: no such active colleague.
        Invalid: the colleague is the caller, or kinds or end do not fit.
    """
    proposal = lending.propose_delegation(
        act.connection,
        act.caller,
        GATES,
        to_user=to_user,
        role=role,
        kinds=kinds,
        valid_to=valid_to,
        reason=reason,
        now=utc_now(),
    )
    act.decide(proposal.proposal_id, Decision.APPROVED, reason=reason, content_hash=proposal.content_hash)
    return lending.delegation(act.connection, UUID(proposal.subject.id))


@router.get("/delegations", dependencies=[LOOKS], summary="Roles that were lent")
def delegations(
    connection: TenantSession, mine: bool = False, limit: Limit = 50, cursor: Cursor = None, *, caller: CallerDep
) -> Delegations:
    """Newest first; `mine=true` for those that you lent or were lent."""
    person = caller.id if mine else None
    return Delegations.model_validate(lending.delegations(connection, limit, cursor, person=person))


@router.post("/delegations/{delegation_id}/end", dependencies=[LOOKS], summary="End a delegation")
def end_delegation(delegation_id: UUID, body: Ending, act: ActingDep) -> Delegation:
    """By who lent it, who was lent it, or an administrator. What was signed meanwhile stands."""
    lent = lending.delegation(act.connection, delegation_id)
    return Delegation.model_validate(end_lending(act, lent, body.reason))


def end_lending(act: Acting, lent: lending.Delegation, reason: str) -> lending.Delegation:
    """Withdraw the signature by which the role was lent.

    Raises:
        Forbidden: neither lender nor borrower nor administrator.
        Conflict: ALREADY_OVER.
    """
    if act.caller.id not in {str(lent.from_user), str(lent.to_user)} and not act.caller.roles & ENDS_ANY:
        raise Forbidden(
            "A delegation is ended by who lent it, by who was lent it, or by an administrator.",
            hint="It is open to: ADMIN, TENANT_OWNER.",
        )
    _withdraw(act, lent.proposal_id, lent.state, reason)
    return lending.delegation(act.connection, lent.delegation_id)


@router.post("/standing-orders", dependencies=[PROPOSES], status_code=201, summary="Propose a standing order")
def propose_order(body: NewOrder, connection: TenantSession, caller: CallerDep) -> ProposedOrder:
    """It covers nothing until another person countersigns it in the queue."""
    given = body.model_dump(exclude={"scope"})
    scope = body.scope.model_dump(exclude_none=True)
    proposal = lending.propose_order(connection, caller, GATES, scope=scope, now=utc_now(), **given)
    return _waiting(proposal)


def _waiting(proposal: Proposal) -> ProposedOrder:
    return ProposedOrder(
        proposal_id=proposal.proposal_id,
        order_id=UUID(proposal.subject.id),
        content_hash=proposal.content_hash,
        page_url=f"/countersign/{proposal.proposal_id}",
    )


@router.get("/standing-orders", dependencies=[LOOKS], summary="Standing orders and their uses")
def orders(connection: TenantSession, limit: Limit = 50, cursor: Cursor = None) -> Orders:
    """Newest first, with how often each was used. What waits for a signature is in the queue."""
    return Orders.model_validate(lending.orders(connection, limit, cursor))


@router.post("/standing-orders/{order_id}/end", dependencies=[SIGNERS], summary="End a standing order")
def end_order(order_id: UUID, body: Ending, act: ActingDep) -> Order:
    """From now on it covers nothing; what was done under it stands."""
    return Order.model_validate(withdraw_order(act, lending.order(act.connection, order_id), body.reason))


def withdraw_order(act: Acting, found: lending.Order, reason: str) -> lending.Order:
    """Withdraw the signature by which the order was given.

    Raises:
        Conflict: ALREADY_OVER.
    """
    _withdraw(act, found.proposal_id, found.state, reason)
    return lending.order(act.connection, found.order_id)


def _withdraw(act: Acting, proposal_id: UUID, state: str, reason: str) -> None:
    if state != "STANDING":
        raise Conflict("It is over already; nothing was changed.", code="ALREADY_OVER")
    act.decide(proposal_id, Decision.WITHDRAWN, reason=reason)
