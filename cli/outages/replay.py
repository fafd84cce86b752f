"""`countersign outages replay`: reliability of an incident list, with the platform's own rules. No database."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from cli.outages.incident_cells import instant
from cli.outages.incident_columns import chosen_columns
from cli.outages.incident_files import IncidentFile, fixed_zone, read_incidents
from cli.outages.replay_table import print_study
from cli.study.stamps import zone_named
from domain.grid.outages.rules.incident_study import study
from domain.grid.outages.rules.incidents import Incident, distinct
from domain.kernel.errors import Invalid

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    help="""Reliability indices of an incident list: CMI, CAIDI, SAIDI, SAIFI, ASAI, major event days, estimates.

Rows with one key count once, also over several files, so that the same file twice changes nothing. Incidents that were
still open when the list ended count with the minutes that have passed and never as restored. Where the list tells
when an incident was last seen, restoration is taken at that time, and `cmi_high` allows for --seen-every more.

\b
INCIDENTS  CSV (also .csv.gz) with a header. Fields and usual names:
  start      start_time, StartTime, started_at                  required
  customers  customers_max, customers, CustomersAffected        required
  key        incident_key, outage_id; else feeder and start, place and
             start, or the whole row
  restored   restored_at, restored_time, end_time
  last_seen  last_seen or scraped_at, where no restoration is told
  open       open_at_end: true is right-censored; a list of readings without
             it has open what its newest reading names
  cause, etr_first, etr_last, feeder, group (provider, utility, feeder)
Other names: --column FIELD=NAME. A stamp may end in an offset, Z, or a zone
such as MST; without one it is local time of --tz.

Example: countersign outages replay --incidents outages.csv.gz --customers-served 180000 --json
"""
)
@click.option("--incidents", "paths", required=True, multiple=True, type=_FILE, help="Incident list; may be repeated.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=NAME", help="The file's own name of a field.")
@click.option("--customers-served", type=click.IntRange(min=1), help="N_T, which SAIDI, SAIFI, ASAI and MAIFI-E need.")
@click.option("--tz", help="Zone of local days.  [default: the offset in the file's stamps, else UTC]")
@click.option("--as-of", help="Nothing later is known.  [default: the last time in the list]")
@click.option(
    "--seen-every", default=60.0, show_default=True, type=click.FloatRange(min=0), help="Minutes between readings."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def replay(
    paths: tuple[Path, ...],
    columns: tuple[str, ...],
    customers_served: int | None,
    tz: str | None,
    as_of: str | None,
    seen_every: float,
    as_json: bool,
) -> None:
    """Reliability of incident lists."""
    zone = None if tz is None else zone_named(tz)
    chosen = chosen_columns(columns)
    files = [read_incidents(path, chosen, zone) for path in paths]
    found, differing = distinct(one for file in files for one in file.incidents)
    days_of = zone or fixed_zone(files)
    now = None if as_of is None else instant(as_of, days_of, lambda problem: Invalid(f"--as-of: {problem}"))
    if now is not None and all(one.started_at > now for one in found):
        raise Invalid(f"--as-of: no incident had begun by {as_of}.", hint="Give a later time.")
    answer = study(found, zone=days_of, as_of=now, customers_served=customers_served, seen_every_min=seen_every)
    answer = _with_sources(answer, files, found, differing, tz or str(days_of))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
        return
    print_study(answer)


def _with_sources(
    answer: dict[str, Any], files: list[IncidentFile], found: tuple[Incident, ...], differing: int, zone: str
) -> dict[str, Any]:
    """The answer with what it was made from; the same content under another name, or twice, is one source."""
    sources = {file.sha256: file for file in files}
    once = [sources[sha] for sha in sorted(sources)]
    rows = sum(len(file.incidents) for file in once)
    return answer | {
        "timezone": zone,
        "sources": [
            {"sha256": file.sha256, "rows": len(file.incidents), "columns": dict(sorted(file.columns.items()))}
            for file in once
        ],
        "duplicates": {"rows": rows - len(found), "keys_that_differ": differing},
        "notes": _notes(answer, found, differing),
    }


def _notes(answer: dict[str, Any], found: tuple[Incident, ...], differing: int) -> list[str]:
    """What a reader should know before quoting a figure."""
    counts, notes = answer["counts"], []
    if differing:
        notes.append(
            f"Keys with differing content: {differing:,}; the latest told counts, with the most customers of any."
        )
    if any(one.end_is_last_seen for one in found):
        notes.append("Restoration is taken at the time an incident was last seen; true durations are longer.")
    if counts["end_unknown"]:
        notes.append(
            f"Incidents without a time of restoration: {counts['end_unknown']:,}; no minutes are made of them."
        )
    if counts["clock_faults"]:
        notes.append(
            f"Incidents that end before they begin: {counts['clock_faults']:,}; their clocks are wrong, and no minutes"
            " are made of them."
        )
    notes += _early_clocks(found)
    if counts["open"]:
        notes.append(f"Incidents still open at the end: {counts['open']:,}; they do not count as restored.")
    if answer["major_events"]["tmed_cmi"] is None:
        notes.append("Fewer than 30 days with interruptions: no threshold of major event days.")
    elif answer["major_events"]["is_short_history"]:
        notes.append("Short history: the threshold of major event days stands on less than five years.")
    return notes


def _early_clocks(found: tuple[Incident, ...]) -> list[str]:
    """Groups whose every incident seems hours old at its shortest: a clock that is off, or a slow list."""
    by_group: dict[str, list[timedelta]] = {}
    for one in found:
        if one.end_is_last_seen and one.ended_at is not None:
            by_group.setdefault(one.group, []).append(one.ended_at - one.started_at)
    return [
        f"No incident of {group or 'the list'} was last seen less than {min(own).total_seconds() / 3600:.1f} hours"
        " after it began: its clock of begins may be off; --column start=first_seen counts from the first sight."
        for group, own in sorted(by_group.items())
        if len(own) >= 30 and min(own) > timedelta(hours=3)
    ]
