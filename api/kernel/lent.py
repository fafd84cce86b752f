"""Lent authority over HTTP: delegations, which the lender signs at once, and standing orders, which another signs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection

from api.acts import ACTS, GATES
from api.deps import CallerDep, RequestId, TenantSession, allow
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
from api.kernel.sign_in import ip_of
from domain.kernel import lending
from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import decide
from domain.kernel.errors import Conflict, Forbidden
from domain.kernel.gates import DELEGATION, STANDING_ORDER
from domain.kernel.principal import Principal, Role
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
def lend(
    request: Request, body: NewDelegation, connection: TenantSession, caller: CallerDep, call: RequestId
) -> Delegation:
    """Proposed and countersigned in one step by the person whose role it is; the ledger shows both names."""
    return Delegation.model_validate(lend_role(connection, request, caller, call, **body.model_dump()))


def lend_role(
    connection: Connection,
    request: Request,
    caller: Principal,
    call: str,
    *,
    to_user: UUID,
    role: Role,
    kinds: list[str],
    valid_to: datetime,
    reason: str,
) -> lending.Delegation:
    """Propose the delegation and sign it."""
    proposal = lending.propose_delegation(
        connection,
        caller,
        GATES,
        to_user=to_user,
        role=role,
        kinds=kinds,
        valid_to=valid_to,
        reason=reason,
        now=utc_now(),
    )
    decide(
        connection,
        caller,
        ACTS,
        proposal.proposal_id,
        Decision.APPROVED,
        content_hash=proposal.content_hash,
        reason=reason,
        request_id=call,
        ip=ip_of(request),
    )
    return lending.delegation(connection, UUID(proposal.subject.id))


@router.get("/delegations", dependencies=[LOOKS], summary="Roles that were lent")
def delegations(
    connection: TenantSession, mine: bool = False, limit: Limit = 50, cursor: Cursor = None, *, caller: CallerDep
) -> Delegations:
    """Newest first; `mine=true` for those that you lent or were lent."""
    person = caller.id if mine else None
    return Delegations.model_validate(lending.delegations(connection, limit, cursor, person=person))


@router.post("/delegations/{delegation_id}/end", dependencies=[LOOKS], summary="End a delegation")
def end_delegation(
    request: Request,
    delegation_id: UUID,
    body: Ending,
    connection: TenantSession,
    caller: CallerDep,
    call: RequestId,
) -> Delegation:
    """By who lent it, who was lent it, or an administrator. What was signed meanwhile stands."""
    return Delegation.model_validate(
        end_lending(connection, request, caller, call, lending.delegation(connection, delegation_id), body.reason)
    )


def end_lending(
    connection: Connection, request: Request, caller: Principal, call: str, lent: lending.Delegation, reason: str
) -> lending.Delegation:
    """Withdraw the signature by which the role was lent.

    Raises:
        Forbidden: neither lender nor borrower nor administrator.
        Conflict: ALREADY_OVER.
    """
    if caller.id not in {str(lent.from_user), str(lent.to_user)} and not caller.roles & ENDS_ANY:
        raise Forbidden(
            "A delegation is ended by who lent it, by who was lent it, or by an administrator.",
            hint="It is open to: ADMIN, TENANT_OWNER.",
        )
    _withdraw(connection, request, caller, call, lent.proposal_id, lent.state, reason)
    return lending.delegation(connection, lent.delegation_id)


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
def end_order(
    request: Request, order_id: UUID, body: Ending, connection: TenantSession, caller: CallerDep, call: RequestId
) -> Order:
    """From now on it covers nothing; what was done under it stands."""
    return Order.model_validate(
        withdraw_order(connection, request, caller, call, lending.order(connection, order_id), body.reason)
    )


def withdraw_order(
    connection: Connection, request: Request, caller: Principal, call: str, found: lending.Order, reason: str
) -> lending.Order:
    """Withdraw the signature by which the order was given.

    Raises:
        Conflict: ALREADY_OVER.
    """
    _withdraw(connection, request, caller, call, found.proposal_id, found.state, reason)
    return lending.order(connection, found.order_id)


def _withdraw(
    connection: Connection, request: Request, caller: Principal, call: str, proposal_id: UUID, state: str, reason: str
) -> None:
    if state != "STANDING":
        raise Conflict("It is over already; nothing was changed.", code="ALREADY_OVER")
    decide(
        connection,
        caller,
        ACTS,
        proposal_id,
        Decision.WITHDRAWN,
        reason=reason,
        request_id=call,
        ip=ip_of(request),
    )
