"""Whatever bytes come, a parser answers reads or refuses the file; it never fails in another way."""

import io
import math
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.grid.metering.formats.parsed import ParsedReads
from domain.grid.metering.observe.delivered import check_delivered, delivered_rows
from domain.grid.metering.rules.vee import VeeSettings
from domain.kernel.errors import Invalid, TooLarge
from tests.grid.metering.formats.reading import NEW_YORK, read
from tests.grid.metering.formats.test_espi import START, _feed, _point, _reading, _series, _type
from tests.grid.metering.formats.test_nem12 import HEAD, _channel, _day, _file
from tests.grid.metering.formats.test_wide import RANGES, _wide

NOW = datetime(2095, 1, 1, tzinfo=UTC)
often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _parquet() -> bytes:
    sink = io.BytesIO()
    stamps = pa.array([datetime(2026, 1, 5, 5, 15, tzinfo=UTC)] * 50, pa.timestamp("us", tz="UTC"))
    pq.write_table(
        pa.table({"meter_id": ["A"] * 50, "read_at": stamps, "kwh": [1.0] * 50, "interval": [15] * 50}), sink
    )
    return sink.getvalue()


SEEDS = {
    "csv": b"meter_id,read_at,kwh,voltage,quality,interval_minutes\n"
    b"A,2026-11-01 01:15,1,120,A,15\nB,1/22/26 1:00 PM,2,,E,15\n",
    "delivered": b"feeder_id,read_at,delivered_kwh,interval_minutes\n"
    b"F1,2026-11-01 01:15,800,15\nF2,1/22/26 1:00 PM,2,15\n",
    "wide": _wide(RANGES, ["A", "2019-10-06", *["1"] * 48]).encode(),
    "nem12": _file(
        HEAD, _channel(), _day(quality="V"), "400,1,48,A,79,", _channel(suffix="B1"), _day(), "900"
    ).encode(),
    "espi": _feed(_point(), *_series(1, _type(), _reading(START, 1), _reading(START + 900, 2))).encode(),
    "parquet": _parquet(),
}


def _survives(content: bytes) -> None:
    try:
        parsed = read(content)
    except (Invalid, TooLarge):
        return
    _is_sound(parsed)


def _is_sound(parsed: ParsedReads) -> None:
    """What the next step relies on, of whatever was read."""
    assert np.isfinite(parsed.kwh).all()
    assert (parsed.flags > 0).all()
    assert not len(parsed) or (0 <= parsed.meter.min() <= parsed.meter.max() < len(parsed.meters))
    assert set(parsed.interval_minutes.tolist()) <= {5, 10, 15, 20, 30, 60}
    frame = parsed.rejects.frame()
    assert all(isinstance(reason, str) and reason for reason in frame["reason"])


@pytest.mark.parametrize("seed", sorted(SEEDS))
@given(data=st.data())
@often
def test_damaged_files(seed: str, data: st.DataObject) -> None:
    content = bytearray(SEEDS[seed])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        how = data.draw(st.sampled_from(["flip", "cut", "insert", "repeat"]))
        if how == "flip" and content:
            content[at] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del content[at : at + data.draw(st.integers(1, 200))]
        elif how == "insert":
            content[at:at] = data.draw(st.binary(max_size=20))
        else:
            content[at:at] = content[at : at + 60]
    _survives(bytes(content))


@given(st.binary(max_size=400))
@often
def test_any_bytes(content: bytes) -> None:
    _survives(content)


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "nan", "-inf", "1e400", "-0", "2026-11-01 01:15", "9999-12-31T23:59:59-23:59", "24:00", "0"]),
    st.sampled_from(["\x00", '"', "'", "=1+1", "1_0", "٣", "2026-02-30", "13/13/13", "999999999999", "1" * 400]),
    st.integers().map(str),
    st.floats().map(str),
)
HEADERS = [
    "feeder_id",
    "meter_id",
    "read_at",
    "interval_start",
    "kwh",
    "voltage",
    "quality",
    "interval_minutes",
    "arrived_at",
    "date",
    "direction",
]


