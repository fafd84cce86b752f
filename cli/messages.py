"""`countersign messages`: send what waits for people, without Dagster."""

import dataclasses
import json

import click

from cli.services import database
from domain.kernel.messages.deliver import Delivered
from domain.kernel.messages.deliver import deliver as deliver_one
from domain.kernel.settings import settings
from domain.kernel.tenancy import tenant_directory


@click.group()
def messages() -> None:
    """Messages to people: e-mail, chat rooms, signed webhooks.

    Example: countersign messages deliver --tenant DEMO_TENANT
    """


@messages.command()
@click.option("--tenant", help="Only this tenant.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.  [default: text]")
def deliver(tenant: str | None, as_json: bool) -> None:
    """Send what is due and leave. What cannot be sent now is tried again by the next call, after a while.

    Example: countersign messages deliver --json
    """
    with database.running(settings().home_path):
        done = {one: deliver_one(one) for one in ([tenant] if tenant else [*tenant_directory(), "PLATFORM"])}
    if as_json:
        click.echo(json.dumps({one: dataclasses.asdict(told) for one, told in done.items()}))
        return
    for one, told in done.items():
        if told != Delivered():
            click.echo(
                f"{one}: {told.sent} messages in {told.sendings} sendings; {told.dropped} no longer wanted,"
                f" {told.later} to try again, {told.failed} given up."
            )
    if all(told == Delivered() for told in done.values()):
        click.echo("Nothing is due.")
