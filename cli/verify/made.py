"""`countersign verify artifact` and `verify run`: what was made, against its record and made again."""

import json
import sys
import uuid
from collections.abc import Callable

import click
from sqlalchemy import Connection

from cli.services.database import running
from domain.kernel.db import transaction
from domain.kernel.errors import NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import settings
from domain.kernel.tenancy import tenant_directory
from domain.kernel.verify import Verified, verify_artifact, verify_run
from domain.together import REBUILDERS, RENDERERS

PLATFORM = "PLATFORM"
MARKS = {True: "same", False: "DIFFERENT", None: "not compared"}
ARTIFACT_EXAMPLE = """
\b
Example:
  countersign verify artifact 0b3e7a52-6a54-5f0e-9a35-0d6f3f0c2f11
  countersign verify artifact 0b3e7a52-6a54-5f0e-9a35-0d6f3f0c2f11 --json
"""
RUN_EXAMPLE = """
\b
Example:
  countersign verify run 5f0e9a35-6a54-5f0e-9a35-0d6f3f0c2f11 --tenant DEMO_TENANT
"""
TENANT_HELP = "Whose it is. [default: look through all tenants]"
JSON_HELP = "Print one JSON object and nothing else."


@click.command(epilog=ARTIFACT_EXAMPLE)
@click.argument("artifact_id", type=click.UUID)
@click.option("--tenant", help=TENANT_HELP)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def artifact(artifact_id: uuid.UUID, tenant: str | None, as_json: bool) -> None:
    """Compare the stored bytes with their hash, and with what is made again where its kind can be.

    "Same content, other renderer version" is no difference: the bytes are those that were kept, and what they show
    follows from the record. Exit code 1 on any difference.
    """
    _tell(_found(tenant, lambda c: verify_artifact(c, open_store(), artifact_id, RENDERERS)), as_json)


@click.command(epilog=RUN_EXAMPLE)
@click.argument("run_id", type=click.UUID)
@click.option("--tenant", help=TENANT_HELP)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def run(run_id: uuid.UUID, tenant: str | None, as_json: bool) -> None:
    """Make the result of a run again from its recorded inputs and compare. Exit code 1 on any difference."""
    _tell(_found(tenant, lambda c: verify_run(c, run_id, REBUILDERS)), as_json)


def _found(tenant: str | None, ask: Callable[[Connection], Verified]) -> Verified:
    """Ask in the tenant, or in each until one knows it."""
    with running(settings().home_path):
        missing = NotFound("No tenant was looked at.")
        for tenant_id in [tenant] if tenant else [*tenant_directory(), PLATFORM]:
            try:
                with transaction(tenant_id, actor="countersign verify") as connection:
                    return ask(connection)
            except NotFound as error:
                missing = error
        raise missing


def _tell(verified: Verified, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(verified.as_json(), indent=1))
    else:
        click.echo(f"{verified.type} {verified.id} ({verified.kind}): {verified.verdict.value}")
        for check in verified.checks:
            click.echo(f"  {MARKS[check.is_equal]:<12}  {check.what}{': ' + check.note if check.note else ''}")
            if check.is_equal is False:
                click.echo(f"    recorded {check.recorded}\n    found    {check.found}")
    if not verified.is_good:
        sys.exit(1)
