"""`countersign retention plan`: what is due, and on wish the proposal that lays it before a person."""

import json
from typing import Any

import click

from cli.services.database import running
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.retention.plan import plan_of, propose_disposal
from domain.kernel.settings import settings
from domain.together import PRUNABLES

EXAMPLE = """
\b
Example:
  countersign retention plan --tenant DEMO_TENANT
  countersign retention plan --tenant DEMO_TENANT --json
  countersign retention plan --tenant DEMO_TENANT --propose
"""


@click.command(epilog=EXAMPLE)
@click.option("--tenant", required=True, help="Whose rows.")
@click.option("--propose", "proposes", is_flag=True, help="Lay what is due into the queue. [default: only look]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def plan(tenant: str, proposes: bool, as_json: bool) -> None:
    """Show what is older than the tenant keeps it. Nothing is removed: that takes a signature or a standing order.

    The ledger, artifacts, countersignatures, suggestions and aggregates stay for ever and are not in it.
    """
    with running(settings().home_path):
        due = [_plan(tenant, name, proposes) for name in sorted(PRUNABLES)]
    if as_json:
        click.echo(json.dumps({"tenant": tenant, "plans": due}, indent=1))
        return
    for one in due:
        if not one["is_due"]:
            click.echo(f"{one['subject']}: kept {one['keeps_days']} days, nothing is due")
            continue
        last = one["pieces"][-1]["piece"]
        archived = "archived first" if one["archive"] else "not archived: no records"
        click.echo(
            f"{one['subject']}: kept {one['keeps_days']} days, {one['rows']:,} rows in {len(one['pieces'])} pieces are"
            f" due ({one['pieces'][0]['piece']} to {last}), {archived}"
        )
        if one["proposal_id"]:
            click.echo(f"  waits for a signature as proposal {one['proposal_id']}")


def _plan(tenant: str, name: str, proposes: bool) -> dict[str, Any]:
    with transaction(tenant, actor="countersign retention") as connection:
        found = plan_of(connection, PRUNABLES[name], utc_now())
        proposal = propose_disposal(connection, found, "countersign retention") if proposes else None
    return found.as_json() | {"proposal_id": None if proposal is None else str(proposal.proposal_id)}
