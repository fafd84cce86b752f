"""Lent authority as pages: roles that were lent, and standing orders with their uses."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.acts import GATES
from api.deps import RequestId
from api.forms import FormDep, typed
from api.kernel.acting import acting_on
from api.kernel.lent import (
    ENDS_ANY,
    LENDERS,
    LOOKS,
    ORDER_PROPOSERS,
    PROPOSES,
    SIGNERS,
    end_lending,
    lend_role,
    withdraw_order,
)
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from domain.kernel import lending, queue
from domain.kernel.clock import utc_now
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.gates import DELEGATION, STANDING_ORDER
from domain.kernel.people import find_person, people_of
from domain.kernel.principal import Role

router = APIRouter(include_in_schema=False)
PER_PAGE = 50
# With more colleagues than these one writes an address.
MOST_COLLEAGUES = 200
DELEGATING = {"to_user": "", "role": "", "kind": "", "valid_to": "", "reason": ""}
ORDERING = {"kind": "", "subject_type": "", "subject_id": "", "times_per_day": "1", "valid_to": "", "reason": ""}
BADGES = {"STANDING": ("ok", "holds"), "EXPIRED": ("unknown", "expired"), "ENDED": ("unknown", "ended")}
NOTICES = {
    "lent": "Lent. Your signature stands under it; the ledger shows both names.",
    "ended": "Ended. What was signed meanwhile stands.",
    "proposed": "Proposed. It covers nothing until another person countersigns it.",
}
After = Annotated[str, Query(max_length=1000)]
Done = Annotated[str, Query(max_length=20)]


@router.get("/delegations", dependencies=[LOOKS])
def delegations(page: PageDep, after: After = "", done: Done = "") -> Response:
    """Who lent which role to whom, and the form that lends one."""
    return _delegations(page, Filled(dict(DELEGATING)), after, NOTICES.get(done))


@router.post("/delegations", dependencies=[LENDERS])
def lend(page: PageDep, form: FormDep, call: RequestId) -> Response:
    """Lend an own role: proposed and countersigned in one step."""
    filled = Filled.read(form, DELEGATING)
    with filled.telling(), page.connection.begin_nested():
        values = filled.values
        if values["role"] not in {role.value for role in page.principal.roles}:
            raise Invalid("Choose one of your roles.", errors=[{"field": "role", "message": "choose"}])
        lend_role(
            acting_on(page, call),
            to_user=_colleague(page, values["to_user"]),
            role=Role(values["role"]),
            kinds=[values["kind"]] if values["kind"] else [],
            valid_to=_until(filled, page),
            reason=values["reason"],
        )
    if filled.is_good:
        return RedirectResponse("/delegations?done=lent", 303)
    return _delegations(page, filled)


@router.post("/delegations/{delegation_id}/end", dependencies=[LOOKS])
def end_delegation(page: PageDep, form: FormDep, call: RequestId, delegation_id: str) -> Response:
    """End a delegation, with the reason."""
    filled = Filled(dict(DELEGATING))
    with filled.telling(), page.connection.begin_nested():
        lent = lending.delegation(page.connection, _id(delegation_id))
        end_lending(acting_on(page, call), lent, typed(form, "why", 2000))
    if filled.is_good:
        return RedirectResponse("/delegations?done=ended", 303)
    return _delegations(page, filled)


def _delegations(page: Page, filled: Filled, after: str = "", notice: str | None = None) -> Response:
    me, roles = page.principal, page.principal.roles & DELEGATION.roles
    found = lending.delegations(page.connection, PER_PAGE, after or None)
    people = people_of(page.connection, MOST_COLLEAGUES + 1)
    colleagues = [(str(one.id), one.name) for one in people[:MOST_COLLEAGUES] if str(one.id) != me.id]
    return page.show(
        "kernel/delegations.html",
        filled.status,
        notice=notice,
        rows=found.rows,
        next_cursor=found.next_cursor,
        badges=BADGES,
        form=filled,
        roles=sorted(role.value for role in roles),
        colleagues=colleagues,
        are_too_many=len(people) > MOST_COLLEAGUES,
        kinds=[(kind, gate.title) for kind, gate in sorted(GATES.items()) if gate.roles & roles],
        titles={kind: gate.title for kind, gate in GATES.items()},
        ends_any=bool(me.roles & ENDS_ANY),
        latest=_latest(),
    )


@router.get("/standing-orders", dependencies=[LOOKS])
def orders(page: PageDep, after: After = "", done: Done = "") -> Response:
    """Orders with their uses, those that wait, and the form that proposes one."""
    return _orders(page, Filled(dict(ORDERING)), after, NOTICES.get(done))


@router.post("/standing-orders", dependencies=[PROPOSES])
def propose_order(page: PageDep, form: FormDep) -> Response:
    """Propose an order; another person signs it."""
    filled = Filled.read(form, ORDERING)
    with filled.telling(), page.connection.begin_nested():
        values = filled.values
        scope = {name: values[name] for name in ("subject_type", "subject_id") if values[name]}
        lending.propose_order(
            page.connection,
            page.principal,
            GATES,
            kind=values["kind"],
            scope=scope,
            times_per_day=filled.whole("times_per_day"),
            valid_to=_until(filled, page),
            reason=values["reason"],
            now=utc_now(),
        )
    if filled.is_good:
        return RedirectResponse("/standing-orders?done=proposed", 303)
    return _orders(page, filled)


@router.post("/standing-orders/{order_id}/end", dependencies=[SIGNERS])
def end_order(page: PageDep, form: FormDep, call: RequestId, order_id: str) -> Response:
    """End an order, with the reason."""
    filled = Filled(dict(ORDERING))
    with filled.telling(), page.connection.begin_nested():
        found = lending.order(page.connection, _id(order_id))
        withdraw_order(acting_on(page, call), found, typed(form, "why", 2000))
    if filled.is_good:
        return RedirectResponse("/standing-orders?done=ended", 303)
    return _orders(page, filled)


def _orders(page: Page, filled: Filled, after: str = "", notice: str | None = None) -> Response:
    found = lending.orders(page.connection, PER_PAGE, after or None)
    return page.show(
        "kernel/standing_orders.html",
        filled.status,
        notice=notice,
        rows=found.rows,
        next_cursor=found.next_cursor,
        waiting=queue.waiting(page.connection, [STANDING_ORDER.kind]),
        badges=BADGES,
        form=filled,
        kinds=[(kind, gate.title) for kind, gate in sorted(GATES.items()) if gate.orderable],
        titles={kind: gate.title for kind, gate in GATES.items()},
        may_propose=bool(page.principal.roles & ORDER_PROPOSERS),
        may_end=bool(page.principal.roles & ENDS_ANY),
        latest=_latest(),
    )


def _until(filled: Filled, page: Page) -> datetime:
    until = filled.until("valid_to", page.tenant.zone)
    if until is None:
        raise Invalid("Say until when.", errors=[{"field": "valid_to", "message": "needed"}])
    return until


def _latest() -> str:
    return (utc_now() + lending.LONGEST - timedelta(days=2)).date().isoformat()


def _colleague(page: Page, given: str) -> UUID:
    """Chosen from the list, or named by address where the list would be too long."""
    if "@" in given:
        found = find_person(page.connection, user_id=None, email=given)
        if found is not None:
            return found.id
    try:
        return UUID(given)
    except ValueError as cause:
        raise Invalid("Choose a colleague.", errors=[{"field": "to_user", "message": "choose"}]) from cause


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as cause:
        raise NotFound("There is nothing under that id.") from cause
