"""How fast KPIs are read from the roll-ups, at two lengths of history, and how much faster than from the reads.

    python -m bench.kpi [--meters 5000] [--days 20] [--long-days 400] [--json]

The reads of `--days` days are published as the product does. For the long history the roll-ups of those days are
copied to earlier dates until `--long-days` days stand, each with the reads of one interval; every endpoint is asked at
a tenth of it and at all of it (`bench/flatness.py`). The same numbers are asked of a plain view over the reads, and of
DuckDB and pandas over the same reads; dbt's incremental models make the roll-ups of one day more (`bench/peer_dbt.py`).
Then publish-once over HTTP.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import httpx
import pandas as pd
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from bench import flatness, peer_dbt, population
from bench.flatness import compared, costs, many_loads, thin_days
from bench.harness import Check, parser, tell
from bench.peers import arrow_table
from bench.population import TENANT, TIMEZONE
from bench.server import Server, own_server
from bench.serving import api_process
from domain.grid.metering.observe.quickcheck import quickcheck
from domain.grid.metering.store import kpi
from domain.grid.metering.store.rollups import ROLLUPS
from domain.kernel.db import transaction
from domain.kernel.keys import GRIDLENS_KEY_ID, register_literal_key
from domain.kernel.logs import configure_logs
from domain.kernel.people import ensure_person
from domain.kernel.tokens import issue_dev_token

SHOWN_DAYS = 5
TABLES = tuple(f"gl_{name}" for name in ROLLUPS)
PLAIN_VIEW = Path(__file__).with_name("plain_overview.sql")
DUCK_OVERVIEW = """
SELECT r.local_date, count(*), round(sum(r.kwh), 4), round(avg(r.voltage), 2), any_value(d.kwh)
FROM (
  SELECT ((read_at - to_minutes(interval_minutes)) AT TIME ZONE '{zone}')::DATE AS local_date, kwh, voltage FROM reads
) AS r
JOIN (
  SELECT ((read_at - to_minutes(interval_minutes)) AT TIME ZONE '{zone}')::DATE AS local_date, round(sum(kwh), 4) AS kwh
  FROM delivered GROUP BY 1
) AS d USING (local_date)
GROUP BY r.local_date ORDER BY r.local_date DESC LIMIT {limit}
"""
PANDAS_INPUT = """
SELECT ((read_at - to_minutes(interval_minutes)) AT TIME ZONE '{zone}')::DATE AS local_date, kwh, voltage FROM reads
"""


@dataclass(frozen=True)
class History:
    """The whole local days before today that are measured, as UTC instants of their midnights, ascending."""

    midnights: list[datetime]

    @staticmethod
    def before_today(days: int) -> "History":
        """The last `days` days, so that the next publish-once follows them."""
        zone = ZoneInfo(TIMEZONE)
        today = datetime.now(UTC).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return History([(today - timedelta(days=back)).astimezone(UTC) for back in range(days, -1, -1)])

    @property
    def days(self) -> list[tuple[datetime, datetime]]:
        """Begin and end of each day."""
        return list(zip(self.midnights, self.midnights[1:], strict=False))


def publish_all(server: Server, history: History) -> tuple[int, list[Check]]:
    """Load the days as the product does, the last one beside dbt's models of it; how many reads they hold."""
    *earlier, last = history.days
    reads = sum(population.published_reads(population.plan(*pair)) for pair in earlier)
    if peer_dbt.is_there():
        peer_dbt.model(server, "-infinity")
    server.settle()
    began = time.perf_counter()
    of_day = population.published_reads(population.plan(*last))
    taken = time.perf_counter() - began
    checks = [Check("one day more: load, key and roll-ups", 1e3 * taken, "ms", note=f"{of_day:,} reads")]
    if peer_dbt.is_there():
        theirs = peer_dbt.model(server, last[0].isoformat())
        columns = "sum(reads), round(sum(metered_kwh)::numeric, 4)"
        rows = server.superuser.execute(f"SELECT {columns} FROM dbt_peer.feeder_day GROUP BY local_date").fetchall()
        assert sum(int(count) for count, _ in rows) == reads + of_day, "dbt's feeder days hold other reads"
        note = f"roll-ups alone: {theirs.wall_s:.1f} s, its statements {theirs.statements_s:.2f} s"
        checks.append(Check("dbt's incremental models of that day, by it", theirs.wall_s / taken, "times", note=note))
    return reads + of_day, checks


