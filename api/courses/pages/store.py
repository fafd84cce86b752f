"""The store as its sellers see it: products, purchases, refunds and licences. Currencies are never added up."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.courses.products import GOODS, ORDER, SEES_SALES, SELLERS, SELLS
from api.deps import RequestId
from api.forms import FormDep, typed
from api.kernel.pages.filled import Filled
from api.kernel.sign_in import ip_of
from api.pages import Page, PageDep
from api.paging import LONGEST_CURSOR, Keyset
from domain.courses.delivery import suggest
from domain.courses.delivery.countersign.refund import purchase_of, refund
from domain.courses.delivery.observe import offering
from domain.courses.delivery.observe.learner import Learner, learner_of
from domain.courses.delivery.rules.price import amount_typed, amount_words, price_words, typed_amount
from domain.courses.delivery.store import licences, products, purchases, versions
from domain.kernel.clock import utc_now
from domain.kernel.errors import Invalid, NotFound

router = APIRouter(include_in_schema=False)
PER_PAGE = 50
OFFER = {"course": "", "price": "", "currency": "EUR"}
LICENCE = {"licensed_course": "", "licensee": "", "valid_to": "", "reason": ""}
NOTICES = {
    "offered": "On sale from now on.",
    "changed": "Changed. What was bought before stays as it was bought.",
    "refunded": "Refunded. It stands in the ledger under your name.",
    "proposed": "Proposed. Another person countersigns it in the queue; nothing holds until then.",
}


def _who(page: Page, call: str) -> Learner:
    return learner_of(page.principal, call, ip_of(page.request))


@router.get("/admin/store", dependencies=[SEES_SALES])
def overview(
    page: PageDep,
    after: Annotated[str, Query(max_length=LONGEST_CURSOR)] = "",
    products_after: Annotated[str, Query(max_length=LONGEST_CURSOR)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What is on sale, what was sold and given back, and which licences hold."""
    return _show(page, after=after, products_after=products_after, notice=NOTICES.get(done))


@router.post("/admin/store/products", dependencies=[SELLS])
def offer(page: PageDep, form: FormDep, call: RequestId) -> Response:
    """Put a course on sale."""
    filled = Filled.read(form, OFFER)
    with filled.telling(), page.connection.begin_nested():
        values = filled.values
        currency = _currency(values["currency"])
        if not values["course"]:
            raise Invalid("Choose a course.", errors=[{"field": "course", "message": "choose"}])
        cents = typed_amount(values["price"], currency)
        offering.offer(page.connection, _who(page, call), values["course"], cents, currency)
    return _answer(page, filled, "offered", offering_form=filled)


@router.post("/admin/store/products/{product_id}", dependencies=[SELLS])
def change(page: PageDep, form: FormDep, call: RequestId, product_id: str) -> Response:
    """Another price, or on or off sale."""
    filled = Filled({})
    with filled.telling(), page.connection.begin_nested():
        found = offering.own_product(page.connection, _id(product_id))
        price = typed(form, "price", 20)
        cents = typed_amount(price, found.currency) if price else None
        active = {"on": True, "off": False}.get(typed(form, "sale"))
        offering.change(page.connection, _who(page, call), found.product_id, cents, active)
    return _answer(page, filled, "changed")


@router.post("/admin/store/purchases/{purchase_id}/refund", dependencies=[SELLS])
def give_back(page: PageDep, form: FormDep, call: RequestId, purchase_id: str) -> Response:
    """Refund a purchase; the buyer's access ends with it."""
    filled = Filled({})
    with filled.telling(), page.connection.begin_nested():
        purchase = purchase_of(page.connection, _id(purchase_id))
        amount = typed(form, "amount", 20)
        reason = typed(form, "reason", 2000)
        if not reason:
            raise Invalid("Nothing was refunded: a refund has a reason.", hint="Write why, for the ledger.")
        cents = typed_amount(amount, purchase.currency) if amount else None
        at = ip_of(page.request)
        refund(page.connection, page.principal, purchase.purchase_id, cents, reason, request_id=call, ip=at)
    return _answer(page, filled, "refunded")


@router.post("/admin/store/licences", dependencies=[SELLS])
def propose_licence(page: PageDep, form: FormDep) -> Response:
    """Propose that another tenant may deliver and sell a course."""
    filled = Filled.read(form, LICENCE)
    with filled.telling(), page.connection.begin_nested():
        values = filled.values
        for name in ("licensed_course", "licensee"):
            if not values[name]:
                raise Invalid("Fill this in.", errors=[{"field": name, "message": "is needed"}])
        until = filled.until("valid_to", page.tenant.zone)
        suggest.propose_licence(
            page.connection,
            page.principal,
            values["licensed_course"],
            values["licensee"],
            until,
            values["reason"] or None,
            utc_now(),
        )
    return _answer(page, filled, "proposed", licence_form=filled)


