"""A stretch of days backfilled by two celery workers over Redis, held to the same stretch in one process: same bytes.

    python -m bench.scale [--meters 5000] [--days 31] [--workers 2] [--json]

Twice from nothing, each time with a PostgreSQL of its own: `grid_backfill` with every step in one process, then with
`orchestration/spread.py`, a redis-server (Debian package redis-server) and the workers, all started and ended here.
Rates go by the stretch, from the first day's begin to the last one's end; cores in use are CPU seconds of server,
workers and run within the stretch by its seconds. On a busy machine the bytes hold and the rest does not.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bench import population
from bench.harness import Check, parser, tell
from bench.population import TENANT
from bench.server import Server, own_server
from cli.services.dagster import write_instance
from cli.services.environment import DAGSTER_ROLES, child_environment
from cli.services.processes import program, python
from domain.kernel.logs import configure_logs
from domain.kernel.migrate import ROOT

READS = "meter_id, feeder_id, read_at, kwh, voltage, quality_flags, interval_minutes, source, arrived_at, updated_at"
TABLES = {
    "feeder_delivered": "feeder_id, read_at, interval_minutes, kwh",
    "gl_feeder_interval": "feeder_id, read_at, reads_received, metered_dwh, delivered_dwh, voltage_sum_cv",
    "gl_meter_day": "meter_id, local_date, reads, kwh_dwh",
    "gl_feeder_day": "feeder_id, local_date, intervals_matched, delivered_dwh, metered_dwh, technical_loss_dwh",
    "gl_feeder_day_voltage": "feeder_id, local_date, voltage_bin, reads",
}
PATIENCE_S = 180.0


@dataclass(frozen=True)
class Backfilled:
    """What one way of doing it came to. `hashes`: by table, reads by day; `cores`: in use within the stretch."""

    hashes: Mapping[str, str]
    reads: int
    stretch_s: float
    command_s: float
    cpu_s: float
    cores: float


def backfill(server: Server, module: str, environment: Mapping[str, str], days: int, helpers: list[int]) -> Backfilled:
    """Run the job to its end and tell what stands."""
    last = datetime.now(UTC).date() - timedelta(days=2)
    stretch = {"tenant_id": TENANT, "first_day": str(last - timedelta(days=days - 1)), "last_day": str(last)}
    config = {"ops": {"each_day": {"config": stretch}, "publish_one_day": {"config": {"tenant_id": TENANT}}}}
    path = server.postgres.home / "backfill.yaml"
    path.write_text(json.dumps(config))
    command = [*program("dagster"), "job", "execute", "-m", module, "-j", "grid_backfill", "-c", str(path)]
    server.settle()
    began, samples = time.perf_counter(), [_sample(server, helpers)]
    with (server.postgres.home / "logs" / "backfill.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=log, stderr=log)
        while process.poll() is None:
            samples.append(_sample(server, [process.pid, *helpers]))
            time.sleep(0.2)
    command_s = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"The backfill by {module} failed: {Path(log.name).read_text()[-1500:]}")
    first, last_end = server.superuser.execute(
        "SELECT min(started_at), max(finished_at) FROM publish_jobs WHERE tenant_id = %s", (TENANT,)
    ).fetchone() or (None, None)
    inside = [one for one in samples if first <= one[0] <= last_end]
    inside = inside if len(inside) > 1 else samples
    cores = (inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0]).total_seconds()
    stretch_s, cpu = (last_end - first).total_seconds(), samples[-1][1] - samples[0][1]
    reads = int(server.one(f"SELECT count(*) FROM meter_reads_electric WHERE tenant_id = '{TENANT}'"))
    return Backfilled(hashes_of(server), reads, stretch_s, command_s, cpu, cores)


def _sample(server: Server, pids: Sequence[int]) -> tuple[datetime, float]:
    """Now, and the CPU seconds that the server and these processes have spent, with all that they started."""
    spent = server.cpu_s()
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
                spent += sum(one.cpu_times()[:4])
    return datetime.now(UTC), spent


def hashes_of(server: Server) -> dict[str, str]:
    """What each table holds, in one order; reads partition by partition, since a month's text does not fit into one."""
    leaves = server.superuser.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'reads'::regnamespace AND relkind = 'r' ORDER BY relname"
    ).fetchall()
    found = {f"reads {name[-8:]}": _hash(server, f"reads.{name}", READS) for (name,) in leaves}
    return found | {table: _hash(server, table, columns) for table, columns in TABLES.items()}


