"""Scenarios and interface definitions in the database. Every row stands by the countersignature that made it so."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

_MINE = "tenant_id = current_setting('app.tenant')"
SCENARIO = (
    "scenario_id, building_id, stair_id, zone_id, scenario_name, scenario_type, trigger_device_id,"
    " trigger_device_type, expected_sequence, version, active, created_at, countersignature_id"
)
DEFINITION = (
    "definition_id, building_id, stair_id, interface_type, location_id, location_name, test_action, expected_result,"
    " response_time_s, active, created_at, countersignature_id"
)


def scenarios(connection: Connection, building_id: uuid.UUID, *, lock: bool = False) -> list[dict[str, Any]]:
    """Every version of every scenario of a building, by stair, zone, name and version."""
    found = connection.execute(
        text(
            f"SELECT {SCENARIO} FROM ce_scenarios WHERE {_MINE} AND building_id = :id"
            ' ORDER BY stair_id, zone_id, scenario_name COLLATE "C", version'
            f"{' FOR UPDATE' if lock else ''}"
        ),
        {"id": building_id},
    )
    return [dict(row) for row in found.mappings()]


def definitions(connection: Connection, building_id: uuid.UUID, *, lock: bool = False) -> list[dict[str, Any]]:
    """Every interface definition of a building, by stair, kind and place."""
    found = connection.execute(
        text(
            f"SELECT {DEFINITION} FROM interface_test_definitions WHERE {_MINE} AND building_id = :id"
            ' ORDER BY stair_id, interface_type COLLATE "C", location_id COLLATE "C"'
            f"{' FOR UPDATE' if lock else ''}"
        ),
        {"id": building_id},
    )
    return [dict(row) for row in found.mappings()]


def add_scenario(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a version, active from now on."""
    connection.execute(
        text(
            "INSERT INTO ce_scenarios (scenario_id, building_id, stair_id, zone_id, scenario_name, scenario_type,"
            " trigger_device_id, trigger_device_type, expected_sequence, created_by, version, countersignature_id)"
            " VALUES (:scenario_id, :building_id, :stair_id, :zone_id, :scenario_name, :scenario_type,"
            " :trigger_device_id, :trigger_device_type, CAST(:expected_sequence AS jsonb), :created_by, :version,"
            " :countersignature_id)"
        ),
        {**row, "expected_sequence": json.dumps(row["expected_sequence"])},
    )


def rest_scenarios(connection: Connection, ids: Sequence[uuid.UUID]) -> None:
    """Let versions rest: they are no longer tested."""
    connection.execute(
        text(f"UPDATE ce_scenarios SET active = false WHERE {_MINE} AND scenario_id = ANY(:ids)"), {"ids": list(ids)}
    )


def put_definition(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a definition, or what it is now; it is active."""
    connection.execute(
        text(
            "INSERT INTO interface_test_definitions (definition_id, building_id, stair_id, interface_type, location_id,"
            " location_name, test_action, expected_result, response_time_s, countersignature_id)"
            " VALUES (:definition_id, :building_id, :stair_id, :interface_type, :location_id, :location_name,"
            " :test_action, :expected_result, :response_time_s, :countersignature_id)"
            " ON CONFLICT (tenant_id, building_id, stair_id, interface_type, location_id) DO UPDATE SET"
            " location_name = EXCLUDED.location_name, test_action = EXCLUDED.test_action,"
            " expected_result = EXCLUDED.expected_result, response_time_s = EXCLUDED.response_time_s, active = true,"
            " countersignature_id = EXCLUDED.countersignature_id"
        ),
        dict(row),
    )


def rest_definitions(connection: Connection, ids: Sequence[uuid.UUID], countersignature_id: uuid.UUID) -> None:
    """Let definitions rest: they are no longer tested."""
    connection.execute(
        text(
            "UPDATE interface_test_definitions SET active = false, countersignature_id = :signed"
            f" WHERE {_MINE} AND definition_id = ANY(:ids)"
        ),
        {"ids": list(ids), "signed": countersignature_id},
    )
