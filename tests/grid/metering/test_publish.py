"""Publishing: the same window is the same rows, in either write mode, by any number of processes, killed or not."""

import multiprocessing
import os
import signal
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import text

from domain.grid.metering.observe.publish import PublishResult, publish
from domain.grid.metering.observe.scenarios import Wish, inject
from domain.grid.metering.rules.dirt import CLEAN
from domain.grid.metering.rules.scenario import Kind
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Forbidden, Invalid
from domain.kernel.settings import WriteMode
from tests.conftest import Database
from tests.makers import make_fleet, make_tenant
from tests.processes import exit_codes

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
CONTENT = text("""
SELECT count(*), md5(string_agg(concat_ws('|', meter_id, feeder_id, read_at, kwh, voltage, quality_flags, source,
  arrived_at), ';' ORDER BY meter_id COLLATE "C", read_at)) FROM meter_reads_electric
""")


def content(tenant: str = "T") -> tuple[int, str]:
    with transaction(tenant) as connection:
        row = connection.execute(CONTENT).one()
    return row[0], row[1]


def rollups(tenant: str = "T") -> list[object]:
    with transaction(tenant) as connection:
        return [
            connection.execute(
                text(f"SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) FROM {table} AS t")
            ).scalar()
            for table in ("gl_feeder_interval", "gl_meter_day", "gl_feeder_day", "gl_feeder_day_voltage")
        ]


