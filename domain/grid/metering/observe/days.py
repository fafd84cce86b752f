"""Publish as the scheduler asks: a local day as far as it has closed, or a window that is due.

Each call is a row in the list of jobs, so that `/api/ami/status` shows what was published without anyone pressing.
"""

from datetime import date, datetime

from sqlalchemy import Connection

from domain.grid.metering.observe.publish import PublishResult, publish
from domain.grid.metering.rules.due import DueWindow, closed_part, due_windows
from domain.grid.metering.rules.emulator import SOURCE
from domain.grid.metering.store import jobs
from domain.grid.metering.store.watermark import ingest_watermark
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict
from domain.kernel.settings import WriteMode
from domain.kernel.tenancy import Tenant, load_tenant

DEFAULT_INTERVAL = 15


def publish_day(
    tenant_id: str,
    day: date,
    *,
    window: tuple[datetime, datetime] | None = None,
    interval_minutes: int | None = None,
    seed: int = 0,
    mode: WriteMode,
    now: datetime,
    actor: str,
) -> PublishResult:
    """Publish a tenant's local day up to its last closed interval, or the named window of it.

    Args:
        tenant_id: whose reads.
        day: the local day.
        window: a part of the day, when not all of it is wanted.
        interval_minutes: by default the interval that the tenant's schedule names, else 15.
        seed: another seed is another population.
        mode: safe keeps a read that stands, upsert replaces it where it differs.
        now: the present instant.
        actor: who asked, for the ledger.

    Raises:
        Forbidden: the tenant is not marked demo.
        Conflict: no interval of the day has closed yet, or the tenant has no meters.
        Invalid: a window that is off the interval grid.
    """
    with transaction(tenant_id) as connection:
        tenant = load_tenant(connection)
        minutes = interval_minutes or jobs.schedule_of(connection)["interval_minutes"] or DEFAULT_INTERVAL
    start, end = window or _closed(tenant, day, now, minutes)
    with jobs.job(tenant_id, "publish-window" if window else "publish-day", now) as running:
        result = publish(
            tenant_id,
            interval_minutes=minutes,
            window_start=start,
            window_end=end,
            seed=seed,
            mode=mode,
            now=now,
            actor=actor,
        )
        running.counts, running.window_end = result.counts, result.window[1]
    return result


def _closed(tenant: Tenant, day: date, now: datetime, minutes: int) -> tuple[datetime, datetime]:
    window = closed_part(day, now, minutes, tenant.zone)
    if window is None:
        raise Conflict(
            f"Nothing was published for {day}: no interval of that day has closed yet in {tenant.timezone}.",
            hint="Choose an earlier day, or wait for the first interval to end.",
            code="DAY_NOT_BEGUN",
        )
    return window


def due_of(connection: Connection, now: datetime) -> tuple[int, list[DueWindow]]:
    """The interval of the tenant's schedule and the windows that are due; none when publishing is off."""
    tenant, schedule = load_tenant(connection), jobs.schedule_of(connection)
    if not schedule["on"]:
        return DEFAULT_INTERVAL, []
    minutes: int = schedule["interval_minutes"]
    watermark = ingest_watermark(connection, SOURCE)
    return minutes, list(due_windows(watermark, schedule["changed_at"], now, minutes, tenant.zone))
