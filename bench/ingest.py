"""How fast reads come in, as a share of raw COPY in the same run; peers beside it.

    python -m bench.ingest [--reads 480000] [--rounds 5] [--json]

Raw is what PostgreSQL itself can do: pre-encoded COPY BINARY into an unlogged table without index, same row shape.
"""

import json
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import duckdb
import psycopg

from bench import population
from bench.harness import Case, Check, Cost, lines, measure, parser, tell
from bench.peers import OrmInsert, arrow_table, as_dictionaries, duck, duck_insert
from bench.population import TENANT, day_plan, encoded, made, published_reads, with_theft_on_one_feeder
from bench.server import Server, own_server
from domain.grid.metering.rules.copy_rows import COLUMNS
from domain.kernel.settings import WriteMode

ORM_ROWS = 20_000
DAYS_A_ROUND = 4  # fresh, the two of two processes, appended to
RAW, FRESH, GENERATE = "raw COPY BINARY, unlogged, no index", "fresh day", "generate and encode alone"
_COPY = f"COPY bench_raw ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"


class Ingest:
    """The cases of one run. Every round has days of its own: fresh, two side by side, one that is appended to."""

    def __init__(self, server: Server, pool: ProcessPoolExecutor, peer: duckdb.DuckDBPyConnection) -> None:
        self.server, self.pool, self.peer = server, pool, peer
        self.raw_url = server.postgres.urls()["superuser"]
        self.raw_count, self.raw_pieces = encoded(day_plan(0))
        self.arrow = arrow_table(population.reads(day_plan(0)))
        self.rows = as_dictionaries(population.reads(day_plan(0)), ORM_ROWS)
        self.orm = OrmInsert(self.raw_url)

    def cases(self) -> list[Case]:
        """In the order of a round: what needs a day that stands comes after the case that loads it."""
        upsert = WriteMode.UPSERT
        return [
            Case(RAW, self.raw, self._empty_raw),
            Case(FRESH, lambda n: published_reads(day_plan(self._day(n))), target=0.42),
            Case("two processes, a fresh day each", self.two_processes, target=0.75),
            Case("append the second half of a day", self.append, self._first_half, target=0.30),
            Case("same reads again, keep existing", self.again, self._forget, target=0.25),
            Case("same reads again, upsert", lambda n: self.again(n, upsert), self._forget),
            Case("upsert the day, one feeder of ten differs", self.upsert_feeder),
            Case("upsert the day, every value differs", self.upsert_all, target=0.35),
            Case(GENERATE, lambda n: made(day_plan(self._day(n)))),
            Case("SQLAlchemy insert, on conflict do nothing", lambda _: self.orm.run(self.rows), self.orm.prepare),
            Case("DuckDB insert, primary key", lambda _: self.duck("keyed"), lambda _: self._empty_peer("keyed")),
            Case("DuckDB insert, no key", lambda _: self.duck("plain"), lambda _: self._empty_peer("plain")),
        ]

    def _day(self, number: int, which: int = 0) -> int:
        return 1 + number * DAYS_A_ROUND + which

    def _empty_raw(self, _: int) -> None:
        self.server.execute("DROP TABLE IF EXISTS bench_raw")
        self.server.execute("CREATE UNLOGGED TABLE bench_raw (LIKE meter_reads_electric INCLUDING DEFAULTS)")

    def raw(self, _: int) -> int:
        """The practical limit."""
        with psycopg.connect(self.raw_url) as connection, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for piece in self.raw_pieces:
                copy.write(piece)
        return self.raw_count

    def two_processes(self, number: int) -> int:
        """Two publishes at once, each of another day; the processes stand and have read the fleet before."""
        days = [self._day(number, which) for which in (1, 2)]
        return sum(self.pool.map(publish_fresh_day, days))

    def _first_half(self, number: int) -> None:
        published_reads(self._half(number, 0))

    def append(self, number: int) -> int:
        """Noon to midnight, into a day that has midnight to noon."""
        return published_reads(self._half(number, 1))

    def _half(self, number: int, half: int) -> population.Plan:
        start = population.midnight(self._day(number, 3))
        middle = start + (population.midnight(self._day(number, 3) + 1) - start) / 2
        return population.plan(*((start, middle), (middle, population.midnight(self._day(number, 3) + 1)))[half])

    def _forget(self, _: int) -> None:
        """Take the batches out of the ledger, so that the reads themselves have to be compared."""
        self.server.execute(f"DELETE FROM read_batches WHERE tenant_id = '{TENANT}'")

    def again(self, number: int, mode: WriteMode = WriteMode.SAFE) -> int:
        """The reads that stand already, compared one by one."""
        return published_reads(day_plan(self._day(number)), mode)

    def upsert_feeder(self, number: int) -> int:
        """A tenth of the values differs and is replaced; the former ones are kept as versions."""
        return published_reads(with_theft_on_one_feeder(day_plan(self._day(number))), WriteMode.UPSERT)

    def upsert_all(self, number: int) -> int:
        """Another seed: every value differs and is replaced; the former ones are kept as versions."""
        return published_reads(day_plan(self._day(number), seed=1), WriteMode.UPSERT)

    def _empty_peer(self, table: str) -> None:
        self.peer.execute(f"DELETE FROM {table}")
        self.peer.execute("CHECKPOINT")

    def duck(self, table: str) -> int:
        """DuckDB with its defaults: all cores, in process."""
        return duck_insert(self.peer, table, self.arrow)

    def already_published_ms(self, times: int = 50) -> float:
        """The median of asking for a window that stands in the ledger of batches."""
        plan, taken = day_plan(0, seed=2), []
        published_reads(plan)
        for _ in range(times):
            began = time.perf_counter()
            assert population.publish(plan).already_published
            taken.append(1e3 * (time.perf_counter() - began))
        return median(taken)


