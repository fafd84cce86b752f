"""`countersign reads`: reads of past days, in the database or in their archives."""

import click

from cli.lazy import LazyGroup

COMMANDS = {
    "archive": "cli.reads.archive:archive",
    "archives": "cli.reads.archives:archives",
    "show": "cli.reads.show:show",
    "export": "cli.reads.export:export",
    "restore": "cli.reads.restore:restore",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def reads() -> None:
    """Archive days of reads to Parquet, look into them, bring them back."""
