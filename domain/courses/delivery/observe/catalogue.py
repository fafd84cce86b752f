"""What a tenant offers a learner: courses with their prices, and how far the learner is in each."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.courses.delivery.observe.learner import Learner
from domain.courses.delivery.rules.progress import percent
from domain.courses.delivery.store import enrollments, lessons, products, purchases, versions
from domain.courses.delivery.store.enrollments import Enrollment
from domain.courses.delivery.store.products import Product
from domain.courses.delivery.store.versions import Version


@dataclass(frozen=True)
class Entry:
    """One course of the catalogue.

    Attributes:
        version: the one that the learner reads, else the newest published one.
        newest: the newest published one; None where every one was retired and the learner stays on his.
        enrollment: the learner's, where it stands.
        percent: how far the learner is; None without an enrolment.
        prices: products of the course that are on sale.
        is_sold: whether the course must be bought here before it is read.
        is_purchased: whether the learner has bought it and it was not refunded.
    """

    version: Version
    newest: Version | None
    enrollment: Enrollment | None
    percent: int | None
    prices: tuple[Product, ...]
    is_sold: bool
    is_purchased: bool


def catalogue(connection: Connection, learner: Learner) -> list[Entry]:
    """Every course that is published here or that the learner is enrolled in, by title."""
    newest = {(one.owner, one.course_id): one for one in versions.offered(connection)}
    mine = {
        (one.owner, one.course_id): one
        for one in enrollments.of_learner(connection, learner.tenant_id, learner.user_id)
        if one.is_standing
    }
    pinned = {
        (one.owner, one.course_id): one
        for one in versions.pinned(connection, [(*key, one.package_version) for key, one in mine.items()])
    }
    done = lessons.how_many_completed(connection, [one.enrollment_id for one in mine.values()])
    shown = newest | pinned
    on_sale = products.listed(connection, on_sale=True)
    sold = products.monetised(connection)
    bought = {(one.owner, one.course_id) for one in purchases.of_learner(connection, learner.user_id)}
    entries = [
        Entry(
            version=version,
            newest=newest.get(key),
            enrollment=mine.get(key),
            percent=_percent(done, mine.get(key), version),
            prices=tuple(one for one in on_sale if (one.owner, one.course_id) == key),
            is_sold=key in sold,
            is_purchased=key in bought,
        )
        for key, version in shown.items()
    ]
    return sorted(entries, key=lambda entry: (entry.version.title.casefold(), entry.version.course_id))


def _percent(done: Mapping[uuid.UUID, int], enrollment: Enrollment | None, version: Version) -> int | None:
    if enrollment is None:
        return None
    return percent(done.get(enrollment.enrollment_id, 0), version.lessons)


@dataclass(frozen=True)
class OnSale:
    """One product that can be bought, with the version that it opens."""

    product: Product
    version: Version
    is_purchased: bool


def on_sale(connection: Connection, learner: Learner) -> list[OnSale]:
    """What can be bought here, by title; a product whose course is not published now is left out."""
    newest = {(one.owner, one.course_id): one for one in versions.offered(connection)}
    bought = {one.product_id for one in purchases.of_learner(connection, learner.user_id)}
    found = [
        OnSale(product, newest[product.owner, product.course_id], product.product_id in bought)
        for product in products.listed(connection, on_sale=True)
        if (product.owner, product.course_id) in newest
    ]
    return sorted(found, key=lambda one: (one.version.title.casefold(), str(one.product.product_id)))
