"""Outages over HTTP that people promoted: what they are, how far they are restored, how the work goes on."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import CallerDep, TenantSession
from api.grid.outages.answers import answer
from api.grid.outages.promotion import LOOKS, OPERATES
from api.grid.outages.schemas import Progress
from api.paging import LONGEST_CURSOR, By, Keyset
from domain.grid.outages.observe.progress import ORDER as ORDER_OF_STATES
from domain.grid.outages.observe.progress import note_progress
from domain.grid.outages.store import outages
from domain.kernel.clock import utc_now

router = APIRouter(prefix="/v1", tags=["RestoreIQ"])
State = Literal["OPEN", "DISPATCHED", "ARRIVED", "RESTORED", "CLOSED"]
ORDER = Keyset("outages", By("started_at", datetime, descending=True), By("outage_id", UUID))


@router.get("/outages", dependencies=[LOOKS], summary="Outages that people promoted, the newest first")
def list_outages(
    connection: TenantSession,
    status: Annotated[list[State] | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> dict[str, Any]:
    """All states by default."""
    after: Any = None if cursor is None else tuple(ORDER.read(cursor))
    found = outages.listed(connection, tuple(status or ORDER_OF_STATES), limit + 1, after)
    rows = found[:limit]
    told = answer("ok", counts={"outages": len(rows)})
    next_cursor = ORDER.write(vars(rows[-1])) if len(found) > limit else None
    return told | {"rows": [vars(row) for row in rows], "next_cursor": next_cursor}


@router.get("/outages/{outage_id}", dependencies=[LOOKS], summary="One outage and how far it is restored")
def one_outage(outage_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """Counts of customers out and back, with the outage's own row."""
    outage = outages.load(connection, outage_id)
    impacts = outages.impacts(connection, outage_id)
    counts = {
        "customers": len(impacts),
        "customers_out": sum(one.restored_at is None for one in impacts),
        "critical_out": sum(one.critical and one.restored_at is None for one in impacts),
    }
    return answer(outage.status, outage_id=outage_id, counts=counts) | {"outage": vars(outage)}


@router.post("/outages/{outage_id}/progress", dependencies=[OPERATES], summary="Report how an outage goes on")
def report_progress(outage_id: UUID, body: Progress, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Times of the work, its cause, where the fault was found. Nothing is switched by it."""
    outage = note_progress(
        connection,
        outage_id,
        body.model_dump(),
        now=utc_now(),
        actor_id=caller.id,
        actor_role=caller.actor_role,
    )
    return answer(outage.status, outage_id=outage_id, counts={}) | {"outage": vars(outage)}
