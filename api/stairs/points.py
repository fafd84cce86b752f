"""One measured point over HTTP: its results of the last years."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.deps import TenantSession
from api.stairs.access import LOOKS
from domain.kernel.clock import utc_now
from domain.stairs.store.points import results_of

router = APIRouter()
YEAR_DAYS = 365.25


class PointResult(BaseModel):
    """One result; numbers as text, in `unit`."""

    instance_id: UUID
    session_id: UUID
    completed_at: datetime
    tested_at: datetime | None
    measured_value_numeric: Decimal | None = Field(examples=["44.200"])
    unit: str | None = Field(examples=["Pa"])
    baseline_value: Decimal | None
    deviation_from_baseline_pct: Decimal | None
    is_compliant: bool | None
    verdict: str | None


class PointResults(BaseModel):
    """A point's results, the newest first."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int] = Field(examples=[{"rows": 6}])
    rows: list[PointResult]


@router.get(
    "/stairs/{stair_id}/floors/{floor_id}/results", dependencies=[LOOKS], summary="What was measured at one point"
)
def results(
    stair_id: UUID,
    floor_id: UUID,
    connection: TenantSession,
    measurement_type: Literal["pressure_differential"] = "pressure_differential",
    door_configuration: Literal["all_closed", "evac_doors_open"] = "all_closed",
    years: Annotated[int, Query(ge=1, le=30, description="How far back.")] = 3,
) -> PointResults:
    """Completed tests of every session, whether it is approved yet or not; empty where nothing was measured."""
    found = results_of(
        connection,
        stair_id,
        floor_id,
        measurement_type=measurement_type,
        door_configuration=door_configuration,
        since=utc_now() - timedelta(days=YEAR_DAYS * years),
    )
    return PointResults(counts={"rows": len(found)}, rows=[PointResult.model_validate(row) for row in found])