@router.post("/admin/store/licences/{licence_id}/end", dependencies=[SELLS])
def propose_end(page: PageDep, form: FormDep, licence_id: str) -> Response:
    """Propose that a licence ends."""
    filled = Filled({})
    with filled.telling(), page.connection.begin_nested():
        reason = typed(form, "reason", 2000)
        if not reason:
            raise Invalid("Nothing was proposed: the end of a licence has a reason.", hint="Write why.")
        suggest.propose_end(page.connection, page.principal, _id(licence_id), reason)
    return _answer(page, filled, "proposed")


def _answer(
    page: Page, filled: Filled, done: str, *, offering_form: Filled | None = None, licence_form: Filled | None = None
) -> Response:
    if filled.is_good:
        return RedirectResponse(f"/admin/store?done={done}", 303)
    return _show(page, refused=filled, offering_form=offering_form, licence_form=licence_form)


def _show(
    page: Page,
    *,
    after: str = "",
    products_after: str = "",
    notice: str | None = None,
    refused: Filled | None = None,
    offering_form: Filled | None = None,
    licence_form: Filled | None = None,
) -> Response:
    connection = page.connection
    offered = versions.offered(connection)
    titles = {(one.owner, one.course_id): one.title for one in offered}
    found = purchases.page(connection, PER_PAGE + 1, _place(after, ORDER))
    last = found[PER_PAGE - 1][0] if len(found) > PER_PAGE else None
    goods = products.listed(connection, on_sale=False, limit=PER_PAGE + 1, after=_place(products_after, GOODS))
    return page.show(
        "courses/store.html",
        refused.status if refused else 200,
        notice=notice,
        refusal=refused.refusal if refused else None,
        products=[_product(one, titles) for one in goods[:PER_PAGE]],
        on_sale=products.how_many_on_sale(connection),
        next_products=GOODS.write(vars(goods[PER_PAGE - 1])) if len(goods) > PER_PAGE else None,
        sold=[_sums(one) for one in purchases.sold(connection)],
        rows=[_purchase(one, buyer, titles) for one, buyer in found[:PER_PAGE]],
        next_cursor=ORDER.write(vars(last)) if last else None,
        licences=[vars(one) | {"title": titles.get((one.owner, one.course_id))} for one in licences.listed(connection)],
        courses=[(one.course_id, one.title) for one in offered],
        own_courses=[(one.course_id, one.title) for one in offered if one.owner == page.tenant.tenant_id],
        offering_form=offering_form or Filled(dict(OFFER)),
        licence_form=licence_form or Filled(dict(LICENCE)),
        may_sell=bool(page.principal.roles & SELLERS),
    )


def _place(after: str, order: Keyset) -> tuple[datetime, uuid.UUID] | None:
    place: Any = tuple(order.read(after)) if after else None
    found: tuple[datetime, uuid.UUID] | None = place
    return found


def _product(product: products.Product, titles: dict[tuple[str, str], str]) -> dict[str, Any]:
    return {
        "id": product.product_id,
        "title": titles.get((product.owner, product.course_id)),
        "course_id": product.course_id,
        "price": price_words(product.price_cents, product.currency),
        "typed": amount_typed(product.price_cents, product.currency),
        "currency": product.currency,
        "active": product.active,
        "updated_at": product.updated_at,
    }


def _sums(one: purchases.Sold) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "purchases": one.purchases,
        "sold": amount_words(one.sold_cents, one.currency),
        "refunds": one.refunds,
        "refunded": amount_words(one.refunded_cents, one.currency),
        "kept": amount_words(one.sold_cents - one.refunded_cents, one.currency),
    }


def _purchase(one: purchases.Purchase, buyer: str | None, titles: dict[tuple[str, str], str]) -> dict[str, Any]:
    refunded = None if one.refunded_cents is None else amount_words(one.refunded_cents, one.currency)
    return {
        "purchase": one,
        "buyer": buyer,
        "title": titles.get((one.owner, one.course_id)),
        "price": price_words(one.price_cents, one.currency),
        "typed": amount_typed(one.price_cents, one.currency),
        "refunded": refunded,
    }


def _currency(given: str) -> str:
    currency = given.upper()
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        raise Invalid(
            "A currency is three letters, such as EUR.", errors=[{"field": "currency", "message": "ISO 4217"}]
        )
    return currency


def _id(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError as cause:
        raise NotFound("There is nothing of that id here.", hint="The store's page lists what there is.") from cause
