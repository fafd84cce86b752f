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
DERIVED = """
SELECT c.relname, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attgenerated = 's'
"""
VALUES = {
    "text": "'{word}'",
    "character varying": "left('{word}', 10)",
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "'2026-01-01T12:00Z'",
    "date": "'2026-01-01'",
    "jsonb": "'{{}}'",
    "bytea": "'\\x00'",
    "boolean": "true",
    "inet": "'127.0.0.1'",
    "interval": "'1 day'",
    "xid8": "pg_current_xact_id()",
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

    def insert(self, tenant: str, word: str | None = None) -> sql.Composed:
        """The statement that inserts a row of that tenant; `word` is what its texts say."""
        values = [
            f"'{tenant}'" if c == "tenant_id" else _value(t, word or tenant)
            for c, t in zip(self.columns, self.types, strict=True)
        ]
        return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(self.name),
            sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            sql.SQL(", ".join(values)),  # type: ignore[arg-type]
        )


def _value(kind: str, word: str) -> str:
    if kind.endswith("[]"):
        return "'{}'"
    if kind in NUMBERS:
        return "1"
    return VALUES[kind].format(word=word)  # a type that is not known yet is a KeyError: say what a value of it is


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
        " AND NOT relispartition"
    ).fetchall()
    return {name for (name,) in every} - {table.name for table in tenant_tables(connection)}


def _has(connection: psycopg.Connection[Any], table: str, tenant: str) -> bool:
    asked = sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE tenant_id = %s)").format(sql.Identifier(table))
    found = connection.execute(asked, (tenant,)).fetchone()
    return bool(found and found[0])


def _insert(connection: psycopg.Connection[Any], table: Table, tenant: str, word: str | None) -> None:
    """One row, past the triggers; each of them is afterwards enabled as it was."""
    triggers = connection.execute(
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal", (table.name,)
    ).fetchall()
    name = sql.Identifier(table.name)
    connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
    connection.execute(table.insert(tenant, word))
    for trigger, enabled in triggers:
        how = sql.SQL("ALWAYS" if enabled == "A" else "")
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE {} TRIGGER {}").format(name, how, sql.Identifier(trigger)))


def fill(database: Database, *tenants: str, word: str | None = None, is_said: bool = False) -> list[Table]:
    """Put a row of each tenant into every tenant table; with `word` only where it has none yet.

    Where `is_said`, the texts of those rows say the word; else they say the tenant.

    What a value may be is not the question here: in this clone the checks on single values are dropped, columns that
    derive from others are plain ones, references are not followed, and triggers rest while the rows are written.
    """
    with psycopg.connect(database.urls["superuser"]) as connection:
        for table, check in connection.execute(CHECKS).fetchall():
            connection.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(check))
            )
        for table, column in connection.execute(DERIVED).fetchall():
            connection.execute(
                sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP EXPRESSION").format(*map(sql.Identifier, (table, column)))
            )
        for tenant in tenants if word is None else ():
            leaf = sql.Identifier("reads", f"leaf_{tenant.lower()}")
            connection.execute(
                sql.SQL("CREATE TABLE {} PARTITION OF meter_reads_electric FOR VALUES IN ({})").format(
                    leaf, sql.Literal(tenant)
                )
            )
        connection.execute("CREATE TABLE IF NOT EXISTS reads.any_piece PARTITION OF meter_read_versions DEFAULT")
        connection.execute("CREATE TABLE IF NOT EXISTS reads.any_event PARTITION OF analytics_events DEFAULT")
        tables = tenant_tables(connection)
        connection.execute("SET session_replication_role = replica")
        for table in tables:
            for tenant in tenants:
                if table.name != "tenants" and not (word and _has(connection, table.name, tenant)):
                    _insert(connection, table, tenant, word if is_said else None)
    return tables
