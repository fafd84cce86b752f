"""`countersign reads archive`: old days become Parquet files and leave the database, on a signature or an order."""

import json

import click

from cli.services.database import running
from domain.grid.metering.fulfil import METER_READS
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.retention.dispose import dispose_under_order
from domain.kernel.retention.plan import plan_older_than, propose_disposal
from domain.kernel.retention.policy import LONGEST_DAYS
from domain.kernel.settings import settings

ACTOR = "countersign reads"
EXAMPLE = """
\b
Example:
  countersign reads archive --tenant DEMO_TENANT --older-than 400d
  countersign reads archive --tenant DEMO_TENANT --older-than 400d --json
"""


def number_of_days(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """A number of days, written 400 or 400d."""
    digits = value.removesuffix("d")
    if not digits.isascii() or not digits.isdigit() or not 1 <= int(digits) <= LONGEST_DAYS:
        raise click.BadParameter(f"{value!r} is no number of days; write 400d.")
    return int(digits)


@click.command(epilog=EXAMPLE)
@click.option("--tenant", required=True, help="Whose reads.")
@click.option(
    "--older-than",
    "days",
    callback=number_of_days,
    default="400d",
    show_default=True,
    help="Only days that are older than that.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def archive(tenant: str, days: int, as_json: bool) -> None:
    """Write old days of reads to Parquet, read them back, and drop their partitions.

    A standing order for the disposal of meter_reads carries it out at once. Without one it is laid into the queue, and
    goes after somebody has signed. Never earlier than the tenant keeps its reads; at most 31 days at once.
    """
    home = settings().home_path
    with running(home):
        now = utc_now()
        done = dispose_under_order(tenant, METER_READS, open_store(), now, ACTOR, older_than_days=days)
        waits = None
        if not done.get("pieces") and not done.get("skipped"):
            with transaction(tenant, actor=ACTOR) as connection:
                found = plan_older_than(connection, METER_READS, now, days)
                proposal = propose_disposal(connection, found, ACTOR)
            waits = None if proposal is None else str(proposal.proposal_id)
    told = {
        "tenant": tenant,
        "older_than_days": days,
        "days": done.get("pieces", 0),
        "reads": done.get("rows", 0),
        "reason": done.get("reason"),
        "proposal_id": waits,
    }
    if as_json:
        click.echo(json.dumps(told, indent=1))
    elif told["days"]:
        click.echo(f"{told['days']} days with {told['reads']:,} reads were archived, read back and dropped.")
    else:
        click.echo(f"Nothing was archived: {told['reason']}.")
        if waits:
            click.echo(f"It waits for a signature as proposal {waits}.")
