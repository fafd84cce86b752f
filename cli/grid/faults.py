"""`countersign grid faults`: how often emulated reads are lost, late, repeated or wrong."""

import json

import click

from domain.grid.metering.observe.faults import rates_of, set_rates
from domain.grid.metering.rules.dirt import CLEAN, DirtRates
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid
from domain.kernel.tenancy import load_tenant

EPILOG = """\b
Shares of 0 to 1:
  missing                 intervals that never arrive
  collector_gap_per_day   collectors that fall silent on a day, 1 to 8 hours
  gap_arrives_late        reads of such a gap that arrive after it
  drifting                meters whose clock is off
  spike                   intervals with four times their energy
  stuck_per_month         meters that read zero for a month
  repeated                reads that arrive twice, alike
  disputed                reads that arrive twice, differing
  late                    reads that arrive after more than four hours

\b
Examples:
  countersign grid faults --tenant DEMO_TENANT
  countersign grid faults --tenant DEMO_TENANT --set missing=0.02 --set spike=0
  countersign grid faults --tenant DEMO_TENANT --perfect
"""


@click.command(epilog=EPILOG)
@click.option("--tenant", required=True, help="A demo tenant.")
@click.option("--set", "changes", multiple=True, metavar="NAME=SHARE", help="Set one rate; may be given again.")
@click.option("--perfect", "is_perfect", is_flag=True, help="Begin with no fault at all.")
@click.option("--usual", "is_usual", is_flag=True, help="Begin with the usual rates.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def faults(tenant: str, changes: tuple[str, ...], is_perfect: bool, is_usual: bool, as_json: bool) -> None:
    """Show what goes wrong between a demo tenant's emulated meters and the head end, or set it from now on."""
    if is_perfect and is_usual:
        raise click.UsageError("Name --perfect or --usual, not both.")
    named = dict(map(_rate, changes))
    if named or is_perfect or is_usual:
        start = CLEAN if is_perfect else DirtRates() if is_usual else None
        rates = set_rates(tenant, named, start_from=start, now=utc_now(), actor="command line")
    else:
        with transaction(tenant) as connection:
            load_tenant(connection)
            rates = rates_of(connection)
    if as_json:
        click.echo(json.dumps({"tenant_id": tenant, "rates": vars(rates)}, indent=1))
        return
    for name, rate in vars(rates).items():
        mark = "" if rate == vars(DirtRates())[name] else "   set"
        click.echo(f"  {name:<24}{rate:>8g}{mark}")


def _rate(told: str) -> tuple[str, float]:
    name, _, share = told.partition("=")
    try:
        return name.strip(), float(share)
    except ValueError as cause:
        raise Invalid(f"--set: {told!r} is not NAME=SHARE, such as missing=0.02.", code="FAULT_RATE") from cause
