"""`countersign outages history`: a utility's incident lists of former years as days of interruptions."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cli.outages.incident_columns import chosen_columns
from cli.outages.incident_files import read_incidents
from cli.study.stamps import zone_named
from domain.grid.outages.observe.history import MOST, take_history
from domain.grid.outages.rules.incident_study import latest_known
from domain.grid.outages.rules.incidents import Incident, distinct
from domain.grid.outages.store.facts import customers_served as active_meters
from domain.kernel.canonical import sha256_hex
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid
from domain.kernel.settings import settings
from domain.kernel.tenancy import load_tenant

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog="Example: countersign outages history outages-2021.csv outages-2022.csv --customers-served 180000"
)
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--tenant", default=lambda: settings().gridlens_tenant, show_default="DEMO_TENANT", help="Whose history.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=NAME", help="The file's own name of a field.")
@click.option(
    "--customers-served",
    type=click.IntRange(1, MOST),
    help="N_T of those years.  [default: the tenant's active meters]",
)
@click.option("--tz", help="Zone of local days and of stamps without offset.  [default: the tenant's]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def history(
    files: tuple[Path, ...],
    tenant: str,
    columns: tuple[str, ...],
    customers_served: int | None,
    tz: str | None,
    as_json: bool,
) -> None:
    """Take in former years from incident lists, so that major event days can be told (IEEE 1366, 2.5 beta).

    FILES are read as by `countersign outages replay`, all in one transaction. Give the lists of a time all at once: a
    day that stands already is replaced. The same lists twice change nothing.
    """
    chosen = chosen_columns(columns)
    with transaction(tenant, actor="cli") as connection:
        zone = load_tenant(connection).zone if tz is None else zone_named(tz)
        lists = [read_incidents(path, chosen, zone) for path in files]
        found, _ = distinct(one for each in lists for one in each.incidents)
        told = take_history(
            connection,
            found,
            zone=zone,
            as_of=_until(found),
            customers_served=customers_served or active_meters(connection),
            source=sha256_hex("\n".join(sorted({each.sha256 for each in lists})).encode()),
            actor_id="cli",
        )
    click.echo(json.dumps(told) if as_json else _said(told))


def _until(incidents: Sequence[Incident]) -> datetime:
    """The last instant that the lists tell of.

    Raises:
        Invalid: it is yet to come, so that a stamp is wrong or local time was read in another zone.
    """
    last = latest_known(incidents)
    if last > utc_now():
        raise Invalid(
            f"The lists tell of {last:%Y-%m-%d %H:%M} UTC, which is yet to come; nothing was kept.",
            hint="Correct the year of that stamp, or name the zone of the lists with --tz.",
        )
    return last


def _said(told: dict[str, Any]) -> str:
    if not told["days"]:
        return "No sustained interruption with a known end is in these lists: nothing was kept."
    days = "1 day" if told["days"] == 1 else f"{told['days']:,} days"
    lines = [
        f"{days} with sustained interruptions, {told['first']} to {told['last']}; {told['changed']:,} new or changed."
    ]
    if told["untimed"]:
        passed = "1 incident" if told["untimed"] == 1 else f"{told['untimed']:,} incidents"
        lines.append(f"Passed over: {passed} without a known end.")
    if told["days"] < 30:
        lines.append("A threshold needs 30 such days within five years: take in more.")
    return "\n".join(lines)
