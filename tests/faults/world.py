"""A copy of the product that is broken on purpose: its processes, its database, and who breaks them when."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from cli.services.postgres import Postgres
from cli.verify.ledger import verify_ledger
from domain.kernel import migrate
from domain.kernel.db import working_as
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole
from tests.conftest import Database, bind, clone, drop, unbind
from tests.flows.mortal import SEED, Mortals

# Half of the sessions of this database, whatever they are at; its own is not among them.
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < 0.5
"""
# Jobs that a worker has begun or has yet to begin, and reports that are signed and not made.
UNSETTLED = """
SELECT (SELECT count(*) FROM regeneration_jobs WHERE status IN ('TRIGGERED', 'RUNNING'))
  + (SELECT count(*) FROM generation_jobs WHERE status NOT IN ('COMPLETED', 'FAILED'))
  + (SELECT count(*) FROM countersignatures AS c LEFT JOIN fulfilments AS f USING (countersignature_id)
     WHERE c.decision = 'APPROVED' AND c.kind = 'outage.report' AND f.status IS DISTINCT FROM 'DONE')
"""
SETTLED_S = 240
STRUCK_AGAIN = 0.2
# The process is killed, not the machine: what was written stays in the system's memory, and waiting for the disk shows
# nothing more. Commits are written before they are told, as always.
LEAN = {"fsync": "off", "synchronous_commit": "on"}


@dataclass
class World:
    """What is broken.

    Attributes:
        server: a PostgreSQL of its own, that may be killed too; None where it is everybody's.
        workers: by name, the module that runs beside the API, its arguments, and its process.
        struck: how often what was broken.
        faults: what went wrong in a thread.
    """

    database: Database
    server: Postgres | None
    mortals: Mortals
    workers: dict[str, tuple[str, Sequence[str], int]] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)
    faults: list[BaseException] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311

    def employ(self, name: str, module: str, *arguments: str) -> None:
        """Start a worker that is started again whenever it was killed."""
        self.workers[name] = (module, arguments, self.mortals.begin(module, *arguments))

    def dismiss(self, name: str) -> None:
        """Kill a worker for good."""
        self.mortals.kill(self.workers.pop(name)[2])

    def strike(self, victim: str) -> None:
        """Break one of them, and start it again."""
        self.struck[victim] += 1
        if victim == "api":
            self.mortals.kill()
            self.mortals.start()
            # Mostly it comes to answer before the next strike; now and then it is struck while it starts.
            if self.chance.random() > STRUCK_AGAIN:
                self.mortals.is_up()
        elif victim == "connections":
            with psycopg.connect(self.database.urls["superuser"]) as connection:
                connection.execute(CUT)
        elif victim == "postgres":
            self._strike_postgres()
        else:
            module, arguments, _ = self.workers[victim]
            self.dismiss(victim)
            self.employ(victim, module, *arguments)

    def _strike_postgres(self) -> None:
        assert self.server is not None
        pid = self.server.running_pid()
        assert pid
        os.kill(pid, signal.SIGKILL)
        if self.server.process is not None:
            self.server.process.wait(30)
        time.sleep(self.chance.uniform(0, 0.2))
        self.server.start()

    def guarded(self, work: Callable[[], None]) -> threading.Thread:
        """Let somebody work beside the breaking; what goes wrong is kept."""

        def run() -> None:
            try:
                work()
            except BaseException as fault:
                self.faults.append(fault)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def break_often(self, times: int, longest_s: float, victims: Sequence[str]) -> None:
        """Break one of the victims at seeded moments; earlier, when something has gone wrong already."""
        for _ in range(times):
            time.sleep(self.chance.uniform(0.05, longest_s))
            if self.faults:
                return
            self.strike(self.chance.choice(victims))

    def settle(self) -> None:
        """Let the workers come to the end of what was asked for; what they lost on their way is for them to find."""
        deadline, left = time.monotonic() + SETTLED_S, 1
        with psycopg.connect(self.database.urls["superuser"], autocommit=True) as connection:
            while left:
                assert time.monotonic() < deadline, f"{left} things are never done"
                time.sleep(0.1)
                ((left,),) = connection.execute(UNSETTLED).fetchall()
        for name in list(self.workers):
            self.dismiss(name)

    def ledger(self, tenants: Sequence[str]) -> tuple[int, list[str]]:
        """Seal what is left and verify all of it: how many rows were looked at, and what was found."""
        with working_as(DbRole.MACHINE):
            for tenant_id in tenants:
                seal_ledger(tenant_id)
        with working_as(DbRole.AUDITOR):
            done = verify_ledger(only=tuple(tenants))
        return sum(one.rows for one in done), [str(found) for one in done for found in one.findings]


@contextmanager
def standing(server: Postgres, folder: Path, prepare: Callable[[], None], *, alone: bool) -> Iterator[World]:
    """A world whose database was prepared; `alone`, with a PostgreSQL that nobody else uses."""
    own = Postgres(folder / "db", extra_settings=LEAN) if alone else None
    with pytest.MonkeyPatch.context() as patch:
        if own is None:
            database = clone(server)
        else:
            own.start()
            database = Database("countersign", own.urls())
        bind(database, folder / "home", patch)
        try:
            if own is not None:
                migrate.apply(database.urls["owner"])
            prepare()
            mortals = Mortals()
            try:
                mortals.is_up()
                yield World(database, own, mortals)
            finally:
                mortals.end()
        finally:
            unbind()
            if own is not None:
                own.stop()
            else:
                drop(server, database)
