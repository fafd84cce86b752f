"""`countersign stairs`: study mode on files."""

import click

from cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "evaluate": "cli.stairs.evaluate:evaluate",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def stairs() -> None:
    """FireMode: verdicts on stair-pressurisation tests, from files."""
