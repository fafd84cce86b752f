"""The store: what is on sale here, and buying it."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from api.courses.learn_metrics import purchases_total
from api.courses.learn_session import LEARNS, LearnerDep, LearnerSession
from api.courses.store_schemas import Buy, PurchaseTold, StoreRow
from domain.courses.delivery.observe.buying import buy
from domain.courses.delivery.observe.catalogue import on_sale
from domain.courses.delivery.rules.price import price_words
from domain.courses.delivery.store.purchases import Purchase
from domain.kernel.canonical import sha256_hex

router = APIRouter(prefix="/api/store", tags=["Store"])


@router.get("/products", dependencies=[LEARNS], response_model=list[StoreRow], summary="What is on sale")
def products(connection: LearnerSession, learner: LearnerDep) -> list[dict[str, Any]]:
    """The tenant's products that are on sale and whose course is published; by title."""
    return [
        {
            "productId": entry.product.product_id,
            "courseId": entry.version.course_id,
            "title": entry.version.title,
            "level": entry.version.level,
            "minutes": entry.version.minutes,
            "lessons": entry.version.lessons,
            "priceCents": entry.product.price_cents,
            "currency": entry.product.currency,
            "price": price_words(entry.product.price_cents, entry.product.currency),
            "purchased": entry.is_purchased,
        }
        for entry in on_sale(connection, learner)
    ]


@router.post(
    "/purchase",
    dependencies=[LEARNS],
    response_model=PurchaseTold,
    status_code=201,
    responses={200: {"model": PurchaseTold, "description": "The purchase stood already."}},
    summary="Buy a product",
)
def purchase(
    body: Buy,
    connection: LearnerSession,
    learner: LearnerDep,
    response: Response,
    idempotency_key: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Any:
    """Recorded once: asked again, the same purchase is answered with 200. After a refund it can be bought again."""
    key = sha256_hex(idempotency_key.encode()) if idempotency_key else None
    made, is_new = buy(connection, learner, body.product_id, seen_price_cents=body.price_cents, idempotency_key=key)
    response.status_code = 201 if is_new else 200
    if is_new:
        purchases_total.inc()
    return _told(made)


def _told(purchase: Purchase) -> dict[str, Any]:
    return {
        "purchaseId": purchase.purchase_id,
        "productId": purchase.product_id,
        "courseId": purchase.course_id,
        "priceCents": purchase.price_cents,
        "currency": purchase.currency,
        "status": purchase.status,
        "createdAt": purchase.created_at,
    }
