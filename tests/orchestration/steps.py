"""What the tests of the orchestration do: run assets and checks for one partition, and read what came of it."""

from datetime import date
from typing import Any

import dagster as dg
from sqlalchemy import text

from domain.kernel.db import transaction
from orchestration.definitions import defs
from orchestration.partitions import TenantDay, make_known

DAY = date(2026, 3, 3)


def run(
    instance: dg.DagsterInstance,
    tenant_id: str,
    *selected: str,
    day: date = DAY,
    config: dict[str, Any] | None = None,
    raise_on_error: bool = True,
) -> dg.ExecuteInProcessResult:
    """Materialise tables of the grid with their checks, as the asset job does."""
    make_known(instance, [tenant_id])
    job = defs.resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey(["grid", name]) for name in selected]
    return job.execute_in_process(
        instance=instance,
        asset_selection=keys,
        partition_key=TenantDay(tenant_id, day).key,
        run_config={"ops": {"publish_reads": {"config": config}}} if config else None,
        raise_on_error=raise_on_error,
    )


READS = (
    "feeder_delivered",
    "meter_reads_electric",
    "read_batches",
    "gl_feeder_interval",
    "gl_meter_day",
    "gl_feeder_day",
    "gl_feeder_day_voltage",
)
VIEWS = (
    "v_kpi_electric_feeder_loss_daily",
    "v_kpi_electric_overview_daily",
    "v_kpi_suspicious_meters_daily",
    "v_kpi_fieldops_daily",
    "v_gl_event_outcomes",
)


def metadata(result: dg.ExecuteInProcessResult, name: str) -> dict[str, Any]:
    """The metadata of one materialisation."""
    events = [e for e in result.get_asset_materialization_events() if e.asset_key == dg.AssetKey(["grid", name])]
    assert len(events) == 1, [str(e.asset_key) for e in result.get_asset_materialization_events()]
    return {key: value.value for key, value in events[0].materialization.metadata.items()}


def checks(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """The evaluations by the check's name."""
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def count(tenant_id: str, table: str) -> int:
    """Rows of a table."""
    with transaction(tenant_id) as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        return found
