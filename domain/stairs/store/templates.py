"""Generation runs and published templates in the database."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.generation import Published

_MINE = "tenant_id = current_setting('app.tenant')"
# What `Template.row()` holds, in its order.
CONTENT = (
    "archetype_id",
    "measurement_type",
    "frequency",
    "scoped_identifier",
    "stair_id",
    "sequence_order",
    "floor_id",
    "door_id",
    "doorway_id",
    "zone_id",
    "scenario_id",
    "definition_id",
    "door_configuration",
    "door_scenario",
    "pressurization_active",
    "interface_type",
    "location_id",
    "design_setpoint",
    "baseline_value",
    "baseline_date",
    "min_threshold",
    "max_threshold",
    "unit",
    "required_instrument_type",
    "calibration_requirement",
    "descriptive_instructions",
    "audible_cues",
    "safety_warnings",
    "evidence_prompts",
)
NUMBERS = frozenset({"design_setpoint", "baseline_value", "min_threshold", "max_threshold"})
OBJECTS = frozenset(
    {"calibration_requirement", "descriptive_instructions", "audible_cues", "safety_warnings", "evidence_prompts"}
)
_OWN = ("template_instance_id", "building_id", "generation_run_id", "retired_at", "countersignature_id", "created_at")


def published(connection: Connection, building_id: uuid.UUID, frequency: str, *, lock: bool = False) -> list[Published]:
    """The templates that stand for a building and frequency, in the order in which they are walked."""
    found = connection.execute(
        text(
            f"SELECT template_instance_id, {', '.join(CONTENT)} FROM test_instance_templates WHERE {_MINE}"
            " AND building_id = :building AND frequency = :frequency AND retired_at IS NULL"
            f" ORDER BY sequence_order, template_instance_id{' FOR UPDATE' if lock else ''}"
        ),
        {"building": building_id, "frequency": frequency},
    )
    return [
        Published(row["template_instance_id"], row["scoped_identifier"], {name: _plain(row[name]) for name in CONTENT})
        for row in found.mappings()
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain_number(value)
    return str(value) if isinstance(value, uuid.UUID | date) else value


def listed(
    connection: Connection,
    building_id: uuid.UUID,
    frequency: str | None,
    *,
    condition: str = "true",
    order: str = "frequency, sequence_order, template_instance_id",
    values: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Published templates with their ids and the run and signature behind them, one page of them."""
    found = connection.execute(
        text(
            f"SELECT {', '.join((*_OWN, *CONTENT))} FROM test_instance_templates WHERE {_MINE}"
            " AND building_id = :building AND (CAST(:frequency AS text) IS NULL OR frequency = :frequency)"
            f" AND retired_at IS NULL AND {condition} ORDER BY {order} LIMIT :n"
        ),
        {"n": 500, **(values or {}), "building": building_id, "frequency": frequency},
    )
    return [dict(row) for row in found.mappings()]


def keep_run(connection: Connection, run: Mapping[str, Any]) -> bool:
    """Write a run down; False where the same run stands already."""
    objects = ("counts", "expected", "added", "retired", "warnings")
    values = {name: json.dumps(value) if name in objects else value for name, value in run.items()}
    marks = ", ".join(f"CAST(:{name} AS jsonb)" if name in objects else f":{name}" for name in values)
    done = connection.execute(
        text(
            f"INSERT INTO generation_runs ({', '.join(values)}) VALUES ({marks})"
            " ON CONFLICT (tenant_id, run_id) DO NOTHING"
        ),
        values,
    )
    return done.rowcount == 1


def load_run(connection: Connection, run_id: uuid.UUID) -> dict[str, Any]:
    """A run with everything that it would add and retire.

    Raises:
        NotFound: the tenant has no such run.
    """
    row = (
        connection.execute(text(f"SELECT * FROM generation_runs WHERE {_MINE} AND run_id = :id"), {"id": run_id})
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(
            f"There is no generation run {run_id}.",
            hint="POST /api/v1/buildings/{building_id}/instances/generate makes one.",
        )
    return {name: value for name, value in row.items() if name != "tenant_id"}


def retire(connection: Connection, ids: Sequence[uuid.UUID], at: datetime) -> None:
    """Take templates out of what new sessions hold."""
    connection.execute(
        text(f"UPDATE test_instance_templates SET retired_at = :at WHERE {_MINE} AND template_instance_id = ANY(:ids)"),
        {"ids": list(ids), "at": at},
    )


def add(connection: Connection, rows: Sequence[Mapping[str, Any]], own: Mapping[str, Any]) -> None:
    """Publish templates; `own` holds building, run and countersignature, each row its id and content."""
    if not rows:
        return
    names = ("template_instance_id", *own, *CONTENT)
    marks = ", ".join(f"CAST(:{name} AS jsonb)" if name in OBJECTS else f":{name}" for name in names)
    values = [{**own, **{name: _stored(name, row[name]) for name in names if name not in own}} for row in rows]
    connection.execute(
        text(f"INSERT INTO test_instance_templates ({', '.join(names)}) VALUES ({marks})"),
        values,
    )


def _stored(name: str, value: Any) -> Any:
    if name in OBJECTS:
        return None if value is None else json.dumps(value)
    if name in NUMBERS and value is not None:
        return Decimal(value)
    return date.fromisoformat(value) if name == "baseline_date" and value is not None else value


def renumber(connection: Connection, building_id: uuid.UUID, frequency: str, places: Mapping[str, int]) -> None:
    """Give those that stay their new places in the walk."""
    connection.execute(
        text(
            "UPDATE test_instance_templates AS t SET sequence_order = n.place"
            " FROM unnest(CAST(:names AS text[]), CAST(:places AS integer[])) AS n (name, place)"
            " WHERE t.tenant_id = current_setting('app.tenant') AND t.building_id = :building"
            " AND t.frequency = :frequency AND t.retired_at IS NULL AND t.scoped_identifier = n.name"
        ),
        {
            "names": list(places),
            "places": list(places.values()),
            "building": building_id,
            "frequency": frequency,
        },
    )
