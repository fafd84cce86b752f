"""The command itself: services up, the story, what to open next."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from cli.demo import countersign, courses, firemode, price, restoreiq
from cli.demo.client import Client
from cli.demo.countersign import Signed
from cli.demo.courses import Published
from cli.demo.firemode import Visit
from cli.demo.gridlens import Found, tell
from cli.demo.lineage import Dagster
from cli.demo.restoreiq import Night
from cli.demo.story import Story
from cli.services.keys import gridlens_key
from cli.services.state import read_state
from cli.services.up import addresses, start_detached, stop
from domain.kernel.clock import utc_now
from domain.kernel.errors import Conflict
from domain.kernel.settings import Env, settings

STEPS = 17


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, and nothing else.")
def demo(as_json: bool) -> None:
    """Run the main job end to end and leave charts and a summary under COUNTERSIGN_HOME/demo.

    Takes about two minutes on two cores, starts what it needs and stops it again. Safe to run again: the windows that
    stand are not published twice.

    Example: make demo
    """
    current = settings()
    if current.env is not Env.DEV:
        raise Conflict("The demo writes emulated reads and runs on dev copies only.", hint="Unset COUNTERSIGN_ENV.")
    home, folder = current.home_path, current.home_path / "demo"
    story = Story(home / "logs" / "demo.log", STEPS)
    story.console.quiet = as_json
    story.say(
        "[bold]Countersign[/bold]: machines observe and suggest; nothing takes effect until a person countersigns."
    )
    was_running = read_state(home).supervised
    try:
        with story.step("Start database, API and Dagster") as step:
            state = start_detached(home, story.note)
            where = addresses(state)
            step.result = f"{where['api']}"
        token = gridlens_key(home)
        price.state(where["api"], current.gridlens_tenant)
        client, dagster = Client(where["api"], token), Dagster(where["dagster"])
        found = tell(story, client, dagster, current.gridlens_tenant, folder, utc_now())
        night = restoreiq.tell(story, client, where["api"], current.gridlens_tenant, folder, utc_now())
        people = firemode.People(where["api"], current.gridlens_tenant)
        visit = firemode.tell(story, people, current.gridlens_tenant, utc_now())
        published = courses.tell(story, where["api"], current.gridlens_tenant)
        signed = countersign.tell(story, client, where["api"], current.gridlens_tenant, folder)
        with story.step("Fetch the signed compliance report") as step:
            step.result = f"{firemode.fetch(people, visit, folder) / 1024:,.0f} KiB, as it was signed"
        told = asdict(found) | {"night": asdict(night), "visit": asdict(visit), "course": asdict(published)}
        told |= {"countersigned": asdict(signed)}
        (folder / "summary.json").write_text(json.dumps(told, indent=1) + "\n")
    finally:
        if not was_running:
            stop(home)
    if as_json:
        click.echo(json.dumps(told))
    else:
        _end(story, found, night, visit, published, signed, folder, where)


def _end(
    story: Story,
    found: Found,
    night: Night,
    visit: Visit,
    published: Published,
    signed: Signed,
    folder: Path,
    where: dict[str, str],
) -> None:
    story.say()
    story.say(f"  Baseline   {found.feeder} lost {found.baseline_loss_pct:.2f} % of what was delivered")
    story.say(
        f"  Theft      {100 * found.theft_severity:.0f} % at {found.theft_meters} meters; over its 24 hours"
        f" {found.formula} = {found.expected_over_event_pp:+.2f} pp"
    )
    story.say(
        f"  Seen       {found.observed_change_pp:+.2f} pp after {found.intervals_observed} intervals; the formula says"
        f" {found.expected_change_pp:+.2f} pp for these, {found.tolerance_pp} pp allowed"
    )
    story.say(
        f"  Outage     {night.customers_out:,} customers, {night.cmi:,.0f} customer-minutes; the true zone was ranked"
        f" {night.true_zone_rank}; following the advice {night.delta_cmi_pct:+.0f} %"
    )
    story.say(
        f"  Stairs     {visit.tests} tests by phone, {len(visit.faults)} faults reviewed; approved by"
        f" {visit.approved_by}"
    )
    story.say(
        f"  Course     '{published.course}', {published.lessons} lessons in {published.minutes} minutes; version"
        f" {published.version}, {published.content_hash[:12]}"
    )
    story.say(
        f"  Signed     {signed.meters} meters to inspect, by {signed.signed_by};"
        f" {signed.events_verified:,} rows of the ledger are sealed and verify"
    )
    story.say()
    for name in [*found.charts, *night.files, *visit.files, "inspection-list.csv", "summary.json"]:
        story.say(f"  {folder / name}")
    story.say()
    story.say("  Next       make up, then open")
    story.say(f"             {where['api']}/grid       GridLens")
    story.say(f"             {where['api']}/admin/courses/{published.course}")
    story.say(f"             {where['api']}/api/ami/kpi/quickcheck?tenantId={found.tenant}")
    story.say(f"             {where['api']}/countersignatures/{signed.countersignature_id}")
    story.say(f"             {where['dagster']}/runs/{found.dagster_run_id}  the checks and scores")
    story.say(f"  Details    {story.log_path}")
