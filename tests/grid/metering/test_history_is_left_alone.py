"""What a request touches does not grow with the tenant's history: not by days' partitions, nor by roll-ups or loads.

Counted, not timed: locks on the tables of single days that a request's transaction holds when it ends (planning over a
partition locks it, and so does looking into it); blocks that a statement needs, planning included; and what the planner
takes it to cost. Where that grows, prepared plans are given up and every question is planned anew.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event

from bench.flatness import ENDPOINTS
from domain.grid.metering.observe.publish import publish
from domain.grid.metering.observe.quickcheck import quickcheck
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole, WriteMode, settings
from tests.conftest import Database, application
from tests.makers import make_fleet, make_token

DAYS = 40
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
# Both levels of two local days and of the nights around them, each with its key.
FEW = 10
# The meter's page draws every hour of four weeks.
SHOWN = {"/grid/meters/M010001": 2 * 31}
# What is asked six times is prepared; five plans later the database plans once for every day that there could be.
TIMES = 13
LEAVES = """
SELECT count(*) FROM pg_locks AS l INNER JOIN pg_class AS c ON c.oid = l.relation
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND n.nspname = 'reads'
"""


@pytest.fixture(scope="module")
def world(module_database: Database) -> Database:
    make_fleet(feeders=2, meters_per_feeder=4)
    publish(
        "T", interval_minutes=60, window_start=NOON - timedelta(days=DAYS), window_end=NOON, mode=WriteMode.UPSERT,
        now=NOON, actor="test",
    )  # fmt: skip
    return module_database


@contextmanager
def leaves_locked() -> Iterator[list[int]]:
    """How many tables and keys of single days each transaction holds when it commits."""
    held: list[int] = []

    def count(connection: Connection) -> None:
        cursor = connection.connection.cursor()
        held.append(int(cursor.execute(LEAVES).fetchone()[0]))
        cursor.close()

    event.listen(Engine, "commit", count)
    try:
        yield held
    finally:
        event.remove(Engine, "commit", count)


@pytest.fixture(scope="module")
def client(world: Database) -> Iterator[TestClient]:
    with TestClient(
        application(), headers={"Authorization": f"Bearer {make_token('T', 'OPERATOR', 'AUDITOR')}"}
    ) as made:
        yield made


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_request_opens_every_day_that_ever_was(client: TestClient, path: str) -> None:
    asked = path.format(day=NOON.date())
    with leaves_locked() as held:
        for _ in range(TIMES):
            client.get(asked).raise_for_status()
    assert len(held) >= TIMES
    assert max(held) <= SHOWN.get(path, FEW) < 2 * DAYS


LENGTHENED = 10
SCORED = """
INSERT INTO meter_suspicion (tenant_id, local_date, meter_id, feeder_id, scoring_version, score, rank, confidence,
  window_days, reasons)
SELECT 'T', d.local_date, 'M' || n, 'FEEDER_1', 'v', n % 61, n, 1, 7, jsonb_build_array(repeat('why ', 200))
FROM (SELECT DISTINCT local_date FROM gl_feeder_day ORDER BY 1 DESC LIMIT 10) AS d, generate_series(1, 300) AS n
RETURNING score
"""
LOADED = """
INSERT INTO read_batches (tenant_id, batch_id, digest, source, write_mode, window_start, window_end, interval_minutes,
  counts, published_at)
SELECT 'T', gen_random_uuid(), 'earlier ' || n, 'emulator', 'safe', at, at + interval '15 minutes', 15, '{}', at
FROM generate_series(1, 96 * 30) AS n, LATERAL (SELECT timestamptz '2026-10-10' - n * interval '15 minutes' AS at) AS t
"""
TABLES = ("gl_feeder_day", "gl_feeder_interval", "gl_feeder_day_voltage", "gl_meter_day")


def lengthen(database: Database) -> None:
    """Ten times the days in the roll-ups, a month's loads of a quarter of an hour."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        for table in TABLES:
            columns = [
                name for (name,) in connection.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", (table,)
                )
            ]  # fmt: skip
            moved = [
                {"read_at": "read_at - g * interval '1 day'", "local_date": "local_date - g"}.get(name, name)
                for name in columns
            ]
            connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(moved)} FROM {table},"  # type: ignore[arg-type]
                f" generate_series({DAYS + 1}, {(DAYS + 1) * (LENGTHENED - 1)}, {DAYS + 1}) AS g"
            )
        connection.execute(LOADED)


def analyse(database: Database) -> None:
    """Statistics and visibility, as autovacuum brings them."""
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        connection.execute(f"VACUUM ANALYZE {', '.join(TABLES)}, read_batches, meter_suspicion, ami_events")  # type: ignore[arg-type]


def asked() -> list[tuple[str, Any]]:
    """The statements of a quickcheck, as they reach the database."""
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "FROM" in statement:
            said.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with transaction("T") as connection:
            answer = quickcheck(connection, "T", masked=False)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(answer["overview_last5"]) == 5
    assert answer["overall"]["over_days"] == 28
    return said


def weighed(statements: list[tuple[str, Any]]) -> list[tuple[str, float, float, int]]:
    """Each statement with what its plan for these values is taken to cost, what one for any, and its blocks."""
    found = []
    with psycopg.connect(settings().url(DbRole.APP), cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false), set_config('TimeZone', 'UTC', false)")
        for statement, values in statements:
            how = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "
            for _ in range(2):  # the first reads the catalogue into the new process
                told = connection.execute(how + statement, values).fetchone()[0][0]  # type: ignore[index]
            blocks = sum(
                part[f"Shared {kind} Blocks"] for part in (told["Plan"], told["Planning"]) for kind in ("Hit", "Read")
            )
            found.append((statement, told["Plan"]["Total Cost"], any_cost(connection, statement, values), blocks))
    return found


def any_cost(connection: psycopg.Connection[Any], statement: str, values: dict[str, Any]) -> float:
    """What the plan that would do for any values is taken to cost."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement).replace("%%", "%")
    connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    connection.execute(f"PREPARE one AS {numbered}")  # type: ignore[arg-type]
    given = f"({', '.join(['%s'] * len(names))})" if names else ""
    told = connection.execute(f"EXPLAIN (FORMAT JSON) EXECUTE one{given}", [values[name] for name in names]).fetchone()  # type: ignore[arg-type]
    connection.execute("DEALLOCATE one")
    connection.execute("SET LOCAL plan_cache_mode = auto")
    return float(told[0][0]["Plan"]["Total Cost"])  # type: ignore[index]


def test_a_quickcheck_is_planned_and_answered_at_the_same_cost_after_ten_times_the_history(world: Database) -> None:
    analyse(world)
    short = weighed(asked())
    lengthen(world)
    analyse(world)
    long = weighed(asked())
    assert [one[0] for one in short] == [one[0] for one in long]
    assert len(short) > 8
    for (statement, *before), (_, *after) in zip(short, long, strict=True):
        for what, one, other in zip(("cost", "cost of any", "blocks"), before, after, strict=True):
            assert other <= 2 * one + 12, f"{what}: {one} to {other} of {statement}"


def test_counting_the_meters_that_scored_high_reads_no_others(world: Database) -> None:
    (overview,) = [one for one in asked() if "* FROM v_kpi_electric_overview_daily" in one[0]]
    before = weighed([overview])[0][-1]
    with psycopg.connect(world.urls["superuser"]) as connection:
        high = connection.execute(SCORED).fetchall().count((60,))
    analyse(world)
    assert high == 10 * 4
    assert weighed([overview])[0][-1] <= before + high
