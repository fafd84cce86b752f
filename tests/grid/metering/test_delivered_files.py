"""Delivered energy from files: beside the reads, in either order, and loss appears when both are in."""

import io
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from domain.grid.metering.observe.files import IngestResult, ingest_file
from domain.grid.metering.observe.inbox import scan_inbox
from domain.grid.metering.store.watermark import ingest_watermark
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid
from domain.kernel.settings import DbRole, WriteMode, settings
from tests.conftest import Database
from tests.makers import make_meters, make_tenant

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 1, 4, tzinfo=UTC)  # in New York
HEAD = "feeder_id,read_at,kwh,interval_minutes\n"
METERS = ["A", "B", "C", "D"]


def _ends(start: datetime, count: int, minutes: int = 15) -> list[str]:
    return [(start + timedelta(minutes=minutes * i)).isoformat() for i in range(1, count + 1)]


def delivered_file(kwh: float = 5.0, *, start: datetime = MIDNIGHT, count: int = 96, minutes: int = 15) -> str:
    return HEAD + "".join(f"F1,{end},{kwh},{minutes}\n" for end in _ends(start, count, minutes))


def reads_file(kwh: float = 1.0, *, start: datetime = MIDNIGHT, count: int = 96, minutes: int = 15) -> str:
    rows = itertools.product(METERS, _ends(start, count, minutes))
    return "meter_id,read_at,kwh,interval_minutes\n" + "".join(f"{m},{end},{kwh},{minutes}\n" for m, end in rows)


def take(content: str | bytes, name: str = "energy.csv", **more: Any) -> IngestResult:
    data = content.encode() if isinstance(content, str) else content
    return ingest_file("T", data, name, **({"mode": WriteMode.SAFE, "now": NOW} | more))


def asked(query: str, tenant: str = "T") -> list[tuple[Any, ...]]:
    with transaction(tenant) as connection:
        return [tuple(row) for row in connection.execute(text(query))]


DAYS = (
    "SELECT feeder_id, local_date::text, intervals_matched, delivered_kwh::float8, metered_kwh::float8,"
    " loss_pct_raw::float8, loss_pct_adj::float8, loss_status FROM v_gl_feeder_day ORDER BY feeder_id, local_date"
)
STANDS = "SELECT feeder_id, kwh, interval_minutes, source FROM feeder_delivered ORDER BY feeder_id, read_at"


@pytest.fixture
def tenant(database: Database) -> str:
    make_tenant("T")
    make_meters("T", METERS)
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE feeders SET code = 'North 7' WHERE feeder_id = 'F1'"))
    return "T"


def test_loss_appears_when_both_files_are_in_whichever_came_first(tenant: str) -> None:
    make_tenant("U")
    make_meters("U", METERS)
    for who, files in (("T", (reads_file(), delivered_file())), ("U", (delivered_file(), reads_file()))):
        for number, content in enumerate(files):
            result = ingest_file(who, content.encode(), "f.csv", mode=WriteMode.SAFE, now=NOW)
            assert result.status == "loaded"
            if number == 0:
                assert {row[-1] for row in asked(DAYS, who)} == {"NO_DELIVERED"}
    assert asked(DAYS) == [("F1", "2026-06-01", 96, 480.0, 384.0, 20.0, 20.0, "OK")]
    assert asked(DAYS) == asked(DAYS, "U")
    intervals = (
        "SELECT read_at, interval_minutes, delivered_kwh, metered_kwh, loss_pct_raw, loss_status, coverage_pct"
        " FROM v_gl_feeder_interval ORDER BY read_at"
    )
    assert asked(intervals) == asked(intervals, "U")
    assert len(asked(intervals)) == 96


def test_a_feeder_is_named_by_its_id_or_its_code_and_energy_by_either_name(tenant: str) -> None:
    by_code = delivered_file().replace("F1,", "North 7,").replace(",kwh,", ",delivered_kwh,")
    result = take(by_code)
    assert (result.format, result.counts["delivered"], result.counts["feeders"]) == ("csv_delivered", 96, 1)
    assert set(asked(STANDS)) == {("F1", 5.0, 15, "file:csv_delivered")}
    assert take(delivered_file(), name="by id.csv").counts["skipped"] == 96


def test_a_code_that_several_feeders_have_names_none_of_them(tenant: str) -> None:
    make_meters("T", ["E"], feeder_id="F2")
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE feeders SET code = 'North 7'"))
    result = take(delivered_file().replace("F1,", "North 7,"))
    assert (result.status, result.counts["rejected"]) == ("nothing_to_load", 96)
    assert result.rejects_sample[0]["reason"] == "several feeders have this code; give the feeder's id"


