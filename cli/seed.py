"""Fill a dev copy with the demo: the tenant's real network first, then as much history as is asked for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import click
from sqlalchemy import text

from cli.demo import firemode, price, restoreiq
from cli.demo.client import Client
from cli.demo.courses import publish_demo
from cli.services.database import running
from cli.services.keys import gridlens_key, prepare
from cli.services.short_api import api_running
from cli.worker import TRADES
from domain.courses.authoring.worker.loop import work_until_idle
from domain.grid.metering.observe.publish import floor_to, publish
from domain.grid.network.importers.simbench import import_simbench
from domain.grid.network.observe import ImportReport, import_network
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction, working_as
from domain.kernel.errors import Conflict
from domain.kernel.logs import configure_logs
from domain.kernel.migrate import apply
from domain.kernel.people import ensure_person
from domain.kernel.principal import Role
from domain.kernel.settings import DbRole, Env, WriteMode, settings
from domain.kernel.tenancy import load_tenant

ACTOR = "countersign seed"


@click.group()
def seed() -> None:
    """Fill a dev copy with data to look at."""


@seed.command()
@click.option("--days", default=1, show_default=True, help="Days of reads before today.", type=click.IntRange(0, 400))
def demo(days: int) -> None:
    """Seed DEMO_TENANT: its network, a day of reads, an outage, the pilot building, a published course, its people.

    One person per role; whoever acts does so over HTTP, as on every other day. Safe to run again.

    Example: countersign seed demo --days 7
    """
    current = settings()
    with running(current.home_path):
        apply()
        prepare(current.home_path)
        seed_people(current.gridlens_tenant)
        seed_network(current.gridlens_tenant)
        seed_history(current.gridlens_tenant, days, lambda day, reads: click.echo(f"{day}  {reads:>9,} reads"))
        seed_rooms(current.home_path, current.gridlens_tenant)


@seed.command()
def network() -> None:
    """Import the demo's network for DEMO_TENANT, unless the tenant has one.

    Example: countersign seed network
    """
    current = settings()
    with running(current.home_path):
        report = seed_network(current.gridlens_tenant)
    click.echo("The tenant has a network." if report is None else f"Imported {report.counts['meters']:,} meters.")


def seed_rooms(home: Path, tenant_id: str) -> None:
    """What people do in each room, over HTTP: of the copy that runs, or of an API for as long as it takes."""
    configure_logs("seed", "WARNING")
    with api_running(home) as url:
        price.state(url, tenant_id)
        if not has_outage(tenant_id):
            night = restoreiq.strike(Client(url, gridlens_key(home)), url, tenant_id, utc_now())
            click.echo(f"outage {night.outage_id}, {night.customers_out:,} customers; its advice waits")
        session, tests = firemode.plan(firemode.People(url, tenant_id), tenant_id, utc_now())
        click.echo(f"session {session}, {tests} tests of the pilot building, planned for tomorrow where it stands")
        made = publish_demo(url, tenant_id, _work)
        click.echo(f"course '{made.course}', version {made.version}, {made.lessons} lessons")


def _work() -> None:
    with working_as(DbRole.MACHINE):
        work_until_idle(TRADES)


def has_outage(tenant_id: str) -> bool:
    """Whether an outage was ever signed for the tenant."""
    with transaction(tenant_id) as connection:
        return connection.execute(text("SELECT 1 FROM outages LIMIT 1")).first() is not None


def seed_people(tenant_id: str) -> None:
    """One person per role, so that every page can be seen as the one it is made for."""
    for role in Role:
        name = role.value.replace("_", " ").title()
        ensure_person(tenant_id, f"{role.value.lower()}@demo.example", f"Demo {name}", [role])


def seed_network(tenant_id: str) -> ImportReport | None:
    """The demo's real network, when the tenant has none yet.

    Raises:
        Conflict: outside dev.
    """
    if settings().env is not Env.DEV:
        raise Conflict("Demo data is for dev copies.", hint="Set COUNTERSIGN_ENV=dev on a copy of its own.")
    if has_network(tenant_id):
        return None
    return import_network(tenant_id, import_simbench(), utc_now(), actor_id=ACTOR, actor_role="MACHINE")


def has_network(tenant_id: str) -> bool:
    """Whether any meter is registered for the tenant."""
    with transaction(tenant_id) as connection:
        return connection.execute(text("SELECT 1 FROM meters LIMIT 1")).first() is not None


def seed_history(tenant_id: str, days: int, told: Callable[[str, int], None]) -> None:
    """Publish the local days before today and today so far, a day at a time."""
    with transaction(tenant_id) as connection:
        zone = load_tenant(connection).zone
    now = utc_now()
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    edges = [(today - timedelta(days=back)).astimezone(UTC) for back in range(days, -1, -1)] + [floor_to(now, 15)]
    for start, end in pairwise(edges):
        if start < end:

            def of_day(_: str, reads: int, day: str = start.astimezone(zone).date().isoformat()) -> None:
                told(day, reads)

            publish_history(tenant_id, start, end, now, of_day)


def publish_history(
    tenant_id: str,
    start: datetime,
    end: datetime,
    now: datetime,
    told: Callable[[str, int], None],
    mode: WriteMode = WriteMode.SAFE,
) -> None:
    """Publish one stretch, and tell how many reads it brought."""
    result = publish(tenant_id, window_start=start, window_end=end, mode=mode, now=now, actor=ACTOR, batch_size=100_000)
    told(start.isoformat(), result.counts["reads"])
