"""What the database itself says of FireMode's tables."""

from typing import Any

import psycopg
from psycopg import sql

from tests.stairs.planted.writing import Row, insert

SHORT = {
    "character varying": "vc",
    "timestamp with time zone": "tz",
    "numeric": "n",
    "integer": "int",
    "boolean": "bool",
}
COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
INDEXES = """
SELECT c.relname, t.relname,
  array_to_string(ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false)
    || CASE WHEN i.indoption[k - 1] & 1 = 1 THEN ' DESC' ELSE '' END
    FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k), ', '),
  i.indisunique, i.indisprimary
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
WHERE t.relname = ANY(%s) AND t.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""
CONSTRAINTS = """
SELECT t.relname, k.conname, k.contype::text,
  ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS n (num, at)
    JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = n.num ORDER BY n.at)
FROM pg_constraint AS k JOIN pg_class AS t ON t.oid = k.conrelid
WHERE t.relname = ANY(%s) AND t.relnamespace = 'public'::regnamespace AND k.contype = ANY(%s) ORDER BY 1, 2
"""
Connection = psycopg.Connection[Any]


def short(kind: str) -> str:
    """`numeric(6,2)` as `n6.2`."""
    for long, brief in SHORT.items():
        kind = kind.replace(long, brief)
    return kind.replace("(", "").replace(")", "").replace(",", ".")


def columns(connection: Connection, table: str) -> dict[str, str]:
    """Each column's short type, with `!` where it is never NULL."""
    found = connection.execute(COLUMNS, (table,)).fetchall()
    return {name: short(kind) + ("!" if never_null else "") for name, kind, never_null, _ in found}


def defaults(connection: Connection, table: str) -> dict[str, str | None]:
    return {name: default for name, _, _, default in connection.execute(COLUMNS, (table,)).fetchall()}


def indexes(connection: Connection, tables: list[str]) -> dict[str, str]:
    """`table columns` of each index by name; the tenant, where it comes first, is left out."""
    found = connection.execute(INDEXES, (tables,)).fetchall()
    return {name: f"{table} {listed.removeprefix('tenant_id, ')}" for name, table, listed, _, _ in found}


def uniques(connection: Connection, tables: list[str]) -> list[tuple[str, str]]:
    """Table and name of each unique index but the primary keys."""
    found = connection.execute(INDEXES, (tables,)).fetchall()
    return [(table, name) for name, table, _, is_unique, is_primary in found if is_unique and not is_primary]


def constraints(connection: Connection, tables: list[str], kind: str) -> list[tuple[str, str, list[str]]]:
    """Table, name and columns of each constraint of a kind: c check, f reference."""
    found = connection.execute(CONSTRAINTS, (tables, [kind])).fetchall()
    return [(table, name, listed) for table, name, _, listed in found]


def leave_alone(connection: Connection, table: str, kept: str, dropped: str = "cfpux") -> None:
    """Drop whatever could refuse a row of `table` before `kept` does. For a transaction that is rolled back.

    `dropped` are the kinds of constraints: c check, f reference, p and u key, x exclusion.
    """
    name = sql.Identifier(table)
    for _, other, _, _ in connection.execute(CONSTRAINTS, ([table], list(dropped))).fetchall():
        if other != kept:
            connection.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {} CASCADE").format(name, sql.Identifier(other))
            )
    for _, other in uniques(connection, [table]):
        if other != kept:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(other)))


def refusal(connection: Connection, table: str, row: Row) -> tuple[type[Exception] | None, str | None]:
    """How the database refuses the row: the error and the constraint (or column) that it names; nothing stays."""
    try:
        with connection.transaction(force_rollback=True):
            insert(connection, table, row)
    except psycopg.Error as error:
        return type(error), error.diag.constraint_name or error.diag.column_name
    return None, None
