"""`countersign grid schema`: which tables and columns GridLens works on, and how it knows."""

import json
from typing import Any

import click

from domain.grid.metering.observe.schema import observe_schema
from domain.kernel.clock import utc_now

EPILOG = """\b
The schema is COUNTERSIGN_ATTACHED_SCHEMA; without it, our own. A join from
meters to feeders must reach 95 % of the meters; two that do and disagree are
refused. Nothing in an attached schema is ever altered.

\b
Example:
  countersign grid schema --tenant DEMO_TENANT
  COUNTERSIGN_ATTACHED_SCHEMA=public countersign grid schema --tenant UTIL --json
"""


@click.command(epilog=EPILOG)
@click.option("--tenant", required=True, help="Whose meters are measured.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def schema(tenant: str, as_json: bool) -> None:
    """Find out how meters, feeders, reads and events are named, show it and store it by version."""
    report = observe_schema(tenant, utc_now()).as_json()
    click.echo(json.dumps(report, indent=2) if as_json else told(report))


def told(report: dict[str, Any]) -> str:
    """The report as a person reads it."""
    whose = "a utility's tables, attached" if report["is_attached"] else "our own tables"
    lines = [
        f"Schema {report['schema']} ({whose}), mapping version {report['version']}",
        "",
        "Meters find their feeder by:",
    ]
    for one in report["candidates"]:
        mark = "*" if one["is_chosen"] else " "
        lines.append(f"{mark} {one['join']:<44} {one['coverage_pct']:>5.1f} % of {one['meters']:,} meters")
    lines += ["", f"A feeder is named by: {report['feeder_identifier'] or 'the meters themselves'}", "Columns:"]
    for table, columns in report["columns"].items():
        named = ", ".join(f"{meaning}={column}" if meaning != column else column for meaning, column in columns.items())
        lines.append(f"  {table}: {named or '(none that is known)'}")
    guard = (
        "a unique key guards each read"
        if report["has_read_key"]
        else "no unique key: reads are only added, under a lock"
    )
    lines += ["", f"Write modes: {', '.join(report['write_modes'])} ({guard})"]
    return "\n".join(lines)
