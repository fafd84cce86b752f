"""Commissioned values in the database, and what they were before a countersignature replaced them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from domain.stairs.rules.archetypes.sources import Baselines, Commissioned
from domain.stairs.rules.decimal_text import plain_number

_MINE = "tenant_id = current_setting('app.tenant')"


@dataclass(frozen=True)
class Table:
    """One of the three tables: its name, what tells its points apart, and what was measured there."""

    name: str
    point: str
    setting: str
    values: tuple[str, ...]
    more: tuple[str, ...] = ("commissioned_date", "commissioned_by")

    @property
    def columns(self) -> tuple[str, ...]:
        """Everything that is signed of a row."""
        return ("stair_id", self.point, self.setting, *self.values, *self.more)


TABLES = {
    "pressure": Table(
        "baseline_pressure_differentials",
        "floor_id",
        "door_configuration",
        ("pressure_pa",),
        ("commissioned_date", "commissioned_by", "commissioning_report_ref"),
    ),
    "velocity": Table(
        "baseline_air_velocities",
        "doorway_id",
        "door_scenario",
        ("velocity_ms", "measurement_points", "average_velocity_ms"),
    ),
    "door_force": Table(
        "baseline_door_forces", "door_id", "pressurization_active", ("force_newtons", "measurement_position")
    ),
}


def rows(connection: Connection, building_id: uuid.UUID, kind: str, *, lock: bool = False) -> list[dict[str, Any]]:
    """The values of a kind that stand in a building, by stair and point."""
    table = TABLES[kind]
    found = connection.execute(
        text(
            f"SELECT * FROM {table.name} WHERE {_MINE} AND building_id = :id"
            f" ORDER BY stair_id, {table.point}, {table.setting}{' FOR UPDATE' if lock else ''}"
        ),
        {"id": building_id},
    )
    return [{name: value for name, value in row.items() if name != "tenant_id"} for row in found.mappings()]


def signed_form(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored row in the spelling in which it was signed: ids and dates as text, numbers as decimal text."""
    return {name: _plain(row[name]) for name in TABLES[kind].columns}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain_number(value)
    return str(value) if isinstance(value, uuid.UUID | date) else value


def load_baselines(connection: Connection, building_id: uuid.UUID) -> Baselines:
    """The values that deviations are told against; of a velocity the mean of its grid, where it has one."""
    pressures, velocities, forces = (rows(connection, building_id, kind) for kind in TABLES)
    return Baselines(
        pressure={
            (one["floor_id"], one["door_configuration"]): Commissioned(one["pressure_pa"], one["commissioned_date"])
            for one in pressures
        },
        velocity={
            (one["doorway_id"], one["door_scenario"]): Commissioned(
                one["velocity_ms"] if one["average_velocity_ms"] is None else one["average_velocity_ms"],
                one["commissioned_date"],
            )
            for one in velocities
        },
        door_force={
            (one["door_id"], one["pressurization_active"]): Commissioned(one["force_newtons"], one["commissioned_date"])
            for one in forces
        },
    )


def replace(
    connection: Connection,
    kind: str,
    building_id: uuid.UUID,
    made: Sequence[Mapping[str, Any]],
    countersignature_id: uuid.UUID,
    at: datetime,
) -> int:
    """Write signed values; what stood at their points goes to the history. Answers how many were replaced."""
    table = TABLES[kind]
    standing = {_point(table, row): row for row in rows(connection, building_id, kind, lock=True)}
    replaced = [standing[_point(table, row)] for row in made if _point(table, row) in standing]
    for row in replaced:
        _to_history(connection, table, row, countersignature_id, at)
    names = ("building_id", *table.columns, "countersignature_id")
    marks = ", ".join(
        "CAST(:measurement_points AS jsonb)" if one == "measurement_points" else f":{one}" for one in names
    )
    statement = text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})")
    values = [_values(table, row, building_id, countersignature_id) for row in made]
    if values:
        connection.execute(statement, values)
    return len(replaced)


def _point(table: Table, row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row[table.point]), str(row[table.setting])


def _to_history(
    connection: Connection, table: Table, row: Mapping[str, Any], countersignature_id: uuid.UUID, at: datetime
) -> None:
    key = {"id": row["baseline_id"]}
    connection.execute(
        text(
            'INSERT INTO baseline_history (baseline_table, baseline_id, "row", superseded_at, countersignature_id)'
            f" SELECT :table, b.baseline_id, to_jsonb(b), :at, :signed FROM {table.name} AS b"
            " WHERE b.tenant_id = current_setting('app.tenant') AND b.baseline_id = :id"
        ),
        {"table": table.name, "at": at, "signed": countersignature_id, **key},
    )
    connection.execute(text(f"DELETE FROM {table.name} WHERE {_MINE} AND baseline_id = :id"), key)


def _values(
    table: Table, row: Mapping[str, Any], building_id: uuid.UUID, countersignature_id: uuid.UUID
) -> dict[str, Any]:
    values = {name: row.get(name) for name in table.columns}
    for name in ("pressure_pa", "velocity_ms", "average_velocity_ms", "force_newtons"):
        if values.get(name) is not None:
            values[name] = Decimal(str(values[name]))
    values["commissioned_date"] = date.fromisoformat(str(values["commissioned_date"]))
    if values.get("measurement_points") is not None:
        values["measurement_points"] = json.dumps(values["measurement_points"])
    return {**values, "building_id": building_id, "countersignature_id": countersignature_id}


def history(connection: Connection, building_id: uuid.UUID, kind: str, limit: int) -> list[dict[str, Any]]:
    """What stood before, newest first."""
    found = connection.execute(
        text(
            'SELECT history_id, baseline_id, "row", superseded_at, countersignature_id FROM baseline_history'
            f" WHERE {_MINE} AND baseline_table = :table AND \"row\" ->> 'building_id' = :building"
            " ORDER BY superseded_at DESC, history_id LIMIT :n"
        ),
        {"table": TABLES[kind].name, "building": str(building_id), "n": limit},
    )
    return [dict(row) for row in found.mappings()]
