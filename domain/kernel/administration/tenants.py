"""Tenants: made by the platform's administrators, set by their own."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, text

from domain.kernel.administration.actor import Actor, act, one_at_a_time, proper_name, tell
from domain.kernel.administration.energy_price import EnergyPrice, checked_price
from domain.kernel.db import bind_tenant
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.paging import Listed, page_of, read_cursor
from domain.kernel.refusals import told_as_errors
from domain.kernel.retention.policy import CLASSES, LONGEST_DAYS

TENANT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
# Settings that are on or off, by the names under which the tenant's row has them.
SWITCHES = ("four_eyes", "four_eyes_retry", "public_catalogue")
_COLUMNS = "tenant_id, name, timezone, is_demo, public_quickcheck, settings, created_at"


@dataclass(frozen=True)
class TenantRow:
    """One tenant with its settings. Grain: one tenant.

    Attributes:
        four_eyes: whether nobody signs what he or she proposed.
        four_eyes_retry: whether another person executes the retry of a failed job than the one who asked for it.
        public_catalogue: whether views of the courses' catalogue by people who are not known are taken in.
        energy_price: what a kilowatt-hour is worth, and from where that is known; None where nobody said.
        retention_days: how long rows of a class stay in the database, in days, where not the default.
    """

    tenant_id: str
    name: str
    timezone: str
    is_demo: bool
    public_quickcheck: bool
    four_eyes: bool
    four_eyes_retry: bool
    public_catalogue: bool
    energy_price: EnergyPrice | None
    retention_days: dict[str, int]
    created_at: datetime


@dataclass(frozen=True)
class Changes:
    """What is to be set; None leaves a setting as it is. A retention of None returns to the default.

    A price without any member is taken away.
    """

    name: str | None = None
    timezone: str | None = None
    public_quickcheck: bool | None = None
    four_eyes: bool | None = None
    retention_days: Mapping[str, int | None] | None = None
    public_catalogue: bool | None = None
    energy_price: Mapping[str, Any] | None = None
    four_eyes_retry: bool | None = None


def add_tenant(
    connection: Connection, actor: Actor, tenant_id: str, name: str, timezone: str = "UTC", *, is_demo: bool = False
) -> TenantRow:
    """Make a tenant. Its first event tells who made it; afterwards the transaction is bound to it.

    Raises:
        Forbidden: not an administrator of the platform.
        Invalid: an id, name or time zone that cannot be.
        Conflict: TENANT_EXISTS.
    """
    actor.demand_platform()
    if not TENANT_ID.fullmatch(tenant_id):
        raise Invalid(
            "A tenant id has 1 to 63 letters, digits, - and _.",
            errors=[{"field": "tenant_id", "message": "letters, digits, - and _"}],
        )
    kept, zone = proper_name(name, "A tenant's name"), known_zone(timezone)
    act(connection, "admin_add_tenant", actor, tenant_id=tenant_id, name=kept, zone=zone, demo=is_demo)
    bind_tenant(connection, tenant_id, actor.name)
    tell(connection, actor, "access.tenant.added", "tenant", tenant_id, {"timezone": zone, "is_demo": is_demo})
    return tenant_row(connection)


def set_tenant(
    connection: Connection, actor: Actor, changes: Changes, has_days: Callable[[Connection], bool]
) -> TenantRow:
    """Set what is given for the bound tenant.

    Args:
        connection: bound to the tenant.
        actor: who does it.
        changes: what to set.
        has_days: whether the tenant has days that were cut by its time zone.

    Raises:
        Forbidden: not an administrator of the tenant.
        Invalid: a value that cannot be.
        Conflict: TIMEZONE_IN_USE.
    """
    one_at_a_time(connection)
    before = tenant_row(connection)
    if changes.timezone is not None and known_zone(changes.timezone) != before.timezone and has_days(connection):
        raise Conflict(
            "The time zone stays: the days of the tenant's reads are cut by it. Nothing was changed.",
            hint="A tenant in another zone is a new tenant.",
            code="TIMEZONE_IN_USE",
        )
    settings: dict[str, Any] = {name: given for name in SWITCHES if (given := getattr(changes, name)) is not None}
    if changes.energy_price is not None:
        settings["energy_price"] = checked_price(changes.energy_price)
    if changes.retention_days is not None:
        settings["retention_days"] = _retention(before.retention_days, changes.retention_days)
    act(
        connection,
        "admin_set_tenant",
        actor,
        name=None if changes.name is None else proper_name(changes.name, "A tenant's name"),
        zone=changes.timezone,
        opened=changes.public_quickcheck,
        changed=json.dumps(settings),
    )
    after = tenant_row(connection)
    changed = {
        name: {"from": _told(value), "to": _told(getattr(after, name))}
        for name, value in vars(before).items()
        if getattr(after, name) != value
    }
    if changed:
        tell(connection, actor, "access.tenant.set", "tenant", after.tenant_id, changed)
    return after


def _told(value: Any) -> Any:
    """A setting as the ledger takes it."""
    return asdict(value) if isinstance(value, EnergyPrice) else value


def tenant_row(connection: Connection) -> TenantRow:
    """The bound tenant.

    Raises:
        NotFound: there is no such tenant.
    """
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM tenants WHERE tenant_id = current_setting('app.tenant')")
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such tenant.", hint="`countersign admin tenant list` names the tenants.")
    return _of(row)


def list_tenants(connection: Connection, actor: Actor, limit: int, cursor: str | None = None) -> Listed[TenantRow]:
    """All tenants by id, for administrators of the platform.

    Raises:
        Forbidden: an administrator of a tenant.
        Invalid: a cursor that no page gave.
    """
    actor.demand_platform()
    after = (read_cursor(cursor, 1) or [""])[0]
    with told_as_errors():
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM admin_tenants(:actor, :after, :most)"),
            {"actor": actor.user_id, "after": after, "most": limit + 1},
        ).all()
    return page_of([_of(row) for row in rows], limit, lambda row: [row.tenant_id])


def known_zone(timezone: str) -> str:
    """The name of a time zone.

    Raises:
        Invalid: there is none of that name.
    """
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise Invalid(
            "That is not the name of a time zone.",
            hint="Use a name like America/New_York or Europe/Berlin.",
            errors=[{"field": "timezone", "message": "not a time zone"}],
        ) from cause
    return timezone


def _retention(before: Mapping[str, int], given: Mapping[str, int | None]) -> dict[str, int]:
    for name, days in given.items():
        if name not in CLASSES:
            raise Invalid(
                "Retention is set for classes of rows, and this is none of them; nothing was changed.",
                hint=f"The classes are {', '.join(CLASSES)}.",
                errors=[{"field": "retention_days", "message": "no class of rows"}],
            )
        least = CLASSES[name].least_days
        if days is not None and not least <= days <= LONGEST_DAYS:
            raise Invalid(
                f"{name} stay {least} to {LONGEST_DAYS:,} days; nothing was changed.",
                errors=[{"field": "retention_days", "message": f"{least} to {LONGEST_DAYS:,} days"}],
            )
    merged = {**before, **given}
    return {name: days for name, days in sorted(merged.items()) if days is not None}


def _of(row: Row[Any]) -> TenantRow:
    kept = row.settings
    price = kept.get("energy_price")
    named = {name: getattr(row, name) for name in ("tenant_id", "name", "timezone", "is_demo", "public_quickcheck")}
    return TenantRow(
        **named,
        four_eyes=kept.get("four_eyes") is not False,
        four_eyes_retry=kept.get("four_eyes_retry") is True,
        public_catalogue=kept.get("public_catalogue") is True,
        energy_price=EnergyPrice(**price) if price else None,
        retention_days=dict(kept.get("retention_days") or {}),
        created_at=row.created_at,
    )
