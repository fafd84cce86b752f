"""People and machines at once: one run, one proposal, one building, and nothing published for what was just retired."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.stairs.rules.pilot.building import pilot_document
from domain.stairs.suggest.generation import generate_templates
from tests.conftest import Database, application
from tests.stairs.registry.office import Office

TIMES = 4


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [one.result() for one in [pool.submit(call) for call in calls]]


def test_one_building_comes_of_several_imports(client: TestClient) -> None:
    office = Office(client, "IMPORTS")
    document = pilot_document().model_dump(mode="json")

    def send() -> int:
        return client.post("/api/v1/buildings/import", headers=office.ada, json=document).status_code

    answers = at_once(*[send] * TIMES)
    assert set(answers) <= {200, 409}
    assert 200 in answers
    rows = office.get("/buildings")["rows"]
    assert len(rows) == 1
    assert office.get(f"/buildings/{rows[0]['id']}")["counts"]["floors"] == 30


def test_one_run_and_one_proposal_come_of_several_generations(client: TestClient) -> None:
    office = Office(client, "RUNS")
    office.adopt()
    building = uuid.UUID(office.import_pilot())

    def generate() -> tuple[uuid.UUID, uuid.UUID]:
        with transaction("RUNS") as connection:
            made = generate_templates(
                connection, "RUNS", building, "annual", on=date(2026, 3, 1), requested_by="stairs.generation"
            )
        assert made.proposal is not None
        return made.run_id, made.proposal.proposal_id

    assert len(set(at_once(*[generate] * TIMES))) == 1
    with transaction("RUNS") as connection:
        assert connection.execute(text("SELECT count(*) FROM generation_runs")).scalar_one() == 1


def test_signing_several_times_at_once_publishes_once(client: TestClient) -> None:
    office = Office(client, "SIGNS")
    office.adopt()
    laid = office.generate(office.import_pilot())
    people = [office.person(f"signer{n}", "REVIEWER") for n in range(TIMES)]

    def sign(who: dict[str, str]) -> int:
        body = {"content_hash": laid["content_hash"]}
        return client.post(f"/v1/proposals/{laid['proposal_id']}/approve", json=body, headers=who).status_code

    assert sorted(at_once(*[lambda who=who: sign(who) for who in people])) == [200, 409, 409, 409]
    with transaction("SIGNS") as connection:
        assert connection.execute(text("SELECT count(*) FROM test_instance_templates")).scalar_one() == 168


def test_a_floor_is_retired_before_or_after_the_publication_and_never_within(client: TestClient) -> None:
    office = Office(client, "RACES")
    office.adopt()
    building = office.import_pilot()
    floors = office.get(f"/buildings/{building}")["floors"]
    laid = office.generate(building)
    body = {"content_hash": laid["content_hash"]}
    answers = at_once(
        lambda: client.post(f"/v1/proposals/{laid['proposal_id']}/approve", json=body, headers=office.ben),
        lambda: client.post(f"/api/v1/floors/{floors[0]['floor_id']}/retire", headers=office.ada),
    )
    published = len(office.get(f"/buildings/{building}/instances/templates?limit=500")["rows"])
    assert (answers[0].status_code, published) in {(200, 168), (409, 0)}
    assert answers[1].status_code == 200
    after = office.generate(building)
    assert after["counts"]["total"] == 163
