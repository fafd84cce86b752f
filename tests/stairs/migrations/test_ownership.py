"""Nothing names a place of another building, another stair, another session or another tenant."""

from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from psycopg.errors import ForeignKeyViolation

from tests.stairs.migrations.catalogue import leave_alone, refusal
from tests.stairs.planted.plant import plant
from tests.stairs.planted.writing import Row, Rows, insert

Connection = psycopg.Connection[Any]
# Each by the table whose row it names.
PLACES = {
    "building_id": "buildings",
    "stair_id": "stairs",
    "floor_id": "floors",
    "door_id": "doors",
    "doorway_id": "doorways",
    "zone_id": "zones",
    "scenario_id": "ce_scenarios",
    "definition_id": "interface_test_definitions",
    "session_id": "test_sessions",
    "test_session_id": "test_sessions",
    "instance_id": "test_instances",
}
HOUSE = [*dict.fromkeys(PLACES.values())]


@pytest.fixture
def next_door(owner: Connection, rows: Rows) -> Rows:
    """The same building a second time in the same tenant, with ids of its own."""
    made = {}
    for table in HOUSE:
        shifted = {name: _other(name, value) for name, value in rows[table].items()}
        made[table] = shifted | ({"name": "Next door"} if table == "buildings" else {})
        made[table] |= {"template_instance_id": None, "fault_id": None} if table == "test_instances" else {}
        insert(owner, table, made[table])
    return made


def _other(name: str, value: Any) -> Any:
    if isinstance(value, UUID) and (name in PLACES or name == "id"):
        return uuid5(value, "next door")
    if isinstance(value, list) and value and isinstance(value[0], UUID):
        return [uuid5(one, "next door") for one in value]
    return value


def named(table: str, row: Row) -> list[str]:
    """The columns of a row that name places or sessions and are not its own key."""
    return [column for column, at in PLACES.items() if row.get(column) is not None and at != table]


def accepted(owner: Connection, rows: Rows, others: Rows, fewest: int) -> tuple[int, list[tuple[str, str, Any]]]:
    """Put the other house's id into each such column: how many were tried, and which were not refused as references."""
    tried, passed = 0, []
    for table, row in rows.items():
        columns = named(table, row)
        if len(columns) < fewest:
            continue
        with owner.transaction(force_rollback=True):
            leave_alone(owner, table, "", dropped="pux")
            assert refusal(owner, table, row) == (None, None), table
            for column in columns:
                there = others[PLACES[column]]
                changed = row | {column: there["id"] if "id" in there else there[column]}
                answer, _ = refusal(owner, table, changed)
                tried += 1
                if answer is not ForeignKeyViolation:
                    passed.append((table, column, answer))
    return tried, passed


def test_every_place_is_of_the_same_building_and_stair(owner: Connection, rows: Rows, next_door: Rows) -> None:
    tried, passed = accepted(owner, rows, next_door, fewest=2)
    assert tried > 50
    assert passed == []


def test_no_place_is_of_another_tenant(owner: Connection, rows: Rows) -> None:
    tried, passed = accepted(owner, rows, plant(owner, "THEIRS"), fewest=1)
    assert tried > 60
    assert passed == []


def test_no_countersignature_of_another_tenant(owner: Connection, rows: Rows) -> None:
    theirs, signed = plant(owner, "THEIRS")["as1851_rules"]["countersignature_id"], 0
    for table, row in rows.items():
        if row.get("countersignature_id"):
            with owner.transaction(force_rollback=True):
                leave_alone(owner, table, "", dropped="pux")
                assert refusal(owner, table, row | {"countersignature_id": theirs})[0] is ForeignKeyViolation, table
            signed += 1
    assert signed == 11
