"""What a tenant puts on sale: a course at a price, taken on and off the list. Course and currency stay as they were."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.courses.delivery.observe.learner import Learner, tell
from domain.courses.delivery.observe.reading import newest
from domain.courses.delivery.store import products
from domain.courses.delivery.store.products import Product
from domain.kernel.errors import NotFound


def offer(connection: Connection, seller: Learner, course_id: str, price_cents: int, currency: str) -> Product:
    """Put a course on sale that the tenant owns or holds a licence of.

    Raises:
        NotFound: COURSE_NOT_FOUND.
    """
    made = products.insert(connection, newest(connection, course_id), price_cents, currency, seller.user_id)
    tell(
        connection,
        seller,
        "PRODUCT_CREATED",
        ("product", str(made.product_id)),
        {"courseId": course_id, "before": None, "after": _told(made)},
    )
    return made


def own_product(connection: Connection, product_id: uuid.UUID) -> Product:
    """The tenant's product under that id.

    Raises:
        NotFound: PRODUCT_NOT_FOUND.
    """
    found = products.find(connection, product_id)
    if found is None:
        raise NotFound("The tenant has no such product.", code="PRODUCT_NOT_FOUND")
    return found


def change(
    connection: Connection,
    seller: Learner,
    product_id: uuid.UUID,
    price_cents: int | None = None,
    active: bool | None = None,
) -> Product:
    """Another price from now on, or on or off sale; what was bought before stays as it was bought.

    Raises:
        NotFound: PRODUCT_NOT_FOUND.
    """
    products.lock(connection, seller.tenant_id, product_id)
    before = own_product(connection, product_id)
    wanted = (
        before.price_cents if price_cents is None else price_cents,
        before.active if active is None else active,
    )
    if wanted == (before.price_cents, before.active):
        return before
    after = products.change(connection, product_id, *wanted)
    tell(
        connection,
        seller,
        "PRODUCT_UPDATED",
        ("product", str(product_id)),
        {"courseId": after.course_id, "before": _told(before), "after": _told(after)},
    )
    return after


def _told(product: Product) -> dict[str, Any]:
    return {"priceCents": product.price_cents, "currency": product.currency, "active": product.active}
