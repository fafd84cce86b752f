"""Files of real reads end to end: parsed, checked, flagged, stored once, and every row that was left out explained."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from domain.grid.metering.formats.parsed import FileMapping, Limits
from domain.grid.metering.observe.files import IngestResult, ingest_file
from domain.grid.metering.rules.flags import codes
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid, NotFound, TooLarge
from domain.kernel.settings import WriteMode
from tests.conftest import Database
from tests.makers import make_meters, make_tenant

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEAD = "meter_id,read_at,kwh,interval_minutes,voltage\n"
FILE = HEAD + "A,2026-06-01T04:15:00Z,0.25,15,121\nA,2026-06-01T04:30:00Z,0.5,15,120\nB,2026-06-01T04:15:00Z,1,15,\n"


def _ingest(content: str | bytes, name: str = "reads.csv", **more: Any) -> IngestResult:
    data = content.encode() if isinstance(content, str) else content
    return ingest_file("T", data, name, **({"mode": WriteMode.SAFE, "now": NOW} | more))


def _rows(tenant: str = "T") -> list[tuple[Any, ...]]:
    with transaction(tenant) as connection:
        found = connection.execute(
            text(
                "SELECT meter_id, feeder_id, read_at, kwh, voltage, quality_flags, interval_minutes, source"
                " FROM meter_reads_electric ORDER BY meter_id, read_at"
            )
        )
        return [tuple(row) for row in found]


@pytest.fixture
def tenant(database: Database) -> str:
    make_tenant("T")
    make_meters("T", ["A", "B", "C"])
    make_meters("T", ["PV"], has_pv=True)
    return "T"


def test_reads_of_a_file_are_stored_with_the_registrys_feeder(tenant: str) -> None:
    result = _ingest(FILE)
    assert (result.status, result.format, result.interval_minutes) == ("loaded", "csv", (15,))
    assert result.window == (datetime(2026, 6, 1, 4, tzinfo=UTC), datetime(2026, 6, 1, 4, 30, tzinfo=UTC))
    assert (result.counts["reads"], result.counts["inserted"], result.counts["rejected"]) == (3, 3, 0)
    first = _rows()[0]
    assert first == ("A", "F1", datetime(2026, 6, 1, 4, 15, tzinfo=UTC), 0.25, 121.0, 1, 15, "file:csv")


def test_the_same_file_is_loaded_once_however_often_and_from_whatever_door(tenant: str, tmp_path: Path) -> None:
    path = tmp_path / "reads.csv"
    path.write_text(FILE)
    first = _ingest(FILE)
    for source in (FILE.encode(), path, io.BytesIO(FILE.encode())):
        again = ingest_file("T", source, "other name.csv", mode=WriteMode.SAFE, now=NOW)
        assert (again.status, again.batch_ids, again.counts["inserted"]) == ("already_published", first.batch_ids, 0)
    assert len(_rows()) == 3


def test_unknown_meters_are_rejected_and_load_when_they_have_been_registered(tenant: str) -> None:
    content = FILE + "NEW,2026-06-01T04:15:00Z,1,15,\n"
    result = _ingest(content)
    assert (result.counts["inserted"], result.counts["rejected"]) == (3, 1)
    assert result.rejects_sample[0]["reason"] == "this meter is not in the registry of this tenant"
    make_meters("T", ["NEW"])
    assert (_ingest(content).status, len(_rows())) == ("loaded", 4)


def test_another_tenants_meters_are_unknown(tenant: str) -> None:
    make_tenant("U")
    result = ingest_file("U", FILE.encode(), "reads.csv", mode=WriteMode.SAFE, now=NOW)
    assert (result.status, result.counts["rejected"], _rows("U")) == ("nothing_to_load", 3, [])


def test_the_rejects_file_names_file_row_column_value_and_reason(tenant: str) -> None:
    result = _ingest(FILE + "A,2026-06-01T05:00:00Z,lots,15,\n=cmd(),2026-06-01T05:00:00Z,1,15,\n")
    assert result.rejects_path is not None
    assert result.rejects_path.name == f"reads_rejects_{result.sha256[:12]}.csv"
    rows = list(csv.reader(result.rejects_path.read_text().splitlines()))
    assert rows == [
        ["file", "row", "column", "value", "reason"],
        ["reads.csv", "5", "kwh", "lots", "not a number; expected an energy such as 0.25"],
        ["reads.csv", "6", "meter_id", "'=cmd()", "this meter is not in the registry of this tenant"],
    ]


def test_a_dry_run_reports_and_stores_nothing(tenant: str) -> None:
    result = _ingest(FILE + "X,2026-06-01T04:15:00Z,1,15,\n", dry_run=True)
    assert (result.status, result.counts["reads"], result.counts["rejected"]) == ("checked", 3, 1)
    assert (_rows(), result.rejects_path, result.batch_ids) == ([], None, ())
    assert _ingest(FILE).status == "loaded"


@pytest.mark.parametrize(
    "content", ["", "meter_id,read_at\nA,2026-06-01T04:15:00Z\n", "{json: no}", b"PAR1 half of it"]
)
def test_a_file_that_makes_no_sense_stores_nothing(tenant: str, content: str | bytes) -> None:
    with pytest.raises(Invalid):
        _ingest(content)
    assert _rows() == []


def test_a_file_that_is_too_large_stores_nothing(tenant: str) -> None:
    for limits in (Limits(max_bytes=100), Limits(max_rows=2)):
        with pytest.raises(TooLarge):
            _ingest(FILE, limits=limits)
    assert _rows() == []


def test_a_tenant_or_a_file_that_is_not_there_is_not_found(tenant: str) -> None:
    with pytest.raises(NotFound):
        ingest_file("NOBODY", FILE.encode(), "x", mode=WriteMode.SAFE, now=NOW)
    with pytest.raises(NotFound, match=r"gone\.csv cannot be read"):
        ingest_file("T", Path("gone.csv"), "gone.csv", mode=WriteMode.SAFE, now=NOW)


def test_a_repeated_read_is_counted_and_a_differing_one_kept_as_a_conflict(tenant: str) -> None:
    content = FILE + "A,2026-06-01T04:15:00Z,0.25,15,121\nA,2026-06-01T04:15:00Z,9.5,15,121\n"
    for _ in range(2):
        result = _ingest(content)
        assert (result.counts["duplicates"], result.counts["conflicts"]) == (1, 1)
    assert (_rows()[0][3], codes(_rows()[0][5])) == (0.25, "AC")
    with transaction("T") as connection:
        kept = connection.execute(text("SELECT meter_id, kind, kwh, batch_id::text FROM meter_read_versions")).all()
    assert [tuple(row) for row in kept] == [("A", "conflict", 9.5, result.batch_ids[0])]


def test_safe_keeps_what_stands_and_upsert_replaces_it_and_both_keep_the_loser(tenant: str) -> None:
    _ingest(FILE)
    other = HEAD + "A,2026-06-01T04:15:00Z,7,15,121\n"
    assert (_ingest(other).counts["kept_versions"], _rows()[0][3]) == (1, 0.25)
    assert (_ingest(other, mode=WriteMode.UPSERT).counts["updated"], _rows()[0][3]) == (1, 7.0)
    with transaction("T") as connection:
        kinds = connection.execute(text("SELECT kind, kwh FROM meter_read_versions ORDER BY kind")).all()
    assert [tuple(row) for row in kinds] == [("offered", 7.0), ("replaced", 0.25)]


def test_drifting_stamps_are_snapped_and_flagged_and_wild_ones_rejected(tenant: str) -> None:
    result = _ingest(
        HEAD + "A,2026-06-01T04:15:40Z,1,15,\nB,2026-06-01T04:08:00Z,1,60,\nC,2026-06-01T04:25:00Z,1,60,\n"
    )
    assert [(row[0], f"{row[2]:%H:%M}", codes(row[5])) for row in _rows()] == [
        ("A", "04:15", "AD"),
        ("B", "04:00", "AD"),
    ]
    assert result.rules["VEE-01"] == 2
    assert result.rejects_sample[0]["reason"].startswith("off the interval grid by more than 600 s")


def test_reads_of_the_future_are_rejected(tenant: str) -> None:
    result = _ingest(HEAD + "A,2027-01-01T00:15:00Z,1,15,\n")
    assert (result.status, "future" in result.rejects_sample[0]["reason"]) == ("nothing_to_load", True)


def test_flags_of_the_rules_are_stored_and_counted(tenant: str) -> None:
    content = HEAD + "A,2026-06-01T04:15:00Z,-1,15,100\nPV,2026-06-01T04:15:00Z,-1,15,120\n"
    result = _ingest(content)
    assert [(row[0], codes(row[5])) for row in _rows()] == [("A", "ANV"), ("PV", "A")]
    assert (result.rules, result.flags) == ({"VEE-06": 1, "VEE-09": 1}, {"A": 2, "N": 1, "V": 1})


def _day(day: int, kwh: float) -> str:
    start = 1_780_286_400 + day * 86_400  # 2026-06-01T04:00Z is midnight in New York
    stamps = [datetime.fromtimestamp(start + 900 * i, UTC).isoformat() for i in range(1, 97)]
    return "".join(f"A,{stamp},{kwh},15,\n" for stamp in stamps)


def test_days_stored_before_are_the_history_of_a_new_one(tenant: str) -> None:
    _ingest(HEAD + _day(0, 0.1) + _day(7, 0.1))
    result = _ingest(HEAD + _day(14, 0.5), name="later.csv")
    assert result.rules == {"VEE-04": 96}


def test_days_across_both_changes_of_the_clocks_are_stored_whole(tenant: str) -> None:
    spring = [
        f"A,2026-03-08T{h:02d}:{m:02d}:00,1,15,\n" for h in range(24) for m in (0, 15, 30, 45) if h != 2 and h + m
    ]
    autumn = [
        f"A,2025-11-02T{h:02d}:{m:02d}:00,1,15,\n" for h in [0, 1, 1, *range(2, 24)] for m in (0, 15, 30, 45) if h + m
    ]
    result = _ingest(
        HEAD + "".join(spring) + "A,2026-03-09T00:00:00,1,15,\n" + "".join(autumn) + "A,2025-11-03T00:00:00,1,15,\n"
    )
    assert result.counts["rejected"] == 0
    with transaction("T") as connection:
        days = connection.execute(text("SELECT local_date::text, reads FROM gl_meter_day ORDER BY local_date")).all()
    assert [tuple(row) for row in days] == [("2025-11-02", 100), ("2026-03-08", 92)]


def test_every_format_of_the_same_reads_stores_the_same_rows(tenant: str) -> None:
    make_tenant("U")
    make_meters("U", ["A", "B"])
    table = pa.Table.from_pylist(
        [
            {"meter_id": m, "read_at": datetime(2026, 6, 1, 4, q, tzinfo=UTC), "kwh": kwh, "voltage": volts}
            for m, q, kwh, volts in (("A", 15, 0.25, 121.0), ("A", 30, 0.5, 120.0), ("B", 15, 1.0, None))
        ]
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    _ingest(FILE)
    ingest_file("U", sink.getvalue(), "reads.parquet", mode=WriteMode.SAFE, now=NOW)
    assert [row[:7] for row in _rows("T")] == [row[:7] for row in _rows("U")]


def test_a_file_of_two_interval_lengths_is_two_batches(tenant: str) -> None:
    result = _ingest(HEAD + "A,2026-06-01T04:15:00Z,1,15,\nB,2026-06-01T04:30:00Z,1,30,\n")
    assert (result.interval_minutes, len(result.batch_ids), len(_rows())) == ((15, 30), 2, 2)


def test_numbers_are_kept_to_a_tenth_of_a_watt_hour(tenant: str) -> None:
    _ingest(HEAD + "A,2026-06-01T04:15:00Z,0.123449999,15,120.126\n")
    assert _rows()[0][3:5] == (0.1234, 120.13)


def test_real_nem12_reads_are_stored_as_they_are(tenant: str, shared_data: Path) -> None:
    make_meters("T", ["NMI7C42659B8B"])
    path = shared_data / "au_smart_meters" / "nem12_sample_01.csv"
    result = ingest_file("T", path, path.name, mode=WriteMode.SAFE, now=NOW)
    assert (result.status, result.counts["inserted"], result.counts["rejected"]) == ("loaded", 1034 * 48, 0)
    assert len(result.batch_ids) == 3, "a transaction takes at most a year of days"
    with transaction("T") as connection:
        total = connection.execute(text("SELECT count(*), round(sum(kwh)::numeric, 3) FROM meter_reads_electric")).one()
    assert (total[0], float(total[1])) == (49_632, 9756.118)
    assert ingest_file("T", path, path.name, mode=WriteMode.SAFE, now=NOW).status == "already_published"


def test_real_households_in_standard_time_are_stored_whole(tenant: str, shared_data: Path) -> None:
    path = shared_data / "au_smart_meters" / "sgsc_10_households_30min.csv.gz"
    make_meters("T", ["10006486"])
    result = ingest_file("T", path, path.name, mode=WriteMode.SAFE, now=NOW, mapping=FileMapping(zone="Etc/GMT-10"))
    assert (result.counts["inserted"], result.counts["rejected"]) == (18_432, 293_874 - 18_432)
    assert len(_rows()) == 18_432
