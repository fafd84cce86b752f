"""`countersign verify`: recompute and compare. Exit code 1 on any difference."""

import click

from cli.lazy import LazyGroup

COMMANDS = {
    "ledger": "cli.verify.ledger:ledger",
    "event": "cli.verify.ledger:event",
    "artifact": "cli.verify.made:artifact",
    "run": "cli.verify.made:run",
    "package": "cli.verify.package:package",
    "scorm": "cli.verify.scorm:scorm",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def verify() -> None:
    """Recompute what was recorded and compare; exit code 1 on any difference."""
