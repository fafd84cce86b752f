"""`countersign grid estimate`: estimate what is still missing of a local day."""

import json
from datetime import date, datetime

import click

from domain.grid.metering.observe.estimates import EstimateResult, estimate_missing
from domain.kernel.clock import utc_now

EXAMPLE = """
\b
Example:
  countersign grid estimate --tenant DEMO_TENANT --date 2026-11-19
  countersign grid estimate --tenant DEMO_TENANT --date 2026-11-19 --json
"""


@click.command(epilog=EXAMPLE)
@click.option("--tenant", required=True, help="Whose meters these are.")
@click.option(
    "--date", "on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The local day, ended 24 hours ago or more."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def estimate(tenant: str, on: datetime, as_json: bool) -> None:
    """Estimate the reads that are still missing of a local day, flagged E; a read that comes later replaces them.

    A gap of two hours is interpolated, one of seven days takes the average of like days, any other the profile of
    the meter's class. Where too few reads of a feeder came (storm mode), nothing is estimated.
    """
    day = date(on.year, on.month, on.day)
    result = estimate_missing(tenant, day, now=utc_now(), actor="cli")
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=1, ensure_ascii=False))
    else:
        _tell(result)


def _tell(result: EstimateResult) -> None:
    """The outcome for people."""
    counts = result.counts
    click.echo(
        f"{result.local_date}: {counts['missing']:,} intervals of {counts['meters']:,} meters were missing,"
        f" {counts['estimated']:,} were estimated, {counts['zero_by_outage']:,} are zero by an outage"
    )
    for method, intervals in result.methods.items():
        click.echo(f"  {method.replace('_', ' ')}: {intervals:,}")
