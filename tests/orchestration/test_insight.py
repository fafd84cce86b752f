"""Insight in the graph by real runs as the machine: a night of a tenant, its checks, what is sealed, what is asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest
from sqlalchemy import text

from domain.courses.insight.nightly import LOCK
from domain.courses.insight.observe.audits import AUDITS
from domain.kernel.db import transaction, working_as
from domain.kernel.locks import held
from domain.kernel.settings import DbRole, settings
from orchestration.courses.insight import (
    ASSETS,
    JOBS,
    NIGHT,
    analytics_nightly_schedule,
    courses_retention_schedule,
    insight_checks,
)
from orchestration.partitions import TenantDay, make_known
from orchestration.resources import Machine
from tests.conftest import Database
from tests.courses.insight_db.world import BEGIN, World, lively
from tests.orchestration.steps import checks

DAY = BEGIN + timedelta(days=4)
pytestmark = pytest.mark.xdist_group("insight_in_the_graph")


@pytest.fixture(scope="module")
def world(module_database: Database) -> World:
    return lively("T", seed=51).write()


def launch(job: str, instance: dg.DagsterInstance, key: Any, **more: Any) -> dg.ExecuteInProcessResult:
    make_known(instance, ["T"])
    definitions = dg.Definitions(
        assets=ASSETS, asset_checks=[insight_checks], jobs=JOBS, resources={"machine": Machine()}
    )
    return definitions.resolve_job_def(job).execute_in_process(instance=instance, partition_key=key, **more)


def rows(query: str) -> list[Any]:
    with transaction("T") as connection:
        return list(connection.execute(text(query)).scalars())


def night(instance: dg.DagsterInstance, **more: Any) -> dg.ExecuteInProcessResult:
    return launch("analytics_nightly", instance, TenantDay("T", DAY).key, **more)


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    return {str(one.asset_key and one.asset_key.path[-1]) for one in result.get_asset_materialization_events()}


def test_a_night_makes_every_table_and_passes_its_checks(world: World, instance: dg.DagsterInstance) -> None:
    done = night(instance)
    assert done.success
    assert made(done) == {spec.key.path[-1] for spec in NIGHT}
    found = dg.materialize(
        [insight_checks],
        selection=dg.AssetSelection.all_asset_checks(),
        instance=instance,
        resources={"machine": Machine()},
    )
    judged = checks(found)
    assert set(judged) == set(AUDITS)
    # The world was written past the door, months before today.
    assert {name for name, one in judged.items() if not one.passed} == {"received_after_it_happened"}


def test_a_check_fails_on_a_planted_fault(
    world: World, instance: dg.DagsterInstance, module_database: Database
) -> None:
    night(instance)
    with psycopg.connect(module_database.urls["owner"]) as connection:
        connection.execute(
            "DELETE FROM analytics_daily_aggregates WHERE lesson_idx = 1 AND day = (SELECT max(day) FROM"
            " analytics_daily_aggregates)"
        )
    found = dg.materialize(
        [insight_checks],
        selection=dg.AssetSelection.all_asset_checks(),
        instance=instance,
        resources={"machine": Machine()},
    )
    assert not checks(found)["every_lesson_has_its_row"].passed
    night(instance)


def test_a_night_that_finds_the_lock_held_makes_nothing_and_does_not_fail(
    world: World, instance: dg.DagsterInstance
) -> None:
    with working_as(DbRole.MACHINE), held("T", LOCK, held_by="test"):
        done = night(instance)
    assert done.success
    assert made(done) == set()


def test_old_days_are_sealed(world: World, instance: dg.DagsterInstance) -> None:
    launch("analytics_nightly", instance, TenantDay("T", DAY).key)
    assert launch("courses_retention", instance, "T").success
    # Only what a night has taken in: the last one is long ago.
    assert rows("SELECT sealed_before FROM analytics_seals") == []


def test_each_tenant_is_asked_for_the_day_that_ended(world: World, instance: dg.DagsterInstance) -> None:
    at = datetime(2026, 3, 6, 2, tzinfo=UTC)
    for schedule, key in ((analytics_nightly_schedule, "2026-03-05|T"), (courses_retention_schedule, "T")):
        with dg.build_schedule_context(
            instance=instance, scheduled_execution_time=at, resources={"machine": Machine()}
        ) as context:
            asked: Any = schedule(context)
        assert [str(one.partition_key) for one in asked] == [key]
    assert len({spec.key for spec in NIGHT}) == len(NIGHT)


@pytest.mark.parametrize(("said", "is_on"), [("1", True), ("0", False), ("false", False), (None, True)])
def test_the_operator_switches_the_nights_off_and_a_night_by_hand_still_runs(
    world: World, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, said: str | None, is_on: bool
) -> None:
    monkeypatch.delenv("ORCHESTRATOR_ENABLE_ANALYTICS", raising=False)
    if said is not None:
        monkeypatch.setenv("ORCHESTRATOR_ENABLE_ANALYTICS", said)
    settings.cache_clear()
    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime(2026, 3, 6, 2, tzinfo=UTC),
        resources={"machine": Machine()},
    ) as context:
        asked: Any = analytics_nightly_schedule(context)
    assert isinstance(asked, dg.SkipReason) is not is_on
    if said == "0":
        assert "ORCHESTRATOR_ENABLE_ANALYTICS" in str(asked.skip_message)
        assert night(instance).success
