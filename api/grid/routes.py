"""GridLens over HTTP: publish, start and stop, scenarios, status and quickcheck, at the addresses of the sources.

Bodies of a few lines: the caller's right, one verb of the domain, its answer as JSON.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import CallerDep, MaybeCallerDep, TenantId, allow, tenant_for
from api.grid.schemas import Event, PublishOnce, Start, Stop, TheftEvent
from api.limits import Limit, spend_anonymously
from domain.grid.metering.observe.publish import PublishResult, publish
from domain.grid.metering.observe.quickcheck import quickcheck, status
from domain.grid.metering.observe.scenarios import Injected, Wish, cancel, inject
from domain.grid.metering.rules.expectation import Expectation
from domain.grid.metering.rules.scenario import Kind, TheftMode
from domain.grid.metering.store import jobs
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import Unauthenticated
from domain.kernel.events import record
from domain.kernel.principal import Principal
from domain.kernel.settings import Env, settings
from domain.kernel.tenancy import is_public

router = APIRouter(prefix="/api/ami", tags=["GridLens"])
OPERATES = allow(roles={"OPERATOR", "ADMIN", "TENANT_OWNER"}, scopes={"ami:write"})
LOOKS = allow(
    roles={"OPERATOR", "ADMIN", "TENANT_OWNER", "MANAGER", "REVIEWER", "AUDITOR", "PLATFORM_ADMIN"},
    scopes={"ami:read"},
)
QUICKCHECK_LIMIT = Limit("ami.quickcheck", 30)


@router.post("/publish-once", dependencies=[OPERATES], summary="Publish one window of emulated reads")
def publish_once(body: PublishOnce, caller: CallerDep, tenant_id: TenantId) -> dict[str, Any]:
    """Publish the next window, or the one that ends at `windowEnd`. The same window twice is stored once."""
    now = utc_now()
    with jobs.job(tenant_id, "publish-once", now) as job:
        result = publish(
            tenant_id,
            interval_minutes=body.interval_minutes,
            window_end=body.window_end,
            seed=body.seed,
            batch_size=body.batch_size,
            mode=settings().effective_write_mode,
            now=now,
            actor=caller.id,
        )
        job.counts, job.window_end = result.counts, result.window[1]
    return published(result)


def published(result: PublishResult) -> dict[str, Any]:
    """A publish as JSON."""
    return {
        "status": "already_published" if result.already_published else "published",
        "run_id": result.run_id,
        "window": {"start": result.window[0], "end": result.window[1]},
        "counts": result.counts,
    }


@router.post("/start", dependencies=[OPERATES], summary="Publish continuously")
def start(body: Start, caller: CallerDep, tenant_id: TenantId) -> dict[str, Any]:
    """One window each interval from now on, until stopped; starting twice changes nothing."""
    return _switch(tenant_id, caller, is_on=True, interval_minutes=body.interval_minutes)


@router.post("/stop", dependencies=[OPERATES], summary="Stop publishing continuously")
def stop(_: Stop, caller: CallerDep, tenant_id: TenantId) -> dict[str, Any]:
    """No further windows are published by themselves; what stands stays."""
    return _switch(tenant_id, caller, is_on=False, interval_minutes=None)


def _switch(tenant_id: str, caller: Principal, *, is_on: bool, interval_minutes: int | None) -> dict[str, Any]:
    now = utc_now()
    with transaction(tenant_id, actor=caller.id) as connection:
        minutes = jobs.set_schedule(connection, is_on=is_on, interval_minutes=interval_minutes, by=caller.name, at=now)
        record(
            connection,
            f"grid.ami.schedule.{'started' if is_on else 'stopped'}",
            actor_id=caller.id,
            actor_role=caller.actor_role,
            entity_type="publish_schedule",
            entity_id=tenant_id,
            payload={"interval_minutes": minutes},
        )
    return {"status": "started" if is_on else "stopped", "schedule": {"on": is_on, "interval_minutes": minutes}}


@router.post("/event/theft", dependencies=[OPERATES], status_code=201, summary="Inject theft")
def theft(body: TheftEvent, caller: CallerDep, tenant_id: TenantId) -> dict[str, Any]:
    """Chosen meters record `severity` less than they use; the answer says what the loss must do."""
    return _inject(tenant_id, caller, Kind.THEFT, body, share=body.share, mode=TheftMode(body.mode))


@router.post("/event/voltage-sag", dependencies=[OPERATES], status_code=201, summary="Inject a voltage sag")
def voltage_sag(body: Event, caller: CallerDep, tenant_id: TenantId) -> dict[str, Any]:
    """The feeder's meters see 114 V down to 108 V, by severity."""
    return _inject(tenant_id, caller, Kind.VOLTAGE_SAG, body)


