"""`countersign release`: gate B, the state of what is proposed, and approvals that are carried to an empty database."""

import click

from cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "plan": "cli.release.deployment:plan",
    "check": "cli.release.deployment:check",
    "show": "cli.release.deployment:show",
    "export": "cli.release.deployment:export",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def release() -> None:
    """Release gates: what waits for a RELEASE_APPROVER, and what stands countersigned."""
