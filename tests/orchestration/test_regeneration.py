"""Regeneration in the graph: a triggered job is asked for once and carried out once, an untriggered one never."""

from collections.abc import Iterator

import dagster as dg
import pytest
from fastapi.testclient import TestClient

from orchestration.courses.regeneration import reaper_job, regeneration_sensor
from orchestration.definitions import defs
from orchestration.resources import Machine
from tests.conftest import Database, application
from tests.courses.authoring.course_house import House, open_house
from tests.courses.regeneration.loop import JOBS, asked, carried_out, triggered
from tests.kernel.advice.looks import rows


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with TestClient(application(), raise_server_exceptions=False) as client:
        made = open_house(client)
        made.approved_course()
        yield made


def look(instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    with dg.build_sensor_context(instance=instance, resources={"machine": Machine()}) as context:
        found = regeneration_sensor(context)
    return found if isinstance(found, list) else []


def test_a_triggered_job_is_carried_out_once_and_an_untriggered_one_never(
    house: House, instance: dg.DagsterInstance
) -> None:
    asked(house, "lesson:m01l02", number=2)
    job = triggered(house)
    (request,) = look(instance)
    assert (request.run_key, request.tags["tenant"]) == (job, "T")
    run = defs.resolve_job_def("courses_regeneration")
    for _ in range(2):
        assert run.execute_in_process(instance=instance, run_config=request.run_config).success
    assert look(instance) == []
    assert house.get("admin", f"{JOBS}/{job}")["status"] in {"COMPLETED", "FAILED"}
    assert [one.status for one in rows("regeneration_jobs")].count("PENDING") == 1
    assert [one.event_type for one in rows("events")].count("REGEN_JOB_LOCKED") == 1


def test_a_job_that_another_worker_has_is_left_alone(house: House, instance: dg.DagsterInstance) -> None:
    triggered(house)
    (request,) = look(instance)
    carried_out()
    before = rows("regeneration_jobs")
    run = defs.resolve_job_def("courses_regeneration")
    assert run.execute_in_process(instance=instance, run_config=request.run_config).success
    assert rows("regeneration_jobs") == before
    assert reaper_job.execute_in_process(instance=instance).success
    assert rows("regeneration_jobs") == before