def timed_ms(act: Callable[[], Any], times: int) -> tuple[float, float]:
    """Median and 95th percentile of a call, after one that does not count."""
    act()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(1e3 * (time.perf_counter() - began))
    taken.sort()
    return median(taken), taken[min(len(taken) - 1, round(0.95 * len(taken)))]


def ask_overview() -> list[dict[str, Any]]:
    """The page's question: the latest days."""
    with transaction(TENANT) as connection:
        return kpi.overview_days(connection, SHOWN_DAYS)


def ask_quickcheck() -> dict[str, Any]:
    """Everything that the quickcheck answers."""
    with transaction(TENANT) as connection:
        return quickcheck(connection, TENANT, masked=False)


def ask_plain_view(since: datetime | None = None) -> list[tuple[Any, ...]]:
    """The overview's energies, counts and voltage from the reads themselves.

    `since`: the days begin at this instant, said to the view's tables so that partitions are left out, as a careful
    author would. Without: a view as it is usually written, whose day is an expression.
    """
    condition = "" if since is None else "AND read_at > :since"
    query = PLAIN_VIEW.read_text().replace("/* since */", condition)
    with transaction(TENANT) as connection:
        rows = connection.execute(text(query), {"tenant": TENANT, "zone": TIMEZONE, "n": SHOWN_DAYS, "since": since})
        return [tuple(row) for row in rows]


def same_numbers(view: list[tuple[Any, ...]], rollup: list[dict[str, Any]]) -> None:
    """Hold the peers to the same answer, else the comparison is worth nothing."""
    for plain, ours in zip(view, rollup, strict=True):
        day, count, metered, voltage, delivered = plain
        assert day == ours["local_date"], f"{day} beside {ours['local_date']}"
        assert count == ours["reads_received"], f"{day}: {count} reads beside {ours['reads_received']}"
        assert abs(float(metered) - float(ours["metered_kwh"])) < 0.001, f"{day}: metered energy differs"
        assert abs(float(delivered) - float(ours["delivered_kwh"])) < 0.001, f"{day}: delivered energy differs"
        assert abs(float(voltage) - float(ours["avg_voltage"])) < 0.011, f"{day}: voltage differs"


def lengthen(server: Server, days: int, wanted: int) -> None:
    """Copy the roll-ups to earlier dates, `days` at a time, until `wanted` days stand."""
    for table in TABLES:
        names = _columns(server, table)
        for shift in range(days, wanted, days):
            moved = [f"{name} - interval '{shift} days'" if name == "read_at" else name for name in names]
            moved = [f"{name} - {shift}" if name == "local_date" else name for name in moved]
            # Counted back from the oldest published day, so that the last copy may be a short one.
            server.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(moved)} FROM {table}"
                f" WHERE local_date > (SELECT max(local_date) - {days} FROM {table})"
                f" AND local_date - {shift} > (SELECT max(local_date) - {wanted} FROM {table})"
            )
        server.execute(f"ANALYZE {table}")


def _columns(server: Server, table: str) -> list[str]:
    return str(
        server.one(
            "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns"
            f" WHERE table_schema = 'public' AND table_name = '{table}'"
        )
    ).split(",")


def of_the_rollups(label: str, times: int) -> tuple[list[Check], float, float]:
    """Quickcheck and overview at one length of history."""
    overview, overview_high = timed_ms(ask_overview, times)
    check, check_high = timed_ms(ask_quickcheck, times)
    return (
        [
            Check(f"overview, {label}", overview, "ms", 20, note=f"p95 {overview_high:.1f}"),
            Check(f"quickcheck, {label}", check, "ms", 20, note=f"p95 {check_high:.1f}"),
        ],
        overview,
        check,
    )


