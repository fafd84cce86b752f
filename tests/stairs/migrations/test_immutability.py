"""After approval nothing that a session rests on changes any more, for no role and not for the tables' owner either."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, LockNotAvailable, RestrictViolation

from tests.conftest import Database
from tests.stairs.planted.plant import plant
from tests.stairs.planted.writing import Row, Rows, insert, key

ROLES = ("app", "machine", "auditor", "loader", "owner", "superuser")
REFUSED = (RestrictViolation, InsufficientPrivilege)
APPROVE = (
    "UPDATE test_sessions SET status = 'approved', approved_by = %s, countersignature_id = %s, approved_at = now()"
)
# What hangs on the session, and a change of it that would be harmless.
HELD = {
    "test_sessions": "ruleset_version = '2'",
    "test_instances": "notes = notes",
    "evidence_records": "description = 'x'",
    "instance_evaluations": "engine_version = '2'",
    "session_bundles": "size_bytes = 2",
    "session_submissions": "bundle_hash = '2'",
    "faults": "description = 'x'",
}
REGISTRY = ("buildings", "stairs", "floors", "doors", "doorways", "zones", "instruments", "ce_scenarios", "users")


@dataclass(frozen=True)
class Approved:
    """A database with an approved session, and an open one beside it."""

    database: Database
    tenant: str
    rows: Rows
    open_session: Row

    def connect(self, role: str) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.database.urls[role], autocommit=True)
        connection.execute(
            "SELECT set_config('app.tenant', %s, false), set_config('lock_timeout', '300ms', false)", (self.tenant,)
        )
        if role == "superuser":
            connection.execute("SET session_replication_role = replica")
        return connection


def approve(connection: psycopg.Connection[Any], rows: Rows) -> None:
    signature = rows["as1851_rules"]["countersignature_id"]
    connection.execute(APPROVE + " WHERE id = %s", (key("T", "tech"), signature, rows["test_sessions"]["id"]))


@pytest.fixture(scope="module")
def approved(module_database: Database) -> Approved:
    with psycopg.connect(module_database.urls["owner"]) as connection:
        rows = plant(connection)
        beside = rows["test_sessions"] | {"id": uuid4()}
        insert(connection, "test_sessions", beside)
        signing = {"status": "SIGNED", "countersignature_id": rows["as1851_rules"]["countersignature_id"]}
        insert(
            connection, "compliance_reports", rows["compliance_reports"] | signing | {"report_id": key("T", "signed")}
        )
        approve(connection, rows)
    return Approved(module_database, "T", rows, beside)


def outcome(connection: psycopg.Connection[Any], statement: sql.Composable, given: Any = ()) -> type[Exception] | int:
    """How it was refused, or how many rows it changed; nothing of it stays."""
    try:
        with connection.transaction(force_rollback=True):
            return connection.execute(statement, given).rowcount
    except psycopg.Error as error:
        return type(error)


def attempts(approved: Approved) -> Iterator[tuple[str, sql.Composable]]:
    for table, change in HELD.items():
        name, changed = sql.Identifier(table), sql.SQL(change)  # type: ignore[arg-type]
        of = sql.Identifier(
            "id" if table == "test_sessions" else "test_session_id" if table == "faults" else "session_id"
        )
        here = sql.SQL("WHERE {} = {}").format(of, sql.Literal(approved.rows["test_sessions"]["id"]))
        yield f"changes {table}", sql.SQL("UPDATE {} SET {} {}").format(name, changed, here)
        yield f"removes {table}", sql.SQL("DELETE FROM {} {}").format(name, here)
        yield f"empties {table}", sql.SQL("TRUNCATE {} CASCADE").format(name)
        if table != "test_sessions":
            aside = sql.Literal(approved.open_session["id"])
            yield f"moves {table} out", sql.SQL("UPDATE {} SET {} = {} {}").format(name, of, aside, here)
    for table in REGISTRY:
        row = {"id": key("T", "tech")} if table == "users" else approved.rows[table]
        mine = "id" if "id" in row else {"ce_scenarios": "scenario_id"}.get(table, f"{table.removesuffix('s')}_id")
        gone = sql.SQL("DELETE FROM {} WHERE {} = {}")
        yield f"removes {table}", gone.format(sql.Identifier(table), sql.Identifier(mine), sql.Literal(row[mine]))


@pytest.mark.parametrize("role", ROLES)
def test_r_17_nothing_of_an_approved_session_changes(approved: Approved, role: str) -> None:
    with approved.connect(role) as connection:
        answers = {what: outcome(connection, statement) for what, statement in attempts(approved)}
    if role == "superuser":
        # With replica's role references rest, so that a place can go; what was tested there stays all the same.
        answers = {what: a for what, a in answers.items() if what.removeprefix("removes ") not in REGISTRY}
    assert {what: answer for what, answer in answers.items() if answer not in REFUSED} == {}
    if role in {"owner", "superuser"}:
        assert set(answers.values()) == {RestrictViolation}


@pytest.mark.parametrize("role", ROLES)
def test_r_17_nothing_is_added_to_an_approved_session(approved: Approved, role: str) -> None:
    rows, found = approved.rows, {}
    with approved.connect(role) as connection:
        for table, changes in {
            "test_instances": {"instance_id": uuid4(), "fault_id": None},
            "evidence_records": {"evidence_id": uuid4()},
            "instance_evaluations": {"evaluation_id": uuid4(), "seq": 2},
            "session_bundles": {"bundle_hash": "1" * 64},
            "session_submissions": {"submission_id": uuid4()},
            "faults": {"id": uuid4(), "rule_applied": "SP-09"},
        }.items():
            try:
                with connection.transaction(force_rollback=True):
                    insert(connection, table, rows[table] | changes)
                    found[table] = None
            except REFUSED as error:
                found[table] = type(error)
    assert None not in found.values(), found


def test_a_result_that_comes_after_approval_is_kept_apart(approved: Approved) -> None:
    with approved.connect("app") as connection, connection.transaction(force_rollback=True):
        late = approved.rows["session_submissions"] | {"submission_id": uuid4(), "outcome": "locked"}
        insert(connection, "session_submissions", late)


def test_a_fault_goes_on_but_is_as_it_was_found(approved: Approved) -> None:
    with approved.connect("app") as connection:
        for change, expected in (
            ("status = 'resolved', resolved_at = now(), resolution = 'closer replaced'", 1),
            ("notified_at = now()", 1),
            ("severity = 'low'", RestrictViolation),
            ("review_state = 'dismissed', countersignature_id = NULL", RestrictViolation),
            ("measured_value = 20", RestrictViolation),
            ("rule_version = '2'", RestrictViolation),
        ):
            statement = sql.SQL("UPDATE faults SET {}").format(sql.SQL(change))  # type: ignore[arg-type]
            assert outcome(connection, statement) == expected, change


@pytest.mark.parametrize("role", ["app", "machine", "owner", "superuser"])
def test_a_signed_report_stays_signed_and_as_it_was(approved: Approved, role: str) -> None:
    with approved.connect(role) as connection:
        for change in ("content = '{}'", "content_hash = 'f'", "status = 'DRAFT'", "kind = 'logbook'"):
            for state in ("SIGNED", "DRAFT"):
                statement = sql.SQL("UPDATE compliance_reports SET {} WHERE status = {}").format(
                    sql.SQL(change),  # type: ignore[arg-type]
                    sql.Literal(state),
                )
                same = state == "DRAFT" and change.startswith("status")
                assert outcome(connection, statement) in ((1,) if same else REFUSED), (change, state)
        assert outcome(connection, sql.SQL("DELETE FROM compliance_reports WHERE status = 'SIGNED'")) in REFUSED
        assert outcome(connection, sql.SQL("UPDATE compliance_reports SET blob_ref = '{\"signed\": 1}'")) == 2


def test_a_building_with_an_approved_session_is_retired_instead(approved: Approved) -> None:
    with approved.connect("app") as connection:
        assert outcome(connection, sql.SQL("UPDATE stairs SET retired_at = now()")) == 1
        assert outcome(connection, sql.SQL("UPDATE buildings SET retired_at = now()")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE session_submissions SET payload = '{\"a\": 1}'",
        "UPDATE session_submissions SET outcome = 'accepted'",
        "DELETE FROM session_submissions",
    ],
)
def test_what_a_phone_sent_is_kept_also_before_approval(database: Database, statement: LiteralString) -> None:
    with psycopg.connect(database.urls["owner"]) as connection:
        plant(connection)
        connection.execute(
            "UPDATE session_submissions SET resolution = 'kept_first', resolved_at = now(), resolution_reason = 'r'"
        )
        with pytest.raises(RestrictViolation):
            connection.execute(statement)


def test_a_conflict_is_resolved_once(database: Database) -> None:
    resolve: LiteralString = "UPDATE session_submissions SET resolution = 'kept_first', resolved_at = now()"
    with psycopg.connect(database.urls["owner"]) as connection:
        plant(connection)
        connection.execute(resolve)
        with pytest.raises(RestrictViolation):
            connection.execute(resolve)


def test_what_was_handed_in_is_not_removed(database: Database) -> None:
    with psycopg.connect(database.urls["owner"], autocommit=True) as connection:
        plant(connection)
        connection.execute("UPDATE test_sessions SET status = 'submitted'")
        for table in ("test_sessions", "test_instances", "evidence_records"):
            assert outcome(connection, sql.SQL("DELETE FROM {}").format(sql.Identifier(table))) is RestrictViolation
        assert outcome(connection, sql.SQL("UPDATE test_instances SET notes = 'looked at again'")) == 1


@pytest.mark.parametrize("role", ["app", "machine"])
def test_an_approval_waits_for_a_change_that_has_begun(database: Database, role: str) -> None:
    with psycopg.connect(database.urls["owner"]) as connection:
        rows = plant(connection)
    world = Approved(database, "T", rows, {})
    with world.connect(role) as writer, world.connect("app") as approver:
        with writer.transaction():
            writer.execute("UPDATE test_instances SET verdict = 'indeterminate', is_compliant = NULL")
            with pytest.raises(LockNotAvailable):
                approve(approver, rows)
        approve(approver, rows)


def test_a_change_waits_for_an_approval_that_has_begun_and_is_then_refused(database: Database) -> None:
    with psycopg.connect(database.urls["owner"]) as connection:
        rows = plant(connection)
    world = Approved(database, "T", rows, {})
    with world.connect("machine") as writer, world.connect("app") as approver:
        with approver.transaction():
            approve(approver, rows)
            with pytest.raises(LockNotAvailable):
                writer.execute("UPDATE test_instances SET verdict = 'compliant'")
        with pytest.raises(RestrictViolation):
            writer.execute("UPDATE test_instances SET verdict = 'compliant'")


def test_a_machine_finds_faults_and_does_not_review_them(database: Database) -> None:
    with psycopg.connect(database.urls["owner"]) as connection:
        fault = plant(connection)["faults"] | {"id": uuid4(), "rule_applied": "SP-09"}
    world = Approved(database, "T", {}, {})
    with world.connect("machine") as machine:
        with machine.transaction(force_rollback=True):
            insert(machine, "faults", fault)
        with pytest.raises(InsufficientPrivilege):
            insert(machine, "faults", fault | {"review_state": "confirmed"})
        with pytest.raises(InsufficientPrivilege):
            machine.execute("UPDATE faults SET review_state = 'confirmed'")


def test_the_planted_fault_is_found(approved: Approved) -> None:
    """Without the trigger the change passes: the tests above look at the trigger and at nothing else."""
    with psycopg.connect(approved.database.urls["owner"]) as connection:
        connection.execute("ALTER TABLE test_instances DISABLE TRIGGER refuse_after_approval")
        assert connection.execute("UPDATE test_instances SET notes = 'changed'").rowcount == 1
        connection.rollback()
