"""Signals in: reports of meters and devices, results of pings."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.deps import CallerDep, TenantSession, allow
from api.grid.outages.schemas import MeterEvents, PingResults
from domain.grid.outages.observe.signals import Report, Taken, take_in
from domain.kernel.clock import utc_now

router = APIRouter(prefix="/v1/grid", tags=["RestoreIQ"])
REPORTS = allow(roles={"OPERATOR", "ADMIN", "TENANT_OWNER"}, scopes={"ami:write"})


class TakenIn(BaseModel):
    """What became of a batch; at most a hundred refused rows are named."""

    status: str = Field(examples=["stored"])
    counts: dict[str, int] = Field(examples=[{"accepted": 2, "duplicates": 0, "rejected": 0}])
    rejected: list[dict[str, Any]]


@router.post("/meter-events", dependencies=[REPORTS], summary="Report last gasps, restorations, calls and the like")
def meter_events(body: MeterEvents, connection: TenantSession, caller: CallerDep) -> TakenIn:
    """Store a batch; the same report twice is stored once, and a bad row stops no other."""
    reports = [Report(**one.model_dump()) for one in body.events]
    return _told(take_in(connection, caller.tenant_id, reports, utc_now()))


@router.post("/ping-results", dependencies=[REPORTS], summary="Report the results of pings")
def ping_results(body: PingResults, connection: TenantSession, caller: CallerDep) -> TakenIn:
    """A meter that answers has supply; one that does not is likelier to be out."""
    reports = [
        Report("PING_OK" if one.answered else "PING_NO_ANSWER", one.at, "ping", one.meter_id) for one in body.results
    ]
    return _told(take_in(connection, caller.tenant_id, reports, utc_now()))


def _told(taken: Taken) -> TakenIn:
    return TakenIn(status="stored" if taken.accepted else "nothing_new", counts=taken.counts, rejected=taken.rejected)
