"""Crews over HTTP: who there is, and what each last reported. Places of crews are personal data: for the desk alone."""

from datetime import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, Field

from api.deps import CallerDep, TenantSession, allow
from api.grid.outages.answers import answer
from api.grid.outages.schemas import Body, Name
from domain.grid.outages.store import crews
from domain.grid.outages.store.crews import CrewNow
from domain.kernel.clock import utc_now
from domain.kernel.errors import NotFound
from domain.kernel.events import record

router = APIRouter(prefix="/v1/crews", tags=["RestoreIQ"])
DESK = allow(roles={"OPERATOR", "MANAGER", "ADMIN", "TENANT_OWNER"})
Doing = Literal["available", "assigned", "enroute", "onsite", "rest", "off"]
Skill = Literal["line_oh", "line_ug", "switching", "bucket", "tree", "meter", "hv"]
CrewId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["CREW-1"])]


class CrewBody(Body):
    """A crew: where it starts, when it works, what it can. Shifts in the tenant's local time."""

    name: Name
    depot: Name
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    shift_start: Annotated[time, Field(examples=["06:00"])]
    shift_end: Annotated[time, Field(examples=["14:00"])]
    vehicle: Name | None = None
    members: Annotated[int, Field(ge=1, le=50)] = 2
    skills: Annotated[list[Skill], Field(max_length=7)] = []
    parts: Annotated[list[Name], Field(max_length=200)] = []


class StatusBody(Body):
    """What a crew reports of itself."""

    status: Doing
    at: AwareDatetime | None = None
    current_job: Name | None = None
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    lon: Annotated[float | None, Field(ge=-180, le=180)] = None
    hours_worked: Annotated[float, Field(ge=0, le=72)] = 0.0
    note: Annotated[str | None, Field(max_length=500)] = None


@router.get("", dependencies=[DESK], summary="Crews with what each last reported")
def list_crews(connection: TenantSession) -> dict[str, Any]:
    """Active crews by id."""
    rows = crews.as_of(connection, utc_now())
    return answer("ok", counts={"crews": len(rows)}) | {"rows": [vars(one) for one in rows]}


@router.put("/{crew_id}", dependencies=[DESK], summary="Register a crew, or bring it up to date")
def put_crew(crew_id: CrewId, body: CrewBody, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The whole of it replaces what stood."""
    told: dict[str, Any] = body.model_dump()
    told |= {name: tuple(dict.fromkeys(told[name])) for name in ("skills", "parts")}
    crew = CrewNow(crew_id=crew_id, status="available", current_job=None, hours_worked=0.0, **told)
    crews.put(connection, [crew])
    record(
        connection,
        "grid.crew.registered",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="crew",
        entity_id=crew_id,
    )
    return answer("stored", counts={"crews": 1}) | {"crew_id": crew_id}


@router.post("/{crew_id}/status", dependencies=[DESK], status_code=201, summary="Report what a crew does and where")
def report_status(crew_id: CrewId, body: StatusBody, connection: TenantSession) -> dict[str, Any]:
    """The newest report holds when crews are recommended."""
    if crew_id not in crews.names(connection):
        raise NotFound(f"There is no crew {crew_id}.", hint="PUT /v1/crews/{crew_id} registers one.")
    place = None if body.lat is None or body.lon is None else (body.lat, body.lon)
    at = body.at or utc_now()
    crews.report(
        connection,
        crew_id,
        at,
        body.status,
        current_job=body.current_job,
        place=place,
        hours_worked=body.hours_worked,
        note=body.note,
    )
    return answer("stored", counts={}) | {"crew_id": crew_id, "at": at}
