"""`countersign reads show`: the reads of one meter on one local day, wherever they lie."""

import json
from datetime import date, datetime

import click

from cli.services.database import running
from domain.grid.metering.store.cold import cold_day, reads_of_day
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import settings
from domain.kernel.tenancy import load_tenant

EXAMPLE = """
\b
Example:
  countersign reads show --tenant DEMO_TENANT --meter M000001 --day 2025-10-01
"""
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(epilog=EXAMPLE)
@click.option("--tenant", required=True, help="Whose meter.")
@click.option("--meter", required=True, help="The meter's id.")
@click.option("--day", type=DAY, required=True, help="The local day, such as 2025-10-01.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def show(tenant: str, meter: str, day: datetime, as_json: bool) -> None:
    """Print a meter's reads of a day; from the archive where the day was archived, with the same values."""
    on: date = day.date()
    with running(settings().home_path), transaction(tenant) as connection:
        known = load_tenant(connection)
        archived = cold_day(connection, known, on)
        rows = list(reads_of_day(connection, open_store, known, on, meter))
    if as_json:
        told = {"tenant": tenant, "meter_id": meter, "day": str(on), "is_archived": archived is not None, "reads": rows}
        click.echo(json.dumps(told, indent=1, default=_stamp))
        return
    for row in rows:
        voltage = "" if row["voltage"] is None else f"{row['voltage']:.2f} V"
        click.echo(f"{row['read_at'].astimezone(known.zone).isoformat()}  {row['kwh']:>10.4f} kWh  {voltage}")
    where = f"archive {archived.artifact.sha256[:12]}" if archived else "database"
    click.echo(f"{len(rows)} reads, from the {where}.")


def _stamp(value: object) -> str:
    """An instant as ISO 8601."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
