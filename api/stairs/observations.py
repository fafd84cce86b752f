"""What models noticed, over HTTP: physics of a session, trends of a building. None of it sets a verdict."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from api.deps import TenantSession
from api.stairs.access import LOOKS
from api.stairs.answers import plain
from api.stairs.sessions import PLANS
from domain.kernel.clock import utc_now
from domain.stairs.observe.crosscheck import cross_check
from domain.stairs.observe.trend import trends
from domain.stairs.store import observations, sessions

router = APIRouter()


@router.post("/tests/sessions/{session_id}/crosscheck", dependencies=[PLANS], summary="Hold a session against physics")
def check(session_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """The same measurements again notice nothing new."""
    new = cross_check(connection, session_id, utc_now())
    rows = observations.listed(connection, session_id=session_id)
    return {"counts": {"new": new, "observations": len(rows)}, "rows": [plain(row) for row in rows]}


@router.get("/tests/sessions/{session_id}/observations", dependencies=[LOOKS], summary="What was noticed of a session")
def of_session(session_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """By stair and code."""
    sessions.load(connection, session_id)
    return {"rows": [plain(row) for row in observations.listed(connection, session_id=session_id)]}


@router.get("/buildings/{building_id}/trends", dependencies=[LOOKS], summary="Where each measured point is going")
def of_building(building_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """Each point with its results, and a forecast where one can be given; else why it is silent."""
    rows = trends(connection, building_id)
    for row in rows:
        told = row["forecast"]
        row["forecast"] = None if told is None else dict(vars(told))
    return {"rows": [plain(row) for row in rows]}
