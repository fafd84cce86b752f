"""`countersign reads archives`: which days lie in archives, and where."""

import json

import click

from cli.services.database import running
from domain.grid.metering.store.cold import archived_days
from domain.kernel.db import transaction
from domain.kernel.settings import settings
from domain.kernel.tenancy import load_tenant

EXAMPLE = """
\b
Example:
  countersign reads archives --tenant DEMO_TENANT --json
"""


@click.command(epilog=EXAMPLE)
@click.option("--tenant", required=True, help="Whose reads.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def archives(tenant: str, as_json: bool) -> None:
    """List the archives of reads: day, reads, bytes, SHA-256, and whether the day was brought back."""
    with running(settings().home_path), transaction(tenant) as connection:
        found = archived_days(connection, load_tenant(connection))
    if as_json:
        click.echo(json.dumps({"tenant": tenant, "archives": found}, indent=1, default=str))
        return
    for one in found:
        stands = "archived" if one["is_cold"] else f"brought back by {one['restored_by']}"
        click.echo(f"{one['local_date']}  {one['rows']:>12,} reads {one['size_bytes']:>12,} bytes  {one['sha256'][:12]}"
                   f"  {stands}")  # fmt: skip
    if not found:
        click.echo("No day of reads is in an archive.")
