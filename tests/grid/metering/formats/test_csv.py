"""CSV files of reads: what is understood, what is rejected and why, and local time across changes of the clocks."""

import gzip

import pytest

from domain.grid.metering.formats.parsed import FileMapping, Limits
from domain.grid.metering.rules.flags import codes
from domain.kernel.errors import Invalid, TooLarge
from tests.grid.metering.formats.reading import ends, read, reasons


def test_a_read_carries_the_end_of_its_interval_in_utc() -> None:
    parsed = read(
        "meter_id,read_at,kwh,interval_minutes,voltage,quality,feeder_id\n"
        "A,2026-01-05T00:15:00-05:00,0.25,15,121.5,AL,F1\n"
        "A,2026-01-05T05:30:00Z,0.5,15,,E,\n"
        "B,2026-01-05 00:15,1.5,15,120,,F2\n"
    )
    assert ends(parsed) == ["2026-01-05T05:15:00", "2026-01-05T05:30:00", "2026-01-05T05:15:00"]
    assert parsed.kwh.tolist() == [0.25, 0.5, 1.5]
    assert [codes(int(f)) for f in parsed.flags] == ["AL", "E", "A"]
    assert [parsed.feeders[i] if i >= 0 else None for i in parsed.feeder] == ["F1", None, "F2"]
    assert parsed.voltage[0] == 121.5
    assert not len(parsed.rejects)


@pytest.mark.parametrize(
    "header",
    ["Meter ID,Read At,kWh", "NMI;timestamp;kWh", "meterId\tinterval_end\tenergy_kwh", "customer_id|datetime|KWH"],
)
def test_common_headers_and_delimiters_are_understood(header: str) -> None:
    delimiter = next(c for c in ",;\t|" if c in header)
    rows = [["A", "2026-01-05 00:15", "1"], ["A", "2026-01-05 00:30", "2"]]
    parsed = read("\n".join([header, *(delimiter.join(row) for row in rows)]))
    assert (parsed.kwh.tolist(), parsed.interval_minutes.tolist()) == ([1.0, 2.0], [15, 15])


def test_decimal_commas_of_semicolon_files_are_numbers() -> None:
    parsed = read("meter_id;read_at;kwh\nA;2026-01-05 00:15;0,25\nA;2026-01-05 00:30;1,5\n")
    assert parsed.kwh.tolist() == [0.25, 1.5]


def test_watt_hours_and_separate_directions_become_net_kilowatt_hours() -> None:
    assert read("meter_id,read_at,wh,interval_minutes\nA,2026-01-05 00:15,250,15").kwh.tolist() == [0.25]
    both = read("meter_id,read_at,kwh_delivered,kwh_received,interval_minutes\nA,2026-01-05 00:15,0.25,1,15")
    assert both.kwh.tolist() == [-0.75]


def test_a_start_column_means_the_read_ends_one_interval_later() -> None:
    parsed = read("meter_id,interval_start,kwh\nA,2026-01-05 00:00,1\nA,2026-01-05 00:30,2\n")
    assert ends(parsed) == ["2026-01-05T05:30:00", "2026-01-05T06:00:00"]


def test_an_end_that_is_the_last_minute_counts_as_the_whole_interval() -> None:
    parsed = read("NMI,StartDate,EndDate,kwh\nA,26/9/18 0:00,26/9/18 0:29,1\nA,26/9/18 0:30,26/9/18 0:59,2\n")
    assert parsed.interval_minutes.tolist() == [30, 30]
    assert ends(parsed)[0] == "2018-09-26T04:30:00"


def test_a_date_beside_a_time_of_day_is_one_stamp() -> None:
    parsed = read("meter_id,date,start time,kwh\nA,2026-01-05,00:00,1\nA,2026-01-05,00:15,2\n")
    assert ends(parsed) == ["2026-01-05T05:15:00", "2026-01-05T05:30:00"]


def test_title_lines_before_the_header_are_passed_over_and_lines_are_counted_with_them() -> None:
    parsed = read("My utility\n\nmeter_id,read_at,kwh,interval_minutes\nA,2026-01-05 00:15,1,15\n\nA,never,1,15\n")
    assert len(parsed) == 1
    assert [row for row, _, _ in reasons(parsed)] == [6]


