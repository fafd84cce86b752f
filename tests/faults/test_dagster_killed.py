"""Daemon, code server, webserver and run workers are killed while real runs publish reads and carry out signatures.

A run whose process was killed is run again, what it had committed stands once, and a signature is carried out once.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.demo import countersign, restoreiq
from cli.demo.client import Client
from cli.demo.story import Story
from cli.services.keys import gridlens_key
from domain.kernel.clock import utc_now
from domain.kernel.db import engine_for
from domain.kernel.settings import DbRole, settings
from tests.faults.dagster_copy import PATIENCE_S, Dagster
from tests.faults.table import Table
from tests.faults.world import World
from tests.flows.mortal import SEED
from tests.flows.test_services import Copy, until

pytestmark = pytest.mark.soak
TENANT, QUARTER = "DEMO_TENANT", timedelta(minutes=15)
WINDOWS, NIGHTS = 6, 3
SERVICES = ("dagster-daemon", "dagster-code", "dagster-webserver")
CARRIED_OUT = """
SELECT f.status, cardinality(f.artifact_ids), (SELECT count(*) FROM events AS e
  WHERE e.event_type = 'kernel.fulfilment.done' AND e.entity_id = c.countersignature_id::text)
FROM countersignatures AS c LEFT JOIN fulfilments AS f USING (countersignature_id)
WHERE c.decision = 'APPROVED' AND c.kind = 'outage.report'
"""


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    """A copy with the demo's network; this process reads its database as the copy's commands do."""
    home = tmp_path_factory.mktemp("dagster") / "home"
    copy = Copy(home)
    with pytest.MonkeyPatch.context() as patch:
        for name in [f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL" for role in DbRole] + ["DATABASE_URL"]:
            patch.delenv(name, raising=False)
        patch.setenv("COUNTERSIGN_HOME", str(home))
        settings.cache_clear()
        try:
            copy.up(PATIENCE_S)
            yield Dagster(copy)
            for role in DbRole:
                engine_for(settings().url(role)).dispose()
        finally:
            copy.run("down")
    settings.cache_clear()


def looked(query: str) -> list[tuple[Any, ...]]:
    """Rows of the demo's tenant."""
    with psycopg.connect(settings().url(DbRole.OWNER)) as connection:
        connection.execute("SELECT set_config('app.tenant', %s, false)", (TENANT,))
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def partition_of(start: datetime) -> dict[str, str]:
    """The tags of a run of the demo tenant's day."""
    day = start.date().isoformat()
    parts = {"dagster/partition/day": day, "dagster/partition/tenant": TENANT}
    return parts | {"dagster/partition": f"{day}|{TENANT}"}


def until_known() -> None:
    """Wait until a sensor has told Dagster of the tenant."""

    def known() -> bool:
        with psycopg.connect(settings().url(DbRole.DAGSTER)) as connection:
            query = "SELECT 1 FROM dagster.dynamic_partitions WHERE partition = %s"
            return connection.execute(query, (TENANT,)).fetchone() is not None

    until(known, PATIENCE_S)


def test_windows_are_published_once_whoever_is_killed_at_it(dagster: Dagster, table: Table) -> None:
    chance = random.Random(SEED)  # noqa: S311
    before = dagster.killed
    until_known()
    noon = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=36)
    lost: list[str] = []
    for number in range(WINDOWS):
        start = noon + number * QUARTER
        end = start + QUARTER
        config = {"window_start": start.isoformat(), "window_end": end.isoformat(), "interval_minutes": 15}
        root = dagster.launch("grid_publish", {"ops": {"publish_reads": {"config": config}}}, partition_of(start))
        if number % 2:
            dagster.kill(SERVICES[number // 2 % 3])
        else:
            dagster.kill_worker(chance.uniform(0, 3))
        status = dagster.await_run(root)
        if status != "SUCCESS":
            lost.append(f"the window from {start} ended with {status}")
    ((reads, rolled, meters),) = looked(
        "SELECT (SELECT count(*) FROM meter_reads_electric), (SELECT sum(reads) FROM gl_meter_day),"
        " (SELECT count(*) FROM meters)"
    )
    lost += [] if reads == rolled else [f"{reads} reads, and {rolled} in their roll-up"]
    lost += [] if reads > 0.97 * WINDOWS * meters else [f"{reads} reads of {WINDOWS} windows of {meters} meters"]
    struck = dagster.killed - before
    table.add("Dagster and its run workers killed while reads are published", faults=struck, checks=reads, lost=lost)


def test_a_signature_is_carried_out_once_whoever_is_killed_at_it(
    dagster: Dagster, table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(countersign, "PATIENCE_S", PATIENCE_S)
    chance, before = random.Random(SEED), dagster.killed  # noqa: S311
    machine = Client(dagster.copy.told["api"], gridlens_key(dagster.copy.home))
    for number in range(NIGHTS):
        now, story = utc_now() - timedelta(days=2 * number), Story(tmp_path / f"{number}.log", 3)
        with ThreadPoolExecutor(1) as pool:
            night = pool.submit(restoreiq.tell, story, machine, dagster.copy.told["api"], TENANT, tmp_path, now)
            _break_until(night, dagster, chance, SERVICES[number % 3])
            night.result(PATIENCE_S)
        story.close()
    machine.close()
    rows = looked(CARRIED_OUT)
    lost = [f"a signature is carried out as {row}" for row in rows if row != ("DONE", 2, 1)]
    kept = looked("SELECT store_key, sha256 FROM artifacts")
    lost += [key for key, sha256 in kept if _hash(dagster.copy.home / "objects" / key) != sha256]
    assert len(rows) == NIGHTS
    struck, checks = dagster.killed - before, len(rows) + len(kept)
    table.add("Dagster and its run workers killed at a signature", faults=struck, checks=checks, lost=lost)
    checked, findings = World.ledger(None, [TENANT])  # type: ignore[arg-type]
    table.add("  the ledger verifies", faults=0, checks=checked, lost=findings)


def _break_until(night: Future[Any], dagster: Dagster, chance: random.Random, service: str) -> None:
    """Kill the first run worker that comes, and a service while it is run again."""
    struck: list[Callable[[], object]] = [
        lambda: dagster.kill_worker(chance.uniform(0, 2)),
        lambda: dagster.kill(service),
    ]
    while not night.done():
        time.sleep(0.1)
        if struck and dagster.workers():
            struck.pop(0)()


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "not there"