def publish_fresh_day(day: int) -> int:
    """In a process of its own."""
    return published_reads(day_plan(day))


def read_the_fleet() -> None:
    """Once in each process of the pool, so that the clock does not see it."""
    day_plan(0)


def stretch(first_day: int, days: int) -> dict[str, float]:
    """Publish whole days as one batch in a process of its own; `reads`, `before_mb` and `peak_mb` of that process."""
    command = [sys.executable, "-m", "bench.stretch", str(first_day), str(days)]
    told: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return told


def checks(ingest: Ingest, costs: dict[str, list[Cost]], rounds: int, stretch_days: int) -> list[Check]:
    """The figures that are not rates."""
    share = median(
        100 * (encoding.client_s / encoding.units) / (fresh.server_s / fresh.units)
        for encoding, fresh in zip(costs[GENERATE], costs[FRESH], strict=True)
    )
    first = 1 + rounds * DAYS_A_ROUND
    short, long = stretch(first, 1), stretch(first + 1, stretch_days)
    note = f"{long['reads']:,} reads over {stretch_days} days; {long['before_mb']:.0f} MB before it began"
    return [
        Check("batch already published", ingest.already_published_ms(), "ms", 5),
        Check("generate and encode, share of the server's CPU", share, "%", 10),
        Check("peak memory of one long publish", long["peak_mb"], "MB", 512, note=note),
        Check("the same, by that of one day", long["peak_mb"] / short["peak_mb"], "times", 1.25),
    ]


def main() -> None:
    """Parse arguments, measure, print."""
    options = parser(__doc__)
    options.add_argument(
        "--reads", type=int, default=480_000, help="reads a local day; a meter has 96 (default 480000)"
    )
    options.add_argument("--stretch-days", type=int, default=30, help="days of the long publish (default 30)")
    chosen = options.parse_args()
    with own_server(chosen.home) as server:
        population.make_population(chosen.reads // population.INTERVALS)
        spawn = get_context("spawn")
        folder = Path(server.postgres.home)
        with ProcessPoolExecutor(2, mp_context=spawn, initializer=read_the_fleet) as pool, duck(folder) as peer:
            list(pool.map(abs, range(8)))
            facts = server.machine()
            ingest = Ingest(server, pool, peer)
            cases = ingest.cases()
            costs = measure(server, cases, chosen.rounds)
            table = lines(cases, costs)
            figures = checks(ingest, costs, chosen.rounds, chosen.stretch_days)
    rounds = {name: [asdict(cost) for cost in each] for name, each in costs.items()}
    tell(chosen, figures, facts, table, rounds=rounds)


if __name__ == "__main__":
    main()