@pytest.mark.parametrize("mode", list(WriteMode))
def test_the_same_file_is_loaded_once(tenant: str, mode: WriteMode) -> None:
    first = take(delivered_file(), mode=mode)
    assert (first.status, first.counts["inserted"]) == ("loaded", 96)
    again = take(delivered_file(), mode=mode, name="another name.csv")
    assert (again.status, again.batch_ids) == ("already_published", first.batch_ids)
    assert (again.counts["inserted"], again.counts["skipped"]) == (0, 96)
    assert len(asked(STANDS)) == len(asked("SELECT read_at FROM gl_feeder_interval")) == 96


def test_safe_keeps_what_stands_and_upsert_replaces_it_and_both_keep_the_loser(tenant: str) -> None:
    take(reads_file())
    take(delivered_file(5.0))
    offered = take(delivered_file(8.0, count=2), name="later.csv")
    assert [offered.counts[name] for name in ("inserted", "updated", "skipped", "kept_versions")] == [0, 0, 2, 2]
    assert asked(DAYS)[0][3:6] == (480.0, 384.0, 20.0)
    replaced = take(delivered_file(8.0, count=2), name="later.csv", mode=WriteMode.UPSERT)
    assert [replaced.counts[name] for name in ("inserted", "updated", "skipped", "kept_versions")] == [0, 2, 0, 2]
    assert asked(DAYS)[0][3:5] == (486.0, 384.0)
    kept = "SELECT kind, kwh, count(*), batch_id::text FROM feeder_delivered_versions GROUP BY 1, 2, 4 ORDER BY 1"
    assert asked(kept) == [("offered", 8.0, 2, *offered.batch_ids), ("replaced", 5.0, 2, *replaced.batch_ids)]
    counted = "SELECT (payload ->> 'delivered_updated')::int FROM events WHERE entity_id = '{}'"
    assert asked(counted.format(replaced.batch_ids[0])) == [(2,)]


def test_unknown_feeders_and_bad_numbers_and_stamps_are_rejected_with_their_reason(tenant: str) -> None:
    rows = (
        "F1,2026-06-01T04:15:00Z,5,15\nF9,2026-06-01T04:15:00Z,5,15\nF1,2026-06-01T04:30:00Z,lots,15\n"
        ",2026-06-01T04:45:00Z,5,15\nF1,2027-06-01T04:45:00Z,5,15\nF1,2026-06-01T05:25:00Z,5,60\nF\x01,0,0,0\n"
    )
    result = take(HEAD + rows)
    assert (result.status, result.counts["inserted"], result.counts["rejected"]) == ("loaded", 1, 6)
    told = {row["row"]: (row["column"], row["reason"]) for row in result.rejects_sample}
    assert told[3] == ("feeder_id", "no feeder of this tenant has this id or code")
    assert told[4] == ("kwh", "not a number; expected an energy such as 0.25")
    assert told[5] == ("feeder_id", "no feeder is named")
    assert told[6] == ("read_at", "ends in the future; check the zone of the stamps")
    assert told[8][0] == "read_at"
    assert result.rejects_path is not None


def test_a_file_that_contradicts_itself_is_not_believed_and_a_repetition_is_counted(tenant: str) -> None:
    """A table of meters whose meter column has an unknown name looks like this; no meter's read may pass for energy."""
    rows = (
        "F1,2026-06-01T04:15:00Z,0.3,15\nF1,2026-06-01T04:15:00Z,0.4,15\n"
        "F1,2026-06-01T04:30:00Z,5,15\nNorth 7,2026-06-01T04:30:00Z,5,15\n"
    )
    result = take(HEAD + rows)
    assert (result.counts["inserted"], result.counts["duplicates"], result.counts["rejected"]) == (1, 1, 2)
    assert [row["row"] for row in result.rejects_sample] == [2, 3]
    assert result.rejects_sample[0]["reason"].startswith("the file gives other values for this feeder and interval")


def test_a_table_that_names_transformers_or_a_meter_is_no_delivered_energy(tenant: str) -> None:
    with pytest.raises(Invalid, match="no column meter_id"):
        take("serial,transformer_id,feeder_id,read_at,kwh\n1,X,F1,2026-06-01T04:15:00Z,1\n")
    of_a_meter = take("meter_id,feeder_id,read_at,kwh,interval_minutes\nA,F1,2026-06-01T04:15:00Z,1,15\n")
    assert (of_a_meter.format, of_a_meter.counts["reads"], asked(STANDS)) == ("csv", 1, [])


