"""A backfill of three days through Dagster's webserver, daemon and code server stores what a direct publish stores."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from cli.services.dagster import ask
from domain.grid.metering.observe.publish import publish
from domain.kernel.clock import utc_now
from domain.kernel.settings import WriteMode
from orchestration.partitions import TenantDay
from tests.conftest import ROOT, Database
from tests.flows.test_services import Copy, until
from tests.makers import make_fleet
from tests.orchestration.steps import READS, VIEWS

DAYS = [date(2026, 3, 7) + timedelta(days=n) for n in range(3)]  # the clocks change on the second
LAUNCH = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}"""
BACKFILL = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""
CHECKS = """
query ($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode { assetChecksOrError { ... on AssetChecks { checks {
    name executionForLatestMaterialization { status } } } } } }
}"""
CONTENT = {
    "meter_reads_electric": "meter_id, feeder_id, read_at, kwh, voltage, quality_flags, interval_minutes, arrived_at",
    "feeder_delivered": "feeder_id, read_at, interval_minutes, kwh",
    "gl_feeder_interval": "feeder_id, read_at, reads_received, metered_dwh, delivered_dwh, voltage_sum_cv",
    "gl_meter_day": "meter_id, local_date, reads, kwh_dwh",
    "gl_feeder_day": "feeder_id, local_date, intervals_matched, delivered_dwh, metered_dwh, technical_loss_dwh",
    "gl_feeder_day_voltage": "feeder_id, local_date, voltage_bin, reads",
}


def _content(url: str) -> dict[str, Any]:
    """Rows and a hash of what each table holds."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return {
            table: connection.execute(
                f"SELECT count(*), md5(string_agg(concat_ws(',', {columns}), ';' ORDER BY {columns}))"  # type: ignore[arg-type]
                f" FROM {table} WHERE tenant_id = 'T'"
            ).fetchone()
            for table, columns in CONTENT.items()
        }


@pytest.fixture(scope="module")
def backfilled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A running copy in which three days were backfilled."""
    copy = Copy(tmp_path_factory.mktemp("backfill") / "home")
    copy.up()
    try:
        _make_fleet_in(copy)
        _backfill(copy.told["dagster"], [*READS, "meter_suspicion", *VIEWS])
        yield copy
    finally:
        copy.run("down")


def _make_fleet_in(copy: Copy) -> None:
    """In a process of its own, whose settings are the copy's."""
    code = "from tests.makers import make_fleet; make_fleet('T', feeders=2, meters_per_feeder=20)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=copy.environment, check=True, timeout=60)


def _backfill(url: str, tables: list[str]) -> None:
    until(lambda: "T" in _tenants(url), seconds=90)
    params = {
        "partitionNames": [str(TenantDay("T", day).key) for day in DAYS],
        "assetSelection": [{"path": ["grid", table]} for table in tables],
        "fromFailure": False,
    }
    launched = ask(url, LAUNCH, params=params)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    until(lambda: _status(url, launched["backfillId"]) not in {"REQUESTED", None}, seconds=480)
    assert _status(url, launched["backfillId"]) == "COMPLETED_SUCCESS"


def _status(url: str, backfill: str) -> str | None:
    status: str | None = ask(url, BACKFILL, id=backfill).get("partitionBackfillOrError", {}).get("status")
    return status


def _tenants(url: str) -> list[str]:
    answer = ask(
        url,
        "query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {"
        " partitionKeysByDimension { name partitionKeys } } } }",
        key={"path": ["grid", "meters"]},
    )
    dimensions = (answer.get("assetNodeOrError") or {}).get("partitionKeysByDimension") or []
    return [key for dimension in dimensions for key in dimension["partitionKeys"]]


def test_a_backfill_stores_what_a_direct_publish_stores(backfilled: Copy, database: Database) -> None:
    make_fleet("T", feeders=2, meters_per_feeder=20)
    window = (datetime(2026, 3, 7, 5, tzinfo=UTC), datetime(2026, 3, 10, 4, tzinfo=UTC))
    publish("T", window_start=window[0], window_end=window[1], mode=WriteMode.UPSERT, now=utc_now(), actor="direct")
    secrets = backfilled.home / "secrets" / "database.json"
    through_dagster = _content(json.loads(secrets.read_text())["superuser"])
    assert through_dagster == _content(database.urls["superuser"])
    assert through_dagster["feeder_delivered"][0] == 2 * (96 + 92 + 96)


@pytest.mark.parametrize("table", ["meter_reads_electric", "gl_feeder_day", "v_gl_event_outcomes"])
def test_the_checks_of_the_backfilled_days_succeeded(backfilled: Copy, table: str) -> None:
    answer = ask(backfilled.told["dagster"], CHECKS, key={"path": ["grid", table]})
    found = answer["assetNodeOrError"]["assetChecksOrError"]["checks"]
    assert found
    assert {check["executionForLatestMaterialization"]["status"] for check in found} == {"SUCCEEDED"}
