"""The ruleset in the database: rules, schedule, class map and overrides, each by the countersignature behind it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from domain.stairs.rules.ruleset import ClassRow, RuleRow
from domain.stairs.rules.schedule import ScheduleRow

_MINE = "tenant_id = current_setting('app.tenant')"
RULE = tuple(one.name for one in fields(RuleRow))
SCHEDULE = tuple(one.name for one in fields(ScheduleRow))
CLASS = tuple(one.name for one in fields(ClassRow))


@dataclass(frozen=True)
class StoredRule:
    """A rule with its id and the countersignature that put it in force."""

    rule_id: uuid.UUID
    countersignature_id: uuid.UUID
    rule: RuleRow


def load_rules(connection: Connection, *, lock: bool = False) -> list[StoredRule]:
    """Every version of every rule, by code and date; which of them holds is asked by date."""
    found = connection.execute(
        text(
            f"SELECT rule_id, countersignature_id, {', '.join(RULE)} FROM as1851_rules WHERE {_MINE}"
            f' ORDER BY rule_code COLLATE "C", effective_date, version COLLATE "C"{" FOR UPDATE" if lock else ""}'
        )
    )
    return [
        StoredRule(row["rule_id"], row["countersignature_id"], RuleRow(**{name: row[name] for name in RULE}))
        for row in found.mappings()
    ]


def load_schedule(connection: Connection) -> list[ScheduleRow]:
    """The schedule in force."""
    found = connection.execute(
        text(
            f"SELECT {', '.join(SCHEDULE)} FROM archetype_schedule WHERE {_MINE}"
            ' ORDER BY archetype_id COLLATE "C", frequency COLLATE "C", dimension COLLATE "C"'
        )
    )
    return [ScheduleRow(**dict(row)) for row in found.mappings()]


def load_classes(connection: Connection) -> list[ClassRow]:
    """The class map in force."""
    found = connection.execute(
        text(
            f"SELECT {', '.join(CLASS)} FROM defect_class_map WHERE {_MINE}"
            ' ORDER BY defect_classification COLLATE "C", jurisdiction COLLATE "C"'
        )
    )
    return [ClassRow(**dict(row)) for row in found.mappings()]


def load_overrides(connection: Connection, building_id: uuid.UUID | None = None) -> list[dict[str, Any]]:
    """Relaxed limits, of all buildings or one, by building, rule and date."""
    found = connection.execute(
        text(
            "SELECT override_id, rule_code, building_id, stair_id, min_threshold, max_threshold, document_reference,"
            f" scope, valid_from, expires_on, countersignature_id FROM rule_overrides WHERE {_MINE}"
            " AND (CAST(:building AS uuid) IS NULL OR building_id = :building)"
            ' ORDER BY building_id, rule_code COLLATE "C", valid_from, override_id'
        ),
        {"building": building_id},
    )
    return [dict(row) for row in found.mappings()]


def add_rules(connection: Connection, rules: Iterable[RuleRow], countersignature_id: uuid.UUID) -> int:
    """Write new versions; answers how many."""
    rows = [_values(one, RULE) | {"countersignature_id": countersignature_id} for one in rules]
    _insert(connection, "as1851_rules", (*RULE, "countersignature_id"), rows)
    return len(rows)


def end_rule(
    connection: Connection, rule_id: uuid.UUID, superseded_date: date | None, *, active: bool, signed: uuid.UUID
) -> None:
    """Say when a version ends, or that it never held; its limits stay as they are."""
    connection.execute(
        text(
            "UPDATE as1851_rules SET superseded_date = :ends, active = :active, countersignature_id = :signed"
            f" WHERE {_MINE} AND rule_id = :id"
        ),
        {"ends": superseded_date, "active": active, "signed": signed, "id": rule_id},
    )


def replace_schedule(connection: Connection, rows: Iterable[ScheduleRow], countersignature_id: uuid.UUID) -> int:
    """Put another schedule in the place of the one in force; answers its number of rows."""
    connection.execute(text(f"DELETE FROM archetype_schedule WHERE {_MINE}"))
    values = [_values(one, SCHEDULE) | {"countersignature_id": countersignature_id} for one in rows]
    _insert(connection, "archetype_schedule", (*SCHEDULE, "countersignature_id"), values)
    return len(values)


def put_classes(connection: Connection, rows: Iterable[ClassRow], countersignature_id: uuid.UUID) -> int:
    """Write rows of the class map, or what they are now; answers how many."""
    columns = (*CLASS, "countersignature_id")
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns[2:])
    values = [_values(one, CLASS) | {"countersignature_id": countersignature_id} for one in rows]
    ending = f" ON CONFLICT (tenant_id, defect_classification, jurisdiction) DO UPDATE SET {changed}"
    _insert(connection, "defect_class_map", columns, values, ending)
    return len(values)


def add_override(connection: Connection, row: dict[str, Any], countersignature_id: uuid.UUID) -> None:
    """Write a relaxed limit with its document and its end."""
    columns = (
        "rule_code",
        "building_id",
        "stair_id",
        "min_threshold",
        "max_threshold",
        "document_reference",
        "scope",
        "valid_from",
        "expires_on",
    )
    values = {name: row[name] for name in columns} | {"countersignature_id": countersignature_id}
    _insert(connection, "rule_overrides", (*columns, "countersignature_id"), [values])


def _values(row: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _insert(
    connection: Connection, table: str, columns: tuple[str, ...], rows: list[dict[str, Any]], ending: str = ""
) -> None:
    if rows:
        marks = ", ".join(f":{name}" for name in columns)
        connection.execute(text(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){ending}"), rows)
