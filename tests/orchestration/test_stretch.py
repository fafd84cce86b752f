"""A stretch of days as one run with a step a day: what a direct publish stores, and run again it adds nothing."""

from datetime import UTC, date, datetime

import dagster as dg
import pytest
from sqlalchemy import text

from domain.grid.metering.observe.publish import publish
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole, WriteMode
from orchestration.definitions import defs
from orchestration.partitions import TenantDay
from tests.conftest import Database
from tests.makers import make_fleet


def run(instance: dg.DagsterInstance, first: str, last: str, raises: bool = True) -> dg.ExecuteInProcessResult:
    whose = {"tenant_id": "T", "first_day": first, "last_day": last}
    return defs.resolve_job_def("grid_backfill").execute_in_process(
        instance=instance,
        run_config={"ops": {"each_day": {"config": whose}, "publish_one_day": {"config": {"tenant_id": "T"}}}},
        raise_on_error=raises,
    )


def stored(tenant: str) -> list[tuple[object, ...]]:
    with transaction(tenant, DbRole.OWNER) as connection:
        found = connection.execute(
            text(
                "SELECT meter_id, read_at, kwh, voltage, quality_flags, arrived_at FROM meter_reads_electric"
                ' WHERE tenant_id = :tenant ORDER BY meter_id COLLATE "C", read_at'
            ),
            {"tenant": tenant},
        )
        return [tuple(row) for row in found]


def test_a_step_a_day_stores_what_a_direct_publish_stores(instance: dg.DagsterInstance, database: Database) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=4)
    done = run(instance, "2026-03-07", "2026-03-09")  # the clocks change on the second
    steps = {event.step_key for event in done.all_events if event.is_step_success}
    assert {"publish_one_day[2026_03_07]", "publish_one_day[2026_03_09]"} < steps
    told = [event.asset_key.path[-1] for event in done.get_asset_materialization_events() if event.asset_key]
    assert told.count("meter_reads_electric") == 3
    (window,) = {
        (event.partition)
        for event in done.get_asset_materialization_events()
        if event.step_key == "publish_one_day[2026_03_08]"
    }
    assert window == TenantDay("T", date(2026, 3, 8)).key
    first = stored("T")
    run(instance, "2026-03-07", "2026-03-09")
    assert stored("T") == first
    start, end = datetime(2026, 3, 7, 5, tzinfo=UTC), datetime(2026, 3, 10, 4, tzinfo=UTC)
    direct = publish("T", window_start=start, window_end=end, mode=WriteMode.UPSERT, now=utc_now(), actor="direct")
    assert (direct.counts["reads"], direct.counts["inserted"], direct.counts["updated"]) == (len(first), 0, 0)
    assert stored("T") == first


@pytest.mark.parametrize(("first", "last"), [("2026-03-09", "2026-03-07"), ("2025-01-01", "2026-12-31")])
def test_no_days_or_too_many_are_refused(
    instance: dg.DagsterInstance, database: Database, first: str, last: str
) -> None:
    assert not run(instance, first, last, raises=False).success
