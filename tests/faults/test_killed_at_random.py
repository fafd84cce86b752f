"""API, sealer and PostgreSQL killed at seeded moments while people sign and meters report: nothing told is lost.

A few kills in an ordinary run; in a soak 200 and more, with a PostgreSQL of its own that is killed too.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from cli.services.postgres import Postgres
from cli.verify.ledger import verify_ledger
from domain.kernel import migrate
from domain.kernel.db import transaction, working_as
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, bind, clone, drop, unbind
from tests.faults.table import Table
from tests.flows.mortal import SEED, Mortals, StubbornPhone
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_fleet, make_token

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
SIGNED = "SELECT subject_id, proposal_id::text FROM countersignatures WHERE decision = 'APPROVED'"


@dataclass
class World:
    """What is broken, and what people and meters were told."""

    database: Database
    server: Postgres | None
    mortals: Mortals
    proposals: list[tuple[str, str]]
    over: threading.Event = field(default_factory=threading.Event)
    signed: list[str] = field(default_factory=list)
    reported: list[datetime] = field(default_factory=list)
    asked: int = 0
    faults: list[BaseException] = field(default_factory=list)

    def phone(self) -> StubbornPhone:
        return StubbornPhone(
            self.mortals.url, make_token("T", "ADMIN", "OPERATOR", email="ada@example.org", ttl_s=9000)
        )

    def sign(self) -> None:
        phone = self.phone()
        for proposal_id, content_hash in self.proposals:
            if self.over.is_set():
                break
            self.asked += 1
            phone.act(f"/v1/proposals/{proposal_id}/approve", {"content_hash": content_hash})
            self.signed.append(proposal_id)
        phone.is_told_the_same()
        phone.end()

    def report(self) -> None:
        """Each report is sent twice, and the later of two before the earlier."""
        phone, number = self.phone(), 0
        while not self.over.is_set():
            pair = [BEGAN + timedelta(seconds=number + 1), BEGAN + timedelta(seconds=number)]
            for at in [*pair, pair[0]]:
                event = {"meter_id": "M010000", "type": "POWER_OUT", "at": at.isoformat(), "source": "ami"}
                phone.act("/v1/grid/meter-events", {"events": [event]})
            self.reported += pair
            number += 2
        phone.end()

    def guarded(self, work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as fault:
                self.faults.append(fault)

        thread = threading.Thread(target=run)
        thread.start()
        return thread


@pytest.fixture(params=["few", pytest.param("many", marks=pytest.mark.soak)])
def world(request: pytest.FixtureRequest, server: Postgres, tmp_path: Path) -> Iterator[World]:
    own = Postgres(tmp_path / "db") if request.param == "many" else None
    with pytest.MonkeyPatch.context() as patch:
        if own is None:
            database = clone(server)
        else:
            own.start()
            database = Database("countersign", own.urls())
        bind(database, tmp_path / "home", patch)
        if own is not None:
            migrate.apply(database.urls["owner"])
        make_fleet("T", feeders=1, meters_per_feeder=4)
        ensure_signing_keys()
        with transaction("T") as connection:
            laid = [lay_down(connection, RETENTION_DISPOSAL) for _ in range(4000 if own else 120)]
        mortals = Mortals()
        mortals.is_up()
        yield World(database, own, mortals, [(str(one.proposal_id), one.content_hash) for one in laid])
        mortals.end()
        unbind()
        if own is not None:
            own.stop()
        else:
            drop(server, database)


def kill_at_random(world: World, kills: int) -> dict[str, int]:
    """Kill one of them at seeded moments, and start it again."""
    chance, killed = random.Random(SEED), {"api": 0, "sealer": 0, "postgres": 0}  # noqa: S311
    sealer = world.mortals.begin("tests.faults.sealer")
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 0.6 if world.server else 1.0))
        victim = chance.choice(["api", "api", "sealer", "postgres"] if world.server else ["api", "sealer"])
        killed[victim] += 1
        if victim == "api":
            world.mortals.kill()
            world.mortals.start()
        elif victim == "sealer":
            world.mortals.kill(sealer)
            sealer = world.mortals.begin("tests.faults.sealer")
        elif world.server is not None:
            pid = world.server.running_pid()
            assert pid
            os.kill(pid, signal.SIGKILL)
            time.sleep(chance.uniform(0, 0.2))
            world.server.start()
    world.mortals.kill(sealer)
    return killed


def test_nothing_that_was_told_is_lost_and_nothing_is_done_twice(world: World, table: Table) -> None:
    threads = [world.guarded(world.sign), world.guarded(world.report)]
    killed = kill_at_random(world, 220 if world.server else 5)
    world.over.set()
    for thread in threads:
        thread.join(180)
    assert world.faults == []
    assert world.signed
    assert world.reported
    with psycopg.connect(world.database.urls["superuser"]) as connection:
        effects = [str(row[1]) for row in connection.execute(SIGNED).fetchall()]
        events = connection.execute(
            "SELECT count(*), count(DISTINCT entity_id) FROM events WHERE event_type = 'kernel.proposal.approved'"
        ).fetchone()
        reported = [row[0] for row in connection.execute("SELECT at FROM meter_events ORDER BY at").fetchall()]
    signed_lost = len(set(world.signed) - set(effects)) + len(effects) - len(set(effects))
    signed_lost += max(0, len(effects) - world.asked)
    table.add(
        "people sign: acts told, none lost, none twice",
        faults=sum(killed.values()),
        checks=len(world.signed),
        losses=signed_lost,
    )
    missing = len(set(world.reported) - set(reported)) + len(reported) - len(set(reported))
    table.add("meters report: twice and out of order", faults=0, checks=len(world.reported), losses=missing)
    assert events is not None
    assert events[0] in {0, len(effects)}
    with working_as(DbRole.MACHINE):
        seal_ledger("T")
    with working_as(DbRole.AUDITOR):
        done = verify_ledger()
    findings = sum(len(one.findings) for one in done)
    table.add("the ledger verifies", faults=0, checks=sum(one.rows for one in done), losses=findings)
    for name, count in killed.items():
        table.add(f"kill -9 of {name} (counted above)", faults=0, checks=count)
