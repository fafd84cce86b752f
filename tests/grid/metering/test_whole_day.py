"""Replacing a whole day says what merging it row by row says; readers see the one day or the other."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain.grid.metering.observe.publish import PublishResult, publish
from domain.grid.metering.observe.scenarios import Wish, inject
from domain.grid.metering.rules.scenario import Kind
from domain.grid.metering.store import day_table
from domain.kernel import migrate
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict
from domain.kernel.release.verify import verify
from domain.kernel.settings import DbRole, WriteMode, settings
from tests.conftest import Database
from tests.makers import make_fleet, make_tenant
from tests.processes import exit_codes

# Midnight to midnight in New York, 120 meters: a day that is large enough to be replaced as a whole.
START = datetime(2026, 11, 10, 5, 0, tzinfo=UTC)
END = START + timedelta(days=1)
PARTITIONED = "202611211850"  # the revision that made versions a partitioned table
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
READS = text("""
SELECT meter_id, feeder_id, read_at, kwh, voltage, quality_flags, interval_minutes, source, arrived_at,
  updated_at IS NOT NULL FROM meter_reads_electric ORDER BY meter_id COLLATE "C", read_at
""")
VERSIONS = text("""
SELECT meter_id, read_at, kind, kwh, voltage, quality_flags, source, arrived_at, batch_id FROM meter_read_versions
WHERE kind <> 'conflict' ORDER BY meter_id COLLATE "C", read_at, kind, kwh, voltage, quality_flags
""")
ROLLUPS = ("gl_feeder_interval", "gl_meter_day", "gl_feeder_day", "gl_feeder_day_voltage")
CONTENT = "SELECT count(*), md5(string_agg(kwh::text, ',' ORDER BY meter_id, read_at)) FROM meter_reads_electric"
PIECES = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'meter_read_versions'::regclass"


@pytest.fixture
def fleet(database: Database) -> Database:
    make_fleet(feeders=3, meters_per_feeder=40)
    return database


def publish_day(seed: int = 0, mode: WriteMode = WriteMode.UPSERT, **more: object) -> PublishResult:
    values: dict[str, object] = {"window_start": START, "window_end": END, "now": NOW, "actor": "test"} | more
    return publish("T", seed=seed, mode=mode, **values)  # type: ignore[arg-type]


def publish_in_parts(seed: int = 0) -> list[PublishResult]:
    """The same reads in two batches, neither of which covers the day: row by row."""
    half = START + timedelta(hours=12)
    return [publish_day(seed, window_start=first, window_end=last) for first, last in ((START, half), (half, END))]


def told(query: object) -> list[tuple[object, ...]]:
    with transaction("T") as connection:
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[call-overload]


def rollups() -> dict[str, list[str]]:
    return {
        table: [str(row[0]) for row in told(text(f'SELECT t::text FROM {table} AS t ORDER BY t::text COLLATE "C"'))]
        for table in ROLLUPS
    }


def without_batch(versions: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [row[:-1] for row in versions]


def pieces(database: Database) -> int:
    """Former days that were kept as a whole."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        row = connection.execute(PIECES).fetchone()
    assert row is not None
    return int(row[0]) - 1


