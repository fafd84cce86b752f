"""What a materialisation of GridLens shows: row counts, columns, a few rows, the course of the loss.

No meter is named here and nothing secret: Dagster's pages have no login of their own.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
from sqlalchemy import Connection

from domain.grid.metering.observe.publish import PublishResult
from domain.grid.metering.store import audits, day_figures
from domain.grid.metering.store.audits import LocalDay
from domain.grid.metering.suggest import ScoredDay
from orchestration.grid.plots import loss_plot
from orchestration.partitions import TenantDay
from orchestration.resources import Machine
from orchestration.tables import column_schema, shown_rows

SHOWN = 10
COUNTED = ("meter_reads_electric", "read_batches")
# A single window adds a point to the course of the loss; each run's plot is kept for ever.
WORTH_A_PLOT = timedelta(hours=3)
# Which columns of a view are worth a look, and free of meters.
COLUMNS = {
    "v_kpi_electric_overview_daily": (
        "delivered_kwh",
        "metered_kwh",
        "loss_pct_raw",
        "loss_pct_adj",
        "technical_loss_pct_model",
        "coverage_pct",
        "avg_voltage",
        "suspicious_meters",
        "active_ami_events",
        "loss_status",
    ),
    "v_kpi_electric_feeder_loss_daily": (
        "feeder_id",
        "delivered_kwh",
        "metered_kwh",
        "loss_pct_raw",
        "loss_pct_adj",
        "tech_loss_pct_model",
        "baseline_loss_pct_28d",
        "coverage_pct",
        "loss_status",
    ),
    "v_kpi_fieldops_daily": (
        "outages_open",
        "outages_new",
        "customers_interrupted",
        "cmi",
        "saidi_min",
        "med_flag",
        "theft_cases_open",
        "theft_cases_confirmed",
        "inspection_hit_rate_pct",
    ),
    "v_gl_event_outcomes": (
        "event_type",
        "feeder_id",
        "kpi",
        "unit",
        "expected_delta",
        "observed_delta",
        "tolerance",
        "is_explained",
    ),
}
Metadata = dict[str, Any]


def of_reads(
    machine: Machine, slot: TenantDay, keys: Sequence[dg.AssetKey], result: PublishResult
) -> Iterator[dg.MaterializeResult[None]]:
    """What a publish wrote, table by table."""
    start, end = result.window
    said: Metadata = {
        "run_id": str(result.run_id),
        "window": f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC",
        "already_published": result.already_published,
    }
    with machine.session(slot.tenant_id) as connection:
        day = audits.local_day(connection, slot.tenant_id, slot.day)
        for key in keys:
            shown = said | of_table(connection, key.path[-1], day)
            if key.path[-1] in COUNTED:
                shown |= result.counts
            if key.path[-1] == "gl_feeder_interval" and end - start >= WORTH_A_PLOT:
                shown |= _loss(connection, day)
            yield dg.MaterializeResult(asset_key=key, metadata=shown)


def of_table(connection: Connection, name: str, day: LocalDay) -> Metadata:
    """Rows of the day and the columns of a table or view."""
    return {
        "dagster/partition_row_count": day_figures.row_count(connection, name, day),
        "dagster/column_schema": column_schema(day_figures.columns(connection, name)),
    }


def _loss(connection: Connection, day: LocalDay) -> Metadata:
    """The loss per interval as a small plot."""
    course = day_figures.interval_losses(connection, day)
    return {"loss": dg.MetadataValue.md(loss_plot(course, day))} if len(course) > 1 else {}


def of_view(connection: Connection, name: str, slot: TenantDay) -> Metadata:
    """What a view says of the day."""
    day = audits.local_day(connection, slot.tenant_id, slot.day)
    if name == "v_kpi_suspicious_meters_daily":
        rows = day_figures.suspicion_bands(connection, day)
    else:
        rows = day_figures.view_rows(connection, name, day, COLUMNS[name], SHOWN)
    return of_table(connection, name, day) | ({"rows": shown_rows(rows)} if rows else {})


def of_suspicion(connection: Connection, slot: TenantDay, scored: ScoredDay) -> Metadata:
    """What a scoring did, and how the scores are spread."""
    day = audits.local_day(connection, slot.tenant_id, slot.day)
    return of_table(connection, "meter_suspicion", day) | {
        "run_id": str(scored.run_id),
        "scoring_version": scored.scoring_version,
        **scored.counts,
        "scores": shown_rows(day_figures.suspicion_bands(connection, day)),
    }
