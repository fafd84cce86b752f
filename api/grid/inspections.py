"""Inspection of meters: what GridLens suggests is laid before a person. The signature is given in the queue."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, TenantSession, allow
from domain.grid.metering.rules.inspection import MOST_METERS
from domain.grid.metering.suggest import SUSPICIOUS_SCORE, propose_inspection
from domain.kernel.advisory import SENTENCES

router = APIRouter(prefix="/v1/grid", tags=["GridLens"])


class Inspect(BaseModel):
    """Which meters to propose: the most suspicious of the latest scoring."""

    model_config = ConfigDict(extra="forbid")
    most: Annotated[int, Field(ge=1, le=MOST_METERS, examples=[10])] = 10
    least_score: Annotated[float, Field(ge=0, le=100, examples=[60])] = SUSPICIOUS_SCORE
    feeder_id: Annotated[str | None, Field(max_length=200, examples=["FEEDER_7"])] = None


class ProposedInspection(BaseModel):
    """The proposal that waits."""

    status: str = Field(examples=["WAITING"])
    proposal_id: UUID
    content_hash: str
    page: str = Field(examples=["/countersign/0190b6a2-5f5e-7c3a-8000-000000000000"])
    counts: dict[str, int] = Field(examples=[{"meters": 10}])
    content: dict[str, Any]
    advisory: list[str]


@router.post(
    "/inspections",
    status_code=201,
    dependencies=[allow(roles={"OPERATOR", "REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"}, scopes={"grid:advise"})],
    summary="Propose an inspection of meters",
)
def inspections(body: Inspect, connection: TenantSession, caller: CallerDep) -> ProposedInspection:
    """Lay the most suspicious meters before a person. Nobody is sent anywhere by it."""
    found = propose_inspection(connection, proposed_by=caller.id, actor_role=caller.actor_role, **body.model_dump())
    return ProposedInspection(
        status=found.state,
        proposal_id=found.proposal_id,
        content_hash=found.content_hash,
        page=f"/countersign/{found.proposal_id}",
        counts={"meters": len(found.content["meters"])},
        content=found.content,
        advisory=list(SENTENCES),
    )
