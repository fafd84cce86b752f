"""What was measured at one point over the years. Grain: one completed test."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from domain.kernel.sqlfiles import sql_file


def results_of(
    connection: Connection,
    stair_id: UUID,
    floor_id: UUID,
    *,
    measurement_type: str,
    door_configuration: str,
    since: datetime,
) -> list[dict[str, Any]]:
    """The point's results, the newest first."""
    asked = {"stair_id": stair_id, "floor_id": floor_id, "since": since}
    kind = {"measurement_type": measurement_type, "door_configuration": door_configuration}
    rows = connection.execute(text(sql_file("stairs/trend_of_point.sql")), asked | kind)
    return [dict(row._mapping) for row in rows]
