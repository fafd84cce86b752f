"""What a request touches does not grow with history: not by partitions of days, nor by loads, nor by events.

Counted, not timed: locks on the tables of single days that a request's transaction holds when it ends (planning over a
partition locks it, and so does looking into it), and blocks that a statement needs, planning included.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event

from bench.flatness import ENDPOINTS
from domain.grid.metering.observe.publish import publish
from domain.kernel.settings import WriteMode
from tests.conftest import Database, application
from tests.makers import make_fleet, make_token

DAYS = 40
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
# Both levels of two local days and of the nights around them, each with its key.
FEW = 10
# What is asked six times is prepared; five plans later the database plans once for every day that there could be.
TIMES = 13
LEAVES = """
SELECT count(*) FROM pg_locks AS l INNER JOIN pg_class AS c ON c.oid = l.relation
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND n.nspname = 'reads'
"""


@pytest.fixture(scope="module")
def world(module_database: Database) -> Database:
    make_fleet(feeders=2, meters_per_feeder=4)
    publish(
        "T", interval_minutes=60, window_start=NOON - timedelta(days=DAYS), window_end=NOON, mode=WriteMode.UPSERT,
        now=NOON, actor="test",
    )  # fmt: skip
    return module_database


@contextmanager
def leaves_locked() -> Iterator[list[int]]:
    """How many tables and keys of single days each transaction holds when it commits."""
    held: list[int] = []

    def count(connection: Connection) -> None:
        cursor = connection.connection.cursor()
        held.append(int(cursor.execute(LEAVES).fetchone()[0]))
        cursor.close()

    event.listen(Engine, "commit", count)
    try:
        yield held
    finally:
        event.remove(Engine, "commit", count)


@pytest.fixture(scope="module")
def client(world: Database) -> Iterator[TestClient]:
    with TestClient(
        application(), headers={"Authorization": f"Bearer {make_token('T', 'OPERATOR', 'AUDITOR')}"}
    ) as made:
        yield made


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_request_opens_every_day_that_ever_was(client: TestClient, path: str) -> None:
    asked = path.format(day=NOON.date())
    with leaves_locked() as held:
        for _ in range(TIMES):
            client.get(asked).raise_for_status()
    assert len(held) >= TIMES
    assert max(held) <= FEW
