"""The plan of docs/scale.md is what its formulas give, and the schema has the keys that it promises."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from bench.plan import PAGE, Assumptions, Plan, shown_plans, table
from bench.units import Units
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from tests.conftest import Database

ROUND = Units(
    server_s=2.0, worker_s=1.0, read_bytes=100.0, wal_bytes=50.0, meter_day_bytes=200.0, feeder_day_bytes=10_000.0,
    parquet_bytes=10.0, archive_s=3.6,
)  # fmt: skip
KEYS = """
SELECT c.relname, array(
    SELECT a.attname::text FROM unnest(i.indkey) AS k (n)
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.n
  ) AS columns
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
BY_METER_OR_FEEDER = {
    "meter_reads_electric", "feeder_delivered", "gl_feeder_interval", "gl_feeder_day", "gl_feeder_day_voltage",
    "gl_meter_day", "meter_suspicion", "gl_read_origin",
}  # fmt: skip
BY_TENANT = BY_METER_OR_FEEDER | {
    "read_batches", "meter_events", "analytics_event_keys", "learner_lesson_days", "learner_lesson_state",
    "test_instances",
}  # fmt: skip


def test_the_page_shows_what_the_formulas_give() -> None:
    assert table(shown_plans()) in PAGE.read_text()


def test_each_formula_by_hand() -> None:
    """A million meters: 96 M reads a day, 13,333 a second in two hours."""
    plan = Plan(1_000_000, ROUND, Assumptions(hot_days=100))
    assert (plan.reads_a_day, round(plan.reads_a_second)) == (96_000_000, 13_333)
    assert (plan.tenants, plan.reads_a_partition, plan.partitions) == (5, 19_200_000, 500)
    assert (plan.server_cores, plan.worker_cores) == (1, 1)
    assert plan.archive_core_hours_a_day == pytest.approx(0.096)
    assert (plan.hot_tb, plan.cold_tb) == (pytest.approx(0.96), pytest.approx(2.4528))
    assert plan.rollup_tb == pytest.approx((1e6 * 200 + 1e3 * 1e4) * 2555 / 1e12)
    assert plan.log_mb_a_second == pytest.approx(0.6667, rel=1e-3)
    assert (plan.nodes, plan.partitions_a_node) == (2, 500)
    assert plan.cost_a_month == pytest.approx(2 * 1200 + 30 + 2.4528 * 23)
    assert plan.cost_a_meter_year == pytest.approx(12 * plan.cost_a_month / 1e6)


def test_nodes_follow_disk_or_cores_whichever_asks_for_more() -> None:
    wide = Plan(10_000_000, ROUND)
    hungry = replace(wide, units=replace(ROUND, server_s=200.0))
    assert wide.nodes == 2 * -(-(wide.hot_tb + wide.rollup_tb) // (7.6 * 0.7))
    assert hungry.nodes == 2 * -(-hungry.server_cores // 16) > wide.nodes
    longer = replace(wide, given=replace(wide.given, hot_days=400))
    assert longer.hot_tb == pytest.approx(wide.hot_tb * 400 / 90)


def test_every_key_of_a_table_that_grows_holds_the_tenant_and_of_metering_also_meter_or_feeder(
    database: Database,
) -> None:
    with transaction(None, DbRole.OWNER) as connection:
        found = [(row.relname, set(row.columns)) for row in connection.execute(text(KEYS))]
    named = {name for name, _ in found}
    assert named >= BY_TENANT
    for name, columns in found:
        if name in BY_TENANT:
            assert "tenant_id" in columns, name
        if name in BY_METER_OR_FEEDER:
            assert columns & {"meter_id", "feeder_id"}, name
