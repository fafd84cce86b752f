"""`countersign grid ingest`: take in files of real reads from the command line."""

import json
import sys
from pathlib import Path

import click

from domain.grid.metering.formats.notes import note_texts
from domain.grid.metering.formats.parsed import FileMapping, column_pairs
from domain.grid.metering.observe.files import IngestResult, ingest_file
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError
from domain.kernel.settings import WriteMode, settings

EXAMPLE = """
\b
Example:
  countersign grid ingest may.csv june.parquet --tenant DEMO_TENANT --dry-run
  countersign grid ingest nem12_2026.csv feeder_heads.csv --tenant DEMO_TENANT --json
"""


@click.command(epilog=EXAMPLE)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tenant", required=True, help="Whose meters these are.")
@click.option("--dry-run", is_flag=True, help="Parse, check and report; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in WriteMode]),
    help="Keep a read that stands (safe) or replace it where it differs (upsert).  [default: the copy's write mode]",
)
@click.option("--zone", help="Zone of stamps without offset.  [default: the tenant's]")
@click.option(
    "--stamp", type=click.Choice(["start", "end"]), help="What a single time column holds.  [default: its name]"
)
@click.option("--interval-minutes", type=int, help="Interval length.  [default: seen from the stamps]")
@click.option("--date-order", type=click.Choice(["dmy", "mdy"]), help="Order of slashed dates.  [default: seen]")
@click.option("--meter-id", help="The meter of files that name none.")
@click.option("--column", "columns", multiple=True, metavar="HEADER=NAME", help="Read a column under our name.")
def ingest(
    files: tuple[Path, ...],
    tenant: str,
    dry_run: bool,
    as_json: bool,
    mode: str | None,
    zone: str | None,
    stamp: str | None,
    interval_minutes: int | None,
    date_order: str | None,
    meter_id: str | None,
    columns: tuple[str, ...],
) -> None:
    """Take in reads from CSV, Parquet, NEM12 or Green Button files (.gz too), whichever each one is.

    A CSV or Parquet table that names feeders and no meters (feeder_id, read_at, kwh or delivered_kwh) is the energy
    delivered at the feeders' heads; with it and the reads, loss is known, whichever comes first.

    Good rows load; rows that cannot be taken are written to a rejects file that says why. A file that makes no sense
    as a whole is refused, the others are taken nevertheless, and the exit code is 2.
    """
    mapping = FileMapping(zone, stamp, interval_minutes, date_order, meter_id, column_pairs(columns))
    chosen = WriteMode(mode) if mode else settings().effective_write_mode
    results = [_one(tenant, path, chosen, mapping, dry_run) for path in files]
    if as_json:
        click.echo(json.dumps({"files": [result.as_json() for result in results]}, indent=1, ensure_ascii=False))
    else:
        for result in results:
            _tell(result)
    if any(result.error for result in results):
        sys.exit(2)


def _one(tenant: str, path: Path, mode: WriteMode, mapping: FileMapping, dry_run: bool) -> IngestResult:
    """Take in one file; an error of that file becomes its result, so that the others are taken too."""
    name = path.name or str(path)  # "/" and "." have no name of their own
    try:
        result = ingest_file(
            tenant, path, name, mode=mode, now=utc_now(), actor="cli", mapping=mapping, dry_run=dry_run
        )
    except CountersignError as error:
        if error.status not in {404, 409, 413, 422} or (error.code == "NOT_FOUND" and path.is_file()):
            raise
        why = {"code": error.code, "detail": error.detail, "hint": error.hint}
        return IngestResult(file=name, status="refused", error=why)
    return result


def _tell(result: IngestResult) -> None:
    """One file's outcome for people."""
    if result.error:
        click.echo(f"{result.file}: refused. {result.error['detail']} {result.error['hint']}", err=True)
        return
    counts = ", ".join(f"{value:,} {key.replace('_', ' ')}" for key, value in result.counts.items() if value)
    click.echo(f"{result.file}: {result.format}, {result.status.replace('_', ' ')}; {counts}")
    if result.window:
        click.echo(f"  {result.window[0]:%Y-%m-%d %H:%M} to {result.window[1]:%Y-%m-%d %H:%M} UTC")
    if result.flags:
        click.echo("  flags: " + ", ".join(f"{letter} {count:,}" for letter, count in result.flags.items()))
    for text in note_texts(result.notes):
        click.echo(f"  {text}")
    for reject in result.rejects_sample[:5]:
        click.echo(f"  row {reject['row']}, {reject['column']} {reject['value']!r}: {reject['reason']}")
    if result.rejects_path:
        click.echo(f"  all rejected rows: {result.rejects_path}")
