"""Fill an empty, migrated database with buildings as the pilot is and ten years of annual visits."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.kernel.tenancy import create_tenant

TENANT = "BENCH"
INSTANCES_A_VISIT = 168
YEARS_ASKED = 3
STATEMENTS = Path(__file__).with_name("population.sql")


@dataclass(frozen=True)
class Size:
    """How much is made: buildings, and instances over all of them (at least; visits are whole)."""

    buildings: int = 100
    instances: int = 200_000

    @property
    def sessions(self) -> int:
        """Visits to each building."""
        return -(-self.instances // (self.buildings * INSTANCES_A_VISIT))


@dataclass(frozen=True)
class Population:
    """What stands, and the session, stair and floor that are asked about."""

    tenant_id: str
    instances: int
    session: dict[str, Any]
    point: dict[str, Any]
    building: dict[str, Any]


def populate(size: Size) -> Population:
    """Write it as the owner, analyse it, and choose a newest session and a middle storey."""
    create_tenant(TENANT, "Bench", "Australia/Sydney")
    with transaction(TENANT, DbRole.OWNER) as connection:
        for statement in STATEMENTS.read_text().split(";\n"):
            if statement.strip():
                connection.execute(text(statement), {"buildings": size.buildings, "sessions": size.sessions})
    with transaction(TENANT, DbRole.OWNER) as connection:
        for table in ("buildings", "stairs", "floors", "doors", "doorways", "test_sessions", "test_instances"):
            connection.execute(text(f"ANALYZE {table}"))
        asked = connection.execute(
            text(
                "SELECT v.id AS session_id, v.building_id, f.stair_id, f.floor_id, v.planned_for,"
                " (SELECT count(*) FROM test_instances) AS instances"
                " FROM test_sessions AS v JOIN floors AS f ON f.building_id = v.building_id AND f.floor_number = 8"
                " ORDER BY v.planned_for DESC, v.id, f.stair_id LIMIT 1"
            )
        ).one()
    since = datetime(asked.planned_for.year, 6, 30, tzinfo=UTC) - timedelta(days=365 * YEARS_ASKED)
    session = {"session_id": asked.session_id, "stair_id": asked.stair_id, "status": None, "after": 0}
    kind = {"measurement_type": "pressure_differential", "door_configuration": "all_closed"}
    point = {"stair_id": asked.stair_id, "floor_id": asked.floor_id, "since": since} | kind
    building = {"building_id": asked.building_id}
    return Population(TENANT, asked.instances, session | {"how_many": 10_000}, point, building)
