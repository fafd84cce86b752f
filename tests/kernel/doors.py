"""Routes that only tests have, to ask the HTTP skeleton every question that a room's route could."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import text

from api.deps import CallerDep, MaybeCallerDep, RequestId, TenantId, TenantSession, allow, body_limit
from api.limits import Limit, spend
from domain.kernel.errors import Conflict, NotFound, Stale
from domain.kernel.events import record
from domain.kernel.principal import EVERY_ROLE

router = APIRouter()
OPERATORS = allow(roles={"OPERATOR"}, scopes={"ami:write"})
PER_MINUTE = Limit("test.door", 3)


class Order(BaseModel):
    tenantId: str | None = None  # noqa: N815 - the sources write it so
    minutes: Annotated[int, Field(ge=1, le=60)]
    note: str = ""
    fault: str = ""


@router.post("/v1/orders", dependencies=[OPERATORS], status_code=201)
def order(body: Order, caller: CallerDep, session: TenantSession, tenant: TenantId, request: RequestId) -> Any:
    record(
        session,
        "test.order.placed",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        request_id=request,
        payload={"note": body.note},
    )
    match body.fault:
        case "missing":
            raise NotFound("There is no such order.")
        case "stale":
            raise Stale("The order has changed.")
        case "conflict":
            raise Conflict("The order is closed.", code="CLOSED", hint="Open another.")
        case "crash":
            raise RuntimeError("internals with postgresql://u:hunter2@h/db")
        case "often":
            spend(caller, PER_MINUTE)
        case "deferred":
            session.execute(text("CREATE TEMP TABLE d (x int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"))
            session.execute(text("INSERT INTO d VALUES (1), (1)"))
    return {"tenant": tenant, "caller": caller.id}


@router.get("/v1/orders", dependencies=[allow(roles=EVERY_ROLE, scopes={"ami:read"})])
def orders(session: TenantSession) -> Any:
    return {"placed": session.execute(text("SELECT count(*) FROM events WHERE event_type LIKE 'test.%'")).scalar()}


@router.delete("/v1/orders/{order_id}", dependencies=[allow(roles={"ADMIN"})], status_code=204)
def drop(order_id: int) -> None:
    raise NotFound("There is no such order.")


@router.post("/v1/small", dependencies=[OPERATORS, body_limit(64)])
async def small(request: Request) -> Any:
    return {"size": len(await request.body())}


@router.get("/api/ami/open")
def anyone(caller: MaybeCallerDep) -> Any:
    return {"caller": caller.id if caller else None}


@router.get("/api/courses/x")
def course() -> Any:
    raise NotFound("There is no such course.")
