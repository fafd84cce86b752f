"""`countersign retention`: what is old enough to go."""

import click

from cli.lazy import LazyGroup

COMMANDS = {"plan": "cli.retention.plan:plan"}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def retention() -> None:
    """How long what is kept, and what is due to be archived and removed."""
