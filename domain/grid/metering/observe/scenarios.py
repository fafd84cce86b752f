"""Inject a scenario into a demo tenant's emulator, with the ledger of what it must do.

A scenario changes no read that stands; it shapes the windows that are published after it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.grid.metering.observe.publish import EARLIEST, next_window_start
from domain.grid.metering.rules.emulator import SOURCE
from domain.grid.metering.rules.expectation import Expectation, expectations_of
from domain.grid.metering.rules.fleet import Fleet
from domain.grid.metering.rules.scenario import DEFAULT_SHARE, Kind, Scenario, TheftMode, affected_meters
from domain.grid.metering.store import scenarios as store
from domain.grid.metering.store.attachment import attach
from domain.grid.metering.store.fleet import load_fleet
from domain.grid.metering.store.lineage import tell_of_scenario
from domain.grid.metering.store.mirror import push_event, withdraw_event
from domain.grid.metering.store.schema import driver_of
from domain.grid.metering.store.watermark import ingest_watermark
from domain.kernel.canonical import new_id
from domain.kernel.db import transaction
from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.tenancy import load_tenant

MAX_DURATION_MIN = 60 * 24 * 60
DEFAULT_SEVERITY = {Kind.THEFT: 0.5, Kind.VOLTAGE_SAG: 0.5, Kind.COMMS_OUTAGE: 1.0}


@dataclass(frozen=True)
class Wish:
    """What a caller asks for. `feeder` is an id or a code; `starts_at` None: with the next window to be published."""

    kind: Kind
    feeder: str | None
    duration_minutes: float
    severity: float | None = None
    meter_ids: tuple[str, ...] = ()
    share: float = DEFAULT_SHARE
    mode: TheftMode = TheftMode.SCALE
    starts_at: datetime | None = None
    seed: int = 0


@dataclass(frozen=True)
class Injected:
    """A stored scenario, the meters that it touches, and what it must do."""

    scenario: Scenario
    meter_ids: list[str]
    expectations: list[Expectation]


def inject(tenant_id: str, wish: Wish, *, now: datetime, actor: str, actor_role: str) -> Injected:
    """Store a scenario with its expectations and its ledger event, in one transaction.

    Raises:
        Forbidden: the tenant is not marked demo.
        Invalid: severity, share or duration out of range, an unknown feeder or meter, or nobody named.
        Conflict: the tenant has no meters.
    """
    _check(wish, now)
    with transaction(tenant_id) as connection:
        tenant = load_tenant(connection)
        if not tenant.is_demo:
            raise Forbidden(
                f"Scenarios are not injected for tenant {tenant_id}: it is not marked as a demo tenant.",
                hint="Inject into a tenant created with is_demo.",
                code="EMULATOR_REFUSED",
            )
        attached = attach(connection, tenant, now)
        fleet = load_fleet(connection, tenant)
        scenario = _scenario(connection, wish, now)
        others = store.scenarios_between(connection, scenario.starts_at, scenario.ends_at)
        expectations = expectations_of(fleet, scenario, others, wish.seed)
        store.insert_scenario(connection, scenario, actor)
        if attached is not None:
            push_event(driver_of(connection), tenant_id, attached, scenario)
        store.insert_expectations(connection, scenario.event_id, expectations)
        record(
            connection,
            f"grid.ami.{scenario.kind.value}.injected",
            actor_id=actor,
            actor_role=actor_role,
            entity_type="ami_event",
            entity_id=scenario.event_id,
            payload={"feeder_id": scenario.feeder_id, "severity": scenario.severity, "until": str(scenario.ends_at)},
        )
        tell_of_scenario(connection, scenario, len(expectations))
    return Injected(scenario, _touched(fleet, scenario), expectations)


def cancel(tenant_id: str, event_id: str, *, now: datetime, actor: str, actor_role: str) -> None:
    """End a scenario by hand: windows published from now on are free of it.

    Raises:
        NotFound: no active scenario has this id.
    """
    with transaction(tenant_id) as connection:
        attached = attach(connection, load_tenant(connection), now)
        if not store.cancel_scenario(connection, event_id, actor, now):
            raise NotFound("There is no active event with this id.", hint="GET /api/ami/status lists active events.")
        if attached is not None:
            withdraw_event(driver_of(connection), tenant_id, attached, event_id)
        record(
            connection,
            "grid.ami.event.cancelled",
            actor_id=actor,
            actor_role=actor_role,
            entity_type="ami_event",
            entity_id=event_id,
        )


def _check(wish: Wish, now: datetime) -> None:
    errors = []
    severity = wish.severity
    if severity is not None and not 0.0 < severity <= 1.0:
        hint = f" Did you mean {severity / 100:g}?" if 1.0 < severity <= 100.0 else ""
        errors.append({"field": "severity", "message": f"must be a fraction above 0 and at most 1.{hint}"})
    if not 0.0 < wish.share <= 1.0:
        errors.append({"field": "share", "message": "must be a fraction above 0 and at most 1."})
    if not 1.0 <= wish.duration_minutes <= MAX_DURATION_MIN:
        errors.append({"field": "durationMinutes", "message": f"must be between 1 and {MAX_DURATION_MIN} (60 days)."})
    if wish.feeder is None and not wish.meter_ids:
        errors.append({"field": "feederId", "message": "must name a feeder, unless meterIds names meters."})
    latest = now + timedelta(minutes=MAX_DURATION_MIN)
    if wish.starts_at is not None and not EARLIEST <= wish.starts_at <= latest:
        errors.append({"field": "startsAt", "message": f"must lie from {EARLIEST:%Y-%m-%d} to {latest:%Y-%m-%d}."})
    if errors:
        message = " ".join(f"{e['field']} {e['message']}" for e in errors)
        raise Invalid(
            f"The event was not stored: {message}",
            hint="Send it again with that mended.",
            code="INVALID_EVENT",
            errors=errors,
        )


def _scenario(connection: Connection, wish: Wish, now: datetime) -> Scenario:
    feeder_id = None
    if wish.feeder is not None:
        feeder_id = store.resolve_feeder(connection, wish.feeder)
        if feeder_id is None:
            known = ", ".join(store.feeder_names(connection))
            raise Invalid(
                f"The event was not stored: there is no feeder {wish.feeder!r}.",
                hint=f"Feeders are, to begin with: {known}.",
                code="UNKNOWN_FEEDER",
                errors=[{"field": "feederId", "message": "unknown feeder"}],
            )
    unknown = store.unknown_meters(connection, wish.meter_ids, feeder_id)
    if unknown:
        where = "" if feeder_id is None else f" on feeder {feeder_id}"
        raise Invalid(
            f"The event was not stored: there is no meter {', '.join(unknown[:5])}{where}.",
            hint="Name meters of that feeder, or leave feederId out."
            if where
            else "The page /grid/network lists feeders.",
            code="UNKNOWN_METER",
            errors=[{"field": "meterIds", "message": f"unknown{where}: {meter}"} for meter in unknown[:20]],
        )
    starts_at = wish.starts_at or next_window_start(now, ingest_watermark(connection, SOURCE), 15)
    return Scenario(
        event_id=str(new_id()),
        kind=wish.kind,
        feeder_id=feeder_id,
        meter_ids=frozenset(wish.meter_ids),
        severity=DEFAULT_SEVERITY[wish.kind] if wish.severity is None else wish.severity,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=wish.duration_minutes),
        seed=wish.seed,
        share=wish.share,
        mode=wish.mode,
    )


def _touched(fleet: Fleet, scenario: Scenario) -> list[str]:
    return [
        meter
        for feeder in fleet.feeders
        if scenario.concerns(feeder)
        for meter, hit in zip(feeder.meter_ids, affected_meters(scenario, feeder), strict=True)
        if hit
    ]
