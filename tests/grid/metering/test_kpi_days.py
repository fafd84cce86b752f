"""The newest days of a KPI view are its newest rows, whatever lies before them."""

from datetime import UTC, datetime, timedelta

from domain.grid.metering.observe.publish import publish
from domain.grid.metering.store import kpi
from domain.kernel.db import transaction
from domain.kernel.settings import WriteMode
from tests.conftest import Database
from tests.makers import make_fleet

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def test_the_newest_days_are_those_of_the_whole_view_also_where_days_are_missing(database: Database) -> None:
    make_fleet(feeders=2, meters_per_feeder=5)
    for back in (40, 9, 8, 3, 0):
        end = NOON - timedelta(days=back)
        publish("T", window_start=end - timedelta(hours=1), window_end=end, mode=WriteMode.SAFE, now=NOON, actor="test")
    with transaction("T") as connection:
        for view, asked in (
            ("v_kpi_electric_overview_daily", kpi.overview_days),
            ("v_kpi_fieldops_daily", kpi.fieldops_days),
        ):
            whole = kpi.rows(connection, f"SELECT * FROM {view}")
            newest = sorted(whole, key=lambda row: row["local_date"], reverse=True)
            assert len(newest) == 5
            for limit in (1, 3, 5, 28):
                assert asked(connection, limit) == newest[:limit]


def test_of_a_utility_that_records_no_outages_nothing_is_told_of_them(database: Database) -> None:
    make_fleet(feeders=1, meters_per_feeder=5)
    publish("T", window_start=NOON - timedelta(hours=1), window_end=NOON, mode=WriteMode.SAFE, now=NOON, actor="test")
    with transaction("T") as connection:
        (row,) = kpi.fieldops_days(connection, 5)
    assert {name for name, value in row.items() if value is not None} == {
        "tenant_id", "local_date", "theft_cases_open", "theft_cases_confirmed",
    }  # fmt: skip


def test_a_tenant_without_reads_has_no_days(database: Database) -> None:
    make_fleet(feeders=1, meters_per_feeder=1)
    with transaction("T") as connection:
        assert kpi.overview_days(connection, 5) == kpi.fieldops_days(connection, 5) == []
