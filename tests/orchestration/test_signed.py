"""The human step: a sensor launches what was signed, once; by hand nothing runs without a countersignature."""

import uuid
from pathlib import Path

import dagster as dg
import pytest

from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.principal import Principal
from domain.kernel.signed import Decision
from orchestration import signed
from orchestration.kernel.automation import lineage_sensor
from orchestration.partitions import make_known
from orchestration.resources import Machine
from tests.conftest import Database
from tests.kernel.gates_of_tests import ACTS, DOERS, PLAIN, lay_down, marks
from tests.makers import make_person, make_tenant

DEFS = dg.Definitions.merge(signed.definitions([PLAIN], DOERS), dg.Definitions(resources={"machine": Machine()}))


@pytest.fixture
def ada(database: Database) -> Principal:
    make_tenant("T")
    return make_person("T", "ada", "REVIEWER")


def sign(who: Principal, decision: Decision = Decision.APPROVED) -> uuid.UUID:
    with transaction("T") as connection:
        found = lay_down(connection)
        answer = decide(
            connection, who, ACTS, found.proposal_id, decision, content_hash=found.content_hash, reason="Because."
        )
    return answer.countersignature.countersignature_id


def tick(instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    sensor = DEFS.resolve_sensor_def("signed_sensor")
    with dg.build_sensor_context(instance=instance, resources={"machine": Machine()}) as context:
        found = sensor(context)
    return found if isinstance(found, list) else []


def launch(instance: dg.DagsterInstance, config: dict[str, str] | None) -> dg.ExecuteInProcessResult:
    make_known(instance, ["T"])
    return DEFS.resolve_job_def("carry_out").execute_in_process(
        instance=instance,
        partition_key="T",
        run_config={"ops": {"kernel__fulfilments": {"config": config}}} if config is not None else None,
        raise_on_error=False,
    )


def said(result: dg.ExecuteInProcessResult) -> str:
    failures = [event for event in result.all_events if event.is_step_failure]
    data = failures[0].step_failure_data
    return str(data.user_failure_data.description if data.user_failure_data else data.error)


def test_the_sensor_launches_what_was_signed_and_only_that(instance: dg.DagsterInstance, ada: Principal) -> None:
    assert tick(instance) == []
    sign(ada, Decision.REFUSED)
    one, two = sign(ada), sign(ada)
    requests = tick(instance)
    assert [request.run_key for request in requests] == [str(one), str(two)]
    result = DEFS.resolve_job_def("carry_out").execute_in_process(
        instance=instance, partition_key=requests[0].partition_key, run_config=requests[0].run_config
    )
    assert result.success
    assert [request.run_key for request in tick(instance)] == [str(two)]


def test_by_hand_without_a_countersignature_it_fails_with_a_sentence(
    instance: dg.DagsterInstance, ada: Principal
) -> None:
    for config, words in (
        (None, "no countersignature id was given"),
        ({"countersignature_id": "yes"}, "no countersignature id"),
        ({"countersignature_id": str(uuid.uuid4())}, "There is no countersignature"),
        ({"countersignature_id": str(sign(ada, Decision.REFUSED))}, "not approved"),
    ):
        result = launch(instance, config)
        assert not result.success
        assert words in said(result)
    assert marks("fulfilled") == 0


def test_by_hand_with_one_it_is_carried_out_once_also_when_launched_twice(
    instance: dg.DagsterInstance, ada: Principal
) -> None:
    config = {"countersignature_id": str(sign(ada))}
    first, second = launch(instance, config), launch(instance, config)
    assert first.success
    assert second.success
    shown = [
        result.get_asset_materialization_events()[0].materialization.metadata["already_carried_out"].value
        for result in (first, second)
    ]
    assert shown == [False, True]
    assert marks("fulfilled") == 1


def test_a_signature_shows_in_the_lineage_without_a_run(
    instance: dg.DagsterInstance, ada: Principal, tmp_path: Path
) -> None:
    signature = sign(ada)
    with dg.build_sensor_context(instance=instance, resources={"machine": Machine()}) as context:
        lineage_sensor(context)
    event = instance.get_latest_materialization_event(dg.AssetKey(["countersign", "test_plain"]))
    assert event is not None
    materialization = event.asset_materialization
    assert materialization is not None
    assert materialization.metadata["countersignature_id"].value == str(signature)


def test_a_run_that_ended_before_it_began_the_work_is_launched_anew(ada: Principal) -> None:
    with dg.instance_for_test() as instance:
        one = sign(ada)
        (first,) = tick(instance)
        lost = instance.create_run_for_job(
            DEFS.resolve_job_def("carry_out"), tags={**first.tags, "dagster/run_key": str(first.run_key)}
        )
        assert tick(instance) == []  # it is under way
        instance.report_run_failed(lost)
        assert [again.run_key for again in tick(instance)] == [f"{one}|2"]
