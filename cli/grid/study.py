"""Study mode: the platform's own rules on an analyst's files. No database, no server, no tenant; the same functions."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from cli.grid.study_loss import feeder_losses, total_days
from cli.grid.study_reads import UNITS_PER_KWH, StudyReads, read_delivered, read_reads
from cli.grid.study_suspicion import rank_meters
from cli.study.stamps import zone_named
from domain.grid.metering.rules.local_days import US_PER_MINUTE, day_date, local_days
from domain.grid.metering.rules.rollup import MeterDays, energy_units, roll_meter_days
from domain.kernel.errors import Invalid

SHOWN_ROWS = 40
HEADINGS = {
    "feeder_id": "feeder",
    "meter_id": "meter",
    "delivered_kwh": "delivered\nkWh",
    "metered_kwh": "metered\nkWh",
    "loss_pct_raw": "loss\nraw %",
    "loss_pct_adj": "loss\nadj. %",
    "coverage_pct": "read\n%",
    "loss_status": "status",
    "kwh": "kWh",
    "expected_reads": "expected\nreads",
    "confidence": "sure",
}
FILES_HELP = """
\b
READS    CSV (also .csv.gz) or Parquet with columns
           meter_id, read_at, kwh         required
           feeder_id, transformer_id      optional, one value per meter
           voltage                        optional, volts
         read_at is the END of the interval, ISO 8601. With an offset or Z it
         is taken as it says; without one it is local time of --tz.
         Equal duplicates count once; two values for one time are refused.
         Intervals of 5, 10, 15, 20, 30 or 60 minutes are told from the data.
"""
DELIVERED_HELP = """
\b
DELIVERED  the same kinds of file with columns feeder_id, read_at, kwh (or
           delivered_kwh): energy sent out at the feeder's head.
"""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_reads = click.option("--reads", required=True, type=_FILE, help="File of reads.")
_tz = click.option("--tz", default="UTC", show_default=True, help="Zone of local days, and of stamps without offset.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


@click.command(
    help=f"""Loss per feeder and local day, raw and corrected for missing reads.

Compared over intervals that have both a delivered value and a read. Statuses: OK; INSUFFICIENT_COVERAGE (under 60 %
of reads, or 1 kWh or less delivered: no percentage); NET_EXPORT (percent of throughput); NO_DELIVERED.
{FILES_HELP}{DELIVERED_HELP}
\b
JSON: {{"feeders": [{{feeder_id, date, delivered_kwh, metered_kwh, loss_pct_raw,
loss_pct_adj, coverage_pct, loss_status}}], "days": [{{date, kwh, reads,
expected_reads}}]}}

Example: countersign grid loss --reads reads.csv --delivered heads.csv --tz America/New_York
"""
)
@_reads
@click.option("--delivered", required=True, type=_FILE, help="File of delivered energy.")
@_tz
@_json
def loss(reads: Path, delivered: Path, tz: str, as_json: bool) -> None:
    """Loss per feeder and day of two files."""
    zone = zone_named(tz)
    study, heads = read_reads(reads, zone), read_delivered(delivered, zone)
    feeders = feeder_losses(study, heads, zone)
    days = total_days(study, zone)
    _tell([*study.notes, *heads.notes])
    if as_json:
        _print_json({"feeders": feeders, "days": days})
        return
    _print_table(f"Loss by feeder and day, {tz}", feeders)
    _print_table(f"All reads by day, {tz}", days)


@click.command(
    help=f"""Energy and reads per meter and local day.
{FILES_HELP}
\b
JSON: {{"days": [{{meter_id, date, kwh, reads}}]}}
--out writes the same columns as .csv or .parquet.

