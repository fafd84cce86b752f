"""From the report of an outage back through each run of advice to the signals that meters and devices gave."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from tests.conftest import Database, application
from tests.grid.outages.evening import EARLY, Evening, began, over
from tests.grid.outages.town import NIGHT, below


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def story(client: TestClient) -> dict[str, Any]:
    """A night that is over, replayed and exported, with a crew recommended on the way."""
    evening, outage_id = began(client)
    asked = {"outage_id": outage_id, "as_of": EARLY.isoformat()}
    crews = evening.post("/v1/crews/recommendations/generate", asked)
    over(evening)
    done = {"cause": "broken_pole", "closed_at": (NIGHT + timedelta(hours=4)).isoformat()}
    evening.post(f"/v1/outages/{outage_id}/progress", done, evening.ada)
    replay = evening.post("/v1/replays/after-action/generate", {"outage_id": outage_id})
    export = evening.post("/v1/reports/after-action/export", {"replay_id": replay["replay_id"]})
    # Of the same minutes, but heard of after the inference that the outage was made from.
    late = {"at": NIGHT.isoformat(), "arrived_at": (NIGHT + timedelta(hours=3)).isoformat()}
    reporting = below(evening.network, "FUSE-N6")[0]
    signal = {"type": "CALL", "meter_id": reporting, "source": "late", **late}
    assert evening.post("/v1/grid/meter-events", {"events": [signal]})["counts"]["rejected"] == 0
    return {"evening": evening, "outage": outage_id, "crews": crews["run_id"], "proposal": export["proposal_id"]}


def back(story: dict[str, Any], thing: str) -> dict[str, Any]:
    evening: Evening = story["evening"]
    told: dict[str, Any] = evening.get(f"/v1/lineage/{thing}")
    return told


def ways(told: dict[str, Any]) -> set[tuple[str, str, str]]:
    types = {node["id"]: f"{node['type']} {node['label']}" for node in told["nodes"]}
    return {
        (types[edge["from_id"]], edge["relation"], types[edge["to_id"]])
        for edge in told["edges"]
        if edge["to_type"] != "event"
    }


def test_an_outage_leads_back_to_its_signature_and_to_the_signals_that_were_heard(story: dict[str, Any]) -> None:
    told = back(story, story["outage"])
    assert told["nodes"][0]["type"] == "outage"
    with transaction("T") as connection:
        query = "SELECT count(*) FROM meter_events WHERE at <= :at AND arrived_at <= :at"
        heard = connection.execute(text(query), {"at": EARLY}).scalar_one()
    (rows,) = [node for node in told["nodes"] if node["type"] == "rows"]
    assert rows["label"] == "meter_events"
    assert rows["facts"]["signals"] == heard > 20
    kinds = [node["type"] for node in told["nodes"]]
    assert {"countersignature", "proposal", "run"} <= set(kinds)
    relations = {edge["relation"] for edge in told["edges"]}
    assert {"confirmed by", "decides on", "suggested by", "weighs what was inferred by", "heard"} <= relations


def test_a_crew_leads_back_over_the_options_and_the_zones_that_it_follows(story: dict[str, Any]) -> None:
    found = ways(back(story, story["crews"]))
    steps = ["recommended crews", "made restoration options", "ranked fault zones"]
    for later, earlier in pairwise(steps):
        assert (f"run that {later}", "follows", f"run that {earlier}") in found
    assert any(relation == "is about" and source.startswith("outage of") for _, relation, source in found)
    assert ("run that inferred outages", "heard", "rows meter_events") in found


def test_the_page_of_an_outage_says_from_how_many_signals_it_was_inferred(
    story: dict[str, Any], client: TestClient
) -> None:
    evening: Evening = story["evening"]
    shown = client.get(f"/lineage/{story['outage']}", headers=evening.ada)
    assert shown.status_code == 200
    assert "leads back to 1 inference from" in shown.text


def test_nobody_of_another_tenant_finds_the_outage(story: dict[str, Any], client: TestClient) -> None:
    stranger = Evening(client, "STRANGER")
    answer = client.get(f"/v1/lineage/{story['outage']}", headers=stranger.ada)
    assert answer.status_code == 404
