"""Purchases and refunds as rows. A purchase is recorded; no money moves here."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.courses.delivery.store.products import Product
from domain.kernel.canonical import new_id

_COLUMNS = (
    "v.purchase_id, v.user_id, v.product_id, v.course_tenant_id AS owner, v.course_id, v.ordinal, v.price_cents,"
    " v.currency, v.status, v.created_at, v.refunded_cents, v.refund_reason, v.refunded_at"
)


@dataclass(frozen=True)
class Purchase:
    """One purchase, with the price and currency of that moment; `refunded_cents` is None while it stands."""

    purchase_id: uuid.UUID
    user_id: uuid.UUID
    product_id: uuid.UUID
    owner: str
    course_id: str
    ordinal: int
    price_cents: int
    currency: str
    status: str
    created_at: datetime
    refunded_cents: int | None
    refund_reason: str | None
    refunded_at: datetime | None

    @property
    def is_standing(self) -> bool:
        """Whether it gives access: it was not refunded."""
        return self.refunded_at is None


@dataclass(frozen=True)
class Sold:
    """What was bought and given back in one currency."""

    currency: str
    purchases: int
    sold_cents: int
    refunds: int
    refunded_cents: int


def last(connection: Connection, user_id: str, product_id: uuid.UUID) -> Purchase | None:
    """The learner's last purchase of the product, refunded or not."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_purchases AS v WHERE v.user_id = CAST(:user AS uuid) AND v.product_id = :product"
            " ORDER BY v.ordinal DESC LIMIT 1"
        ),
        {"user": user_id, "product": product_id},
    ).one_or_none()
    return None if row is None else _purchase(row)


def load(connection: Connection, purchase_id: uuid.UUID) -> Purchase | None:
    """The tenant's purchase under that id."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM v_purchases AS v WHERE v.purchase_id = :id"), {"id": purchase_id}
    ).one_or_none()
    return None if row is None else _purchase(row)


def standing(connection: Connection, tenant_id: str, user_id: str, course_id: str) -> Purchase | None:
    """A purchase of the course by the learner that was not refunded."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_purchases AS v WHERE v.tenant_id = :tenant AND v.user_id = CAST(:user AS uuid)"
            " AND v.course_id = :course AND v.refunded_at IS NULL ORDER BY v.created_at, v.purchase_id LIMIT 1"
        ),
        {"tenant": tenant_id, "user": user_id, "course": course_id},
    ).one_or_none()
    return None if row is None else _purchase(row)


def of_learner(connection: Connection, user_id: str) -> list[Purchase]:
    """The learner's purchases that stand, the oldest first."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_purchases AS v WHERE v.user_id = CAST(:user AS uuid) AND v.refunded_at IS NULL"
            " ORDER BY v.created_at, v.purchase_id"
        ),
        {"user": user_id},
    ).all()
    return [_purchase(row) for row in rows]


def insert(
    connection: Connection, user_id: str, product: Product, ordinal: int, idempotency_key: str | None
) -> Purchase | None:
    """Record a purchase at the product's price; None where one of that ordinal stands already."""
    made = connection.execute(
        text(
            "INSERT INTO purchases (purchase_id, user_id, product_id, ordinal, price_cents, currency, idempotency_key)"
            " VALUES (:id, CAST(:user AS uuid), :product, :ordinal, :price, :currency, :key)"
            " ON CONFLICT (tenant_id, user_id, product_id, ordinal) DO NOTHING RETURNING purchase_id"
        ),
        {
            "id": new_id(),
            "user": user_id,
            "product": product.product_id,
            "ordinal": ordinal,
            "price": product.price_cents,
            "currency": product.currency,
            "key": idempotency_key,
        },
    ).scalar_one_or_none()
    return None if made is None else load(connection, made)


def insert_refund(connection: Connection, purchase_id: uuid.UUID, amount_cents: int, reason: str, actor: str) -> bool:
    """Note what is given back; False where the purchase was refunded before."""
    made = connection.execute(
        text(
            "INSERT INTO refunds (purchase_id, amount_cents, reason, actor)"
            " VALUES (:id, :amount, :reason, CAST(:actor AS uuid))"
            " ON CONFLICT (tenant_id, purchase_id) DO NOTHING RETURNING purchase_id"
        ),
        {"id": purchase_id, "amount": amount_cents, "reason": reason, "actor": actor},
    ).one_or_none()
    return made is not None


def page(
    connection: Connection, limit: int, after: tuple[datetime, uuid.UUID] | None = None
) -> list[tuple[Purchase, str | None]]:
    """Purchases with the buyer's name, the newest first, from behind `after` on."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS}, u.name AS buyer FROM v_purchases AS v LEFT JOIN users AS u ON u.id = v.user_id"
            " WHERE CAST(:at AS timestamptz) IS NULL OR (v.created_at, v.purchase_id) < (:at, CAST(:id AS uuid))"
            " ORDER BY v.created_at DESC, v.purchase_id DESC LIMIT :n"
        ),
        {"at": after[0] if after else None, "id": after[1] if after else None, "n": limit},
    ).all()
    return [(_purchase(row), row.buyer) for row in rows]


def sold(connection: Connection) -> list[Sold]:
    """What was bought and given back, currency by currency; amounts of two currencies are never added up."""
    rows = connection.execute(
        text(
            "SELECT currency, count(*) AS purchases, COALESCE(sum(price_cents), 0)::bigint AS sold_cents,"
            " count(refunded_cents) AS refunds, COALESCE(sum(refunded_cents), 0)::bigint AS refunded_cents"
            ' FROM v_purchases GROUP BY currency ORDER BY currency COLLATE "C"'
        )
    ).all()
    return [Sold(**row._mapping) for row in rows]


def _purchase(row: Row[Any]) -> Purchase:
    return Purchase(**{name: value for name, value in row._mapping.items() if name != "buyer"})
