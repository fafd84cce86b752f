"""From an artifact, a signature or a run back to the raw rows, in one query and on one page."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from domain.grid.metering.observe.publish import publish
from domain.kernel.artifacts import Artifact, keep
from domain.kernel.countersign.decide import decide
from domain.kernel.db import engine_for, transaction
from domain.kernel.errors import NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole, WriteMode, settings
from domain.kernel.signed import Decision
from domain.kernel.trace import Lineage, lineage_of
from tests.conftest import Database
from tests.kernel.gates_of_tests import ACTS, lay_down
from tests.makers import make_fleet, make_person, make_tenant

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
Bearer = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def world(module_database: Database) -> Iterator[dict[str, Any]]:
    """A published window, a proposal that its run suggests, the signature on it, a report and a report of that."""
    make_fleet("T", feeders=1, meters_per_feeder=6)
    make_tenant("U")
    run_id = publish("T", window_end=NOON, mode=WriteMode.SAFE, now=NOON, actor="test").run_id
    person = make_person("T", "ada", "REVIEWER")
    with transaction("T") as connection:
        proposal = lay_down(connection, run_id=run_id)
        answer = decide(
            connection, person, ACTS, proposal.proposal_id, Decision.APPROVED, content_hash=proposal.content_hash
        )
    signed = answer.countersignature.countersignature_id
    first = kept({"run_id": str(run_id)}, signed)
    second = kept({"artifact_ids": [str(first.artifact_id)], "note": "<script>alert(1)</script>"})
    return {"run": run_id, "proposal": proposal.proposal_id, "signed": signed, "first": first, "second": second}


def kept(made_from: dict[str, Any], signed: uuid.UUID | None = None) -> Artifact:
    with transaction("T") as connection:
        return keep(
            connection,
            open_store(),
            b"report",
            kind="test.report",
            media_type="text/plain",
            made_from=made_from,
            actor_id="test",
            countersignature_id=signed,
        )


def back(thing_id: uuid.UUID, tenant: str = "T") -> Lineage:
    with transaction(tenant) as connection:
        return lineage_of(connection, thing_id)


def test_a_report_of_a_report_leads_back_to_the_rows(world: dict[str, Any]) -> None:
    found = back(world["second"].artifact_id)
    assert found.root.id == str(world["second"].artifact_id)
    kinds = {node.type: node for node in found.nodes}
    assert {"artifact", "countersignature", "proposal", "run", "event", "read_batch", "rows"} <= set(kinds)
    assert kinds["rows"].facts["reads"] > 0
    assert kinds["rows"].depth == max(node.depth for node in found.nodes) == 4
    assert kinds["countersignature"].facts["signer"] == "ada"
    assert "grid.reads.published" in {node.label for node in found.nodes if node.type == "event"}
    ways = {(edge.thing[0], edge.relation, edge.source[0]) for edge in found.edges}
    assert {
        ("artifact", "made from", "artifact"),
        ("artifact", "carries out", "countersignature"),
        ("countersignature", "decides on", "proposal"),
        ("proposal", "suggested by", "run"),
        ("run", "loaded", "read_batch"),
        ("read_batch", "wrote", "rows"),
    } <= ways


@pytest.mark.parametrize("which", ["signed", "run", "proposal"])
def test_the_way_begins_anywhere(world: dict[str, Any], which: str) -> None:
    found = back(world[which])
    assert found.root.id == str(world[which])
    assert "rows" in {node.type for node in found.nodes}


def test_it_is_one_query(world: dict[str, Any]) -> None:
    asked: list[str] = []
    engine = engine_for(settings().url(DbRole.APP))
    with transaction("T") as connection:

        @event.listens_for(engine, "before_cursor_execute")
        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            asked.append(statement)

        lineage_of(connection, world["second"].artifact_id)
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1


def test_a_circle_ends(world: dict[str, Any]) -> None:
    """Two artifacts that name each other cannot be made, one that names itself or nonsense can."""
    odd = kept({"artifact_ids": [str(uuid.uuid4()), str(world["first"].artifact_id)], "run_ids": "no list"})
    assert len(back(odd.artifact_id).nodes) > 3


def test_another_tenants_things_are_not_there(world: dict[str, Any]) -> None:
    for thing in (world["second"].artifact_id, world["signed"], world["run"], uuid.uuid4()):
        with pytest.raises(NotFound):
            back(thing, "U")


@pytest.fixture(scope="module")
def browser(world: dict[str, Any], client: TestClient, bearer: Bearer) -> TestClient:
    token = bearer("AUDITOR")["Authorization"].removeprefix("Bearer ")
    answer = client.post("/sign-in", data={"token": token, "next": "/grid"}, follow_redirects=False)
    assert answer.status_code == 303
    return client


def test_over_http(world: dict[str, Any], client: TestClient, bearer: Bearer) -> None:
    answer = client.get(f"/v1/lineage/{world['second'].artifact_id}", headers=bearer("AUDITOR")).json()
    assert answer["counts"] == {"nodes": len(answer["nodes"]), "edges": len(answer["edges"])}
    assert answer["nodes"][0]["id"] == str(world["second"].artifact_id)
    assert client.get(f"/v1/lineage/{uuid.uuid4()}", headers=bearer("AUDITOR")).status_code == 404


def test_the_page_draws_it_without_javascript(world: dict[str, Any], browser: TestClient) -> None:
    page = browser.get(f"/lineage/{world['second'].artifact_id}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "leads back to" in page.text
    assert "APPROVED: test.plain" in page.text
    assert "<script>alert" not in page.text
    assert page.text.count('id="countersignature-') == 1
    entry = re.search(r'<a href="(/ledger/[0-9a-f-]{36})"><code>', page.text)
    assert entry is not None
    assert browser.get(entry[1], headers={"Accept": "text/html"}).status_code == 200
    missing = browser.get(f"/lineage/{uuid.uuid4()}", headers={"Accept": "text/html"})
    assert missing.status_code == 404
