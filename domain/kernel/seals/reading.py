"""How many rows are read: one at a time from a binary COPY, so that memory stays flat whatever the ledger's length."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection

from domain.kernel.db import bind_tenant, engine_for
from domain.kernel.settings import DbRole, settings


@contextmanager
def snapshot(tenant_id: str, role: DbRole) -> Iterator[Connection]:
    """One reading transaction that sees one instant of the tenant's rows, however long it lasts."""
    engine = engine_for(settings().url(role)).execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection, connection.begin():
        bind_tenant(connection, tenant_id)
        yield connection


def streamed(connection: Connection, query: str, types: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query without parameters, as they come from the server.

    Args:
        connection: within a transaction.
        query: its literals must be safe: ids, numbers.
        types: PostgreSQL's names of the columns' types.

    Raises:
        TypeError: the driver is another than psycopg.
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("rows are streamed through psycopg alone")
    statement = f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        yield from copy.rows()


def leaf_hashes(connection: Connection, seal_id: object) -> Iterator[bytes]:
    """The stored hashes of one seal's leaves, in their order."""
    query = f"SELECT leaf_hash FROM seal_leaves WHERE seal_id = '{seal_id}' ORDER BY leaf_index"
    for (leaf,) in streamed(connection, query, ["bytea"]):
        yield leaf
