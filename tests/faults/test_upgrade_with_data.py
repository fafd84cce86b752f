"""Every earlier schema with rows in it comes up to date, and every row is still there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from psycopg import sql

from domain.kernel import migrate
from domain.kernel.release.render import alembic_config, revisions_after
from domain.kernel.release.verify import verify
from tests.architecture.tenant_rows import NUMBERS, VALUES, tenant_tables
from tests.conftest import Database, Postgres, bind, drop, empty, unbind
from tests.faults.table import Table

pytestmark = [pytest.mark.soak]
ONE = "'00000000-0000-4000-8000-000000000001'"
CHECKS = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype = 'c'"
# A row needs a value that every check allows; where nobody could guess it, the table stays empty. At least this share
# of the tables of each schema holds rows.
LEAST_FILLED = 0.6


@pytest.fixture
def climbing(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    made = empty(server)
    bind(made, tmp_path / "home", monkeypatch)
    yield made
    unbind()
    drop(server, made)


def _value(column: str, kind: str, checks: list[str]) -> str:
    """A value that the column's own checks allow, the same for every table, so that references find each other."""
    mine = [check for check in checks if re.search(rf"\b{column}\b", check)]
    listed = next((m[1] for check in mine if (m := re.search(r"ARRAY\['([^']+)'", check))), None)
    if kind in {"text", "character varying"}:
        hashed = any("{64}" in check for check in mine)
        return f"'{'a' * 64}'" if hashed else f"'{listed or 'T'}'"
    if kind == "uuid":
        return ONE
    return "'{}'" if kind.endswith("[]") else "1" if kind in NUMBERS else VALUES[kind].format(word="T")


def fill(database: Database) -> set[str]:
    """One row of one tenant in every table that takes it; answer the tables that hold a row."""
    filled = set()
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("SET session_replication_role = replica")
        _fill_row(connection, "tenants", ("tenant_id", "name", "timezone"), ("'T'", "'T'", "'UTC'"))
        for table in tenant_tables(connection):
            checks = [str(row[0]) for row in connection.execute(CHECKS, (table.name,)).fetchall()]
            pairs = zip(table.columns, table.types, strict=True)
            values = tuple("'T'" if c == "tenant_id" else _value(c, t, checks) for c, t in pairs)
            _fill_row(connection, table.name, table.columns, values)
            if _rows(connection, table.name):
                filled.add(table.name)
        share = len(filled) / max(1, len(tenant_tables(connection)))
    assert share >= LEAST_FILLED or not filled, f"only {share:.0%} of the tables hold a row"
    return filled


def _fill_row(
    connection: psycopg.Connection[Any], table: str, columns: tuple[str, ...], values: tuple[str, ...]
) -> None:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ".join(values)),  # type: ignore[arg-type]
    )
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.Error:
        return


def _rows(connection: psycopg.Connection[Any], table: str) -> int:
    found = connection.execute(
        sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = 'T'").format(sql.Identifier(table))
    ).fetchone()
    return int(found[0]) if found else 0


def _copied(server: Postgres, database: Database) -> Database:
    """A second database as the first one stands."""
    made = empty(server)
    with psycopg.connect(server.urls()["superuser"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(made.name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER countersign_owner").format(
                *map(sql.Identifier, (made.name, database.name))
            )
        )
    return made


def test_each_earlier_schema_with_rows_in_it_comes_up_to_date(
    server: Postgres, climbing: Database, table: Table
) -> None:
    from domain.kernel.db import engine_for

    revisions = [script.revision for script in revisions_after(None, migrate.head_revision())]
    upgrades, checked, lost = 0, 0, list[str]()
    for revision in revisions:
        command.upgrade(alembic_config(climbing.urls["owner"]), revision)
        engine_for(climbing.urls["owner"]).dispose()
        older = _copied(server, climbing)
        try:
            held = fill(older)
            command.upgrade(alembic_config(older.urls["owner"]), "head")
            assert verify(older.urls["owner"]) > 0
            with psycopg.connect(older.urls["superuser"]) as connection:
                gone = sorted(name for name in held if not _rows(connection, name))
            upgrades, checked = upgrades + 1, checked + len(held)
            lost += [f"{name} of {revision}" for name in gone]
        finally:
            engine_for(older.urls["owner"]).dispose()
            drop(server, older)
    table.add("upgrades from an earlier schema with rows", faults=upgrades, checks=checked, lost=lost)
    assert upgrades == len(revisions)
