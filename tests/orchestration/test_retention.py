"""Retention by Dagster: proposed each night, disposed of under an order, carried out after a signature; S3 as well."""

import uuid
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.objects.s3 import S3Store
from domain.kernel.settings import settings
from orchestration.definitions import defs
from orchestration.kernel.retention import retention_plan_schedule
from orchestration.partitions import make_known
from orchestration.resources import Machine, Objects
from tests.conftest import Database
from tests.kernel.objects.stores import CREDENTIALS, bucket_server, url_of
from tests.kernel.retention.steps import asked, load_days, order, proposed, reads, sign
from tests.makers import make_fleet


@pytest.fixture(autouse=True)
def world(database: Database) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    load_days(days=2)


def run(
    instance: dg.DagsterInstance, job: str, config: dict[str, Any] | None = None, raises: bool = True
) -> dg.ExecuteInProcessResult:
    make_known(instance, ["T"])
    found = defs.resolve_job_def(job)
    return found.execute_in_process(
        instance=instance, partition_key="T", run_config=config or {}, raise_on_error=raises
    )


def shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_what_is_due_is_proposed_and_nothing_is_removed(instance: dg.DagsterInstance) -> None:
    left = reads()
    first = shown(run(instance, "retention_plan"))
    run(instance, "retention_plan")
    assert first["rows"] == left > 0
    assert reads() == left
    assert asked("SELECT count(*) FROM v_retention_plans WHERE subject = 'meter_reads' AND state = 'WAITING'") == 1


def test_without_an_order_nothing_goes_and_with_one_it_does(instance: dg.DagsterInstance) -> None:
    left = reads()
    assert shown(run(instance, "retention_dispose"))["rows"] == 0
    assert reads() == left
    order()
    assert shown(run(instance, "retention_dispose"))["rows"] == left
    assert reads() == 0
    assert shown(run(instance, "retention_dispose"))["rows"] == 0


def test_a_signed_disposal_is_carried_out_by_the_job_of_all_signatures(instance: dg.DagsterInstance) -> None:
    signed, left = sign(proposed()), reads()

    def carry_out(countersignature_id: object, raises: bool = True) -> dg.ExecuteInProcessResult:
        config = {"ops": {"kernel__fulfilments": {"config": {"countersignature_id": str(countersignature_id)}}}}
        return run(instance, "carry_out", config, raises)

    assert not carry_out(uuid.uuid4(), raises=False).success
    assert reads() == left
    assert shown(carry_out(signed))["artifacts"] == 2
    assert shown(carry_out(signed))["already_carried_out"]
    assert reads() == 0


def test_archives_go_to_the_bucket_by_dagsters_own_client(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = bucket_server()
    try:
        for name, value in (CREDENTIALS | {"S3_ENDPOINT_URL": url_of(server)}).items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        order()
        left = reads()
        assert shown(run(instance, "retention_dispose"))["rows"] == left
        store = Objects().store()
        assert isinstance(store, S3Store)
        with transaction("T") as connection:
            keys = list(connection.execute(text("SELECT store_key FROM artifacts ORDER BY store_key")).scalars())
        assert len(keys) == 2
        assert all(store.size_bytes(key) for key in keys)
    finally:
        server.stop()


def test_every_tenant_is_asked_each_night(instance: dg.DagsterInstance) -> None:
    night = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)
    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=night,
        resources={"machine": Machine()},
        repository_def=defs.get_repository_def(),
    ) as context:
        ticked = retention_plan_schedule.evaluate_tick(context)
    assert ticked.run_requests is not None
    assert [(one.run_key, one.partition_key) for one in ticked.run_requests] == [("T|2026-11-21", "T")]