def publish_noon(mode: WriteMode = WriteMode.SAFE, **kwargs: object) -> PublishResult:
    values: dict[str, object] = {"window_end": NOON, "mode": mode, "now": NOON, "actor": "test"} | kwargs
    return publish("T", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", list(WriteMode))
def test_the_same_window_three_times_is_the_same_rows(database: Database, mode: WriteMode) -> None:
    make_fleet()
    first = publish_noon(mode)
    before, sums = content(), rollups()
    second, third = publish_noon(mode), publish_noon(mode)
    assert first.counts["inserted"] == before[0] > 50
    assert second.already_published
    assert third.already_published
    assert second.counts["inserted"] == 0
    assert second.counts["skipped"] == before[0]
    assert content() == before
    assert rollups() == sums


@pytest.mark.parametrize("mode", list(WriteMode))
def test_row_level_republish_without_the_batch_ledger_changes_nothing(database: Database, mode: WriteMode) -> None:
    """The batch ledger is a short cut, not what makes a load idempotent."""
    make_fleet()
    publish_noon(mode)
    before, sums = content(), rollups()
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("DELETE FROM read_batches")
    again = publish_noon(mode)
    assert not again.already_published
    assert (again.counts["inserted"], again.counts["updated"]) == (0, 0)
    assert content() == before
    assert rollups() == sums


def _publish_in_process(mode: WriteMode, batch_size: int) -> None:
    publish_noon(mode, batch_size=batch_size)


@pytest.mark.parametrize("mode", list(WriteMode))
def test_eight_processes_at_once_publish_the_window_once(database: Database, mode: WriteMode) -> None:
    make_fleet()
    assert exit_codes(_publish_in_process, [(mode, 7 + i) for i in range(8)], 120) == [0] * 8
    alone = content()
    with transaction("T") as connection:
        assert connection.execute(text("SELECT count(*) FROM read_batches")).scalar() == 1
        assert connection.execute(text("SELECT sum(reads_received) FROM gl_feeder_interval")).scalar() == alone[0]
    publish_noon(mode)
    assert content() == alone


def _wipe(database: Database) -> None:
    """Take every read, batch and roll-up away, as no role of the product can."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("DROP SCHEMA reads CASCADE")
        connection.execute("CREATE SCHEMA reads AUTHORIZATION countersign_owner")
        connection.execute("GRANT USAGE ON SCHEMA reads TO countersign_loader")
        for table in ("read_batches", "gl_feeder_interval", "gl_meter_day", "gl_feeder_day", "gl_feeder_day_voltage"):
            connection.execute(f"DELETE FROM {table}")


def test_a_day_cut_into_windows_holds_the_same_reads_as_the_day_at_once(database: Database) -> None:
    make_fleet("T")
    start, end = NOON - timedelta(hours=12), NOON
    publish_noon(window_start=start, window_end=end)
    at_once, sums = content(), rollups()
    _wipe(database)
    for hours in (9, 3, 6, 0):
        publish_noon(window_start=start + timedelta(hours=hours), window_end=start + timedelta(hours=hours + 3))
    assert content() == at_once
    assert rollups() == sums


@pytest.mark.parametrize("mode", list(WriteMode))
def test_windows_that_overlap_hold_the_same_reads_as_one_window(database: Database, mode: WriteMode) -> None:
    """New intervals are copied in, those that stand are compared read by read; rows and roll-ups tell no difference."""
    make_fleet("T")
    start = NOON - timedelta(hours=30)
    publish_noon(mode, window_start=start, window_end=NOON)
    at_once, sums = content(), rollups()
    _wipe(database)
    inserted = [
        publish_noon(
            mode, window_start=start + timedelta(hours=first), window_end=start + timedelta(hours=last)
        ).counts["inserted"]
        for first, last in ((0, 9), (12, 20), (6, 12), (15, 30), (9, 12))
    ]
    assert content() == at_once
    assert rollups() == sums
    assert sum(inserted) == at_once[0]
    assert inserted[-1] == 0
    lost = text("SELECT count(*) FROM meter_read_versions WHERE kind <> 'conflict'")
    with transaction("T") as connection:
        assert connection.execute(lost).scalar() == 0


def _publish_a_month() -> None:
    publish_noon(window_start=NOON - timedelta(days=30), window_end=NOON)


def test_a_killed_publish_leaves_nothing_half_written(database: Database) -> None:
    make_fleet(feeders=8, meters_per_feeder=60)
    worker = multiprocessing.get_context("spawn").Process(target=_publish_a_month)
    worker.start()
    assert worker.pid is not None
    deadline = time.monotonic() + 60
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        # Killed while it copies: the loader's connection is seen at work inside its transaction.
        while time.monotonic() < deadline:
            busy = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = 'countersign_loader'"
                " AND query ILIKE 'COPY%%'",
                (database.name,),
            ).fetchone()
            if busy != (0,):
                break
            time.sleep(0.002)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(30)
    assert content() == (0, None)
    with transaction("T") as connection:
        for table in ("read_batches", "gl_feeder_interval", "feeder_delivered"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
    result = publish_noon(window_start=NOON - timedelta(days=2), window_end=NOON)
    assert result.counts["inserted"] == content()[0] > 0


def test_batch_size_does_not_change_the_rows(database: Database) -> None:
    make_fleet()
    publish_noon(batch_size=1)
    small = content()
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("DELETE FROM read_batches")
    assert publish_noon(batch_size=100_000).counts["inserted"] == 0
    assert content() == small


def test_upsert_keeps_every_value_that_it_replaces_and_safe_keeps_what_it_refused(database: Database) -> None:
    make_fleet()
    publish_noon(WriteMode.SAFE)
    before = content()
    theft = Wish(Kind.THEFT, "FEEDER_2", 60, severity=0.7, starts_at=NOON - timedelta(minutes=15))
    inject("T", theft, now=NOON, actor="test", actor_role="OPERATOR")
    offered = publish_noon(WriteMode.SAFE)
    assert content() == before
    assert offered.counts["kept_versions"] > 0
    replaced = publish_noon(WriteMode.UPSERT)
    assert replaced.counts["updated"] == offered.counts["kept_versions"]
    assert content() != before
    with transaction("T") as connection:
        kinds = connection.execute(
            text("SELECT kind, count(*) FROM meter_read_versions WHERE kind <> 'conflict' GROUP BY kind ORDER BY kind")
        ).all()
        stands = connection.execute(text("SELECT sum(round(kwh * 10000)) FROM meter_reads_electric")).scalar()
        summed = connection.execute(text("SELECT sum(metered_dwh) FROM gl_feeder_interval")).scalar()
        by_meter = connection.execute(text("SELECT sum(kwh_dwh) FROM gl_meter_day")).scalar()
        marked = connection.execute(
            text("SELECT count(*) FROM meter_reads_electric WHERE updated_at IS NOT NULL")
        ).scalar()
    assert [tuple(k) for k in kinds] == [
        ("offered", replaced.counts["updated"]),
        ("replaced", replaced.counts["updated"]),
    ]
    assert stands == summed == by_meter
    assert marked == replaced.counts["updated"]


def test_the_emulator_refuses_a_tenant_that_is_not_marked_demo(database: Database) -> None:
    make_fleet()
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("UPDATE tenants SET is_demo = false WHERE tenant_id = 'T'")
    with pytest.raises(Forbidden, match="not marked as a demo"):
        publish_noon()
    assert content() == (0, None)


def test_a_tenant_without_meters_is_told_to_import_a_network(database: Database) -> None:
    make_tenant("T")
    with pytest.raises(Conflict, match="has no meters"):
        publish_noon()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"interval_minutes": 7}, "INTERVAL"),
        ({"window_end": NOON + timedelta(minutes=4)}, "OFF_GRID"),
        ({"window_start": NOON + timedelta(hours=1)}, "WINDOW"),
        ({"window_start": NOON - timedelta(days=5000)}, "WINDOW"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(database: Database, wrong: dict[str, object], code: str) -> None:
    make_fleet()
    with pytest.raises(Invalid) as caught:
        publish_noon(**wrong)
    assert caught.value.code == code
    assert content() == (0, None)


def test_the_demo_clock_moves_on_with_each_publish_and_not_more_than_a_day_ahead(database: Database) -> None:
    make_fleet(feeders=1, meters_per_feeder=2)
    windows = [publish_noon(window_end=None).window for _ in range(3)]
    assert [start for start, _ in windows] == [NOON + timedelta(minutes=15 * i) for i in (-1, 0, 1)]
    publish_noon(window_end=NOON + timedelta(hours=24))
    with pytest.raises(Conflict, match="a day ahead"):
        publish_noon(window_end=None)


@pytest.mark.parametrize(
    ("timezone", "day", "expected"),
    [
        ("America/New_York", date(2026, 3, 8), 92),
        ("America/New_York", date(2026, 11, 1), 100),
        ("America/New_York", date(2026, 6, 1), 96),
        ("Europe/Berlin", date(2026, 3, 29), 92),
        ("Australia/Lord_Howe", date(2026, 4, 5), 98),
    ],
)
def test_a_local_day_has_as_many_intervals_as_its_clock_shows(
    database: Database, timezone: str, day: date, expected: int
) -> None:
    make_fleet(feeders=1, meters_per_feeder=3, timezone=timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    start, end = midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
    publish_noon(window_start=start, window_end=end, rates=CLEAN)
    with transaction("T") as connection:
        rows = connection.execute(
            text("SELECT local_date, intervals_seen, intervals_expected, reads_received FROM gl_feeder_day")
        ).all()
    assert [tuple(row) for row in rows] == [(day, expected, expected, 3 * expected)]