def _hash(server: Server, table: str, columns: str) -> str:
    digest = hashlib.sha256()
    query = f"COPY (SELECT {columns} FROM {table} WHERE tenant_id = '{TENANT}' ORDER BY {columns}) TO STDOUT"
    with server.superuser.cursor().copy(query) as rows:  # type: ignore[arg-type]
        for block in rows:
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis on loopback that keeps nothing; its address."""
    path = shutil.which("redis-server")
    if path is None:
        raise SystemExit("redis-server is missing: `apt-get install redis-server`, then run it again.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        path,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    with (folder / "logs" / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def workers(folder: Path, count: int, environment: Mapping[str, str]) -> Iterator[list[int]]:
    """So many workers with one process each, once they answer; their ids."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(count):
            command = [*python("celery"), "-A", "orchestration.spread_worker", "worker", "--concurrency=1"]
            command += ["--prefetch-multiplier=1", "-n", f"bench{number}@%h", "--loglevel", "INFO"]
            with (folder / "logs" / f"worker{number}.log").open("wb") as log:
                started.append(
                    subprocess.Popen(
                        command, cwd=ROOT, env=dict(environment), stdout=log, stderr=log,
                        start_new_session=True,
                    )
                )  # fmt: skip
        _await_workers(folder, started)
        yield [one.pid for one in started]
    finally:
        for one in started:
            one.terminate()
        for one in started:
            try:
                one.wait(30)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def _await_workers(folder: Path, started: list["subprocess.Popen[bytes]"]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    logs = [folder / "logs" / f"worker{number}.log" for number in range(len(started))]
    while not all(b" ready." in log.read_bytes() for log in logs):
        if time.monotonic() > deadline or any(one.poll() is not None for one in started):
            raise SystemExit(f"A worker did not come up: {logs[0].read_text()[-1500:]}")
        time.sleep(0.2)


def _environment(home: Path, **more: str) -> dict[str, str]:
    write_instance(home)
    (home / "logs").mkdir(exist_ok=True)
    return child_environment("bench", home, DAGSTER_ROLES, DAGSTER_HOME=str(home / "dagster"), **more)


def in_one_process(home: Path | None, meters: int, days: int) -> tuple[Backfilled, dict[str, str]]:
    """Everything in the process of the run."""
    with own_server(home) as server:
        population.make_population(meters)
        return backfill(
            server, "orchestration.definitions", _environment(server.postgres.home), days, []
        ), server.machine()


def by_workers(home: Path | None, meters: int, days: int, count: int) -> Backfilled:
    """A step a day, taken by whichever worker is free."""
    with own_server(home) as server:
        population.make_population(meters)
        folder = server.postgres.home
        _environment(folder)
        with redis(folder) as broker:
            environment = _environment(folder, COUNTERSIGN_CELERY_BROKER_URL=broker)
            with workers(folder, count, environment) as helpers:
                return backfill(server, "orchestration.spread", environment, days, helpers)


def compare(alone: Backfilled, spread: Backfilled, count: int) -> list[Check]:
    """The same bytes, and how much faster on how many cores."""
    differing = sorted(
        {name for name in {*alone.hashes, *spread.hashes} if alone.hashes.get(name) != spread.hashes.get(name)}
    )
    cores, peer = len(os.sched_getaffinity(0)), "one process"
    note = f"{alone.reads:,} reads in {len(alone.hashes)} tables and days" + "".join(
        f"; {one} differs" for one in differing
    )
    return [
        Check("tables and days that differ from one process", len(differing), "", 0.0, note=note),
        Check("reads a second, one process", alone.reads / alone.stretch_s, "1/s", note=f"{alone.cores:.2f} cores"),
        Check(
            f"reads a second, {count} workers",
            spread.reads / spread.stretch_s,
            "1/s",
            note=f"stretch {spread.stretch_s:.0f} s of {spread.command_s:.0f} s with Dagster's start",
            ratio=alone.stretch_s / spread.stretch_s,
            peer=peer,
        ),
        Check(
            f"cores in use, {count} workers", spread.cores, "", 0.75 * min(cores, count), False,
            f"of {cores}; CPU {spread.cpu_s:.0f} s against {alone.cpu_s:.0f}", spread.cores / alone.cores, peer,
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    configure_logs("bench", "WARNING")
    options = parser(__doc__)
    options.add_argument("--meters", type=int, default=5_000, help="meters on ten feeders (default 5000)")
    options.add_argument("--days", type=int, default=31, help="days of the stretch (default 31)")
    options.add_argument("--workers", type=int, default=2, help="celery workers of one process each (default 2)")
    given = options.parse_args()
    alone, facts = in_one_process(given.home, given.meters, given.days)
    checks = compare(alone, by_workers(given.home, given.meters, given.days, given.workers), given.workers)
    tell(given, checks, facts)
    sys.exit(any(one.value for one in checks if one.name.startswith("tables and days")))


if __name__ == "__main__":
    main()
