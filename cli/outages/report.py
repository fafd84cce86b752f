"""`countersign outages report`: meter events from files into the running copy, as the batch endpoint takes them."""

import json
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli.outages.study_events import StudyEvents, read_events
from domain.grid.outages.observe.signals import Report, take_in
from domain.grid.outages.rules.signals import Signal
from domain.grid.outages.store.world import world_as_of
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.settings import settings
from domain.kernel.tenancy import load_tenant

BATCH = 10_000


@click.command(epilog="Example: countersign outages report events.csv --tenant DEMO_TENANT")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tenant", default=lambda: settings().gridlens_tenant, show_default="DEMO_TENANT", help="Whose meters.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and nothing else.")
def report(files: tuple[Path, ...], tenant: str, as_json: bool) -> None:
    """Take in last gasps, restorations, calls and the like from CSV or Parquet files (meter_id, type, at).

    Each file is one transaction. The same rows twice are stored once; a file that makes no sense is refused, the others
    are taken nevertheless, and the exit code is 2.
    """
    told = [_one(path, tenant) for path in files]
    if as_json:
        click.echo(json.dumps({"files": told}, indent=1, ensure_ascii=False))
    else:
        for one in told:
            _say(one)
    if any("error" in one for one in told):
        sys.exit(2)


def _one(path: Path, tenant: str) -> dict[str, Any]:
    try:
        with transaction(tenant, actor="cli") as connection:
            now, zone = utc_now(), load_tenant(connection).zone
            read = read_events(path, world_as_of(connection, tenant, now).network, zone)
            counts: Counter[str] = Counter()
            rejected: list[dict[str, object]] = []
            for first in range(0, len(read.signals), BATCH):
                taken = take_in(connection, tenant, _reports(read, first), now)
                counts.update(taken.counts)
                rejected += taken.rejected
    except CountersignError as error:
        if error.status not in {404, 413, 422}:
            raise
        return {"file": path.name, "error": {"code": error.code, "detail": error.detail, "hint": error.hint}}
    counts["duplicates"] += read.duplicates
    counts["unknown"] += read.unknown_rows
    return {"file": path.name, "counts": dict(counts), "notes": read.notes, "rejected": rejected[:100]}


def _reports(read: StudyEvents, first: int) -> list[Report]:
    return [
        Report(one.type, one.at, one.source, one.meter_id or None, one.device_id, _arrived(one))
        for one in read.signals[first : first + BATCH]
    ]


def _arrived(one: Signal) -> datetime | None:
    """When it came in, where the file says so; else it comes in now, so that no former run would have seen it."""
    return None if one.arrived_at == one.at else one.arrived_at


def _say(one: dict[str, Any]) -> None:
    if "error" in one:
        click.echo(f"{one['file']}: refused. {one['error']['detail']} {one['error']['hint']}", err=True)
        return
    counts = ", ".join(f"{value:,} {name}" for name, value in one["counts"].items() if value) or "nothing new"
    click.echo(f"{one['file']}: {counts}")
    for text in one["notes"]:
        click.echo(f"  {text}")
    for row in one["rejected"][:5]:
        click.echo(f"  {row['code']}: {row['reason']}")
