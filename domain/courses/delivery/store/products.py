"""Products as rows: what a tenant sells, for how much, and whether it is on sale now. Course and currency are fixed."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.courses.delivery.store.versions import Version
from domain.kernel.canonical import new_id

_COLUMNS = "product_id, course_tenant_id AS owner, course_id, price_cents, currency, active, created_at, updated_at"
MOST_LISTED = 500


@dataclass(frozen=True)
class Product:
    """One product.

    Attributes:
        owner: the tenant whose course is sold.
        price_cents: in the currency's smallest unit; 0 is free.
        active: whether it is listed and can be bought. Who bought it before keeps what was bought.
    """

    product_id: uuid.UUID
    owner: str
    course_id: str
    price_cents: int
    currency: str
    active: bool
    created_at: datetime
    updated_at: datetime


def find(connection: Connection, product_id: uuid.UUID) -> Product | None:
    """The tenant's product under that id."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM products WHERE product_id = :id"), {"id": product_id}
    ).one_or_none()
    return None if row is None else _product(row)


def is_another_tenants(connection: Connection, product_id: uuid.UUID) -> bool:
    """Whether the id is that of a product which some other tenant sells."""
    return bool(connection.execute(text("SELECT is_product_of_another_tenant(:id)"), {"id": product_id}).scalar_one())


def listed(
    connection: Connection, *, on_sale: bool, limit: int = MOST_LISTED, after: tuple[datetime, uuid.UUID] | None = None
) -> list[Product]:
    """The tenant's products, those on sale alone or all, the oldest first; those `after`."""
    began, own = after or (None, None)
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM products WHERE (active OR NOT :on_sale)"
            " AND (CAST(:began AS timestamptz) IS NULL"
            "   OR (created_at, product_id) > (CAST(:began AS timestamptz), CAST(:own AS uuid)))"
            " ORDER BY created_at, product_id LIMIT :most"
        ),
        {"on_sale": on_sale, "most": limit, "began": began, "own": own},
    ).all()
    return [_product(row) for row in rows]


def how_many_on_sale(connection: Connection) -> int:
    """How many products of the tenant are on sale."""
    return int(connection.execute(text("SELECT count(*) FROM products WHERE active")).scalar_one())


def is_monetised(connection: Connection, tenant_id: str, owner: str, course_id: str) -> bool:
    """Whether the tenant has ever had a product of the course: taking it off sale does not make the course free."""
    return bool(
        connection.execute(
            text(
                "SELECT EXISTS (SELECT 1 FROM products"
                " WHERE tenant_id = :tenant AND course_tenant_id = :owner AND course_id = :course)"
            ),
            {"tenant": tenant_id, "owner": owner, "course": course_id},
        ).scalar_one()
    )


def monetised(connection: Connection) -> set[tuple[str, str]]:
    """Owner and id of every course of which the tenant has ever had a product."""
    rows = connection.execute(text("SELECT DISTINCT course_tenant_id, course_id FROM products")).all()
    return {(row.course_tenant_id, row.course_id) for row in rows}


def insert(connection: Connection, version: Version, price_cents: int, currency: str, created_by: str) -> Product:
    """Put a course on sale; `price_cents` are hundredths of `currency`, three letters. Grain: product."""
    row = connection.execute(
        text(
            "INSERT INTO products (product_id, course_tenant_id, course_id, price_cents, currency, created_by)"
            f" VALUES (:id, :owner, :course, :price, :currency, CAST(:by AS uuid)) RETURNING {_COLUMNS}"
        ),
        {
            "id": new_id(),
            "owner": version.owner,
            "course": version.course_id,
            "price": price_cents,
            "currency": currency,
            "by": created_by,
        },
    ).one()
    return _product(row)


def change(connection: Connection, product_id: uuid.UUID, price_cents: int, active: bool) -> Product:
    """Another price, or on or off sale."""
    row = connection.execute(
        text(
            "UPDATE products SET price_cents = :price, active = :active, updated_at = clock_timestamp()"
            f" WHERE product_id = :id RETURNING {_COLUMNS}"
        ),
        {"id": product_id, "price": price_cents, "active": active},
    ).one()
    return _product(row)


def lock(connection: Connection, tenant_id: str, product_id: uuid.UUID) -> None:
    """Let nobody else change this product until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"product|{tenant_id}|{product_id}"}
    )


def _product(row: Row[Any]) -> Product:
    return Product(**row._mapping)
