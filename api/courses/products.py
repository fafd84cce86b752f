"""What the tenant sells, to whom it was sold, and what was given back: for its administrators."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from api.courses.store_schemas import Change, Offer, ProductTold, Refund, RefundTold, SoldPage
from api.deps import CallerDep, RequestId, TenantSession, allow
from api.kernel.sign_in import ip_of
from api.paging import LONGEST_CURSOR, By, Keyset
from domain.courses.delivery.countersign import refund as refunds
from domain.courses.delivery.observe import offering
from domain.courses.delivery.observe.learner import Learner, learner_of
from domain.courses.delivery.store import products, purchases
from domain.courses.delivery.store.products import Product
from domain.courses.delivery.store.purchases import Purchase

router = APIRouter(prefix="/api/admin", tags=["Store"])
SELLERS = {"ADMIN", "TENANT_OWNER"}
SELLS = allow(roles=SELLERS)
SEES_SALES = allow(roles={*SELLERS, "AUDITOR"})
GOODS = Keyset("products", By("created_at", datetime), By("product_id", UUID))
ORDER = Keyset("purchases", By("created_at", datetime, descending=True), By("purchase_id", UUID, descending=True))


def seller(request: Request, caller: CallerDep, request_id: RequestId) -> Learner:
    """Who sells, as the ledger writes it."""
    return learner_of(caller, request_id, ip_of(request))


SellerDep = Annotated[Learner, Depends(seller)]


@router.get("/products", dependencies=[SEES_SALES], response_model=list[ProductTold], summary="The tenant's products")
def list_products(connection: TenantSession) -> list[dict[str, Any]]:
    """On sale or not, the oldest first."""
    return [product_told(one) for one in products.listed(connection, on_sale=False)]


@router.post(
    "/products", dependencies=[SELLS], response_model=ProductTold, status_code=201, summary="Put a course on sale"
)
def offer(body: Offer, connection: TenantSession, who: SellerDep) -> dict[str, Any]:
    """A course of the tenant's own, or one that another has licensed to it. From then on it must be bought here."""
    return product_told(offering.offer(connection, who, body.course_id, body.price_cents, body.currency))


def _own(product_id: UUID, connection: TenantSession) -> Product:
    return offering.own_product(connection, product_id)


@router.patch(
    "/products/{product_id}",
    dependencies=[SELLS],
    response_model=ProductTold,
    summary="Change a price, or take a product on or off sale",
)
def change(
    own: Annotated[Product, Depends(_own)], body: Change, connection: TenantSession, who: SellerDep
) -> dict[str, Any]:
    """Whoever bought it before keeps the course. Off sale, the course does not become free."""
    return product_told(offering.change(connection, who, own.product_id, body.price_cents, body.active))


@router.get("/purchases", dependencies=[SEES_SALES], response_model=SoldPage, summary="What was sold")
def list_purchases(
    connection: TenantSession,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> dict[str, Any]:
    """The newest first, with the sums of each currency apart."""
    after: Any = None if cursor is None else tuple(ORDER.read(cursor))
    found = purchases.page(connection, limit + 1, after)
    rows = found[:limit]
    last = {"created_at": rows[-1][0].created_at, "purchase_id": rows[-1][0].purchase_id} if rows else {}
    return {
        "rows": [_sold(purchase, buyer) for purchase, buyer in rows],
        "totals": [vars(one) for one in purchases.sold(connection)],
        "nextCursor": ORDER.write(last) if len(found) > limit else None,
    }


def _bought(purchase_id: UUID, connection: TenantSession) -> Purchase:
    return refunds.purchase_of(connection, purchase_id)


@router.post(
    "/purchases/{purchase_id}/refund",
    dependencies=[SELLS],
    response_model=RefundTold,
    status_code=201,
    summary="Refund a purchase",
)
def refund(
    bought: Annotated[Purchase, Depends(_bought)],
    body: Refund,
    request: Request,
    connection: TenantSession,
    caller: CallerDep,
    request_id: RequestId,
) -> dict[str, Any]:
    """Recorded with its reason, or not at all where the ledger cannot be written. The learner's access ends with it."""
    made = refunds.refund(
        connection,
        caller,
        bought.purchase_id,
        body.amount_cents,
        body.reason,
        request_id=request_id,
        ip=ip_of(request),
    )
    return {
        "purchaseId": made.purchase.purchase_id,
        "courseId": made.purchase.course_id,
        "amountCents": made.purchase.refunded_cents,
        "currency": made.purchase.currency,
        "reason": made.purchase.refund_reason,
        "refundedAt": made.purchase.refunded_at,
        "accessEnded": made.revocation_id is not None,
    }


def product_told(product: Product) -> dict[str, Any]:
    """A product as its seller sees it."""
    return {
        "productId": product.product_id,
        "courseId": product.course_id,
        "courseTenantId": product.owner,
        "priceCents": product.price_cents,
        "currency": product.currency,
        "active": product.active,
        "createdAt": product.created_at,
        "updatedAt": product.updated_at,
    }


def _sold(purchase: Purchase, buyer: str | None) -> dict[str, Any]:
    return {
        "purchaseId": purchase.purchase_id,
        "productId": purchase.product_id,
        "courseId": purchase.course_id,
        "buyerId": purchase.user_id,
        "buyer": buyer,
        "priceCents": purchase.price_cents,
        "currency": purchase.currency,
        "status": purchase.status,
        "createdAt": purchase.created_at,
        "refundedCents": purchase.refunded_cents,
        "refundReason": purchase.refund_reason,
        "refundedAt": purchase.refunded_at,
    }