def test_every_bad_row_is_rejected_once_with_its_line_and_reason_and_the_good_ones_stay() -> None:
    parsed = read(
        "meter_id,read_at,kwh,voltage,interval_minutes,quality\n"
        "A,2026-01-05 00:15,1,120,15,A\n"
        ",2026-01-05 00:15,1,120,15,A\n"
        "A,yesterday,1,120,15,A\n"
        "A,2026-01-05 00:30,much,120,15,A\n"
        "A,2026-01-05 00:45,,120,15,A\n"
        "A,2026-01-05 01:00,1,high,15,A\n"
        "A,2026-01-05 01:15,1,120,17,A\n"
        "A,2026-01-05 01:30,1,120,15,Q\n"
        "A,2026-01-05 01:45,inf,120,15,A\n"
        "A,2026-01-05 02:00,1,120,15,A,extra\n"
        "A,2026-01-05 02:15,1\n"
        "A,0026-01-05 02:15,1,120,15,A\n"
        "A,2026-01-05 02:30,99999999,120,15,A\n"
    )
    assert len(parsed) == 1
    assert [(row, column) for row, column, _ in reasons(parsed)] == [
        (3, "meter_id"),
        (4, "read_at"),
        (5, "kwh"),
        (6, "kwh"),
        (7, "voltage"),
        (8, "interval_minutes"),
        (9, "quality"),
        (10, "kwh"),
        (11, ""),
        (12, "interval_minutes"),
        (13, "read_at"),
        (14, "kwh"),
    ]
    assert all(why for _, _, why in reasons(parsed))


def test_the_repeated_hour_in_autumn_is_resolved_by_its_order() -> None:
    walls = ["00:45", "01:00", "01:15", "01:30", "01:45", "01:00", "01:15", "01:30", "01:45", "02:00"]
    rows = "".join(f"A,2026-11-01 {wall},{i},15\n" for i, wall in enumerate(walls))
    parsed = read("meter_id,read_at,kwh,interval_minutes\n" + rows)
    assert ends(parsed) == [
        "2026-11-01T04:45:00",
        "2026-11-01T05:00:00",
        "2026-11-01T05:15:00",
        "2026-11-01T05:30:00",
        "2026-11-01T05:45:00",
        "2026-11-01T06:00:00",
        "2026-11-01T06:15:00",
        "2026-11-01T06:30:00",
        "2026-11-01T06:45:00",
        "2026-11-01T07:00:00",
    ]
    backwards = read("meter_id,read_at,kwh,interval_minutes\n" + "".join(reversed(rows.splitlines(keepends=True))))
    assert ends(backwards) == list(reversed(ends(parsed)))
    assert not len(parsed.rejects) + len(backwards.rejects)


def test_each_meter_has_its_own_order_in_the_repeated_hour() -> None:
    rows = "".join(f"{m},2026-11-01 01:15,{i},15\n" for i in (1, 2) for m in ("A", "B"))
    parsed = read("meter_id,read_at,kwh,interval_minutes\n" + rows)
    assert ends(parsed) == ["2026-11-01T05:15:00"] * 2 + ["2026-11-01T06:15:00"] * 2


def test_the_hour_that_spring_skips_is_rejected_with_the_reason() -> None:
    parsed = read(
        "meter_id,read_at,kwh,interval_minutes\n"
        "A,2026-03-08 01:45,1,15\nA,2026-03-08 02:30,1,15\nA,2026-03-08 03:15,1,15\n"
    )
    assert ends(parsed) == ["2026-03-08T06:45:00", "2026-03-08T07:15:00"]
    assert reasons(parsed) == [
        (3, "read_at", "this local time does not exist on that day in America/New_York: the clocks skip it")
    ]


def test_a_mapping_says_what_the_file_does_not() -> None:
    mapping = FileMapping(
        zone="Etc/GMT-10", stamp="start", interval_minutes=30, meter_id="A", columns=(("Usage", "kwh"), ("When", "end"))
    )
    parsed = read("When,Usage\n2026-03-08 02:30,1\n", mapping)
    assert (list(parsed.meters), ends(parsed)) == (["A"], ["2026-03-07T17:00:00"])


