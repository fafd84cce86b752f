"""The database commits and its answer never arrives: what was asked for under a key is still done at most once."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from api import limits
from api.app import create_app
from domain.kernel.db import engine_for, transaction
from domain.kernel.errors import OutcomeUnknown, Unavailable
from domain.kernel.events import record
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database
from tests.faults.proxy import Wire
from tests.faults.table import Table
from tests.flows.mortal import UNKNOWN
from tests.kernel.test_idempotency import acted, router
from tests.makers import make_tenant, make_token

COMMITS = 8


class Losing:
    """Says yes at the nth commit from now, once."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def __call__(self, piece: bytes) -> bool:
        self.left -= piece.count(b"COMMIT")
        if b"COMMIT" not in piece or self.left > 0:
            return False
        self.left = 10**9
        return True


@pytest.fixture
def wire(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Between the application and its database."""
    head, rest = database.urls["app"].rsplit(":", 1)
    port, name = rest.split("/", 1)
    made = Wire("127.0.0.1", int(port))
    monkeypatch.setenv("COUNTERSIGN_APP_DATABASE_URL", f"{head}:{made.port}/{name}")
    settings.cache_clear()
    yield made
    made.heal()
    for engine in (engine_for(settings().url(DbRole.APP)), limits._engine(settings().url(DbRole.APP))):
        engine.dispose()
    made.end()


def test_a_commit_whose_answer_is_lost_says_that_nobody_knows(wire: Wire) -> None:
    make_tenant("T")
    wire.loses = Losing(1)
    with pytest.raises(OutcomeUnknown, match="not known"), transaction("T") as connection:
        record(connection, "test.acted", actor_id="a", actor_role="X")
    assert acted() == 1


def test_a_change_that_is_cut_before_its_commit_is_not_done(wire: Wire) -> None:
    make_tenant("T")
    wire.loses = lambda piece: b"test.acted" in piece
    with pytest.raises(Unavailable, match="nothing was done"), transaction("T") as connection:
        record(connection, "test.acted", actor_id="a", actor_role="X")
    wire.heal()
    assert acted() == 0


def test_whichever_commit_of_a_request_is_not_answered_it_acts_at_most_once(wire: Wire, table: Table) -> None:
    make_tenant("T")
    who = {"Authorization": f"Bearer {make_token('T', 'OPERATOR', ttl_s=3600)}"}
    told: list[str] = []
    with TestClient(create_app(router), raise_server_exceptions=False) as client:
        for nth in range(1, COMMITS + 1):
            before = acted()
            outcome = _insist(client, who, wire, nth)
            assert acted() - before in ({1} if outcome == "done" else {0, 1}), f"the {nth}th commit of a request"
            told.append(outcome)
    assert {"done", "unknown"} <= set(told)
    table.add("answers of commits lost, the request sent again", faults=wire.broken, checks=COMMITS)


def _insist(client: TestClient, who: dict[str, str], wire: Wire, nth: int) -> str:
    """Send one request until it is answered; only the first time something is lost."""
    key, wire.loses = str(uuid4()), Losing(nth)
    while True:
        answer: Any = client.post("/v1/acts", json={"n": nth}, headers=who | {"Idempotency-Key": key})
        wire.heal()
        if answer.status_code == 201:
            return "done"
        if answer.status_code == 409:
            assert answer.json()["code"] == UNKNOWN
            return "unknown"
        assert answer.status_code == 503, answer.text