@given(
    st.lists(st.sampled_from(HEADERS), min_size=1, max_size=7, unique=True),
    st.lists(st.lists(CELLS, max_size=8), max_size=6),
)
@often
def test_any_table(headers: list[str], rows: list[list[str]]) -> None:
    _survives("\n".join([",".join(headers), *(",".join(row) for row in rows)]).encode("utf-8", "surrogatepass"))


@given(
    st.lists(st.sampled_from(["feeder_id", "read_at", "delivered_kwh", "interval_minutes", "arrived_at"]), unique=True),
    st.lists(st.lists(CELLS | st.sampled_from(["F1", "N 7", "twice"]), max_size=6), max_size=6),
    st.integers(0, 10**6),
)
@often
def test_whatever_is_delivered_is_of_a_known_feeder_once_an_interval(
    headers: list[str], rows: list[list[str]], first: int
) -> None:
    start = 1_700_000_100 + first * 900
    plain = [f"{name},{datetime.fromtimestamp(start + 900 * i, UTC).isoformat()},{i % 2},15"
             for i, name in enumerate(["F1", "N 7", "F2", "twice", "?"] * 2)]  # fmt: skip
    lines = ["feeder_id,read_at,kwh,interval_minutes", *plain, *plain[:2], *(",".join(row) for row in rows)]
    for content in ("\n".join(lines), "\n".join([",".join(headers), *(",".join(row) for row in rows)])):
        try:
            parsed = read(content.encode("utf-8", "surrogatepass"))
        except (Invalid, TooLarge):
            continue
        known = {"F1": "F1", "N 7": "F1", "F2": "F2", "twice": None}
        checked = check_delivered(parsed, known, NEW_YORK, now=NOW, settings=VeeSettings())
        taken = [row for reads in checked.reads for row in delivered_rows(reads)]
        assert {row.feeder_id for row in taken} <= {"F1", "F2"}
        assert len({(row.feeder_id, row.read_at) for row in taken}) == len(taken) == checked.counts["delivered"]
        counts = checked.counts
        assert counts["rows"] == counts["delivered"] + counts["duplicates"] + counts["rejected"]


@given(st.lists(st.tuples(st.sampled_from(["100", "200", "300", "400", "500", "900"]), st.lists(CELLS, max_size=12))))
@often
def test_any_nem12_records(records: list[tuple[str, list[str]]]) -> None:
    lines = [",".join([record, *cells]) for record, cells in records]
    _survives("\n".join([HEAD, _channel(), _day(), *lines]).encode("utf-8", "surrogatepass"))


@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=5), CELLS, CELLS, CELLS)
@often
def test_any_green_button_values(rows: list[tuple[str, ...]], uom: str, power: str, flow: str) -> None:
    def plain(text: str) -> str:
        return "".join(c for c in text if c.isalnum() or c in "-+.: ")

    readings = [_reading(plain(a), plain(b), plain(c), plain(d)) for a, b, c, d in rows]  # type: ignore[arg-type]
    kind = _type(plain(uom), plain(power), plain(flow))  # type: ignore[arg-type]
    _survives(_feed(_point(), *_series(1, kind, *readings)).encode("utf-8", "replace"))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.integers(0, 10**6))
@often
def test_what_is_written_as_csv_is_read_back(values: list[float], first: int) -> None:
    start = 1_700_000_100 + first * 900
    rows = [f"A,{datetime.fromtimestamp(start + 900 * i, UTC).isoformat()},{v!r},15" for i, v in enumerate(values)]
    parsed = read("meter_id,read_at,kwh,interval_minutes\n" + "\n".join(rows))
    assert parsed.kwh.tolist() == values
    assert parsed.read_at.tolist() == [(start + 900 * i) * 1_000_000 for i in range(len(values))]
    assert not math.isnan(parsed.kwh.sum())
