"""What the readers of study mode promise to every room: gaps, trimmed texts, dates, stamps alike by either way."""

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from cli.study.files import Wanted, read_columns
from cli.study.stamps import NOT_TOLD, instants
from domain.kernel.errors import Invalid

WANTED = Wanted(
    texts=("name", "kind"), numbers=("size",), stamp="at", optional_stamps=("till",), may_have_gaps=("kind", "size")
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def stamped(path: Path, cells: list[str], column: str = "at") -> list[int]:
    path.write_text("\n".join(["name,kind,size,at,till", *(f"a,b,1,{cell},{cell}" for cell in cells)]) + "\n")
    file = read_columns(path, WANTED)
    return [int(one) for one in instants(file, column, np.zeros(len(cells), np.int32), UTC_ZONE)]


def test_texts_are_trimmed_numbered_in_order_and_gaps_are_gaps(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('name,kind,size,at\n" b",x,,2026-01-01\nB,,2,2026-01-01\nb ,"  ",,2026-01-01\n Ω,a,1,2026-01-01\n')
    file = read_columns(path, WANTED)
    assert (file.texts["name"].values, file.texts["name"].code.tolist()) == (("B", "b", "Ω"), [1, 0, 1, 2])
    assert (file.texts["kind"].values, file.texts["kind"].code.tolist()) == (("a", "x"), [1, -1, -1, 0])
    np.testing.assert_array_equal(file.numbers["size"], [np.nan, 2, np.nan, 1])


def test_an_optional_stamp_may_be_empty_in_csv_and_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("name,kind,size,at,till\na,b,1,2026-01-01,\na,b,1,2026-01-01,1970-01-02\n")
    columns = {"name": ["a"] * 2, "kind": ["b"] * 2, "size": [1] * 2, "at": [datetime(2026, 1, 1)] * 2}  # noqa: DTZ001
    for kind in (pa.timestamp("ms"), pa.timestamp("ns", "UTC"), pa.date32()):
        till = pa.array([None, datetime(1970, 1, 2, tzinfo=UTC)], pa.timestamp("us", "UTC")).cast(kind)
        pa_parquet.write_table(pa.table({**columns, "till": till}), tmp_path / "f.parquet")
        for one in (path, tmp_path / "f.parquet"):
            file = read_columns(one, WANTED)
            assert instants(file, "till", np.zeros(2, np.int32), UTC_ZONE).tolist() == [NOT_TOLD, 86_400_000_000]


def test_stamps_mean_what_they_say_alone_and_beside_others(tmp_path: Path) -> None:
    days, clocks = (
        ["2026-03-01", "1969-12-31", "2199-12-31"],
        ["", "T10:00", " 10:00:00", "T10:00:00.123456", "T10:00:00.5"],
    )
    zones = ["", "Z", "+00:00", "-05:30", "+0530"]
    whole = [f"{day}{clock}{zone}" for day, clock, zone in product(days, clocks, zones) if clock or not zone]
    expected = [_micros(cell) for cell in whole]
    assert stamped(tmp_path / "f.csv", whole) == expected  # some with an offset, some without: one by one
    for cell, micros in zip(whole, expected, strict=True):  # each by itself: all alike
        assert stamped(tmp_path / "f.csv", [cell], "till") == [micros]


def _micros(cell: str) -> int:
    moment = datetime.fromisoformat(cell)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    "cell", ["2026-02-30", "2026-13-01", "noon", "10:00", "1772359200", "2026-03-01T25:00", "1899-12-31", "2200-01-01"]
)
def test_a_stamp_that_is_no_time_of_ours_is_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(Invalid, match=r"f\.csv, row 3, column at: "):
        stamped(tmp_path / "f.csv", ["2026-03-01", cell])
