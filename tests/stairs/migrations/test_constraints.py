"""Every check, unique key and reference of FireMode's tables refuses the row that breaks it, and it alone."""

from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation

from tests.stairs.migrations.broken import ACCEPTED, BROKEN
from tests.stairs.migrations.catalogue import (
    columns,
    constraints,
    defaults,
    indexes,
    leave_alone,
    refusal,
    uniques,
)
from tests.stairs.migrations.contract import COLUMNS, INDEXES, NEW_TABLES, TREND_INDEX, UNIQUES
from tests.stairs.planted.writing import Rows

Connection = psycopg.Connection[Any]


def told(table: str) -> dict[str, str]:
    return dict(column.split(":") for column in COLUMNS[table].split())


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_are_those_of_the_contract(owner: Connection, table: str) -> None:
    there = columns(owner, table)
    assert {name: there.get(name) for name in told(table)} == told(table)
    assert there["tenant_id"] == "text!"


def test_keys_and_times_come_from_the_server(owner: Connection) -> None:
    for table in NEW_TABLES:
        found = defaults(owner, table)
        assert found[next(iter(told(table)))] == "gen_random_uuid()", table
        assert found["created_at"] == "now()", table
        assert found.get("updated_at", "now()") == "now()", table
    wanted = {
        ("test_instances", "status"): "'pending'::character varying",
        ("ce_scenarios", "version"): "1",
        ("ce_scenarios", "active"): "true",
        ("as1851_rules", "active"): "true",
        ("baseline_door_forces", "pressurization_active"): "true",
    }
    assert {at: defaults(owner, at[0])[at[1]] for at in wanted} == wanted


def test_the_forty_seven_indexes_stand_under_their_names(owner: Connection) -> None:
    there = indexes(owner, list(COLUMNS))
    assert len(INDEXES) == 47
    assert {name: there.get(name) for name in INDEXES} == INDEXES
    assert there["idx_instances_trend"] == TREND_INDEX


def test_the_unique_keys_are_those_of_the_contract(owner: Connection) -> None:
    there = indexes(owner, list(COLUMNS))
    assert {name: there.get(name) for name in UNIQUES} == UNIQUES


def test_the_planted_rows_are_valid(rows: Rows) -> None:
    """Else a row could be refused for another reason than the one that is tested."""
    assert len(rows) == 30


def test_every_check_refuses_the_row_that_breaks_it(owner: Connection, rows: Rows) -> None:
    there = {(table, name) for table, name, _ in constraints(owner, list(rows), "c")}
    assert there == set(BROKEN)
    wrong = []
    for (table, name), variants in BROKEN.items():
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, name)
            for changes in variants:
                found = refusal(owner, table, rows[table] | changes)
                if found != (CheckViolation, name):
                    wrong.append((table, name, changes, found))
            if (found := refusal(owner, table, rows[table])) != (None, None):
                wrong.append((table, name, {}, found))
    assert wrong == []


def test_every_unique_key_refuses_a_second_row(owner: Connection, rows: Rows) -> None:
    found = {}
    for table, name in uniques(owner, list(rows)):
        row = rows[table]
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, name)
            found[table, name] = refusal(owner, table, row)
    assert set(UNIQUES) <= {name for _, name in found}
    assert {at: answer for at, answer in found.items() if answer != (UniqueViolation, at[1])} == {}


def test_every_reference_refuses_what_is_not_there(owner: Connection, rows: Rows) -> None:
    found = {}
    for table, name, listed in constraints(owner, list(rows), "f"):
        there = {column: rows[table].get(column) or uuid4() for column in listed}
        nowhere = {listed[-1]: "NOBODY" if listed[-1] == "tenant_id" else uuid4()}
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, name)
            found[table, name] = refusal(owner, table, rows[table] | there | nowhere)
    to_themselves = {
        ("test_instances", "test_instances_tenant_id_retest_of_fkey"),
        ("test_sessions", "test_sessions_tenant_id_building_id_supersedes_session_id_fkey"),
    }
    refused = {at for at, answer in found.items() if answer == (ForeignKeyViolation, at[1])}
    assert set(found) - refused == to_themselves


@pytest.mark.parametrize(
    "statement",
    ["UPDATE test_instances SET retest_of = %s", "UPDATE test_sessions SET supersedes_session_id = %s"],
)
def test_a_reference_to_the_own_table_too(owner: Connection, rows: Rows, statement: LiteralString) -> None:
    with pytest.raises(ForeignKeyViolation):
        owner.execute(statement, (uuid4(),))


def test_every_word_and_bound_of_the_contract_is_accepted(owner: Connection, rows: Rows) -> None:
    wrong = []
    for (table, column), values in ACCEPTED.items():
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, "", dropped="pux")
            answers = {value: refusal(owner, table, rows[table] | {column: value}) for value in values}
            wrong += [(table, column, value, a) for value, a in answers.items() if a != (None, None)]
    assert wrong == []


def test_every_required_column_refuses_null(owner: Connection, rows: Rows) -> None:
    found = {}
    for table, row in rows.items():
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, "")
            for column, kind in columns(owner, table).items():
                if kind.endswith("!"):
                    found[table, column] = refusal(owner, table, row | {column: None})
    assert len(found) > 150
    assert {at: answer for at, answer in found.items() if answer != (NotNullViolation, at[1])} == {}


def test_each_reference_between_tenants_carries_the_tenant(owner: Connection, rows: Rows) -> None:
    apart = [
        at for at in constraints(owner, list(rows), "f") if "tenant_id" not in at[2] and not _names_a_person(at[2])
    ]
    assert apart == []


def _names_a_person(listed: list[str]) -> bool:
    return listed[0].endswith("_by") or listed == ["technician_id"]
