"""Each check passes on what was published, and names the fault that was planted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest
from sqlalchemy import text

from domain.grid.metering.observe.scenarios import Wish, inject
from domain.grid.metering.rules.scenario import Kind
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from orchestration.grid.checks import event_checks, read_checks
from orchestration.resources import Machine
from tests.conftest import Database
from tests.makers import make_fleet, make_tenant
from tests.orchestration.steps import DAY, READS, checks, run

EVENING = datetime(2026, 3, 4, 1, tzinfo=UTC)


@pytest.fixture
def day(database: Database, instance: dg.DagsterInstance) -> str:
    make_fleet("T", feeders=3, meters_per_feeder=20)
    run(instance, "T", *READS)
    return "T"


def _check(instance: dg.DagsterInstance, partition: str | None = f"{DAY}|T") -> dict[str, Any]:
    """Run the checks alone, for one partition or by hand without one."""
    tags = {"dagster/partition": partition} if partition else {}
    done = dg.materialize(
        [read_checks, event_checks],
        selection=dg.AssetSelection.all_asset_checks(),
        instance=instance,
        resources={"machine": Machine()},
        tags=tags,
    )
    return checks(done)


def _plant(database: Database, statement: str) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        assert connection.execute(statement).rowcount > 0  # type: ignore[arg-type]


def test_what_was_published_passes_every_check(day: str, instance: dg.DagsterInstance) -> None:
    found = _check(instance)
    assert {name: one.passed for name, one in found.items()} == dict.fromkeys(
        ["coverage", "determinism", "energy_balance", "equals_reads", "expectation_ledger", "uniqueness"], True
    )


FAULTS = {
    "a roll-up that was moved": (
        "UPDATE gl_meter_day SET kwh_dwh = kwh_dwh + 1 WHERE meter_id = 'M010003'",
        {"equals_reads"},
        "gl_meter_day (1)",
    ),
    "a feeder's day that was moved": (
        "UPDATE gl_feeder_day SET metered_dwh = metered_dwh + 1 WHERE feeder_id = 'FEEDER_2'",
        {"equals_reads"},
        "gl_feeder_day (1)",
    ),
    "a read that was changed": (
        "UPDATE meter_reads_electric SET kwh = kwh + 0.0001 WHERE read_at = '2026-03-03 12:00+00'"
        " AND meter_id = 'M010003'",
        {"equals_reads"},
        "gl_feeder_interval (1)",
    ),
    "a read that was taken out": (
        "DELETE FROM meter_reads_electric WHERE meter_id = 'M010003' AND read_at = '2026-03-03 12:00+00'",
        {"equals_reads", "uniqueness"},
        "count different numbers",
    ),
    "delivered energy that nobody used": (
        "UPDATE gl_feeder_day SET delivered_dwh = delivered_dwh * 1.1 WHERE feeder_id = 'FEEDER_2'",
        {"energy_balance"},
        "1 of 3 feeders do not balance",
    ),
    "more metered than was delivered": (
        "UPDATE gl_feeder_day SET metered_hat_dwh = metered_hat_dwh * 1.1 WHERE feeder_id = 'FEEDER_2'",
        {"energy_balance"},
        "1 of 3 feeders do not balance",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(database: Database, day: str, instance: dg.DagsterInstance, fault: str) -> None:
    statement, biting, says = FAULTS[fault]
    _plant(database, statement)
    found = _check(instance)
    failed = {name for name, one in found.items() if not one.passed}
    assert biting <= failed <= biting | {"determinism"}
    assert any(says in (found[name].description or "") for name in failed)


def test_a_stored_read_that_does_not_follow_from_its_batch_is_found(
    database: Database, day: str, instance: dg.DagsterInstance
) -> None:
    turn = f"FEEDER_{DAY.toordinal() % 3 + 1}"
    _plant(
        database,
        f"UPDATE meter_reads_electric SET kwh = kwh + 0.0001 WHERE feeder_id = '{turn}'"
        " AND read_at = '2026-03-03 12:00+00'",
    )
    found = _check(instance)["determinism"]
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert f"reads of {turn}, made again, differ" in (found.description or "")


def test_reads_that_never_came_are_found(database: Database, instance: dg.DagsterInstance) -> None:
    make_fleet("T", feeders=2, meters_per_feeder=20)
    run(instance, "T", *READS)
    _plant(database, "UPDATE gl_feeder_day SET weight_received = weight_expected / 2 WHERE feeder_id = 'FEEDER_1'")
    found = _check(instance)["coverage"]
    assert not found.passed
    assert "1 of 2 feeders have less than 95 % coverage, 1 too little for a loss" in (found.description or "")


@pytest.fixture
def theft(database: Database, instance: dg.DagsterInstance) -> str:
    make_fleet("T", feeders=2, meters_per_feeder=40)
    wish = Wish(Kind.THEFT, "FEEDER_1", 120, severity=0.7, starts_at=EVENING)
    event = inject("T", wish, now=utc_now(), actor="ada", actor_role="OPERATOR").scenario.event_id
    run(instance, "T", *READS)
    return event


def test_a_finished_event_is_explained_and_does_not_unbalance(theft: str, instance: dg.DagsterInstance) -> None:
    found = _check(instance)
    assert {name for name, one in found.items() if not one.passed} == set()
    assert "2 of 2 expectations of finished events were observed" in (found["expectation_ledger"].description or "")


def test_an_event_that_did_not_do_what_was_expected_is_found(
    database: Database, theft: str, instance: dg.DagsterInstance
) -> None:
    _plant(database, "UPDATE event_twin_intervals SET effect_hat_dwh = effect_hat_dwh * 3")
    found = _check(instance)["expectation_ledger"]
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert "1 of 2 expectations" in (found.description or "")


def test_a_cancelled_event_does_not_spoil_determinism(
    database: Database, theft: str, instance: dg.DagsterInstance
) -> None:
    _plant(database, "UPDATE ami_events SET is_active = false")
    found = _check(instance)["determinism"]
    assert found.passed
    assert "equal those that are stored" in (found.description or "")


def test_a_network_that_was_changed_since_is_said_and_is_no_failure(day: str, instance: dg.DagsterInstance) -> None:
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE meters SET base_kwh_day = base_kwh_day + 1 WHERE meter_id = 'M010003'"))
    found = _check(instance)["determinism"]
    assert found.passed
    assert "Nothing was compared: the network or the meters were changed" in (found.description or "")


def test_the_next_days_batch_is_not_this_days(day: str, instance: dg.DagsterInstance) -> None:
    run(instance, "T", *READS, day=DAY + timedelta(days=1))
    found = _check(instance)
    assert {name for name, one in found.items() if not one.passed} == set()
    assert found["determinism"].metadata["compared"].value > 1900


def test_by_hand_the_checks_look_at_each_tenants_latest_day(day: str, instance: dg.DagsterInstance) -> None:
    make_tenant("EMPTY")
    make_fleet("OTHER", feeders=1, meters_per_feeder=5)
    run(instance, "OTHER", *READS, day=DAY - timedelta(days=3))
    told = _check(instance, partition=None)["uniqueness"].description or ""
    assert told.startswith("OTHER, 2026-02-28: ")
    assert " T, 2026-03-03: " in told
    assert "EMPTY" not in told
