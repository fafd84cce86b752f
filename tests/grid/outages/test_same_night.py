"""The same night is the same rows and the same bytes: however many work on it, in whatever order it is told."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.acts import ACTS
from domain.grid.outages.observe.progress import follow
from domain.grid.outages.store import crews
from domain.grid.outages.suggest.replay import replay
from domain.grid.outages.suggest.report import export
from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole
from domain.kernel.signed import Decision
from tests.conftest import ROOT, Database, bind, clone, drop, unbind
from tests.grid.outages.evening import CREWS
from tests.grid.outages.town import NIGHT, make_town
from tests.makers import make_person

# What people did and when, who asked and in which turn: all else is the machine's.
PEOPLES = {"countersignature_id", "confirmed_at", "decided_by", "decided_at", "reason", "run_at", "requested_by"}
PEOPLES |= {"event_seq", "dagster_run_id", "proposal_id", "created_at", "expires_at"}
TABLES = (
    "meter_events",
    "evidence_clusters",
    "device_posteriors",
    "provisional_outages",
    "recommendation_runs",
    "proposals",
    "outages",
    "outage_impacts",
    "fault_zones",
    "fault_zone_rankings",
    "outage_etrs",
    "restoration_options",
    "crew_recommendations",
)
PATIENCE_S = 60.0


def rows() -> dict[str, list[str]]:
    """Every row that the machine made, as text, in an order of its own."""
    found = {}
    with transaction("T", DbRole.AUDITOR) as connection:
        for table in TABLES:
            told = connection.execute(text(f"SELECT to_jsonb(t) FROM {table} AS t")).scalars()
            found[table] = sorted(_plain(one) for one in told)
    return found


def _plain(row: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in row.items() if name not in PEOPLES}, sort_keys=True)


def _started(module: str, *arguments: object, seed: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _ended(workers: list[subprocess.Popen[bytes]]) -> None:
    said = [one.communicate(timeout=PATIENCE_S) for one in workers]
    assert [one.returncode for one in workers] == [0] * len(workers), said


def _sign(working: list[subprocess.Popen[bytes]]) -> None:
    """When all workers have proposed, and all the same, sign it."""
    for one in working:
        assert one.stdout is not None
        assert one.stdout.readline() == b"proposed\n", one.communicate(timeout=PATIENCE_S)
    ada = make_person("T", "ada", "OPERATOR")
    with transaction("T") as connection:
        proposal, digest = connection.execute(text("SELECT proposal_id, content_hash FROM proposals")).one()
        decide(connection, ada, ACTS, proposal, Decision.APPROVED, content_hash=digest, reason="Calls.")


def _night(workers: int, seed: int) -> dict[str, list[str]]:
    make_town()
    with transaction("T") as connection:
        crews.put(connection, CREWS)
    working = [
        _started("tests.grid.outages.night_worker", number, workers, seed, seed=seed * 100 + number)
        for number in range(workers)
    ]
    try:
        _sign(working)
        _ended(working)
    finally:
        for one in working:
            one.kill()
            one.communicate()
    return rows()


@pytest.fixture(scope="module")
def alone(module_database: Database) -> dict[str, list[str]]:
    return _night(1, 11)


@pytest.fixture
def beside(server: Any, alone: dict[str, list[str]], tmp_path: Path) -> Iterator[None]:
    """Another database that nothing has happened in."""
    made = clone(server)
    with pytest.MonkeyPatch.context() as patch:
        bind(made, tmp_path / "beside", patch)
        yield
        unbind()
    drop(server, made)


@pytest.mark.parametrize("workers", [4, 8])
def test_one_worker_and_several_make_the_same_rows_of_shuffled_reports(
    alone: dict[str, list[str]], beside: None, workers: int
) -> None:
    several = _night(workers, 100 + workers)
    for table in TABLES:
        assert several[table] == alone[table], table
        assert alone[table], table


AGAIN = """
import sys
from uuid import UUID
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole
from domain.kernel.verify import verify_artifact, verify_run
from domain.together import REBUILDERS, RENDERERS
run, *artifacts = map(UUID, sys.argv[1:])
with transaction("T", DbRole.AUDITOR) as connection:
    made = verify_run(connection, run, REBUILDERS)
    assert made.is_good, made
    for one in artifacts:
        found = verify_artifact(connection, open_store(), one, RENDERERS)
        assert found.verdict == "same", found
"""


def test_a_replay_of_the_same_facts_is_the_same_bytes_in_every_process(alone: dict[str, list[str]]) -> None:
    with transaction("T") as connection:
        follow(connection, NIGHT + timedelta(hours=4), actor_id="t")
        outage = connection.execute(text("SELECT outage_id FROM outages")).scalar_one()
        made = replay(connection, "T", outage, now=utc_now(), requested_by="t")
        kept = export(connection, open_store(), "T", made.replay.replay_id, now=utc_now(), requested_by="t")
    artifacts = [told["artifact_id"] for told in kept.files.values()]
    assert len(artifacts) == 2
    workers = []
    for seed in (0, 1, 4242):
        # Rows that are written anew lie elsewhere: what is read without an order comes in another.
        with transaction("T", DbRole.OWNER) as connection:
            for table, column in (("outage_impacts", "critical"), ("meter_events", "canon_outage_id")):
                own = f"UPDATE {table} SET {column} = {column} WHERE hashtext(meter_id || '{seed}') % 2 = 0"
                connection.execute(text(own))
        workers.append(
            subprocess.Popen(
                [sys.executable, "-c", AGAIN, str(made.run_id), *artifacts],
                env={**os.environ, "PYTHONHASHSEED": str(seed)},
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )
    _ended(workers)
