"""The two commands."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from cli.backup.manifest import Manifest
from cli.backup.restoring import lay_out, prove, take_over
from cli.backup.taking import take
from cli.services import database
from cli.services.postgres import Postgres
from domain.kernel.errors import NotConfigured
from domain.kernel.settings import settings

NEW = click.Path(path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
MOST_SHOWN = 20


@click.command()
@click.argument("into", type=NEW)
@click.option("--with-keys", is_flag=True, help="Also the private keys, for who keeps the backup as safe as those.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
def backup(into: Path, with_keys: bool, as_json: bool) -> None:
    """Copy the database and its files into the new folder INTO, while the copy is in use.

    Everything that was acknowledged before this command began is in it. Private keys are left out [default]; the
    passwords of the database always are. With files in S3 the bucket's own versions are their backup.

    Example: countersign backup /srv/backups/2026-11-22
    """
    home = settings().home_path
    server = _own(home)
    with database.running(home):
        manifest = take(home, server, into.expanduser().resolve(), with_keys=with_keys)
    if as_json:
        click.echo(json.dumps(_told(manifest, into)))
        return
    size = manifest.size_bytes / 1e6
    click.echo(f"{into}: {len(manifest.files):,} files, {size:,.1f} MB; {manifest.events:,} events of the ledger.")
    click.echo("`countersign restore` makes a copy from it; scripts/restore_drill.sh tries that.")


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print what was checked as JSON.")
def restore(folder: Path, as_json: bool) -> None:
    """Make a copy from the backup in FOLDER under COUNTERSIGN_HOME, and prove that it is whole.

    The home must hold no copy yet. Checked are every file of the backup, the sealed ledger against its checkpoints, the
    counts of events and decisions, and the bytes of every artifact; exit code 1 on any difference. The copy is left
    stopped; `countersign up` starts it.

    Example: COUNTERSIGN_HOME=/srv/restored countersign restore /srv/backups/2026-11-22
    """
    home = settings().home_path
    server = _own(home)
    manifest = lay_out(folder, home)
    try:
        take_over(server)
        told = prove(manifest, home)
    finally:
        server.stop()
    if as_json:
        click.echo(json.dumps(told))
    else:
        _show(told)
    if told["faults"]:
        sys.exit(1)


def _own(home: Path) -> Postgres:
    server = database.embedded(home)
    if server is None:
        raise NotConfigured(
            "An attached database is backed up by whoever runs it, not by this command.",
            hint="docs/runbooks/backup.md says what to take, in which order, and how to prove it.",
        )
    return server


def _told(manifest: Manifest, into: Path) -> dict[str, Any]:
    told = manifest.model_dump(exclude={"files"})
    return told | {"folder": str(into), "files": len(manifest.files), "size_bytes": manifest.size_bytes}


def _show(told: dict[str, Any]) -> None:
    for fault in told["faults"][:MOST_SHOWN]:
        click.echo(fault)
    verdict = f"{len(told['faults'])} differences" if told["faults"] else "all fits"
    click.echo(
        f"{told['events']:,} events, {told['countersignatures']:,} decisions, {told['sealed_rows']:,} sealed rows in"
        f" {told['seals']:,} seals, {told['artifacts']:,} artifacts: {verdict}."
    )
    click.echo(f"The copy of {told['made_at']} stands under {told['home']}; `countersign up` starts it.")