def forget(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("DELETE FROM read_batches")


def nonzero_bins(sums: dict[str, list[str]]) -> dict[str, list[str]]:
    """A bin that nobody is in any more says nothing."""
    return sums | {"gl_feeder_day_voltage": [row for row in sums["gl_feeder_day_voltage"] if not row.endswith(",0)")]}


def state() -> tuple[object, ...]:
    """Everything that the two ways have to agree on."""
    return told(READS), without_batch(told(VERSIONS)), nonzero_bins(rollups())


def wipe(database: Database) -> None:
    """Take everything that loads wrote away, as no role of the product can."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("DROP SCHEMA reads CASCADE")
        connection.execute("CREATE SCHEMA reads AUTHORIZATION countersign_owner")
        connection.execute("GRANT USAGE ON SCHEMA reads TO countersign_loader")
        for table in (*ROLLUPS, "read_batches", "meter_read_versions", "feeder_delivered", "feeder_delivered_versions"):
            connection.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]


def check_counts(whole: PublishResult, parts: list[PublishResult]) -> None:
    for name in ("reads", "inserted", "updated", "skipped", "kept_versions"):
        assert whole.counts[name] == sum(part.counts[name] for part in parts), name


def test_a_day_that_differs_throughout_is_what_row_level_makes_of_it(fleet: Database) -> None:
    publish_day()
    whole, at_once = publish_day(seed=1), state()
    assert pieces(fleet) == 1
    assert whole.counts["updated"] > 0.9 * whole.counts["reads"]
    assert 0 < whole.counts["inserted"] < whole.counts["reads"] / 10
    assert whole.counts["kept_versions"] == whole.counts["updated"] == len(told(VERSIONS))
    verify(settings().url(DbRole.OWNER))
    wipe(fleet)
    publish_day()
    parts = publish_in_parts(seed=1)
    assert pieces(fleet) == 0
    check_counts(whole, parts)
    assert state() == at_once


def test_what_does_not_differ_stays_as_it_is_and_is_no_version(fleet: Database) -> None:
    """A quarter of the day has the values already: those reads keep their update, and are not kept as replaced."""
    until = START + timedelta(hours=6)
    publish_day()
    publish_day(seed=1, window_end=until)
    early = text("SELECT meter_id, read_at, updated_at FROM meter_reads_electric WHERE read_at <= :until ORDER BY 1, 2")
    stood = told(early.bindparams(until=until))
    whole, at_once = publish_day(seed=1), state()
    assert pieces(fleet) == 1
    assert whole.counts["skipped"] > whole.counts["reads"] / 5
    assert told(early.bindparams(until=until)) == stood
    wipe(fleet)
    publish_day()
    publish_day(seed=1, window_end=until)
    check_counts(whole, publish_in_parts(seed=1))
    assert state() == at_once


def test_replaced_to_and_fro_no_value_is_kept_twice(fleet: Database) -> None:
    """Whole, row by row, whole again, whole back: each value that gave way stands once, as in row-level loads alone."""

    def to_and_fro(load: Callable[[int], list[PublishResult]]) -> tuple[list[int], tuple[object, ...]]:
        def kept_by(loads: list[PublishResult]) -> int:
            return sum(result.counts["kept_versions"] for result in loads)

        publish_day()
        kept = [kept_by(load(seed)) for seed in (1, 2)]
        kept.append(kept_by(publish_in_parts(seed=3)))
        forget(fleet)
        kept.extend([kept_by(load(seed)) for seed in (0, 1, 3)])
        forget(fleet)
        kept.append(kept_by(publish_in_parts(seed=0)))
        return kept, state()

    kept, at_once = to_and_fro(lambda seed: [publish_day(seed)])
    assert pieces(fleet) == 5
    wipe(fleet)
    assert to_and_fro(publish_in_parts) == (kept, at_once)
    assert pieces(fleet) == 0


def test_a_day_in_which_little_or_nothing_differs_is_merged_row_by_row(fleet: Database) -> None:
    publish_day()
    before = state()
    forget(fleet)
    again = publish_day()
    assert (again.counts["inserted"], again.counts["updated"], again.counts["kept_versions"]) == (0, 0, 0)
    assert state() == before
    theft = Wish(Kind.THEFT, "FEEDER_2", 24 * 60, severity=0.7, share=1.0, starts_at=START)
    inject("T", theft, now=NOW, actor="test", actor_role="OPERATOR")
    mixed = publish_day()
    assert 0 < mixed.counts["updated"] == mixed.counts["kept_versions"] < mixed.counts["reads"] / 2
    assert pieces(fleet) == 0


def test_a_guess_that_was_wrong_costs_time_and_changes_nothing(fleet: Database) -> None:
    """The first feeder differs throughout and the others not at all: what was loaded beside is merged row by row."""
    publish_day()
    theft = Wish(Kind.THEFT, "FEEDER_1", 24 * 60, severity=0.7, share=1.0, starts_at=START)
    inject("T", theft, now=NOW, actor="test", actor_role="OPERATOR")
    whole, at_once = publish_day(), state()
    assert whole.counts["updated"] > whole.counts["reads"] / 4
    assert pieces(fleet) == 0
    with psycopg.connect(fleet.urls["superuser"]) as connection:
        beside = connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE '%%beside%%'").fetchone()
    assert beside == (0,)
    verify(settings().url(DbRole.OWNER))
    wipe(fleet)
    with psycopg.connect(fleet.urls["superuser"]) as connection:
        connection.execute("UPDATE ami_events SET is_active = false")
    publish_day()
    with psycopg.connect(fleet.urls["superuser"]) as connection:
        connection.execute("UPDATE ami_events SET is_active = true")
    check_counts(whole, publish_in_parts())
    assert state() == at_once


def test_reads_of_another_interval_length_are_merged_row_by_row(fleet: Database) -> None:
    publish_day(interval_minutes=15)
    mixed = publish_day(interval_minutes=30, seed=1)
    assert mixed.counts["updated"] > mixed.counts["reads"] / 2
    assert pieces(fleet) == 0
    longer = told(text("SELECT count(*) FROM meter_reads_electric WHERE interval_minutes = 30"))
    assert longer == [(mixed.counts["inserted"],)]


def test_safe_mode_never_replaces_a_day(fleet: Database) -> None:
    publish_day()
    before = told(READS)
    offered = publish_day(seed=1, mode=WriteMode.SAFE)
    assert pieces(fleet) == 0
    assert offered.counts["kept_versions"] > 0
    assert [row[:2] for row in told(READS)][: len(before)] != []
    standing = {row[:9] for row in told(READS)}
    assert {row[:9] for row in before} <= standing


def test_versions_of_a_former_day_are_seen_by_their_tenant_alone(fleet: Database) -> None:
    publish_day()
    publish_day(seed=1)
    make_tenant("U")
    count = text("SELECT count(*) FROM meter_read_versions")
    for role in (DbRole.APP, DbRole.MACHINE, DbRole.AUDITOR, DbRole.LOADER):
        with transaction("U", role) as connection:
            assert connection.execute(count).scalar() == 0
        with transaction("T", role) as connection:
            assert connection.execute(count).scalar_one() > 10_000
    with psycopg.connect(fleet.urls["superuser"]) as connection:
        leaf = connection.execute("SELECT relname FROM pg_class WHERE relname LIKE 'mrv!_%%' ESCAPE '!' LIMIT 1")
        name = leaf.fetchone()[0]  # type: ignore[index]
    with pytest.raises(ProgrammingError, match="permission denied"), transaction("T", DbRole.LOADER) as connection:
        connection.execute(text(f"SELECT count(*) FROM reads.{name}"))


def test_whoever_reads_while_days_change_places_sees_one_day_or_the_other(fleet: Database) -> None:
    publish_day()
    sums, stop = set(), threading.Event()

    def watch() -> None:
        while not stop.is_set():
            sums.add(told(text(CONTENT))[0])

    watchers = [threading.Thread(target=watch) for _ in range(3)]
    allowed = {told(text(CONTENT))[0]}
    for watcher in watchers:
        watcher.start()
    for seed in (1, 2):
        publish_day(seed)
        allowed.add(told(text(CONTENT))[0])
    stop.set()
    for watcher in watchers:
        watcher.join(30)
    assert len(allowed) == 3
    assert sums <= allowed


def test_a_reader_who_does_not_end_makes_the_load_give_up_and_change_nothing(
    fleet: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_table, "LOCK_TRIES", 2)
    publish_day()
    before = state()
    with psycopg.connect(settings().url(DbRole.AUDITOR)) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        connection.execute("SELECT count(*) FROM meter_reads_electric")
        with pytest.raises(Conflict) as caught:
            publish_day(seed=1)
    assert caught.value.code == "DAY_LOCKED"
    assert state() == before
    assert publish_day(seed=1).counts["updated"] > 10_000


def _publish_seed(seed: int) -> None:
    publish_day(seed)


@pytest.mark.parametrize("moment", ["COPY%beside%", "%day_key%", "%beside_exceptions%", "%day_swap%"])
def test_killed_on_its_way_a_replacement_leaves_the_day_as_it_was(fleet: Database, moment: str) -> None:
    publish_day()
    before = state()
    worker = multiprocessing.get_context("spawn").Process(target=_publish_seed, args=(1,))
    worker.start()
    assert worker.pid is not None
    # A reader holds the end up, so that the worker is there to be killed.
    with psycopg.connect(settings().url(DbRole.AUDITOR)) as reader:
        reader.execute("SELECT set_config('app.tenant', 'T', false)")
        reader.execute("SELECT count(*) FROM meter_reads_electric")
        _wait_for(fleet, moment, worker)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join(30)
    assert worker.exitcode == -signal.SIGKILL
    _wait_until_gone(fleet)
    assert state() == before
    assert pieces(fleet) == 0
    verify(settings().url(DbRole.OWNER))
    assert publish_day(seed=1).counts["updated"] > 10_000


def _wait_for(database: Database, query: str, worker: BaseProcess) -> None:
    """Until the loader is seen at such a statement, or at the last one, where it is held up."""
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        while worker.is_alive():
            busy = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = 'countersign_loader'"
                " AND (query ILIKE %s OR query ILIKE '%%day_swap%%')",
                (database.name, query),
            ).fetchone()
            if busy != (0,):
                return
            time.sleep(0.001)


def _wait_until_gone(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        while connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND usename = 'countersign_loader' AND state <> 'idle'",
            (database.name,),
        ).fetchone():
            time.sleep(0.01)


def test_eight_processes_at_once_replace_a_day_once(fleet: Database) -> None:
    publish_day()
    assert exit_codes(_publish_seed, [(1,)] * 8, 300) == [0] * 8
    assert pieces(fleet) == 1
    assert publish_day(seed=1).already_published
    summed = told(text("SELECT sum(reads_received), sum(metered_dwh) FROM gl_feeder_interval"))
    assert summed == told(text("SELECT count(*), sum(round(kwh * 10000)) FROM meter_reads_electric"))


def test_the_migration_turns_former_days_into_rows_and_back(fleet: Database) -> None:
    publish_day()
    publish_day(seed=1)
    before = state()
    config = migrate.alembic_config(settings().url(DbRole.OWNER))
    former = ScriptDirectory.from_config(config).get_revision(PARTITIONED).down_revision
    command.downgrade(config, str(former))
    assert without_batch(told(VERSIONS)) == before[1]
    command.upgrade(config, "head")
    assert state() == before
    assert pieces(fleet) == 0
    verify(settings().url(DbRole.OWNER))
    publish_day(seed=2)
    assert pieces(fleet) == 1
