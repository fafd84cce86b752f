"""Countersign: a refund. Recorded with its reason and ledger event, or not at all; access ends with it."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.courses.delivery.store import access, enrollments, purchases
from domain.courses.delivery.store.purchases import Purchase
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.principal import Principal, Role, require

REFUNDERS = frozenset({Role.ADMIN, Role.TENANT_OWNER})


@dataclass(frozen=True)
class Refunded:
    """A refunded purchase, and the revocation of the enrolment that it had opened, if there was one."""

    purchase: Purchase
    revocation_id: uuid.UUID | None


def purchase_of(connection: Connection, purchase_id: uuid.UUID) -> Purchase:
    """The tenant's purchase under that id.

    Raises:
        NotFound: PURCHASE_NOT_FOUND.
    """
    found = purchases.load(connection, purchase_id)
    if found is None:
        raise NotFound("The tenant has no such purchase.", code="PURCHASE_NOT_FOUND")
    return found


def refund(
    connection: Connection,
    principal: Principal,
    purchase_id: uuid.UUID,
    amount_cents: int | None,
    reason: str,
    *,
    request_id: str | None = None,
    ip: str | None = None,
) -> Refunded:
    """Note what is given back, all of the price where no amount is named; the learner's access ends with it.

    Raises:
        Forbidden: not a person who may refund.
        NotFound: PURCHASE_NOT_FOUND.
        Invalid: AMOUNT_OUT_OF_RANGE, less than 1 or more than the price.
        Conflict: ALREADY_REFUNDED; NOTHING_TO_REFUND, it was free.
        Unavailable: LEDGER_UNAVAILABLE, nothing was refunded.
    """
    require(principal, REFUNDERS)
    purchase = purchase_of(connection, purchase_id)
    access.lock(connection, principal.tenant_id, str(purchase.user_id), purchase.course_id)
    purchase = purchase_of(connection, purchase_id)
    amount = _amount(purchase, amount_cents)
    if not purchases.insert_refund(connection, purchase_id, amount, reason, principal.id):
        raise _refunded_already()
    revocation_id = _revoke(connection, principal, purchase, reason)
    told = {"courseId": purchase.course_id, "amountCents": amount, "currency": purchase.currency, "reason": reason}
    by = {"actor_id": principal.id, "actor_role": principal.actor_role, "request_id": request_id, "ip": ip}
    record(
        connection,
        "PURCHASE_REFUNDED",
        entity_type="purchase",
        entity_id=str(purchase_id),
        payload=told,
        **by,  # type: ignore[arg-type]
    )
    if revocation_id is not None:
        record(
            connection,
            "ENROLLMENT_REVOKED",
            entity_type="enrollment",
            entity_id=str(revocation_id[0]),
            payload={"courseId": purchase.course_id, "purchaseId": str(purchase_id), "reason": reason},
            **by,  # type: ignore[arg-type]
        )
    return Refunded(purchase_of(connection, purchase_id), revocation_id[1] if revocation_id else None)


def _amount(purchase: Purchase, wanted: int | None) -> int:
    if not purchase.is_standing:
        raise _refunded_already()
    if purchase.price_cents == 0:
        raise Conflict("The purchase was free; there is nothing to refund.", code="NOTHING_TO_REFUND")
    amount = purchase.price_cents if wanted is None else wanted
    if not 1 <= amount <= purchase.price_cents:
        raise Invalid(
            f"Nothing was refunded: the amount lies between 1 and {purchase.price_cents}, what was paid.",
            code="AMOUNT_OUT_OF_RANGE",
            errors=[{"field": "amountCents", "message": f"a whole number from 1 to {purchase.price_cents}"}],
        )
    return amount


def _revoke(
    connection: Connection, principal: Principal, purchase: Purchase, reason: str
) -> tuple[uuid.UUID, uuid.UUID] | None:
    """End the access, unless another purchase of the course stands; answers enrolment and revocation."""
    found = access.access_of(connection, principal.tenant_id, str(purchase.user_id), purchase.course_id)
    if found.purchase is not None or found.enrollment is None or not found.is_enrolled:
        return None
    made = enrollments.revoke(connection, found.enrollment, purchase.purchase_id, reason, principal.id)
    return found.enrollment.enrollment_id, made


def _refunded_already() -> Conflict:
    return Conflict("The purchase was refunded before; nothing was refunded again.", code="ALREADY_REFUNDED")
