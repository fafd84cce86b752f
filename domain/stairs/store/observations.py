"""What models noticed, and the readings that they look at. Never part of a verdict."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.sqlfiles import sql_file
from domain.stairs.rules.physics.readings import Observation


@dataclass(frozen=True)
class About:
    """What observations are about."""

    building_id: uuid.UUID
    stair_id: uuid.UUID | None
    session_id: uuid.UUID | None


def keep(
    connection: Connection, about: About, found: Sequence[Observation], *, engine_version: str, now: datetime
) -> int:
    """Write what was noticed; the same of the same session again adds nothing. Answers how many are new."""
    new = 0
    for one in found:
        row = {"code": one.code, "text": one.text, "data": one.data}
        own = derived_id("stairs.observation", str(about), engine_version, content_hash(row))
        done = connection.execute(
            text(
                "INSERT INTO stair_observations (observation_id, building_id, stair_id, session_id, code, text, data,"
                " engine_version, made_at) VALUES (:id, :building, :stair, :session, :code, :text,"
                " CAST(:data AS jsonb), :engine, :at) ON CONFLICT (tenant_id, observation_id) DO NOTHING"
            ),
            {
                "id": own,
                "building": about.building_id,
                "stair": about.stair_id,
                "session": about.session_id,
                "code": one.code,
                "text": one.text,
                "data": json.dumps(one.data),
                "engine": engine_version,
                "at": now,
            },
        )
        new += done.rowcount
    return new


def listed(
    connection: Connection, *, session_id: uuid.UUID | None = None, building_id: uuid.UUID | None = None
) -> list[dict[str, Any]]:
    """What was noticed of a session or a building, by stair and code; of a trend the newest word alone."""
    rows = connection.execute(
        text(
            "SELECT o.*, s.stair_name FROM stair_observations AS o"
            " LEFT JOIN stairs AS s ON s.tenant_id = o.tenant_id AND s.stair_id = o.stair_id"
            " WHERE o.tenant_id = current_setting('app.tenant')"
            " AND (CAST(:session AS uuid) IS NULL OR o.session_id = :session)"
            " AND (CAST(:building AS uuid) IS NULL OR o.building_id = :building)"
            ' ORDER BY s.stair_name COLLATE "C", o.code COLLATE "C", o.text COLLATE "C", o.observation_id'
        ),
        {"session": session_id, "building": building_id},
    )
    return [dict(row._mapping) for row in rows]


def measured(connection: Connection, session_id: uuid.UUID) -> list[dict[str, Any]]:
    """The counting results of a session with the measures of their places. Grain: instance."""
    rows = connection.execute(text(sql_file("stairs/measured.sql")), {"session_id": session_id})
    return [dict(row._mapping) for row in rows]


def fan_capacity(connection: Connection, stair_id: uuid.UUID) -> float | None:
    """What the fans of a stair give together, m3/s; None where the register does not say."""
    found = connection.execute(
        text(
            "SELECT sum(CAST(specifications ->> 'capacity_m3_s' AS double precision)) FROM control_equipment"
            " WHERE tenant_id = current_setting('app.tenant') AND stair_id = :id AND equipment_type = 'fan'"
            " AND retired_at IS NULL AND specifications ->> 'capacity_m3_s' ~ '^[0-9]+([.][0-9]+)?$'"
        ),
        {"id": stair_id},
    ).scalar_one()
    return None if found is None else float(found)


def history(connection: Connection, building_id: uuid.UUID) -> list[dict[str, Any]]:
    """Results of a building's points in approved and handed-in sessions, oldest first. Grain: point and test."""
    rows = connection.execute(text(sql_file("stairs/point_history.sql")), {"building_id": building_id})
    return [dict(row._mapping) for row in rows]


def leakages(connection: Connection, building_id: uuid.UUID) -> list[dict[str, Any]]:
    """The newest leakage index of each stair and session of a building, by stair and date. m2."""
    rows = connection.execute(text(sql_file("stairs/leakages.sql")), {"building_id": building_id})
    return [dict(row._mapping) for row in rows]
