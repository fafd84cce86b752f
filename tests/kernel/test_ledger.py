"""The ledger: append-only for everyone, apart by tenant, free of secrets."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.kernel.db import transaction
from domain.kernel.events import record, redact
from domain.kernel.settings import DbRole
from tests.conftest import Database
from tests.makers import make_tenant


def test_an_event_is_read_back_by_its_tenant_alone(database: Database) -> None:
    make_tenant("ONE")
    make_tenant("TWO")
    with transaction("ONE") as connection:
        record(
            connection,
            "grid.thing.seen",
            actor_id="a",
            actor_role="OPERATOR",
            payload={"password": "hunter2"},
        )
    with transaction("TWO") as connection:
        assert connection.execute(text("SELECT count(*) FROM events")).scalar() == 0
    with transaction("ONE") as connection:
        row = connection.execute(text("SELECT event_type, payload FROM events")).one()
    assert row.event_type == "grid.thing.seen"
    assert row.payload == {"password": "[redacted]"}


@pytest.mark.parametrize("act", ["UPDATE events SET status = 'x'", "DELETE FROM events", "TRUNCATE events"])
@pytest.mark.parametrize("replica", [False, True])
def test_nobody_changes_the_ledger_not_even_a_superuser_in_replica_mode(
    database: Database, act: str, replica: bool
) -> None:
    make_tenant("ONE")
    with transaction("ONE") as connection:
        record(connection, "grid.thing.seen", actor_id="a", actor_role="OPERATOR")
    with psycopg.connect(database.urls["superuser"]) as connection:
        if replica:
            connection.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            connection.execute(act)


def test_a_session_cannot_write_for_another_tenant(database: Database) -> None:
    make_tenant("ONE")
    make_tenant("TWO")
    with pytest.raises(DBAPIError, match="row-level security"), transaction("ONE") as connection:
        connection.execute(
            text(
                "INSERT INTO events (event_id, tenant_id, event_type, occurred_at, actor_id, actor_role)"
                " VALUES (gen_random_uuid(), 'TWO', 'x', now(), 'a', 'b')"
            )
        )


@pytest.mark.parametrize("role", [DbRole.APP, DbRole.MACHINE, DbRole.LOADER, DbRole.AUDITOR])
def test_no_working_role_owns_anything_or_bypasses_row_security(database: Database, role: DbRole) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        attributes = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s",
            (role.login,),
        ).fetchone()
        owned = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = %s",
            (role.login,),
        ).fetchone()
    assert attributes == (False, False, False, False)
    assert owned == (0,)


def test_every_table_with_a_tenant_forces_row_security(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        bare = connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
        ).fetchall()
    assert bare == []


@pytest.mark.parametrize(
    "secret",
    [
        "postgresql://u:s3cr3tpw@h/db",
        "https://x/y?X-Amz-Signature=deadbeef00&z=1",
        "Authorization: Bearer abcdef.ghijkl",
        "csk_abc123_verysecretpart",
        "AKIAABCDEFGHIJKLMNOP",
    ],
)
def test_secrets_inside_text_are_redacted(secret: str) -> None:
    cleaned = str(redact({"note": ["before " + secret + " after"]}))
    for planted in ("s3cr3tpw", "deadbeef00", "abcdef.ghijkl", "verysecretpart", "AKIAABCDEFGHIJKLMNOP"):
        assert planted not in cleaned
    assert "after" in cleaned


def test_every_role_that_writes_an_event_may_ask_for_its_instant(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        writers = connection.execute(
            "SELECT rolname, has_function_privilege(oid, 'ledger_now()', 'EXECUTE') FROM pg_roles"
            " WHERE rolname LIKE 'countersign%' AND has_table_privilege(oid, 'events', 'INSERT') ORDER BY rolname"
        ).fetchall()
    assert {role for role, _ in writers} >= {"countersign_app", "countersign_delivery", "countersign_machine"}
    assert [role for role, may in writers if not may] == []
