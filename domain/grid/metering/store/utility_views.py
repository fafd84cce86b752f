"""A utility's own daily KPI views, read as they are; their definitions are never touched."""

from decimal import Decimal
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import Connection

from domain.grid.metering.store.schema import driver_of, stored
from domain.kernel.settings import settings


def utility_rows(connection: Connection, view: str, limit: int) -> list[dict[str, Any]] | None:
    """The latest rows of the tenant; None where the utility has no such view, or it does not say whose its rows are.

    A view without a tenant column is read for COUNTERSIGN_GRIDLENS_TENANT alone. Without a date the rows' text orders.
    """
    found = stored(connection) if settings().attached_schema is not None else None
    columns = found["mapping"]["columns"].get(view) if found else None
    if found is None or columns is None:
        return None
    mine = sql.SQL("true")
    if "tenant_id" in columns:
        mine = sql.SQL("v.tenant_id::text = current_setting('app.tenant')")
    elif connection.exec_driver_sql("SELECT current_setting('app.tenant')").scalar() != settings().gridlens_tenant:
        return None
    newest = (
        sql.SQL("v.{} DESC NULLS LAST, ").format(sql.Identifier(columns["date"])) if "date" in columns else sql.SQL("")
    )
    query = sql.SQL('SELECT v.* FROM {} AS v WHERE {} ORDER BY {}v::text COLLATE "C" LIMIT {}').format(
        sql.Identifier(found["mapping"]["schema"], view), mine, newest, sql.Literal(limit)
    )
    with driver_of(connection).cursor(row_factory=dict_row) as cursor:
        found_rows = cursor.execute(query).fetchall()
    return [{name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in found_rows]
