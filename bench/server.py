"""A PostgreSQL of the benchmark's own: the product's supervisor, settings and migrations, under a temporary home.

Nothing is relaxed for speed: fsync, synchronous_commit, full_page_writes and wal_level are what a user gets.
"""

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from cli.services.postgres import Postgres
from domain.kernel import db, migrate
from domain.kernel.settings import DbRole, settings

AUTOVACUUM_WAIT_S = 60.0
TOLD = ("server_version", "wal_level", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


class Server:
    """The running server, and what it has spent."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.superuser = psycopg.connect(postgres.urls()["superuser"], autocommit=True)

    def cpu_s(self) -> float:
        """CPU seconds of the postmaster and of all its processes so far, those that have ended included."""
        pid = self.postgres.running_pid()
        assert pid is not None, "the server has ended"
        postmaster = psutil.Process(pid)
        while True:
            # What has ended and was reaped counts as the postmaster's children; what lives is asked one by one. A
            # process that passes from one to the other while we look would be missed, or counted twice.
            before = _living(postmaster)
            own = postmaster.cpu_times()
            if before is not None and before.keys() == (_living(postmaster) or {}).keys():
                return float(own.user + own.system + own.children_user + own.children_system + sum(before.values()))

    def settle(self) -> None:
        """Write out what is dirty and let autovacuum end, so that no case pays for the one before it."""
        self.superuser.execute("CHECKPOINT")
        deadline = time.monotonic() + AUTOVACUUM_WAIT_S
        while time.monotonic() < deadline:
            busy = self.one("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'")
            if not busy:
                return
            time.sleep(0.1)

    def execute(self, query: str) -> None:
        """Run a statement as the superuser."""
        self.superuser.execute(query)  # type: ignore[arg-type]

    def one(self, query: str) -> Any:
        """The first value that a query gives the superuser."""
        row = self.superuser.execute(query).fetchone()  # type: ignore[arg-type]
        return None if row is None else row[0]

    def machine(self) -> dict[str, str]:
        """What a figure depends on: processor, memory, load of others, versions and settings of the server."""
        told = {name: str(self.one(f"SHOW {name}")) for name in TOLD}
        return {
            "cores": str(len(os.sched_getaffinity(0))),
            "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
            "load_1min": f"{os.getloadavg()[0]:.1f}",
            "python": platform.python_version(),
            **told,
        }


def _living(postmaster: psutil.Process) -> dict[int, float] | None:
    """CPU seconds by pid of the postmaster's children; None while one of them is ending."""
    spent = {}
    try:
        for child in postmaster.children():
            if child.status() == psutil.STATUS_ZOMBIE:
                return None
            times = child.cpu_times()
            spent[child.pid] = times.user + times.system
    except psutil.NoSuchProcess:
        return None
    return spent


@contextmanager
def own_server(home: Path | None) -> Iterator[Server]:
    """Start a server under `home` (default: a temporary folder), migrated; stop it and remove the folder at the end."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-bench-", dir=home))
    folder.chmod(0o755)
    for role in DbRole:
        os.environ.pop(f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL", None)
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"COUNTERSIGN_HOME": str(folder), "COUNTERSIGN_ENV": "dev"}
    settings.cache_clear()
    postgres = Postgres(folder)
    try:
        postgres.start()
        migrate.apply()
        yield Server(postgres)
    finally:
        db.engine_for.cache_clear()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
