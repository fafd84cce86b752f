"""NEM12 files, whole and damaged."""

import numpy as np
import pytest

from domain.grid.metering.formats.parsed import Limits
from domain.grid.metering.rules.flags import codes
from domain.kernel.errors import Invalid, TooLarge
from tests.grid.metering.formats.reading import ends, read, reasons

HEAD = "100,NEM12,201901010000,MDP,RETAILER"


def _channel(nmi: str = "NMI1", suffix: str = "E1", unit: str = "KWH", minutes: int = 30) -> str:
    return f"200,{nmi},E1B1,1,{suffix},N1,METER1,{unit},{minutes},"


def _day(date: str = "20181116", value: str = "1", quality: str = "A", count: int = 48, reason: str = "") -> str:
    return f"300,{date},{','.join([value] * count)},{quality},{reason},,20181117000000,"


def _file(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def test_stamps_are_utc_plus_ten_all_year_whatever_the_tenants_zone() -> None:
    for zone in ("Australia/Sydney", "America/New_York"):
        parsed = read(_file(HEAD, _channel(), _day("20190101"), "900"), zone=zone)
        assert (len(parsed), ends(parsed)[0], ends(parsed)[-1]) == (48, "2018-12-31T14:30:00", "2019-01-01T14:00:00")
        assert parsed.notes == {}


@pytest.mark.parametrize(("minutes", "count"), [(5, 288), (15, 96), (30, 48)])
def test_interval_lengths(minutes: int, count: int) -> None:
    parsed = read(_file(HEAD, _channel(minutes=minutes), _day(count=count), "900"))
    assert (len(parsed), set(parsed.interval_minutes.tolist())) == (count, {minutes})


@pytest.mark.parametrize(("unit", "kwh"), [("Wh", 0.001), ("kWh", 1.0), ("MWH", 1000.0)])
def test_units_become_kilowatt_hours(unit: str, kwh: float) -> None:
    assert set(read(_file(HEAD, _channel(unit=unit), _day(), "900")).kwh.tolist()) == {kwh}


def test_import_and_export_channels_are_netted_and_reactive_ones_left_aside() -> None:
    parsed = read(
        _file(
            HEAD,
            _channel(),
            _day(value="0.5"),
            _channel(suffix="B1"),
            _day(value="2"),
            _channel(suffix="K1", unit="KVARH"),
            _day(value="9"),
            _channel(nmi="NMI2", suffix="E1"),
            _day(value="3"),
            "900",
        )
    )
    assert list(parsed.meters) == ["NMI1", "NMI2"]
    assert [set(parsed.kwh[parsed.meter == m].tolist()) for m in (0, 1)] == [{-1.5}, {3.0}]
    assert parsed.notes == {"other_channels": 1}


def test_a_channel_that_is_sent_twice_counts_once() -> None:
    twice = [_channel(), _day(value="1"), _channel(suffix="B1"), _day(value="2")] * 2
    parsed = read(_file(HEAD, *twice, "900"))
    assert (len(parsed), set(parsed.kwh.tolist()), parsed.notes) == (48, {-1.0}, {"channel_duplicates": 96})
    other = read(_file(HEAD, *twice, _channel(), _day(value="7"), "900"))
    assert set(other.kwh.tolist()) == {-1.0}
    assert {why for _, _, why in reasons(other)} == {"line 3 gives another value for this channel and interval"}


def test_quality_of_ranges_comes_from_400_records() -> None:
    parsed = read(
        _file(
            HEAD,
            _channel(),
            _day(value="0", quality="V"),
            "400,1,10,A,,",
            "400,11,11,A,79,Power outage",
            "400,12,20,S14,,",
            "400,21,22,N,,",
            "400,23,23,A,89,",
            "400,24,48,F16,,",
            "900",
        )
    )
    letters = [codes(int(flag)) for flag in parsed.flags]
    assert letters == ["A"] * 10 + ["AO"] + ["E"] * 9 + ["AD"] + ["E"] * 25
    assert [(row, why[:9]) for row, _, why in reasons(parsed)] == [(7, "null data")]


def test_a_variable_day_with_holes_in_its_ranges_loses_those_intervals() -> None:
    parsed = read(_file(HEAD, _channel(), _day(quality="V"), "400,1,40,A,,", "900"))
    assert len(parsed) == 40
    assert [row for row, _, _ in reasons(parsed)] == [3]


def test_days_may_come_in_any_order_and_an_extract_without_header_and_end_record_is_noted() -> None:
    parsed = read(_file("", _channel(), _day("20181118"), _day("20181116")))
    assert parsed.notes == {"no_end_record": 1}
    assert np.diff(parsed.read_at).min() < 0


@pytest.mark.parametrize("more", [(), (_channel(suffix="B1"),), (HEAD, _channel("NMI2"), _day(), "900")])
def test_a_file_that_opens_with_its_header_and_lacks_the_end_record_is_refused_as_cut(more: tuple[str, ...]) -> None:
    with pytest.raises(Invalid, match=r"its header \(100\) in line 1 is not followed by an end record \(900\)"):
        read(_file(HEAD, _channel(), _day(), *more))


def test_files_one_after_the_other_each_with_its_end_record_are_taken() -> None:
    parsed = read(_file(HEAD, _channel(), _day(), "900", HEAD, _channel("NMI2"), _day(), "900"))
    assert (list(parsed.meters), len(parsed), parsed.notes) == (["NMI1", "NMI2"], 96, {})


@pytest.mark.parametrize("date", ["2018-11-16", "16/11/2018", "20181116.0"])
def test_dates_that_a_spreadsheet_has_rewritten_are_read(date: str) -> None:
    assert ends(read(_file(HEAD, _channel(), _day(date), "900")))[0] == "2018-11-15T14:30:00"


@pytest.mark.parametrize("date", ["2.01811E+07", "", "20181341", "16-Nov-18", "19000101"])
def test_a_date_that_is_lost_rejects_its_day_alone(date: str) -> None:
    parsed = read(_file(HEAD, _channel(), _day(date), _day("20181117"), "900"))
    assert (len(parsed), reasons(parsed)[0][:2]) == (48, (3, "IntervalDate"))


def test_spreadsheet_padding_and_damaged_update_stamps_do_no_harm() -> None:
    padded = _day().replace("20181117000000", "2.01811E+13") + "," * 20
    parsed = read(_file(_channel() + "," * 40, padded))
    assert (len(parsed), len(parsed.rejects)) == (48, 0)


def test_cut_shifted_and_orphan_records_are_rejected_with_their_line() -> None:
    parsed = read(
        _file(
            HEAD,
            _day(),  # before any 200
            _channel(),
            _day(count=47),
            _day("20181117") + "\n400,40,60,A,,",
            _day("20181118", quality="Z"),
            "400,1,48,A,,",
            _channel(minutes=7),
            _day("20181119"),
            "what is this",
            "300,20181120,1,1,1",
            _channel().replace(",30,", ",\u00b2,"),  # digits to some, and no number
            "900",
        )
    )
    assert len(parsed) == 48
    assert [row for row, _, _ in reasons(parsed)] == [2, 4, 6, 7, 8, 9, 10, 11, 12, 13]


def test_values_that_are_no_numbers_lose_their_interval() -> None:
    cells = ",".join(["1"] * 46 + ["", "nan"])
    parsed = read(_file(HEAD, _channel(), f"300,20181116,{cells},A,,,,", "900"))
    assert (len(parsed), [column for _, column, _ in reasons(parsed)]) == (46, ["interval 47", "interval 48"])


def test_a_missing_value_of_one_channel_makes_no_half_net_read() -> None:
    cells = ",".join(["1"] * 47 + ["x"])
    parsed = read(_file(HEAD, _channel(), _day(value="3"), _channel(suffix="B1"), f"300,20181116,{cells},A,,,,", "900"))
    assert len(parsed) == 47
    assert set(parsed.kwh.tolist()) == {2.0}


def test_nem13_and_empty_files_are_refused() -> None:
    with pytest.raises(Invalid, match="NEM13"):
        read("100,NEM13,201901010000,MDP,RETAILER\n250,1\n900\n")
    with pytest.raises(Invalid, match="no 300 record"):
        read(HEAD + "\n900\n")


def test_the_number_of_reads_is_limited() -> None:
    with pytest.raises(TooLarge):
        read(_file(HEAD, _channel(), _day(), _day("20181117"), "900"), limits=Limits(max_rows=60))
