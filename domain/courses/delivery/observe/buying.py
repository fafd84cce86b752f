"""Purchases: a learner buys once; what was refunded can be bought again, which gives back access and progress."""

import uuid

from sqlalchemy import Connection

from domain.courses.delivery.observe.learner import Learner, tell
from domain.courses.delivery.store import access, enrollments, products, purchases, versions
from domain.courses.delivery.store.products import Product
from domain.courses.delivery.store.purchases import Purchase
from domain.kernel.errors import Conflict, Forbidden, NotFound


def product_of(connection: Connection, product_id: uuid.UUID) -> Product:
    """The tenant's product under that id.

    Raises:
        NotFound: PRODUCT_NOT_FOUND.
        Forbidden: TENANT_MISMATCH, another tenant sells it.
    """
    found = products.find(connection, product_id)
    if found is not None:
        return found
    if products.is_another_tenants(connection, product_id):
        raise Forbidden(
            "This product is not sold by the tenant that you are signed in to; nothing was bought.",
            hint="GET /api/store/products lists what is sold here.",
            code="TENANT_MISMATCH",
        )
    raise NotFound(
        "There is no such product.", hint="GET /api/store/products lists what is sold.", code="PRODUCT_NOT_FOUND"
    )


def buy(
    connection: Connection,
    learner: Learner,
    product_id: uuid.UUID,
    *,
    seen_price_cents: int | None = None,
    idempotency_key: str | None = None,
) -> tuple[Purchase, bool]:
    """The learner's purchase of the product, and whether this call made it.

    Args:
        connection: the caller's transaction.
        learner: who buys.
        product_id: what.
        seen_price_cents: the price that the learner saw; None where that is not checked.
        idempotency_key: kept with the purchase.

    Raises:
        NotFound: PRODUCT_NOT_FOUND.
        Forbidden: TENANT_MISMATCH.
        Conflict: PRODUCT_INACTIVE, COURSE_NOT_OFFERED, PRICE_CHANGED.
    """
    product = product_of(connection, product_id)
    access.lock(connection, learner.tenant_id, learner.user_id, product.course_id)
    former = purchases.last(connection, learner.user_id, product_id)
    if former is not None and former.is_standing:
        return former, False
    # Read again: price and sale may have changed while this waited.
    product = product_of(connection, product_id)
    _check_on_sale(connection, product, seen_price_cents)
    ordinal = 1 if former is None else former.ordinal + 1
    made = purchases.insert(connection, learner.user_id, product, ordinal, idempotency_key)
    if made is None:
        standing = purchases.last(connection, learner.user_id, product_id)
        if standing is None:
            raise LookupError("a purchase that stands in the way is not there")
        return standing, False
    is_back = _give_back(connection, learner, made)
    tell(
        connection,
        learner,
        "PURCHASE_CREATED",
        ("purchase", str(made.purchase_id)),
        {
            "courseId": made.course_id,
            "productId": str(product_id),
            "priceCents": made.price_cents,
            "currency": made.currency,
            "reinstated": is_back,
        },
    )
    return made, True


def _check_on_sale(connection: Connection, product: Product, seen_price_cents: int | None) -> None:
    if not product.active:
        raise Conflict(
            "This product is not on sale now; nothing was bought.",
            hint="Whoever bought it before keeps the course.",
            code="PRODUCT_INACTIVE",
        )
    if versions.newest(connection, product.course_id) is None:
        raise Conflict(
            "The course of this product is not offered now; nothing was bought.",
            hint="GET /api/store/products lists what is sold.",
            code="COURSE_NOT_OFFERED",
        )
    if seen_price_cents is not None and seen_price_cents != product.price_cents:
        raise Conflict(
            "The price has changed since you saw it; nothing was bought.",
            hint="Look at the new price, then decide.",
            code="PRICE_CHANGED",
        )


def _give_back(connection: Connection, learner: Learner, purchase: Purchase) -> bool:
    """Reinstate an enrolment whose access had ended; answers whether there was one."""
    found = enrollments.find(connection, learner.tenant_id, learner.user_id, purchase.course_id)
    if found is None or found.is_standing:
        return False
    enrollments.reinstate(connection, found, purchase.purchase_id)
    return True