@router.post("/event/comms-outage", dependencies=[OPERATES], status_code=201, summary="Inject a comms outage")
def comms_outage(body: Event, caller: CallerDep, tenant_id: TenantId) -> dict[str, Any]:
    """The share `severity` of the feeder's meters (all, by default) sends no reads."""
    return _inject(tenant_id, caller, Kind.COMMS_OUTAGE, body)


def _inject(tenant_id: str, caller: Principal, kind: Kind, body: Event, **more: Any) -> dict[str, Any]:
    wish = Wish(
        kind,
        body.feeder_id,
        body.duration_minutes,
        severity=body.severity,
        meter_ids=tuple(body.meter_ids),
        starts_at=body.starts_at,
        seed=body.seed,
        **more,
    )
    return injected(inject(tenant_id, wish, now=utc_now(), actor=caller.id, actor_role=caller.actor_role))


def injected(done: Injected) -> dict[str, Any]:
    """A stored scenario as JSON, with the change that it must cause."""
    scenario = done.scenario
    return {
        "status": "stored",
        "event_id": scenario.event_id,
        "event": {
            "type": scenario.kind.value,
            "feederId": scenario.feeder_id,
            "severity": scenario.severity,
            "startsAt": scenario.starts_at,
            "endsAt": scenario.ends_at,
            "mode": scenario.mode.value if scenario.kind is Kind.THEFT else None,
        },
        "counts": {"meters": len(done.meter_ids)},
        "meterIds": done.meter_ids[:500],
        "expectations": [_told(expectation) for expectation in done.expectations],
        "next": "The next publish shows it: POST /api/ami/publish-once, then GET /api/ami/kpi/quickcheck.",
    }


def _told(expectation: Expectation) -> dict[str, Any]:
    return {name: value for name, value in vars(expectation).items() if name != "missing"}


@router.delete("/event/{event_id}", dependencies=[OPERATES], summary="End a scenario by hand")
def cancel_event(event_id: UUID, caller: CallerDep) -> dict[str, Any]:
    """Windows published from now on are free of it; reads that stand are not touched."""
    cancel(caller.tenant_id, str(event_id), now=utc_now(), actor=caller.id, actor_role=caller.actor_role)
    return {"status": "cancelled", "event_id": str(event_id)}


@router.get("/status", dependencies=[LOOKS], summary="Queue, schedule, freshness and recent jobs")
def ami_status(tenant_id: TenantId) -> dict[str, Any]:
    """Whether publishing works, how old the data is, and which columns are used."""
    with transaction(tenant_id) as connection:
        return status(connection, utc_now())


@router.get("/kpi/quickcheck", summary="Loss now, its last days, and what injected events were expected to do")
def kpi_quickcheck(
    caller: MaybeCallerDep,
    tenant_id: Annotated[str | None, Query(alias="tenantId", max_length=63, examples=["DEMO_TENANT"])] = None,
) -> dict[str, Any]:
    """With a key: everything. Without one, in dev or where it is made public: masked, for public tenants only.

    Raises:
        Unauthenticated: no key, and the tenant is not public or the environment does not allow it.
    """
    if caller is not None:
        chosen = tenant_for(caller, tenant_id)
    else:
        chosen = _public_tenant(tenant_id)
        spend_anonymously(chosen, QUICKCHECK_LIMIT)
    with transaction(chosen) as connection:
        return quickcheck(connection, chosen, masked=caller is None)


def _public_tenant(tenant_id: str | None) -> str:
    open_here = settings().env is Env.DEV or settings().quickcheck_public
    if open_here and tenant_id is not None and is_public(tenant_id):
        return tenant_id
    raise Unauthenticated(
        "The quickcheck of this tenant is not open to everyone.",
        hint="Send `Authorization: Bearer KEY`, and tenantId only when it is your own.",
    )
