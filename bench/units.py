"""What one read costs here: CPU of server and worker, bytes in the database, its log, its archive; for `bench/plan.py`.

    python -m bench.units [--meters 5000] [--json]

One whole day is published as the product does, and archived as the product does. CPU seconds and bytes hardly depend on
what else the machine does, which the clock does. Ratios are to the units that docs/scale.md is calculated from.
"""

import tempfile
import time
from dataclasses import asdict, dataclass

from bench import population
from bench.harness import Check, parser, tell
from bench.population import TENANT, day_plan
from bench.server import Server, own_server
from domain.grid.metering.store.retention import DayOfReads
from domain.grid.metering.store.rollups import ROLLUPS
from domain.kernel.db import transaction
from domain.kernel.logs import configure_logs
from domain.kernel.retention import archive
from domain.kernel.retention.policy import Piece

BY_FEEDER = ("gl_feeder_interval", "gl_feeder_day", "gl_feeder_day_voltage", "feeder_delivered")
PEER = "docs/scale.md"


@dataclass(frozen=True)
class Units:
    """Costs of a fresh day with text keys, quarter hours, roll-ups and ledger included.

    Attributes:
        server_s: CPU seconds of PostgreSQL a million reads.
        worker_s: CPU seconds of the process that generates or parses, encodes and sends, a million reads.
        read_bytes: of a read in its partition, with its key.
        wal_bytes: that a read writes to the log, which replicas receive.
        meter_day_bytes: of roll-ups a meter and day.
        feeder_day_bytes: of roll-ups a feeder and day.
        parquet_bytes: of a read in its archive.
        archive_s: CPU seconds of server and worker together to archive a million reads.
    """

    server_s: float
    worker_s: float
    read_bytes: float
    wal_bytes: float
    meter_day_bytes: float
    feeder_day_bytes: float
    parquet_bytes: float
    archive_s: float


WORDS = {
    "server_s": ("server CPU a million reads", "s"),
    "worker_s": ("worker CPU a million reads", "s"),
    "read_bytes": ("a read in the database, with its key", "bytes"),
    "wal_bytes": ("a read in the log", "bytes"),
    "meter_day_bytes": ("roll-ups of a meter and day", "bytes"),
    "feeder_day_bytes": ("roll-ups of a feeder and day", "bytes"),
    "parquet_bytes": ("a read in its archive", "bytes"),
    "archive_s": ("CPU to archive a million reads", "s"),
}


def measure(server: Server, meters: int) -> Units:
    """Publish a day to warm up, then measure the next."""
    population.make_population(meters)
    population.published_reads(day_plan(0))
    server.settle()
    log, spent, used = server.one("SELECT pg_current_wal_lsn()"), server.cpu_s(), time.process_time()
    reads = population.published_reads(day_plan(1))
    server_s, worker_s = server.cpu_s() - spent, time.process_time() - used
    wal = float(server.one(f"SELECT pg_current_wal_lsn() - '{log}'::pg_lsn"))
    day = population.FIRST_DAY.replace(day=population.FIRST_DAY.day + 1)
    leaf = server.one(f"SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '_{day:%Y%m%d}$'")
    held = float(server.one(f"SELECT pg_total_relation_size('reads.{leaf}')"))
    by_meter = sum(_bytes(server, f"gl_{name}") for name in ROLLUPS if f"gl_{name}" not in BY_FEEDER)
    by_feeder = sum(_bytes(server, name) for name in BY_FEEDER)
    spent, used = server.cpu_s(), time.process_time()
    size = _archived_bytes(str(day))
    archive_s = server.cpu_s() - spent + time.process_time() - used
    millions, days = reads / 1e6, 2
    return Units(
        server_s / millions,
        worker_s / millions,
        held / reads,
        wal / reads,
        by_meter / meters / days,
        by_feeder / population.FEEDERS / days,
        size / reads,
        archive_s / millions,
    )


def _bytes(server: Server, table: str) -> float:
    return float(server.one(f"SELECT pg_total_relation_size('{table}')"))


def _archived_bytes(day: str) -> int:
    """Write the day as its archive and read it back, as a disposal does."""
    source = DayOfReads()
    with transaction(TENANT) as connection, tempfile.TemporaryFile() as out:
        written = archive.write(source.columns(), source.rows(connection, Piece(day, 0), archive.GROUP_ROWS), out)
        size = out.tell()
        out.seek(0)
        assert archive.look(out) == written
    return size


def main() -> None:
    """Measure and print."""
    from bench.plan import UNITS

    configure_logs("bench", "WARNING")
    options = parser(__doc__)
    options.add_argument("--meters", type=int, default=5_000, help="meters on ten feeders (default 5000)")
    given = options.parse_args()
    with own_server(given.home) as server:
        facts = server.machine()
        found = asdict(measure(server, given.meters))
    planned = asdict(UNITS)
    checks = [
        Check(words, found[name], unit, ratio=found[name] / planned[name], peer=PEER)
        for name, (words, unit) in WORDS.items()
    ]
    tell(given, checks, facts, units=found)


if __name__ == "__main__":
    main()
