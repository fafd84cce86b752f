"""GridLens as assets: network and events, then reads, roll-ups, suspicion and the KPI views.

Each asset is a table or view of the database and has its name. A body opens a session, calls one verb, and reports.
An edge that another way through the graph already implies is left out, so that the graph stays readable.
"""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg

from domain.grid.metering.observe.days import publish_day
from domain.grid.metering.suggest import score_meters
from orchestration.grid import figures
from orchestration.partitions import TENANT_DAYS, TENANTS, TenantDay
from orchestration.resources import Machine
from orchestration.tables import table

# Made by an import or over HTTP, not by Dagster: they show in the graph and have no button.
NETWORK = [
    table(
        "grid",
        "topology_versions",
        "Imports of the network: what came in, what was skipped and why. Grain: import.",
        verb="observe",
        partitions=TENANTS,
    ),
    table(
        "grid",
        "feeders",
        "Feeders with their technical loss model P0 + k C². Grain: feeder. Units: kV, A, kW, 1/kW.",
        verb="observe",
        made_from=["topology_versions"],
        partitions=TENANTS,
    ),
    table(
        "grid",
        "meters",
        "Meters with feeder, transformer, usual consumption and PV. Grain: meter. Units: kWh a day, kW, V.",
        verb="observe",
        made_from=["topology_versions"],
        partitions=TENANTS,
    ),
]
EVENTS = [
    table(
        "grid",
        "ami_events",
        "Scenarios that people injected into the emulator: theft, voltage sag, comms outage. Grain: event.",
        verb="observe",
        partitions=TENANTS,
    ),
    table(
        "grid",
        "event_expectations",
        "What each event must do to a KPI, said before it is observed. Grain: event, KPI, feeder. Units: pp, V.",
        verb="observe",
        made_from=["ami_events"],
        partitions=TENANTS,
    ),
]
READS = [
    table(
        "grid",
        "feeder_delivered",
        "Energy sent out at the feeder's head. Grain: feeder and interval end (UTC). Unit: kWh.",
        verb="observe",
        made_from=["feeders", "meters", "ami_events"],
        partitions=TENANT_DAYS,
    ),
    table(
        "grid",
        "meter_reads_electric",
        "Interval reads with quality flags. Grain: meter and interval end (UTC). Units: kWh net, V on the 120 V base.",
        verb="observe",
        made_from=["meters", "ami_events"],
        partitions=TENANT_DAYS,
    ),
    table(
        "grid",
        "read_batches",
        "Loads with what determines them: a batch of the same digest is not loaded twice. Grain: load.",
        verb="observe",
        made_from=["meter_reads_electric"],
        partitions=TENANT_DAYS,
    ),
    table(
        "grid",
        "gl_feeder_interval",
        "Delivered and metered energy, coverage and voltage. Grain: feeder and interval end. Unit: dWh (0.1 Wh).",
        verb="observe",
        made_from=["meter_reads_electric", "feeder_delivered"],
        partitions=TENANT_DAYS,
    ),
    table(
        "grid",
        "gl_meter_day",
        "Energy and reads of each meter. Grain: meter and local date. Unit: dWh (0.1 Wh).",
        verb="observe",
        made_from=["meter_reads_electric"],
        partitions=TENANT_DAYS,
    ),
    table(
        "grid",
        "gl_feeder_day",
        "Energy over matched intervals, technical loss, peak. Grain: feeder and local date. Unit: dWh (0.1 Wh).",
        verb="observe",
        made_from=["gl_feeder_interval"],
        partitions=TENANT_DAYS,
    ),
    table(
        "grid",
        "gl_feeder_day_voltage",
        "Histogram of voltages in half-volt bins. Grain: feeder, local date, bin. Unit: reads.",
        verb="observe",
        made_from=["meter_reads_electric"],
        partitions=TENANT_DAYS,
    ),
]
SUSPICION = [
    table(
        "grid",
        "meter_suspicion",
        "Scores of meters that may use more than they record, with reasons. Grain: meter and local date.",
        verb="suggest",
        made_from=["meter_reads_electric", "feeder_delivered"],
        partitions=TENANT_DAYS,
        owner="team:revenue-protection",
    ),
]
VIEWS = [
    table(
        "grid",
        "v_kpi_electric_feeder_loss_daily",
        "Loss of each feeder with its 28-day baseline. Grain: feeder and local date. Units: kWh, percent 0 to 100.",
        verb="observe",
        made_from=["gl_feeder_day"],
        partitions=TENANT_DAYS,
        kind="view",
    ),
    table(
        "grid",
        "v_kpi_electric_overview_daily",
        "Energy, loss, coverage and voltage of the tenant. Grain: local date. Units: kWh, percent 0 to 100, V.",
        verb="observe",
        made_from=["gl_feeder_day", "gl_feeder_day_voltage", "meter_suspicion"],
        partitions=TENANT_DAYS,
        kind="view",
    ),
    table(
        "grid",
        "v_kpi_suspicious_meters_daily",
        "Meters by score, with the reasons. Grain: meter and local date. Advice to inspect, no accusation.",
        verb="suggest",
        made_from=["meter_suspicion"],
        partitions=TENANT_DAYS,
        kind="view",
    ),
    table(
        "grid",
        "v_kpi_fieldops_daily",
        "Cases and inspections, outages, interruptions by IEEE 1366, and crews. Grain: local date.",
        verb="observe",
        made_from=["gl_feeder_day", "meter_suspicion", "outages"],
        partitions=TENANT_DAYS,
        kind="view",
    ),
    table(
        "grid",
        "v_gl_event_outcomes",
        "Expected beside observed for each injected event. Grain: event, KPI, feeder. Units: pp, V.",
        verb="observe",
        made_from=["event_expectations", "gl_feeder_interval"],
        partitions=TENANT_DAYS,
        kind="view",
    ),
]


