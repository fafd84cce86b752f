"""Storm mode over HTTP: what holds, and a person's word on how advice is to be made from now on."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from api.deps import CallerDep, TenantSession
from api.grid.outages.answers import answer
from api.grid.outages.promotion import LOOKS, OPERATES
from api.grid.outages.schemas import Body, Reason
from domain.grid.outages.observe.storm_mode import LONGEST_H, declare
from domain.grid.outages.rules.inference.settings import InferenceSettings
from domain.grid.outages.store import storm_modes
from domain.grid.outages.store.storm_modes import StormMode
from domain.kernel.clock import utc_now

router = APIRouter(prefix="/v1/grid", tags=["RestoreIQ"])
HERE = "/storm-mode"


class Declaration(Body):
    """How advice is to be made from now on, for how long, and why."""

    mode: Annotated[Literal["ON", "OFF", "AUTOMATIC"], Field(examples=["ON"])]
    hours: Annotated[
        float | None,
        Field(allow_inf_nan=False, description=f"1 to {LONGEST_H} for ON and OFF; then it is automatic again."),
    ] = None
    reason: Annotated[Reason, Field(examples=["A front comes in from the west."])]


@router.get(HERE, dependencies=[LOOKS], summary="Which storm mode holds")
def storm_mode(connection: TenantSession) -> dict[str, Any]:
    """ON or OFF while a person's declaration holds, else AUTOMATIC: by the number of groups of last gasps."""
    return _told("ok", storm_modes.holding(connection, utc_now()))


@router.post(HERE, dependencies=[OPERATES], status_code=201, summary="Declare storm mode, for a time and with a reason")
def declare_storm_mode(body: Declaration, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """A person's word alone. Inference, restoration times and crews go by it; advice that was made stays as it is."""
    made = declare(
        connection,
        body.mode,
        body.hours,
        body.reason,
        now=utc_now(),
        actor_id=caller.id,
        actor_role=caller.actor_role,
    )
    return _told("declared", made)


def _told(status: str, stands: StormMode | None) -> dict[str, Any]:
    """What holds in one flat row; `sessions_per_hour` is where AUTOMATIC begins a storm by itself."""
    row = {} if stands is None else vars(stands)
    told = answer(status, counts={}) | {"mode": row.get("mode", "AUTOMATIC")}
    told |= {name: row.get(name) for name in ("storm_mode_id", "declared_at", "ends_at", "reason", "declared_by")}
    return told | {"sessions_per_hour": InferenceSettings().storm_sessions_per_hour}
