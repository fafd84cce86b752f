"""`countersign reads export`: all reads of a local day as CSV, wherever they lie."""

import csv
import json
from datetime import datetime
from pathlib import Path

import click

from cli.reads.show import DAY
from cli.services.database import running
from domain.grid.metering.store.cold import NAMES, reads_of_day
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import settings
from domain.kernel.tenancy import load_tenant

EXAMPLE = """
\b
Example:
  countersign reads export --tenant DEMO_TENANT --day 2025-10-01 --out day.csv
"""


@click.command(epilog=EXAMPLE)
@click.option("--tenant", required=True, help="Whose reads.")
@click.option("--day", type=DAY, required=True, help="The local day, such as 2025-10-01.")
@click.option("--meter", help="One meter alone. [default: all]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def export(tenant: str, day: datetime, meter: str | None, out: Path, as_json: bool) -> None:
    """Write the reads of a day as CSV, by meter and interval end; the same file whether the day is archived or not."""
    draft, count = out.with_name(f".{out.name}.part"), 0
    with running(settings().home_path), transaction(tenant) as connection, draft.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(NAMES)
        for row in reads_of_day(connection, open_store, load_tenant(connection), day.date(), meter):
            writer.writerow([_cell(row[name]) for name in NAMES])
            count += 1
    draft.replace(out)
    told = {"tenant": tenant, "day": str(day.date()), "reads": count, "file": str(out)}
    click.echo(json.dumps(told) if as_json else f"{count:,} reads of {day.date()} written to {out}.")


def _cell(value: object) -> object:
    """Instants as ISO 8601 in UTC; the shortest text of a number that reads back as the same."""
    return value.isoformat() if isinstance(value, datetime) else value
