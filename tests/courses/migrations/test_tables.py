"""Every check, key and reference of authoring's tables refuses the row that breaks it; what is written stays."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from psycopg import sql
from psycopg.errors import (
    CheckViolation,
    ForeignKeyViolation,
    InsufficientPrivilege,
    NotNullViolation,
    RestrictViolation,
    UniqueViolation,
)

from domain.kernel import migrate
from domain.kernel.release.verify import verify
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database, Postgres, bind, drop, empty, unbind
from tests.courses.migrations.planted import DIGEST, TABLES, TEXT, plant
from tests.stairs.migrations.catalogue import columns, constraints, leave_alone, refusal, uniques
from tests.stairs.planted.writing import Rows

Connection = psycopg.Connection[Any]
BEFORE = "011_enhance_instruments_calibration"
LARGE = '"' + "é" * 2_500_000 + '"'
OTHER = {"content_text": TEXT + " ", "content_hash": DIGEST}
NO_HASH: list[dict[str, Any]] = [{"syllabus_hash": "0" * 63}, {"syllabus_hash": "G" * 64}]
ROWS_BROKEN: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("content_items", "content_items_item_id_check"): [
        {"item_id": one} for one in ("", "Course", "a", ".ab", "a" * 101)
    ],
    ("content_items", "content_items_kind_check"): [{"kind": "syllabus"}, {"kind": "PACKAGE"}],
    ("content_items", "content_items_syllabus_id_check"): [{"syllabus_id": one} for one in ("", "-a", "a.b", "a" * 65)],
    ("content_items", "content_items_slot_check"): [{"slot": one} for one in ("", "m1", "m01l1", "m01l01q")],
    ("content_items", "content_items_check"): [{"item_id": "other"}, {"kind": "LESSON"}],
    ("content_items", "content_items_check1"): [{"slot": "m01"}, {"kind": "LESSON"}],
    ("generation_jobs", "generation_jobs_kind_check"): [{"kind": "COURSE"}],
    ("generation_jobs", "generation_jobs_syllabus_hash_check"): NO_HASH,
    ("generation_jobs", "generation_jobs_module_id_check"): [{"module_id": "m1"}, {"module_id": "m01l01"}],
    ("generation_jobs", "generation_jobs_request_sha256_check"): [{"request_sha256": "0" * 63}],
    ("generation_jobs", "generation_jobs_status_check"): [{"status": "PENDING"}],
    ("generation_jobs", "generation_jobs_check"): [{"module_id": "m01"}, {"kind": "LESSON"}],
    ("generation_jobs", "generation_jobs_check1"): [{"syllabus_revision": 1}, {"kind": "LESSON"}],
    ("generation_jobs", "generation_jobs_check2"): [{"syllabus_revision": 1}, {"syllabus_hash": DIGEST}],
    ("generation_jobs", "generation_jobs_check3"): [{"claim_token": None}, {"status": "QUEUED"}],
    ("generation_jobs", "generation_jobs_check4"): [{"finished_at": None}, {"status": "RUNNING"}],
    ("generation_jobs", "generation_jobs_check5"): [{"made": None}, {"status": "RUNNING"}],
    ("generation_jobs", "generation_jobs_check6"): [{"status": "FAILED"}, {"error": {"code": "X"}}],
    ("generation_answers", "generation_answers_seq_check"): [{"seq": -1}],
    ("generation_answers", "generation_answers_prompt_sha256_check"): [{"prompt_sha256": "x"}],
    ("generation_answers", "generation_answers_check"): [{"raw_answer": TEXT + " "}],
    ("content_revisions", "content_revisions_revision_check"): [{"revision": 0}],
    ("content_revisions", "content_revisions_origin_check"): [{"origin": "MADE"}],
    ("content_revisions", "content_revisions_check"): [OTHER, {"content_hash": "0" * 64}],
    ("content_revisions", "content_revisions_syllabus_hash_check"): NO_HASH,
    ("content_revisions", "content_revisions_check1"): [{"based_on": 1}, {"based_on": 2}],
    ("content_revisions", "content_revisions_check2"): [{"syllabus_revision": 1}, {"syllabus_hash": DIGEST}],
    ("content_decisions", "content_decisions_decision_check"): [{"decision": "REFUSED"}],
    ("content_decisions", "content_decisions_check"): [{"decision": "REJECTED"}, {"decision": "REJECTED", "note": " "}],
    ("course_packages", "course_packages_version_check"): [{"version": 0}],
    ("course_packages", "course_packages_lessons_check"): [{"lessons": 0}],
    ("course_packages", "course_packages_check"): [OTHER, {"content_hash": "0" * 64}],
    ("course_packages", "course_packages_check1"): [{"size_bytes": len(TEXT) + 1}],
    ("course_packages", "course_packages_size_bytes_check"): [
        {
            "content_text": LARGE,
            "content_hash": hashlib.sha256(LARGE.encode()).hexdigest(),
            "size_bytes": len(LARGE.encode()),
        }
    ],
    ("course_packages", "course_packages_check2"): [{"restored_from": 1}],
    ("course_package_retirements", "course_package_retirements_reason_check"): [{"reason": ""}, {"reason": " "}],
}

# A table that points to itself: a whole row, valid but for that.
TO_THEMSELVES: dict[str, dict[str, Any]] = {
    "content_items_tenant_id_syllabus_id_fkey": {
        "item_id": "nothing.m01l01",
        "kind": "LESSON",
        "slot": "m01l01",
        "syllabus_id": "nothing",
    },
    "content_revisions_tenant_id_item_id_based_on_fkey": {"revision": 3, "based_on": 2},
    "course_packages_tenant_id_syllabus_id_restored_from_fkey": {
        "package_id": UUID(int=7),
        "version": 3,
        "restored_from": 2,
    },
}


@pytest.fixture
def owner(module_database: Database) -> Iterator[Connection]:
    """A transaction of the owner; nothing of it stays."""
    with psycopg.connect(module_database.urls["owner"]) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def rows(owner: Connection) -> Rows:
    return plant(owner)


def test_every_check_refuses_the_row_that_breaks_it(owner: Connection, rows: Rows) -> None:
    assert {(table, name) for table, name, _ in constraints(owner, list(TABLES), "c")} == set(ROWS_BROKEN)
    wrong = []
    for (table, name), variants in ROWS_BROKEN.items():
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, name)
            for changes in variants:
                found = refusal(owner, table, rows[table] | changes)
                if found != (CheckViolation, name):
                    wrong.append((table, name, str(changes)[:80], found))
            if (found := refusal(owner, table, rows[table])) != (None, None):
                wrong.append((table, name, "{}", found))
    assert wrong == []


def test_every_unique_key_refuses_a_second_row(owner: Connection, rows: Rows) -> None:
    found = {}
    for table, name in uniques(owner, list(TABLES)):
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, name)
            found[table, name] = refusal(owner, table, rows[table])
    assert ("course_packages", "course_packages_same_content") in found
    assert {at: answer for at, answer in found.items() if answer != (UniqueViolation, at[1])} == {}


def test_every_reference_refuses_what_is_not_there_and_carries_the_tenant(owner: Connection, rows: Rows) -> None:
    for table, name, listed in constraints(owner, list(TABLES), "f"):
        assert "tenant_id" in listed or listed[0] in {"decided_by", "published_by", "actor"}
        if name in TO_THEMSELVES:
            assert refusal(owner, table, rows[table] | TO_THEMSELVES[name]) == (ForeignKeyViolation, name)
            continue
        nowhere: Any = {"tenant_id": "NOBODY", "item_id": "nothing", "syllabus_id": "nothing", "content_hash": "0" * 64}
        last = listed[-1]
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, name)
            found = refusal(owner, table, rows[table] | {last: nowhere.get(last) or uuid4()})
            assert found == (ForeignKeyViolation, name)


def test_every_required_column_refuses_null(owner: Connection, rows: Rows) -> None:
    found = {}
    for table, row in rows.items():
        if table not in TABLES:
            continue
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, "")
            for column, kind in columns(owner, table).items():
                if kind.endswith("!") and column in row:
                    found[table, column] = refusal(owner, table, row | {column: None})
    assert {at: answer for at, answer in found.items() if answer != (NotNullViolation, at[1])} == {}


CHANGED = {
    "content_items": "created_by",
    "generation_answers": "model",
    "content_revisions": "reason",
    "content_decisions": "note",
    "course_packages": "title",
    "course_package_retirements": "reason",
}


def change(table: str) -> list[str]:
    """Every way to change or lose a row."""
    return [f"UPDATE {table} SET {CHANGED[table]} = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]


IMMUTABLE = [table for table in TABLES if table != "generation_jobs"]


@pytest.fixture(scope="module")
def standing(module_database: Database) -> Database:
    """The rows, committed, in a tenant of their own."""
    with psycopg.connect(module_database.urls["owner"]) as connection:
        plant(connection, "STANDING")
    return module_database


@pytest.mark.parametrize("table", IMMUTABLE)
@pytest.mark.parametrize("role", ["app", "machine", "auditor", "loader"])
def test_no_role_of_the_application_may_change_what_is_written(standing: Database, role: str, table: str) -> None:
    with psycopg.connect(standing.urls[role], autocommit=True) as connection:
        connection.execute("SELECT set_config('app.tenant', 'STANDING', false)")
        for statement in change(table):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(statement)
        held = connection.execute(
            "SELECT has_table_privilege(current_user, %s, 'UPDATE, DELETE, TRUNCATE')", (table,)
        ).fetchone()
        assert held == (False,)


@pytest.mark.parametrize("table", IMMUTABLE)
@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_neither_owner_nor_superuser_changes_it_even_as_a_replica(standing: Database, role: str, table: str) -> None:
    with psycopg.connect(standing.urls[role], autocommit=True) as connection:
        if role == "superuser":
            connection.execute("SET session_replication_role = replica")
        for statement in change(table):
            with pytest.raises(RestrictViolation):
                connection.execute(statement)


def test_no_role_of_the_application_owns_a_table(standing: Database) -> None:
    with psycopg.connect(standing.urls["superuser"]) as connection:
        found = connection.execute(
            "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname = ANY(%s)", (list(TABLES),)
        ).fetchall()
    assert found == [(DbRole.OWNER.login,)]


@pytest.mark.parametrize("table", ["content_decisions", "course_packages", "course_package_retirements"])
def test_no_machine_writes_what_only_a_signature_may(standing: Database, table: str) -> None:
    for role in ("machine", "auditor", "loader"):
        with psycopg.connect(standing.urls[role]) as connection:
            connection.execute("SELECT set_config('app.tenant', 'STANDING', false)")
            with pytest.raises(InsufficientPrivilege):
                connection.execute(sql.SQL("INSERT INTO {} DEFAULT VALUES").format(sql.Identifier(table)))


def test_a_job_moves_forward_only_and_what_was_asked_stays(standing: Database) -> None:
    with psycopg.connect(standing.urls["owner"], autocommit=True) as connection:
        connection.execute("SELECT set_config('app.tenant', 'STANDING', false)")
        refused = (
            "UPDATE generation_jobs SET status = 'RUNNING', finished_at = NULL, made = NULL",
            "UPDATE generation_jobs SET made = '{}'",
            "UPDATE generation_jobs SET request = '{}'",
            "UPDATE generation_jobs SET requested_by = 'x'",
        )
        for statement in refused:
            with pytest.raises(CheckViolation):
                connection.execute(statement)
        for statement in ("DELETE FROM generation_jobs", "TRUNCATE generation_jobs CASCADE"):
            with pytest.raises(RestrictViolation):
                connection.execute(statement)


def test_another_tenant_sees_nothing_of_it(standing: Database) -> None:
    with psycopg.connect(standing.urls["app"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'NOBODY', false)")
        for table in (*TABLES, "v_content_items", "v_course_packages"):
            found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            assert found == (0,), table


@pytest.fixture
def untouched(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A migrated database of its own, made by the migrations and not from the template."""
    made = empty(server)
    bind(made, tmp_path / "home", monkeypatch)
    migrate.apply()
    yield made
    unbind()
    drop(server, made)


def whole(connection: Connection, table: str, tenant: str) -> list[Any]:
    asked = sql.SQL(
        "SELECT to_jsonb(t) - 'archived_at' - 'downgrade_run_id' FROM {} AS t WHERE tenant_id = %s ORDER BY 1"
    ).format(sql.Identifier(table))
    return [row for (row,) in connection.execute(asked, (tenant,)).fetchall()]


def test_up_and_down_and_up_and_down_again_loses_nothing(untouched: Database) -> None:
    config = migrate.alembic_config(settings().url(DbRole.OWNER))
    kept: dict[tuple[str, str], list[Any]] = {}
    for tenant in ("T", "U"):
        with psycopg.connect(untouched.urls["owner"]) as connection:
            plant(connection, tenant)
            kept |= {(tenant, table): whole(connection, table, tenant) for table in TABLES}
        command.downgrade(config, BEFORE)
        with psycopg.connect(untouched.urls["owner"]) as connection:
            for (former, table), found in kept.items():
                assert len(found) == 1
                assert whole(connection, f"{table}_archived", former) == found, (former, table)
        command.upgrade(config, "head")
    assert verify(settings().url(DbRole.OWNER))
