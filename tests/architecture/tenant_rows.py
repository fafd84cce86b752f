"""A row of each tenant in every tenant table, made from the catalogue alone, so that a new table is covered unasked."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from tests.conftest import Database

TABLES = """
SELECT c.oid, c.relname FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ({kinds}) AND NOT c.relispartition ORDER BY c.relname
"""
COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL) AS type FROM pg_attribute AS a
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = ''
ORDER BY a.attnum
"""
CHECKS = """
SELECT c.relname, k.conname FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
WHERE c.relnamespace = 'public'::regnamespace AND k.contype = 'c' AND c.relkind IN ('r', 'p')
"""
VALUES = {
    "text": "'{tenant}'",
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "'2026-01-01T12:00Z'",
    "date": "'2026-01-01'",
    "jsonb": "'{{}}'",
    "bytea": "'\\x00'",
    "boolean": "true",
    "inet": "'127.0.0.1'",
    "interval": "'1 day'",
    "time without time zone": "'12:00'",
    "tstzrange": "'[2026-01-01,2026-01-02)'",
}
NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}


@dataclass(frozen=True)
class Table:
    """One tenant table.

    Attributes:
        name: its name.
        columns: what a row of it is inserted with.
        values: the same, as SQL, for a tenant.
    """

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]

    def insert(self, tenant: str) -> sql.Composed:
        """The statement that inserts a row of that tenant."""
        values = [
            f"'{tenant}'" if c == "tenant_id" else _value(t, tenant)
            for c, t in zip(self.columns, self.types, strict=True)
        ]
        return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(self.name),
            sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            sql.SQL(", ".join(values)),  # type: ignore[arg-type]
        )


def _value(kind: str, tenant: str) -> str:
    if kind.endswith("[]"):
        return "'{}'"
    if kind in NUMBERS:
        return "1"
    return VALUES[kind].format(tenant=tenant)  # a type that is not known yet is a KeyError: say what a value of it is


def tenant_tables(connection: psycopg.Connection[Any]) -> list[Table]:
    found = []
    for oid, name in connection.execute(TABLES.format(kinds="'r', 'p'")).fetchall():
        columns = connection.execute(COLUMNS, (oid,)).fetchall()
        found.append(Table(name, tuple(c for c, _ in columns), tuple(t for _, t in columns)))
    return found


def tenant_views(connection: psycopg.Connection[Any]) -> list[str]:
    return [name for _, name in connection.execute(TABLES.format(kinds="'v'")).fetchall()]


def tables_without_tenant(connection: psycopg.Connection[Any]) -> set[str]:
    every = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    ).fetchall()
    return {name for (name,) in every} - {table.name for table in tenant_tables(connection)}


def fill(database: Database, *tenants: str) -> list[Table]:
    """Put a row of each tenant into every tenant table. What a value may be is not the question here, so that the
    checks on single values are dropped in this clone, and references are not followed.
    """
    with psycopg.connect(database.urls["superuser"]) as connection:
        for table, check in connection.execute(CHECKS).fetchall():
            connection.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(check))
            )
        for tenant in tenants:
            leaf = sql.Identifier("reads", f"leaf_{tenant.lower()}")
            connection.execute(
                sql.SQL("CREATE TABLE {} PARTITION OF meter_reads_electric FOR VALUES IN ({})").format(
                    leaf, sql.Literal(tenant)
                )
            )
        tables = tenant_tables(connection)
        connection.execute("SET session_replication_role = replica")
        for table in tables:
            for tenant in tenants:
                if table.name != "tenants":
                    connection.execute(table.insert(tenant))
    return tables
