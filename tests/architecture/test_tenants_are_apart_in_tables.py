"""Every tenant table, from the catalogue: as another tenant, each role reads nothing and writes nothing."""

from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, RestrictViolation

from domain.kernel.people import ensure_person
from tests.architecture.tenant_rows import Table, fill, tables_without_tenant, tenant_views
from tests.conftest import Database
from tests.makers import make_tenant

ROLES = ("app", "machine", "loader", "auditor")
# Into this one app steps for what learners do; it has no login of its own.
STEPPED_INTO = {"delivery": "app"}
# What belongs to no tenant. A new table without a tenant is written here on purpose, or not at all.
WITHOUT_TENANT = {"alembic_version", "rate_limits", "sign_ins", "signing_keys", "users"}
THEIRS, OURS = "THEIRS", "OURS"
REFUSED = (InsufficientPrivilege, RestrictViolation)


def prepare(database: Database) -> list[Table]:
    make_tenant(THEIRS)
    make_tenant(OURS)
    return fill(database, THEIRS, OURS)


@pytest.fixture(scope="module")
def tables(module_database: Database) -> list[Table]:
    return prepare(module_database)


def ask(connection: psycopg.Connection[Any], statement: sql.Composed | sql.SQL) -> int | type[Exception]:
    """How many rows it answers or touches, or how it was refused; nothing of it stays."""
    try:
        with connection.transaction(force_rollback=True):
            cursor = connection.execute(statement)
            return int(cursor.fetchone()[0]) if cursor.description else cursor.rowcount  # type: ignore[index]
    except REFUSED as refusal:
        return type(refusal)
    except psycopg.IntegrityError:
        return 1  # the row was reached; only another row stood in the way


def attempts(table: Table) -> dict[str, sql.Composed]:
    """What a session that is bound to OURS may try against THEIRS."""
    t, theirs = sql.Identifier(table.name), sql.Literal(THEIRS)
    return {
        "reads": sql.SQL("SELECT count(*) FROM {} WHERE tenant_id <> {}").format(t, sql.Literal(OURS)),
        "changes": sql.SQL("UPDATE {} SET tenant_id = tenant_id WHERE tenant_id = {}").format(t, theirs),
        "takes over": sql.SQL("UPDATE {} SET tenant_id = {} WHERE tenant_id = {}").format(t, sql.Literal(OURS), theirs),
        "removes": sql.SQL("DELETE FROM {} WHERE tenant_id = {}").format(t, theirs),
        "inserts": table.insert(THEIRS),
        "gives away": sql.SQL("UPDATE {} SET tenant_id = {} WHERE tenant_id = {}").format(t, theirs, sql.Literal(OURS)),
        "empties": sql.SQL("TRUNCATE {}").format(t),
    }


def leaks(database: Database, tables: list[Table], bound_to: str = OURS) -> list[str]:
    """What a session gets hold of that is not its tenant's: role, table and act."""
    found = []
    for role in (*ROLES, *STEPPED_INTO):
        with psycopg.connect(database.urls[STEPPED_INTO.get(role, role)], autocommit=True) as connection:
            connection.execute("SELECT set_config('app.tenant', %s, false)", (bound_to,))
            if role in STEPPED_INTO:
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"countersign_{role}")))
            for table in tables:
                for act, statement in attempts(table).items():
                    answer = ask(connection, statement)
                    must_be_refused = act in {"inserts", "empties"} or (act == "gives away" and answer != 0)
                    if answer in REFUSED or (answer == 0 and not must_be_refused):
                        continue
                    found.append(f"{role} {act} {table.name}")
    return found


def test_every_tenant_table_is_closed_to_other_tenants(module_database: Database, tables: list[Table]) -> None:
    assert len(tables) > 30
    assert leaks(module_database, tables) == []


def test_without_a_tenant_nothing_is_seen_nor_written(module_database: Database, tables: list[Table]) -> None:
    assert leaks(module_database, tables, bound_to="") == []


def test_their_rows_still_stand(module_database: Database, tables: list[Table]) -> None:
    with psycopg.connect(module_database.urls["superuser"]) as connection:
        for table in tables:
            counted = sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s").format(sql.Identifier(table.name))
            assert connection.execute(counted, (THEIRS,)).fetchone() != (0,), table.name


def test_the_own_rows_are_seen_where_the_role_may_read(module_database: Database, tables: list[Table]) -> None:
    """Else the other tests would pass on tables that nobody can use."""
    with psycopg.connect(module_database.urls["app"], autocommit=True) as connection:
        connection.execute("SELECT set_config('app.tenant', %s, false)", (OURS,))
        seen = {
            table.name: ask(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name)))
            for table in tables
        }
    hidden = {name for name, answer in seen.items() if answer in REFUSED}
    assert hidden <= {"api_keys", "lineage_outbox"}
    assert {answer for name, answer in seen.items() if name not in hidden} <= {1, 2}


def test_every_view_is_closed_to_other_tenants(module_database: Database, tables: list[Table]) -> None:
    with psycopg.connect(module_database.urls["owner"]) as connection:
        views = tenant_views(connection)
    assert views
    for role in ("app", "machine", "auditor"):
        with psycopg.connect(module_database.urls[role], autocommit=True) as connection:
            connection.execute("SELECT set_config('app.tenant', %s, false)", (OURS,))
            for view in views:
                asked = sql.SQL("SELECT count(*) FROM {} WHERE tenant_id <> {}").format(
                    sql.Identifier(view), sql.Literal(OURS)
                )
                assert ask(connection, asked) in {0, InsufficientPrivilege}, (role, view)


def test_people_are_seen_by_their_colleagues_alone(database: Database) -> None:
    make_tenant(THEIRS)
    make_tenant(OURS)
    ensure_person(THEIRS, "ada@example.org", "Ada", ["ADMIN"])
    ensure_person(OURS, "bob@example.org", "Bob", ["ADMIN"])
    for role in ("app", "machine", "auditor"):
        with psycopg.connect(database.urls[role]) as connection:
            connection.execute("SELECT set_config('app.tenant', %s, false)", (OURS,))
            assert connection.execute("SELECT name FROM users").fetchall() == [("Bob",)]


def test_what_belongs_to_no_tenant_is_written_down(module_database: Database) -> None:
    with psycopg.connect(module_database.urls["owner"]) as connection:
        assert tables_without_tenant(connection) == WITHOUT_TENANT


@pytest.mark.parametrize(
    ("fault", "bitten"),
    [
        (
            "ALTER TABLE feeders DISABLE ROW LEVEL SECURITY",
            {"app reads feeders", "app removes feeders", "machine takes over feeders"},
        ),
        ("ALTER POLICY tenant_isolation ON proposals WITH CHECK (true)", {"machine inserts proposals"}),
        ("ALTER POLICY tenant_isolation ON events USING (true)", {"auditor reads events"}),
        ("CREATE POLICY more ON feeders USING (true)", {"app takes over feeders", "app gives away feeders"}),
    ],
)
def test_a_planted_fault_is_found(database: Database, fault: str, bitten: set[str]) -> None:
    named = {word for found in bitten for word in found.split()}
    tables = [table for table in prepare(database) if table.name in named]
    assert leaks(database, tables) == []
    with psycopg.connect(database.urls["owner"]) as connection:
        connection.execute(fault)  # type: ignore[call-overload]
    assert bitten <= set(leaks(database, tables))
