"""A list that was cut is read to its end: nothing twice, nothing left out, and no cursor of another list."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.grid.outages import answers
from tests.conftest import Database, application
from tests.grid.outages.evening import Evening, began


@pytest.fixture(scope="module")
def story(module_database: Database) -> Iterator[tuple[Evening, str]]:
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield began(client)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of one row, so that a town has longer ones."""
    monkeypatch.setattr(answers, "LONGEST_LIST", 1)


def followed(evening: Evening, told: dict[str, Any]) -> list[Any]:
    """The rows after those of an answer, page by page."""
    rows: list[Any] = []
    while told["next_page"]:
        assert told["next_cursor"] in told["next_page"]
        told = evening.get(f"{told['next_page']}&limit=2")
        rows += told["rows"]
    return rows


@pytest.mark.parametrize(
    ("path", "lists", "key"),
    [
        ("/v1/fault-zones/rank", ("zones",), "zone_id"),
        ("/v1/restoration-options/generate", ("options", "rejected"), "option_id"),
        ("/v1/crews/recommendations/generate", ("recommendations",), "rec_id"),
    ],
)
def test_advice_is_read_to_its_end(
    story: tuple[Evening, str], monkeypatch: pytest.MonkeyPatch, path: str, lists: tuple[str, ...], key: str
) -> None:
    evening, outage_id = story
    whole = evening.post(path, {"outage_id": outage_id})
    assert whole["next_cursor"] is None
    monkeypatch.setattr(answers, "LONGEST_LIST", 1)
    cut = evening.post(path, {"outage_id": outage_id})
    everything = [row for name in lists for row in whole[name]]
    assert len(everything) > 1
    shown = [row for name in lists for row in cut[name]]
    assert [row[key] for row in [*shown, *followed(evening, cut)]] == [row[key] for row in everything]


def test_beliefs_and_decisions_are_read_to_their_end(story: tuple[Evening, str], short: None) -> None:
    evening, _ = story
    told = evening.post("/v1/provisionals/infer", {})
    assert len(told["provisionals"]) + len(followed(evening, told)) == told["counts"]["provisionals"] > 1
    states = "status=PROMOTED&status=CANDIDATE&status=VERIFY&status=PROBABLE"
    whole = [row["prov_outage_id"] for row in evening.get(f"/v1/provisionals?{states}")["rows"]]
    page = evening.get(f"/v1/provisionals?{states}&limit=1")
    paged = [row["prov_outage_id"] for row in page["rows"]]
    while page["next_cursor"]:
        page = evening.get(f"/v1/provisionals?{states}&limit=1&cursor={page['next_cursor']}")
        paged += [row["prov_outage_id"] for row in page["rows"]]
    assert paged == whole
    table = evening.post("/v1/provisionals/promote", {"prov_outage_ids": whole})
    rest = evening.post("/v1/provisionals/promote", {"prov_outage_ids": whole, "cursor": table["next_cursor"]})
    assert {row["prov_outage_id"] for row in [*table["decisions"], *rest["decisions"]]} == set(whole)


def test_a_cursor_of_another_list_is_refused(story: tuple[Evening, str], short: None) -> None:
    evening, outage_id = story
    zones = evening.post("/v1/fault-zones/rank", {"outage_id": outage_id})
    crews = evening.post("/v1/crews/recommendations/generate", {"outage_id": outage_id})
    for path, status in (
        (f"/v1/runs/{crews['run_id']}/crews?cursor={zones['next_cursor']}", 422),
        (f"/v1/runs/{zones['run_id']}/zones?cursor={zones['next_cursor'][:-2]}", 422),
        (f"/v1/runs/{zones['run_id']}/crews", 404),
        (f"/v1/runs/{zones['run_id']}/secrets", 422),
        (f"/v1/outages?cursor={zones['next_cursor']}", 422),
    ):
        assert evening.client.get(path, headers=evening.ada).status_code == status, path
    outdated = evening.ask("/v1/provisionals/promote", {"cursor": zones["next_cursor"]})
    assert (outdated.status_code, outdated.json()["code"]) == (409, "CURSOR_OUTDATED")
