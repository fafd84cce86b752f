"""Whether an endpoint's cost grows with history: blocks of the database that one answer touches, at two lengths of it.

Blocks do not depend on what else the machine does; milliseconds stand beside them. The longer history is thin: its days
have all their roll-ups, a load for each quarter of an hour, and a partition of reads each with one interval of 96. What
depends on days, partitions, loads or roll-ups then meets as many as with all reads; what read partitions from end to
end would meet a ninety-sixth, and still grow with their number.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from fastapi.testclient import TestClient

from bench.harness import Check
from bench.population import TENANT, TIMEZONE
from bench.server import Server
from domain.grid.metering.rules.copy_rows import COLUMNS

GROWTH = 1.5
ENDPOINTS = (
    "/api/ami/kpi/quickcheck",
    "/api/ami/status",
    "/grid",
    "/grid/feeders/FEEDER_1",
    "/grid/meters/M010001",
    "/grid/meters",
    "/grid/events",
    "/api/ami/reads/batches",
    "/api/ami/reads/meters/M010001?day={day}",
    "/v1/outages",
    "/v1/ledger",
)
# Of the database's own bookkeeping: a process tells what it touched a second late at most.
SETTLES_S = 1.1
# Of those who ask, not of autovacuum, which comes when it likes to the tables that were filled a moment ago.
BLOCKS = (
    "SELECT sum(coalesce(hits, 0) + coalesce(read_bytes, 0) / 8192) FROM pg_stat_io"
    " WHERE backend_type = 'client backend' AND object = 'relation'"
)


@dataclass(frozen=True)
class Cost:
    """One answer: blocks that it touches, and milliseconds."""

    blocks: float
    ms: float


def costs(server: Server, client: TestClient, newest: str, times: int) -> dict[str, Cost]:
    """What each endpoint costs now."""
    return {path: _cost(server, client, path.format(day=newest), times) for path in ENDPOINTS}


def _cost(server: Server, client: TestClient, path: str, times: int) -> Cost:
    for _ in range(2):
        client.get(path).raise_for_status()
    before, taken = _blocks(server, client), []
    for _ in range(times):
        began = time.perf_counter()
        client.get(path).raise_for_status()
        taken.append(1e3 * (time.perf_counter() - began))
    return Cost((_blocks(server, client) - before) / times, median(taken))


def _blocks(server: Server, client: TestClient) -> float:
    """Told so far, once every process has told: each does at the end of its next transaction."""
    time.sleep(SETTLES_S)
    client.get("/v1/outages").raise_for_status()
    time.sleep(0.1)
    return float(server.one(BLOCKS))


def compared(short: dict[str, Cost], long: dict[str, Cost], label: str) -> list[Check]:
    """Growth of each endpoint's blocks."""
    return [
        Check(
            f"{path.partition('?')[0]}: blocks an answer, {label}",
            (long[path].blocks + 1) / (short[path].blocks + 1),
            "times",
            GROWTH,
            note=f"{short[path].blocks:,.0f} to {long[path].blocks:,.0f} blocks,"
            f" {short[path].ms:.1f} to {long[path].ms:.1f} ms",
        )
        for path in ENDPOINTS
    ]


def thin_days(server: Server, midnights: Sequence[datetime]) -> int:
    """A partition with the reads of one noon for each day that begins at one of the midnights; how many reads."""
    zone = ZoneInfo(TIMEZONE)
    newest = server.one(f"SELECT max(read_at) FROM meter_reads_electric WHERE tenant_id = '{TENANT}'")
    noon = newest.astimezone(zone).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    written = 0
    with server.superuser.transaction():
        server.execute(f"SELECT set_config('app.tenant', '{TENANT}', true)")
        for midnight in midnights:
            day = midnight.astimezone(zone).date()
            shift = (noon.date() - day).days
            moved = [f"{name} - interval '{shift} days'" if name.endswith("_at") else name for name in COLUMNS]
            table, is_fresh = server.superuser.execute(
                f"SELECT table_name, is_fresh FROM day_open('{TENANT}', '{day}')"  # type: ignore[arg-type]
            ).fetchone() or ("", False)
            assert is_fresh, f"{day} has reads already"
            filled = server.superuser.execute(
                f"INSERT INTO {table} ({', '.join(COLUMNS)}) SELECT {', '.join(moved)} FROM meter_reads_electric"  # type: ignore[arg-type]
                f" WHERE tenant_id = '{TENANT}' AND read_at = '{noon.isoformat()}'"
            )
            written += filled.rowcount
            server.execute(f"SELECT day_key('{TENANT}', '{day}', '{TIMEZONE}', '')")
            server.execute(f"SELECT day_close('{TENANT}', '{day}', '{TIMEZONE}')")
    server.execute("ANALYZE meter_reads_electric")
    return written


def many_loads(server: Server, midnights: Sequence[datetime]) -> None:
    """The loads of a tenant that publishes each quarter of an hour: 96 for each day that begins at a midnight."""
    server.execute(
        "INSERT INTO read_batches (tenant_id, batch_id, digest, source, write_mode, window_start, window_end,"
        " interval_minutes, counts, published_at)"
        f" SELECT '{TENANT}', gen_random_uuid(), 'load of ' || at, 'emulator', 'safe', at, at + interval '15 minutes',"
        " 15, '{}', at + interval '15 minutes'"
        f" FROM unnest(CAST('{{{','.join(one.isoformat() for one in midnights)}}}' AS timestamptz[])) AS midnight,"
        " generate_series(midnight, midnight + interval '23:45', interval '15 minutes') AS at"
        # The last hour of a day of 23 hours is the first of the next one.
        " ON CONFLICT (tenant_id, digest) DO NOTHING"
    )
    server.execute("ANALYZE read_batches")