def of_the_reads(history: History, overview_ms: float, folder: Path) -> list[Check]:
    """The plain view, the same with its days named, and DuckDB; each held to the roll-up's numbers."""
    rollup = ask_overview()
    since = history.midnights[-1 - SHOWN_DAYS]
    same_numbers(ask_plain_view(), rollup)
    same_numbers(ask_plain_view(since), rollup)
    plain, _ = timed_ms(ask_plain_view, 3)
    pruned, _ = timed_ms(lambda: ask_plain_view(since), 3)
    with duck_of(history, folder) as peer:
        query = DUCK_OVERVIEW.format(zone=TIMEZONE, limit=SHOWN_DAYS)
        same_numbers(peer.execute(query).fetchall(), rollup)
        duck, _ = timed_ms(lambda: peer.execute(query).fetchall(), 5)
        frame = peer.execute(PANDAS_INPUT.format(zone=TIMEZONE)).df()
    same_counts(by_pandas(frame), rollup)
    pandas, _ = timed_ms(lambda: by_pandas(frame), 3)
    asked = {
        "plain view over the reads, by the overview": (plain, 100.0),
        f"plain view told its {SHOWN_DAYS} days, by the overview": (pruned, None),
        "DuckDB over the same reads, by the overview": (duck, None),
        "pandas over the same reads in memory, by the overview": (pandas, None),
    }
    return [
        Check(name, taken / overview_ms, "times", target, at_most=False, note=f"{taken:,.0f} ms")
        for name, (taken, target) in asked.items()
    ]


def by_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """Reads, energy and mean voltage by day, of a frame that is in memory already."""
    found = frame.groupby("local_date").agg(reads=("kwh", "size"), kwh=("kwh", "sum"), voltage=("voltage", "mean"))
    return found.sort_index(ascending=False).head(SHOWN_DAYS)


def same_counts(found: pd.DataFrame, rollup: list[dict[str, Any]]) -> None:
    """Hold pandas to the same reads and energy."""
    for counted, metered, ours in zip(found["reads"], found["kwh"], rollup, strict=True):
        assert counted == ours["reads_received"]
        assert abs(metered - float(ours["metered_kwh"])) < 0.001


