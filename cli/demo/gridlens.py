"""GridLens in six steps: network, history, baseline, theft, two publish cycles, and who did it a day later."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cli.demo.client import Client
from cli.demo.lineage import Dagster
from cli.demo.story import Story
from cli.seed import publish_history
from domain.grid.metering.charts.feeders import loss_by_feeder
from domain.grid.metering.charts.loss import loss_over_time
from domain.grid.metering.charts.outcomes import before_during_after
from domain.grid.metering.observe.publish import floor_to
from domain.grid.metering.rules.scenario import Kind
from domain.grid.metering.store import kpi, series
from domain.grid.metering.store.scenarios import scenarios_between
from domain.kernel.charts.render import to_png
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict
from domain.kernel.settings import WriteMode
from domain.kernel.tenancy import Tenant, load_tenant

FEEDER = "FEEDER_7"
SEVERITY = 0.7
TOLERANCE_PP = 0.5
HISTORY_DAYS = 14
CYCLES = 2


@dataclass
class Found:
    """What the demo saw, for summary.json. Losses in percent, changes in percentage points."""

    tenant: str
    feeder: str = FEEDER
    meters: int = 0
    reads: int = 0
    baseline_loss_pct: float = 0.0
    theft_severity: float = SEVERITY
    theft_meters: int = 0
    theft_starts_at: str = ""
    expected_over_event_pp: float = 0.0
    expected_change_pp: float = 0.0
    observed_change_pp: float = 0.0
    intervals_observed: int = 0
    tolerance_pp: float = TOLERANCE_PP
    day_loss_pct: float | None = None
    thieves_in_top10: int = 0
    formula: str = ""
    dagster_run_id: str = ""
    charts: list[str] = field(default_factory=list)


def tell(story: Story, client: Client, dagster: Dagster, tenant_id: str, folder: Path, now: datetime) -> Found:
    """Run the whole of GridLens and write its charts and summary.

    Raises:
        Conflict: what was observed is not what the formula says.
    """
    with transaction(tenant_id) as connection:
        tenant = load_tenant(connection)
    found = Found(tenant_id)
    midnight = now.astimezone(tenant.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight.astimezone(UTC)
    starts_at = (midnight - timedelta(days=1)).astimezone(UTC)
    _history(story, tenant, midnight - timedelta(days=1), now, found)
    event = _theft(story, client, tenant_id, starts_at, today, found)
    _cycles(story, client, tenant_id, starts_at, event["event_id"], found)
    _day_after(
        story, tenant, starts_at + timedelta(minutes=15 * CYCLES), today, now, set(event["meterIds"]), dagster, found
    )
    _charts(story, tenant, event["event_id"], starts_at, folder, found)
    (folder / "summary.json").write_text(json.dumps(asdict(found), indent=1) + "\n")
    if abs(found.observed_change_pp - found.expected_change_pp) > TOLERANCE_PP:
        raise Conflict("The observed change is not the expected one.", hint=f"See {folder / 'summary.json'}.")
    return found


def _history(story: Story, tenant: Tenant, until: datetime, now: datetime, found: Found) -> None:
    with story.step(f"Publish {HISTORY_DAYS} days of reads") as step:
        for day in range(HISTORY_DAYS):
            start = (until - timedelta(days=HISTORY_DAYS - day)).astimezone(UTC)
            end = (until - timedelta(days=HISTORY_DAYS - day - 1)).astimezone(UTC)

            def told(_: str, reads: int, day: int = day) -> None:
                found.reads += reads
                step.progress(day + 1, HISTORY_DAYS, reads)

            publish_history(tenant.tenant_id, start, end, now, told)
        step.result = f"{found.reads:,} reads, 15 minutes each, idempotent"
    with story.step("Baseline") as step:
        with transaction(tenant.tenant_id) as connection:
            losses = series.feeder_day_losses(connection, (until - timedelta(days=1)).date())
        found.baseline_loss_pct = next(row.loss_pct or 0.0 for row in losses if row.feeder_id == FEEDER)
        others = [row.loss_pct for row in losses if row.loss_pct is not None]
        step.result = (
            f"{FEEDER} loses {found.baseline_loss_pct:.2f} % on the day before;"
            f" all {len(losses)} feeders {min(others):.1f} to {max(others):.1f} %"
        )


def _theft(
    story: Story, client: Client, tenant_id: str, starts_at: datetime, until: datetime, found: Found
) -> dict[str, Any]:
    with story.step("Inject theft") as step:
        _withdraw_former(client, tenant_id, starts_at, until)
        minutes = (until - starts_at).total_seconds() / 60
        event = client.post(
            "/api/ami/event/theft",
            {
                "tenantId": tenant_id,
                "feederId": FEEDER,
                "durationMinutes": minutes,
                "severity": SEVERITY,
                "startsAt": starts_at.isoformat(),
            },
        )
        expectation = next(e for e in event["expectations"] if e["kpi"] == "loss_pct_adj")
        found.theft_meters = event["counts"]["meters"]
        found.theft_starts_at = starts_at.isoformat()
        found.expected_over_event_pp = expectation["delta"]
        found.formula = expectation["formula"]
        step.result = (
            f"{found.theft_meters} of its meters record {100 * SEVERITY:.0f} % less;"
            f" over its 24 hours the loss must rise by {found.expected_over_event_pp:+.2f} pp"
        )
    return event


def _withdraw_former(client: Client, tenant_id: str, starts_at: datetime, until: datetime) -> None:
    """A demo that is run again injects the same theft: the former one goes, or both together would be foretold."""
    with transaction(tenant_id) as connection:
        standing = scenarios_between(connection, starts_at, until)
    for one in standing:
        if (one.kind, one.feeder_id, one.starts_at, one.ends_at) == (Kind.THEFT, FEEDER, starts_at, until):
            client.delete(f"/api/ami/event/{one.event_id}")


def _cycles(story: Story, client: Client, tenant_id: str, starts_at: datetime, event_id: str, found: Found) -> None:
    with story.step(f"Publish {CYCLES} cycles of 15 minutes over HTTP") as step:
        for cycle in range(1, CYCLES + 1):
            window_end = starts_at + timedelta(minutes=15 * cycle)
            answer = client.post(
                "/api/ami/publish-once",
                {
                    "tenantId": tenant_id,
                    "intervalMinutes": 15,
                    "batchSize": 10_000,
                    "windowEnd": window_end.isoformat(),
                },
            )
            found.reads += answer["counts"]["inserted"]
            step.progress(cycle, CYCLES, answer["counts"]["reads"])
        check = client.get("/api/ami/kpi/quickcheck", tenantId=tenant_id)
        outcome = next(
            e for e in check["expectations"] if str(e["event_id"]) == event_id and e["kpi"] == "loss_pct_adj"
        )
        found.expected_change_pp, found.observed_change_pp = outcome["expected_delta"], outcome["observed_delta"]
        found.intervals_observed = outcome["intervals_observed"]
        verdict = "explained" if outcome["is_explained"] else "NOT explained"
        step.result = (
            f"expected {found.expected_change_pp:+.2f} pp, observed {found.observed_change_pp:+.2f} pp: {verdict}"
        )


def _day_after(
    story: Story,
    tenant: Tenant,
    start: datetime,
    midnight: datetime,
    now: datetime,
    thieves: set[str],
    dagster: Dagster,
    found: Found,
) -> None:
    with story.step("Publish the rest of the day; score and check it in Dagster") as step:

        def told(_: str, reads: int) -> None:
            found.reads += reads
            step.progress(1, 2, reads)

        # Reads of the day that stand without the theft are replaced: of a copy that was seeded before.
        publish_history(tenant.tenant_id, start, midnight, now, told, WriteMode.UPSERT)
        if midnight < floor_to(now, 15):
            publish_history(tenant.tenant_id, midnight, floor_to(now, 15), now, told)
        day = (midnight - timedelta(minutes=1)).astimezone(tenant.zone).date()
        config = {"ops": {"score_meters_of_day": {"config": {"window_days": 1}}}}
        found.dagster_run_id = dagster.run("grid_daily", f"{day}|{tenant.tenant_id}", config)
        with transaction(tenant.tenant_id) as connection:
            top = {row["meter_id"] for row in kpi.suspicious_meters(connection, 10)}
            losses = series.feeder_day_losses(connection, day)
            found.meters = kpi.overview_days(connection, 2)[-1]["meters_active"]
        found.thieves_in_top10 = len(thieves.intersection(top))
        found.day_loss_pct = next((row.loss_pct for row in losses if row.feeder_id == FEEDER), None)
        step.result = f"{found.thieves_in_top10} of the 10 most suspicious of {found.meters:,} meters are thieves"


def _charts(story: Story, tenant: Tenant, event_id: str, starts_at: datetime, folder: Path, found: Found) -> None:
    with story.step("Draw charts") as step:
        source = "Countersign GridLens; network and load shapes: SimBench (ODbL 1.0)"
        with transaction(tenant.tenant_id) as connection:
            window = (starts_at - timedelta(hours=12), starts_at + timedelta(hours=24))
            points = series.feeder_intervals(connection, FEEDER, *window)
            events = series.events_on_feeder(connection, FEEDER, *window)
            outcomes = [o for o in series.event_outcomes(connection, event_id=event_id) if o.kpi == "loss_pct_adj"]
            losses = series.feeder_day_losses(connection, starts_at.astimezone(tenant.zone).date())
        day = starts_at.astimezone(tenant.zone).strftime("%A %-d %B %Y")
        charts = [
            loss_over_time(FEEDER, points, events, tenant.zone, source),
            before_during_after(outcomes, tenant.zone, source),
            loss_by_feeder(losses, day, "median of the days before", word="usual", spoken_of=FEEDER, source=source),
        ]
        folder.mkdir(parents=True, exist_ok=True)
        for number, chart in enumerate(charts, start=1):
            path = folder / f"{number}-{chart.name.lower()}.png"
            path.write_bytes(to_png(chart))
            found.charts.append(path.name)
        step.result = f"{len(charts)} PNG files"
