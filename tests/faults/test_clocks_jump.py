"""Clocks that jump, forward and back: of one process beside others, and of the database itself.

What must not happen twice or be lost rests on the database's clock and on tokens, not on a process's clock; and where
the database's own clock jumps, a lease ends early or late, and whoever lost it stores nothing.
"""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from domain.kernel.db import engine_for, transaction, working_as
from domain.kernel.errors import Conflict
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.locks import held
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole, settings
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.faults.table import Table
from tests.faults.world import World
from tests.flows.mortal import Mortals, StubbornPhone
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_tenant, make_token

HOUR_S, DAY_S = 3600, 86400
FEW, ALL = [2 * DAY_S, -HOUR_S], [HOUR_S, -HOUR_S, 2 * DAY_S, -2 * DAY_S, 10, -10, 0]
# Found before the real one by whoever does not name a schema; `now` is the instant at which the transaction began.
SHIFTED = """
CREATE SCHEMA shifted;
CREATE TABLE shifted.by (span interval NOT NULL);
INSERT INTO shifted.by VALUES ('0');
CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER
  AS 'SELECT pg_catalog.clock_timestamp() + span FROM shifted.by';
CREATE FUNCTION shifted.now() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
  AS 'SELECT pg_catalog.now() + span FROM shifted.by';
GRANT USAGE ON SCHEMA shifted TO PUBLIC;
"""


class DatabaseClock:
    """The clock of a database, which a test sets."""

    def __init__(self, database: Database) -> None:
        self.url = database.urls["superuser"]
        with psycopg.connect(self.url) as connection:
            connection.execute(SHIFTED)
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET search_path = shifted, pg_catalog, public").format(
                    sql.Identifier(database.name)
                )
            )
        for role in DbRole:
            engine_for(settings().url(role)).dispose()

    def jump(self, span: timedelta) -> None:
        """From now on it is so much later, or earlier."""
        with psycopg.connect(self.url) as connection:
            connection.execute("UPDATE shifted.by SET span = %s", (span,))


@pytest.fixture
def clock(database: Database) -> DatabaseClock:
    make_tenant("T")
    return DatabaseClock(database)


def test_the_clock_of_the_database_can_be_set(clock: DatabaseClock) -> None:
    with transaction("T") as connection:
        before = connection.exec_driver_sql("SELECT clock_timestamp(), now()").one()
    clock.jump(timedelta(days=2))
    with transaction("T") as connection:
        after = connection.exec_driver_sql("SELECT clock_timestamp(), now()").one()
    assert min(after[0] - before[0], after[1] - before[1]) >= timedelta(days=2)


def test_a_lock_whose_time_is_jumped_over_is_lost_and_its_holder_is_told(clock: DatabaseClock, table: Table) -> None:
    with held("T", "evidence", held_by="first") as first:
        assert first is not None
        clock.jump(timedelta(hours=2))
        with held("T", "evidence", held_by="second") as second:
            assert second is not None
            with pytest.raises(Conflict) as lost:
                first.check()
            assert lost.value.code == "LOCK_LOST"
            second.check()
            # Back again: the second holds on, and nobody else comes in.
            clock.jump(timedelta())
            with held("T", "evidence", held_by="third") as third:
                assert third is None
            second.check()
    table.add("the database's clock jumps while a lock is held", faults=2, checks=4)


def test_a_lock_is_not_shared_when_the_clock_goes_back(clock: DatabaseClock) -> None:
    with held("T", "evidence", held_by="first") as first:
        assert first is not None
        clock.jump(timedelta(hours=-2))
        with held("T", "evidence", held_by="second") as second:
            assert second is None
        first.check()
    with held("T", "evidence", held_by="third") as third:
        assert third is not None


def test_seals_go_on_and_verify_whichever_way_the_clocks_jump(clock: DatabaseClock, table: Table) -> None:
    ensure_signing_keys()
    for hours in (0, 5, -7, 48, -48, 0):
        clock.jump(timedelta(hours=hours))
        with transaction("T") as connection:
            lay_down(connection, RETENTION_DISPOSAL)
        with working_as(DbRole.MACHINE):
            seal_ledger("T")
    clock.jump(timedelta())
    rows, findings = World.ledger(None, ["T"])  # type: ignore[arg-type]
    table.add("the database's clock jumps between seals", faults=5, checks=rows, lost=findings)


@pytest.fixture
def mortals(database: Database) -> Iterator[Mortals]:
    make_tenant("T")
    ensure_signing_keys()
    made = Mortals()
    yield made
    made.end()


@pytest.mark.parametrize("jumps", [FEW, pytest.param(ALL, marks=pytest.mark.soak)], ids=["few", "all"])
def test_people_sign_and_the_ledger_verifies_while_the_clock_of_the_api_jumps(
    mortals: Mortals, database: Database, table: Table, jumps: list[int]
) -> None:
    with transaction("T") as connection:
        laid = [lay_down(connection, RETENTION_DISPOSAL) for _ in range(6 * len(jumps))]
    # It was given before the jumps and ends long after them, by any of these clocks.
    phone = StubbornPhone(mortals.url, make_token("T", "ADMIN", ttl_s=10 * DAY_S))
    refused = 0
    for shift_s, some in zip(jumps, [laid[at :: len(jumps)] for at in range(len(jumps))], strict=True):
        mortals.kill()
        mortals.api = mortals.begin(
            "tests.faults.elsewhen", str(shift_s), "api.serve", "--fd", str(mortals.socket.fileno())
        )
        for one in some:
            path, seen = f"/v1/proposals/{one.proposal_id}", {"content_hash": one.content_hash}
            answer = phone.ask("POST", f"{path}/approve", seen)
            refused += answer.status_code == 401
            assert answer.is_success or (answer.status_code == 401 and shift_s < 0), answer.text
    phone.end()
    with psycopg.connect(database.urls["superuser"]) as connection:
        rows = connection.execute(
            "SELECT count(*), count(DISTINCT proposal_id), count(*) FILTER (WHERE abs(extract(epoch FROM signed_at -"
            " pg_catalog.clock_timestamp())) > 3600) FROM countersignatures WHERE decision = 'APPROVED'"
        ).fetchone()
    assert rows is not None
    assert rows[0] == rows[1] == len(laid) - refused
    lost = [] if rows[2] == 0 else [f"{rows[2]} signatures bear the time of a wrong clock"]
    table.add("the clock of the API jumps while people sign", faults=len(jumps), checks=len(laid), lost=lost)
    checked, findings = World.ledger(None, ["T"])  # type: ignore[arg-type]
    table.add("  the ledger verifies", faults=0, checks=checked, lost=findings)