class PublishConfig(dg.Config):
    """What to publish of the partition's day: all of it that has closed, or one window of it."""

    window_start: str | None = None
    window_end: str | None = None
    interval_minutes: int | None = None
    seed: int = 0

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """The window, when one is named."""
        if self.window_start is None or self.window_end is None:
            return None
        return datetime.fromisoformat(self.window_start), datetime.fromisoformat(self.window_end)


@dg.multi_asset(specs=READS, retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL))
def publish_reads(
    context: dg.AssetExecutionContext, config: PublishConfig, machine: Machine
) -> Iterator[dg.MaterializeResult[None]]:
    """Publish emulated reads of a tenant's day and roll them up, in one transaction; refused for a real utility."""
    slot = TenantDay.of(context.partition_key)
    with machine.at_work():
        result = publish_day(
            slot.tenant_id,
            slot.day,
            window=config.window,
            interval_minutes=config.interval_minutes,
            seed=config.seed,
            mode=machine.write_mode,
            now=machine.now(),
            actor=machine.actor,
        )
    yield from figures.of_reads(machine, slot, [spec.key for spec in READS], result)


class ScoreConfig(dg.Config):
    """How many days, ending with the partition's, are held against the weeks before; as it was, or 7, if not named."""

    window_days: int | None = None


@dg.multi_asset(specs=SUSPICION)
def score_meters_of_day(
    context: dg.AssetExecutionContext, config: ScoreConfig, machine: Machine
) -> dg.MaterializeResult[None]:
    """Score every meter for the window that ends with the partition's day; the history before it is read as well."""
    slot = TenantDay.of(context.partition_key)
    with machine.session(slot.tenant_id) as connection:
        scored = score_meters(connection, slot.tenant_id, slot.day, config.window_days, actor_id=machine.actor)
        return dg.MaterializeResult(metadata=figures.of_suspicion(connection, slot, scored))


@dg.multi_asset(specs=VIEWS, can_subset=True)
def kpi_views(context: dg.AssetExecutionContext, machine: Machine) -> Iterator[dg.MaterializeResult[None]]:
    """Ask the views for the partition's day: they hold nothing of their own, so that what shows is what stands."""
    slot = TenantDay.of(context.partition_key)
    for key in sorted(context.selected_asset_keys):
        with machine.session(slot.tenant_id) as connection:
            yield dg.MaterializeResult(asset_key=key, metadata=figures.of_view(connection, key.path[-1], slot))
