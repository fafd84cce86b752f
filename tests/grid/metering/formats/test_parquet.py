"""Parquet files of reads: the same reads as CSV, and clear words for files that are not."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.grid.metering.formats.parsed import Limits
from domain.grid.metering.rules.flags import codes
from domain.kernel.errors import Invalid, TooLarge
from tests.grid.metering.formats.reading import ends, read, reasons

FIRST = datetime(2026, 1, 5, 5, 15, tzinfo=UTC)


def _file(**columns: Any) -> bytes:
    table = pa.table(
        {
            "meter_id": ["A", "A", "B"],
            "read_at": pa.array([FIRST, FIRST + timedelta(minutes=15), FIRST], pa.timestamp("us", tz="UTC")),
            "kwh": [0.25, 0.5, 1.0],
        }
    )
    for name, values in columns.items():
        position = table.schema.get_field_index(name)
        column = values if isinstance(values, pa.Array) else pa.array(values)
        table = table.append_column(name, column) if position < 0 else table.set_column(position, name, column)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def test_reads_are_those_of_the_same_csv() -> None:
    parsed = read(_file(quality_flags=[1, 5, 2], voltage=[120.0, None, 119.5], feeder_id=["F", "F", None]))
    assert ends(parsed) == ["2026-01-05T05:15:00", "2026-01-05T05:30:00", "2026-01-05T05:15:00"]
    assert (parsed.kwh.tolist(), parsed.interval_minutes.tolist()) == ([0.25, 0.5, 1.0], [15, 15, 15])
    assert [codes(int(flag)) for flag in parsed.flags] == ["A", "AL", "E"]
    assert (parsed.format, list(parsed.meters), list(parsed.feeders)) == ("parquet", ["A", "B"], ["F"])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_any_unit_and_zone_are_the_same_instants(unit: str) -> None:
    stamps = pa.array([FIRST] * 3, pa.timestamp("us", tz="UTC")).cast(pa.timestamp(unit, tz="Europe/Berlin"))
    assert set(ends(read(_file(read_at=stamps, interval_minutes=[15] * 3)))) == {"2026-01-05T05:15:00"}


def test_timestamps_without_zone_are_local_time() -> None:
    local = [datetime(2026, 1, 5, 0, 15), datetime(2026, 3, 8, 2, 30), datetime(2026, 1, 5, 0, 30)]  # noqa: DTZ001
    parsed = read(_file(read_at=pa.array(local, pa.timestamp("ms")), interval_minutes=[15] * 3))
    assert ends(parsed) == ["2026-01-05T05:15:00", "2026-01-05T05:30:00"]
    assert reasons(parsed)[0][:2] == (2, "read_at")


def test_text_stamps_dictionaries_decimals_and_numbers_as_ids_are_understood() -> None:
    parsed = read(
        _file(
            meter_id=pa.array([1, 1, 2]),
            read_at=["2026-01-05 00:15", "2026-01-05 00:30", "2026-01-05 00:15"],
            kwh=pa.array([1, 2, 3]).cast(pa.decimal128(22, 3)),
            feeder_id=pa.array(["F", "F", "G"]).dictionary_encode(),
        )
    )
    assert (list(parsed.meters), parsed.kwh.tolist()) == (["1", "2"], [1.0, 2.0, 3.0])


def test_rows_without_a_value_are_rejected_alone() -> None:
    stamps = pa.array([FIRST, None, FIRST], pa.timestamp("us", tz="UTC"))
    parsed = read(_file(meter_id=["A", "A", None], read_at=stamps, interval_minutes=[15] * 3))
    assert len(parsed) == 1
    assert [(row, column) for row, column, _ in reasons(parsed)] == [(2, "read_at"), (3, "meter_id")]
    parsed = read(_file(kwh=[None, float("nan"), float("inf")], interval_minutes=[15] * 3))
    assert [column for _, column, _ in reasons(parsed)] == ["kwh"] * 3


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"kwh": ["a", "b", "c"]}, "column kwh is string.*expected a number"),
        ({"read_at": [1.5, 2.5, 3.5]}, "column read_at is double.*expected a timestamp"),
        ({"meter_id": [1.5, 2.5, 3.5]}, "column meter_id is double.*expected text"),
        ({"voltage": ["x", "y", "z"]}, "column voltage is string"),
    ],
)
def test_a_column_of_another_type_is_named_with_what_was_expected(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read(_file(**columns))


def test_a_missing_column_is_named() -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"meter_id": ["A"], "energy": [1.0]}), sink)
    with pytest.raises(Invalid, match=r"no column read_at .* and no column kwh"):
        read(sink.getvalue())


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_half_cut_file_is_refused_whole(kept: float) -> None:
    content = _file()
    with pytest.raises(Invalid, match="not a whole Parquet file"):
        read(content[: int(len(content) * kept)])


def test_rows_are_counted_before_they_are_read() -> None:
    with pytest.raises(TooLarge):
        read(_file(), limits=Limits(max_rows=2))