@contextmanager
def duck_of(history: History, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same reads and delivered energy in a DuckDB file."""
    with duckdb.connect(str(folder / "kpi.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for number, pair in enumerate(zip(history.midnights, history.midnights[1:], strict=False)):
            arrived = arrow_table(population.reads(population.plan(*pair)))
            connection.register("arrived", arrived)
            connection.execute(
                "INSERT INTO reads SELECT * FROM arrived" if number else "CREATE TABLE reads AS SELECT * FROM arrived"
            )
            connection.unregister("arrived")
        with transaction(TENANT) as source:
            rows = source.execute(text("SELECT read_at, interval_minutes, kwh FROM feeder_delivered")).all()
        connection.execute("CREATE TABLE delivered (read_at TIMESTAMPTZ, interval_minutes SMALLINT, kwh DOUBLE)")
        connection.executemany("INSERT INTO delivered VALUES (?, ?, ?)", [tuple(row) for row in rows])
        yield connection


def over_http(folder: Path, times: int) -> list[Check]:
    """publish-once and quickcheck as a caller sees them: the API as a process of its own, one caller."""
    key = f"csk_{GRIDLENS_KEY_ID}_bench-key-of-this-run-alone"
    register_literal_key(TENANT, key)
    with api_process(folder) as api, httpx.Client(base_url=api.address, timeout=60) as caller:
        caller.headers["authorization"] = f"Bearer {key}"
        body = {"tenantId": TENANT, "intervalMinutes": 15, "batchSize": 100_000}
        published: list[dict[str, Any]] = []

        def publish_once() -> None:
            answer = caller.post("/api/ami/publish-once", json=body)
            assert answer.status_code == 200, answer.text
            published.append(answer.json())

        publish, publish_high = timed_ms(publish_once, times)
        check, check_high = timed_ms(lambda: caller.get("/api/ami/kpi/quickcheck").raise_for_status(), times)
    assert _stored_since(published[0]["window"]["start"]) == sum(answer["counts"]["reads"] for answer in published)
    return [
        Check("publish-once over HTTP, one interval", publish / 1e3, "s", 1, note=f"p95 {publish_high / 1e3:.2f}"),
        Check("quickcheck over HTTP", check, "ms", note=f"p95 {check_high:.1f}"),
    ]


def _stored_since(start: str) -> int:
    with transaction(TENANT) as connection:
        query = text("SELECT count(*) FROM meter_reads_electric WHERE tenant_id = :t AND read_at > :start")
        return int(connection.execute(query, {"t": TENANT, "start": start}).scalar_one())


def run(server: Server, meters: int, days: int, long_days: int, times: int) -> list[Check]:
    """All figures."""
    folder = server.postgres.home
    population.make_population(meters)
    history = History.before_today(days)
    reads, of_dbt = publish_all(server, history)
    for table in (*TABLES, "feeder_delivered", "meter_reads_electric"):
        server.execute(f"ANALYZE {table}")
    server.settle()
    short, overview, _ = of_the_rollups(f"{days} days ({reads / 1e6:.1f} M reads)", times)
    peers = of_the_reads(history, overview, folder)
    # What shows 28 days meets as many as it shows in the shorter of the two histories that are compared.
    middle_days = max(days, long_days // 10)
    middle, middle_overview, middle_check, middle_costs = of_a_history(server, days, middle_days, times)
    long, long_overview, long_check, long_costs = of_a_history(server, middle_days, long_days, times)
    label = f"{long_days} by {middle_days} days"
    growth = [
        Check(f"overview, {label}", long_overview / middle_overview, "times", 1.5),
        Check(f"quickcheck, {label}", long_check / middle_check, "times", 1.5),
        *compared(middle_costs, long_costs, label),
    ]
    return [*short, *middle, *long, *growth, *of_dbt, *peers, *over_http(folder, times)]


def of_a_history(
    server: Server, stood: int, days: int, times: int
) -> tuple[list[Check], float, float, dict[str, flatness.Cost]]:
    """Lengthen the history from so many days to so many, then ask everything."""
    lengthen(server, stood, days)
    earlier = History.before_today(days).midnights[: days - stood]
    thin_days(server, earlier)
    many_loads(server, earlier)
    server.settle()
    configure_logs("bench", "WARNING")
    checks, overview, check = of_the_rollups(f"{days} days of roll-ups", times)
    newest = History.before_today(1).midnights[0].astimezone(ZoneInfo(TIMEZONE)).date()
    operator = ensure_person(TENANT, "flat@example.org", "Flat", ["OPERATOR", "AUDITOR"])
    token = issue_dev_token(
        str(operator.id), operator.email, operator.name, TENANT, ["OPERATOR", "AUDITOR"], timedelta(hours=8)
    )
    with TestClient(create_app(), headers={"Authorization": f"Bearer {token}"}) as client:
        return checks, overview, check, costs(server, client, str(newest), min(times, 10))


def main() -> None:
    """Parse arguments, measure, print."""
    options = parser(__doc__)
    options.add_argument("--meters", type=int, default=5_000)
    options.add_argument("--days", type=int, default=20, help="days whose reads are stored (default 20)")
    options.add_argument("--long-days", type=int, default=400, help="days of roll-ups in the long history")
    options.add_argument("--times", type=int, default=30, help="how often each question is asked (default 30)")
    chosen = options.parse_args()
    os.environ["COUNTERSIGN_LOG_LEVEL"] = "WARNING"
    with own_server(chosen.home) as server:
        facts = server.machine()
        figures = run(server, chosen.meters, chosen.days, chosen.long_days, chosen.times)
    tell(chosen, figures, facts)


if __name__ == "__main__":
    main()