def test_a_parquet_file_stores_the_same_rows(tenant: str) -> None:
    sink = io.BytesIO()
    ends = [datetime.fromisoformat(end) for end in _ends(MIDNIGHT, 96)]
    pq.write_table(pa.table({"feeder_id": ["F1"] * 96, "read_at": ends, "delivered_kwh": [5.0] * 96}), sink)
    result = take(sink.getvalue(), name="energy.parquet")
    assert (result.format, result.counts["inserted"], result.interval_minutes) == ("parquet_delivered", 96, (15,))
    assert set(asked(STANDS)) == {("F1", 5.0, 15, "file:parquet_delivered")}


@pytest.mark.parametrize(("start", "intervals"), [("2026-03-08T05:00", 92), ("2025-11-02T04:00", 100)])
def test_days_on_which_the_clocks_change_are_compared_whole(tenant: str, start: str, intervals: int) -> None:
    midnight = datetime.fromisoformat(start).replace(tzinfo=UTC)
    take(delivered_file(start=midnight, count=intervals))
    take(reads_file(start=midnight, count=intervals))
    row = asked(DAYS)
    assert row == [("F1", start[:10], intervals, 5.0 * intervals, 4.0 * intervals, 20.0, 20.0, "OK")]
    assert asked("SELECT DISTINCT is_partial FROM v_gl_feeder_day") == [(False,)]


def test_local_stamps_across_the_repeated_hour_are_told_apart(tenant: str) -> None:
    hours = [0, 1, 1, *range(2, 24)]
    stamps = [f"2025-11-02T{h:02d}:{m:02d}:00" for h in hours for m in (0, 15, 30, 45) if h + m]
    content = HEAD + "".join(f"F1,{stamp},5,15\n" for stamp in [*stamps, "2025-11-03T00:00:00"])
    assert (take(content).counts["inserted"], len(asked(STANDS))) == (100, 100)


@pytest.mark.parametrize("reads_first", [True, False])
def test_an_hours_energy_is_not_set_against_a_quarter_hours_reads(tenant: str, reads_first: bool) -> None:
    files = [reads_file(), delivered_file(20.0, count=24, minutes=60)]
    results = [take(content) for content in (files if reads_first else reversed(files))]
    assert {row[-1] for row in asked(DAYS)} == {"NO_DELIVERED"}
    assert len(asked(STANDS)) == 24
    assert results[-1].counts.get("other_interval") == (24 if reads_first else None)
    assert take(delivered_file(), mode=WriteMode.UPSERT).counts["updated"] == 24
    assert asked(DAYS)[0][2:] == (96, 480.0, 384.0, 20.0, 20.0, "OK")


def test_tenants_do_not_see_each_others_feeders_or_energy(tenant: str) -> None:
    make_tenant("U")
    take(delivered_file())
    result = ingest_file("U", delivered_file().encode(), "x.csv", mode=WriteMode.UPSERT, now=NOW)
    assert (result.status, result.counts["rejected"]) == ("nothing_to_load", 96)
    take(delivered_file(6.0), mode=WriteMode.UPSERT)
    for table in ("feeder_delivered", "feeder_delivered_versions", "gl_feeder_interval"):
        assert asked(f"SELECT * FROM {table}", "U") == []


def test_a_dry_run_stores_nothing(tenant: str) -> None:
    result = take(delivered_file(), dry_run=True)
    assert (result.status, result.counts["delivered"], asked(STANDS)) == ("checked", 96, [])


def test_the_watched_folder_takes_it_and_it_says_nothing_of_how_far_the_reads_go(tenant: str) -> None:
    folder = settings().inbox_path / "T"
    folder.mkdir(parents=True)
    (folder / "energy.csv").write_text(delivered_file())
    [result] = scan_inbox("T", mode=WriteMode.SAFE, now=NOW, settle_s=0)
    assert (result.status, len(asked(STANDS))) == ("loaded", 96)
    with transaction("T") as connection:
        assert ingest_watermark(connection) is None


def test_a_file_of_another_day_leaves_the_table_of_reads_alone(tenant: str) -> None:
    """So that the day's reads can still be copied into a fresh table."""
    take(delivered_file())
    assert asked("SELECT count(*) FROM pg_inherits WHERE inhparent = 'meter_reads_electric'::regclass") == [(0,)]
    assert take(reads_file()).counts["inserted"] == 384
