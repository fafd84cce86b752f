"""`countersign grid`: study mode on files, and the network and metering of the running copy."""

import click

from cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "import": "cli.grid.network:import_command",
    "network": "cli.grid.network:network_command",
    "ingest": "cli.grid.ingest:ingest",
    "estimate": "cli.grid.estimate:estimate",
    "schema": "cli.grid.schema:schema",
    "faults": "cli.grid.faults:faults",
    "loss": "cli.grid.study:loss",
    "rollup": "cli.grid.study:rollup",
    "suspicion": "cli.grid.study:suspicion",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def grid() -> None:
    """GridLens: network, reads, loss and suspicion."""
