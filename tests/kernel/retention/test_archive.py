"""Archives: the same rows are the same bytes, every value comes back, and no other rows have the same hash."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.kernel.retention.archive import Written, look, rewrite, write

COLUMNS = (("name", "text"), ("at", "instant"), ("kwh", "float64"), ("flags", "int32"), ("is_on", "bool"))
EARLY, LATE = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2000, 2100))
ROW = st.tuples(
    st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
    st.none() | st.datetimes(EARLY, LATE, timezones=st.just(UTC)),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.booleans(),
)
ROWS = st.lists(ROW, max_size=30)


def written(rows: list[tuple[Any, ...]], group: int = 7) -> tuple[bytes, Written]:
    out = io.BytesIO()
    groups = [rows[start : start + group] for start in range(0, len(rows), group)]
    told = write(COLUMNS, groups, out)
    return out.getvalue(), told


@hypothesis_settings(deadline=None, max_examples=60)
@given(ROWS)
def test_the_same_rows_are_the_same_bytes_and_read_back_alike(rows: list[tuple[Any, ...]]) -> None:
    data, told = written(rows)
    assert written(rows) == (data, told)
    assert look(io.BytesIO(data)) == told
    again = io.BytesIO()
    assert rewrite(io.BytesIO(data), again) == told
    assert again.getvalue() == data


@hypothesis_settings(deadline=None, max_examples=60)
@given(ROWS, ROWS)
def test_other_rows_have_another_hash(rows: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> None:
    same = [tuple(map(repr, row)) for row in rows] == [tuple(map(repr, row)) for row in others]
    assert (written(rows)[1] == written(others)[1]) == same


@pytest.mark.parametrize("cut", [1, 8, 100])
def test_a_cut_archive_is_no_archive(cut: int) -> None:
    data, _ = written([("a", None, 1.0, 2, True)] * 20)
    with pytest.raises(Exception, match=r"Parquet|parquet|footer|magic|Invalid|Unexpected|deserialize"):
        look(io.BytesIO(data[:-cut]))