Example: countersign grid rollup --reads reads.parquet --tz Australia/Sydney --out days.csv
"""
)
@_reads
@_tz
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write .csv or .parquet instead.")
@_json
def rollup(reads: Path, tz: str, out: Path | None, as_json: bool) -> None:
    """Meter-days of a file."""
    zone = zone_named(tz)
    if out is not None and out.suffix.lower() not in {".csv", ".parquet"}:
        raise Invalid(f"--out: {out.name} is neither .csv nor .parquet.", hint="Give it one of these endings.")
    study = read_reads(reads, zone)
    of_read = study.interval_minutes[study.meter] * US_PER_MINUTE
    no_flags = np.zeros(len(study.meter), dtype=np.int32)
    units = energy_units(study.kwh, UNITS_PER_KWH)
    days = roll_meter_days(study.meter, local_days(study.read_at, of_read, zone), units, no_flags)
    _tell(study.notes)
    columns = _meter_day_columns(study, days)
    if out is not None:
        _write(out, columns)
        _print_json({"out": str(out), "meter_days": len(days)}) if as_json else click.echo(
            f"{len(days):,} meter-days of {len(study.meters):,} meters in {out}."
        )
        return
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    if as_json:
        _print_json({"days": rows})
    else:
        _print_table(f"Energy by meter and day, {tz}", rows)


@click.command(
    help=f"""Rank meters by suspicion of unrecorded consumption, with reasons.

The last --window-days local days are judged against up to 28 days before them. Advice to inspect, no more: what
could not be looked at (voltage, delivered energy, tamper reports) is null and named in `missing`.
{FILES_HELP}{DELIVERED_HELP}
\b
JSON: {{"as_of", "scoring_version", "window_days", "missing": [codes absent for
all], "meters": [{{meter_id, score, rank, confidence, reasons: [{{code, value,
points, text}}], suppressors, missing}}]}}, all meters. Points add up to the score.

Example: countersign grid suspicion --reads reads.csv --delivered heads.csv --window-days 7 --json
"""
)
@_reads
@click.option("--delivered", type=_FILE, help="File of delivered energy.")
@_tz
@click.option("--window-days", type=click.IntRange(1, 28), help="Days to judge.  [default: 7, fewer in a short file]")
@_json
def suspicion(reads: Path, delivered: Path | None, tz: str, window_days: int | None, as_json: bool) -> None:
    """Ranked meters of a file."""
    zone = zone_named(tz)
    study = read_reads(reads, zone)
    heads = None if delivered is None else read_delivered(delivered, zone)
    answer = rank_meters(study, heads, zone, window_days)
    _tell([*study.notes, *(heads.notes if heads else [])])
    if as_json:
        _print_json(answer)
        return
    shown = [
        {key: meter[key] for key in ("rank", "meter_id", "score", "confidence")}
        | {"why": " ".join(reason["text"] for reason in meter["reasons"] if reason["points"] >= 1)}
        for meter in answer["meters"]
    ]
    window = f"{answer['window_days']} days to {answer['as_of']}"
    _print_table(f"Suspicion by {answer['scoring_version']}, {window}. Advice to inspect.", shown)


def _meter_day_columns(study: StudyReads, days: MeterDays) -> dict[str, list[Any]]:
    dates = {day: day_date(day).isoformat() for day in np.unique(days.local_day).tolist()}
    return {
        "meter_id": [study.meters[number] for number in days.meter.tolist()],
        "date": [dates[day] for day in days.local_day.tolist()],
        "kwh": [units / UNITS_PER_KWH for units in days.energy.tolist()],
        "reads": days.reads.tolist(),
    }


def _write(out: Path, columns: dict[str, list[Any]]) -> None:
    table = pa.table(columns)
    try:
        if out.suffix.lower() == ".parquet":
            pa_parquet.write_table(table, out)
        else:
            pa_csv.write_csv(table, out, pa_csv.WriteOptions(quoting_style="needed"))
    except OSError as cause:
        raise Invalid(f"--out: {out} cannot be written: {cause.strerror or cause}.") from cause


def _tell(notes: Sequence[str]) -> None:
    for note in notes:
        click.echo(note, err=True)


def _print_json(answer: dict[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))


def _print_table(title: str, rows: list[dict[str, Any]]) -> None:
    """A table for people; the rest of a long one is counted."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, value in (rows[0] if rows else {}).items():
        is_number = isinstance(value, int | float) or name.endswith(("_kwh", "_pct_raw", "_pct_adj"))
        justify: Literal["right", "left"] = "right" if is_number else "left"
        table.add_column(HEADINGS.get(name, name), justify=justify, no_wrap=name != "why", overflow="fold")
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*(_cell(value) for value in row.values()))
    console = Console()
    console.print(table)
    if len(rows) > SHOWN_ROWS:
        console.print(f"{len(rows) - SHOWN_ROWS:,} more rows; --json prints all.", highlight=False)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
