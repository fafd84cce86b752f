"""`countersign outages`: study mode on files."""

import click

from cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "history": "cli.outages.history:history",
    "infer": "cli.outages.infer:infer",
    "replay": "cli.outages.replay:replay",
    "report": "cli.outages.report:report",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def outages() -> None:
    """RestoreIQ: outage inference and reliability on files; signals and former years into the running copy."""
