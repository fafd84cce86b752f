"""`countersign reads restore`: an archived day back into the database, for late reads."""

import json
from dataclasses import asdict
from datetime import datetime

import click

from cli.reads.show import DAY
from cli.services.database import running
from domain.grid.metering.observe.restore import restore_day
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import settings

EXAMPLE = """
\b
Example:
  countersign reads restore --tenant DEMO_TENANT --day 2025-10-01 --reason "Late reads of feeder 7"
  countersign reads restore --tenant DEMO_TENANT --day 2025-10-01 --reason "Audit" --json
"""


@click.command(epilog=EXAMPLE)
@click.option("--tenant", required=True, help="Whose reads.")
@click.option("--day", type=DAY, required=True, help="The local day, such as 2025-10-01.")
@click.option("--reason", required=True, help="Why; it stands in the ledger.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def restore(tenant: str, day: datetime, reason: str, as_json: bool) -> None:
    """Bring the reads of an archived day back as they were. Roll-ups stay; the archive stays.

    The file is held against both hashes and the number of rows that were signed before a row is stored. Late reads can
    then be loaded into the day. It is archived anew the next time that old days are. Asked again, it changes nothing.
    """
    with running(settings().home_path):
        done = restore_day(tenant, day.date(), open_store(), actor="countersign reads", reason=reason)
    if as_json:
        click.echo(json.dumps(asdict(done), default=str))
    elif not done.is_new:
        click.echo(f"The {done.rows:,} reads of {done.day} had been brought back already; nothing was done.")
    else:
        click.echo(f"{done.rows:,} reads of {done.day} are back in the database; the archive stays.")