@pytest.mark.parametrize(
    ("dates", "first"), [(["26/9/18", "3/10/18"], "2018-09-26"), (["9/26/18", "10/3/18"], "2018-09-26")]
)
def test_the_order_of_slashed_dates_is_seen_from_the_whole_file(dates: list[str], first: str) -> None:
    rows = "".join(f"A,{date} 12:00,1,30\n" for date in dates)
    assert ends(read("meter_id,read_at,kwh,interval_minutes\n" + rows))[0].startswith(first)


def test_dates_that_can_be_read_in_two_ways_are_asked_about() -> None:
    text = "meter_id,read_at,kwh,interval_minutes\nA,3/4/26 12:00,1,30\n"
    with pytest.raises(Invalid, match="two ways") as caught:
        read(text)
    assert "--date-order" in caught.value.hint
    assert ends(read(text, FileMapping(date_order="dmy")))[0].startswith("2026-04-03")


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-01-05 24:00", "2026-01-06T05:00:00"),
        ("1/13/2026 12:30 AM", "2026-01-13T05:30:00"),
        ("1/13/2026 12:30 pm", "2026-01-13T17:30:00"),
        ("1767590100", "2026-01-05T05:15:00"),
        ("20260105001500", "2026-01-05T05:15:00"),
        ("2026-01-05T00:15:00.000-0500", "2026-01-05T05:15:00"),
    ],
)
def test_other_ways_to_write_a_stamp(stamp: str, expected: str) -> None:
    assert ends(read(f"meter_id,read_at,kwh,interval_minutes\nA,{stamp},1,15\n")) == [expected]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n  \n", "is empty"),
        ("just some prose without a table", "no column meter_id"),
        ("meter_id,read_at\nA,2026-01-05 00:15\n", "no column kwh"),
        ("meter_id,kwh\nA,1\n", "no column read_at"),
        ("read_at,kwh\n2026-01-05 00:15,1\n", "no column meter_id"),
        ("meter_id,read_at,kwh\nA,2026-01-05 00:15,1\n", "does not say how long an interval is"),
        ('meter_id,read_at,kwh\n"A,2026-01-05 00:15,1\n', "cannot be read as a table"),
        ("meter_id,read_at,timestamp,kwh\nA,1,2,3\n", "both read as end"),
        (b"\x00\x01\x02\xff\xfe garbage", "neither Parquet"),
        (b"PK\x03\x04 a spreadsheet", "ZIP"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_whole(content: str | bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read(content)


def test_a_missing_column_is_named_with_what_was_there() -> None:
    with pytest.raises(Invalid, match="'flavour'"):
        read("meter_id,read_at,flavour\nA,2026-01-05 00:15,1\n")


def test_utf_16_and_byte_order_marks_are_read() -> None:
    text = "meter_id,read_at,kwh,interval_minutes\nÄ,2026-01-05 00:15,1,15\n"
    for content in (text.encode("utf-16"), text.encode("utf-8-sig")):
        assert list(read(content).meters) == ["Ä"]


def test_gzip_is_unpacked_and_a_cut_one_refused() -> None:
    packed = gzip.compress(b"meter_id,read_at,kwh,interval_minutes\nA,2026-01-05 00:15,1,15\n" * 1)
    assert len(read(packed)) == 1
    with pytest.raises(Invalid, match="not a whole gzip"):
        read(packed[:-12])
    with pytest.raises(Invalid, match="packed twice"):
        read(gzip.compress(packed))


def test_sizes_are_limited_packed_and_unpacked() -> None:
    bomb = gzip.compress(b"meter_id,read_at,kwh\n" + b"0" * 5_000_000)
    with pytest.raises(TooLarge, match="unpacks to more than"):
        read(bomb, limits=Limits(max_bytes=1_000_000))
    rows = "".join(f"A,2026-01-05 {h:02d}:00,1\n" for h in range(24))
    with pytest.raises(TooLarge, match="more than 10 reads"):
        read("meter_id,read_at,kwh\n" + rows, limits=Limits(max_rows=10))
