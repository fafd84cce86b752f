"""Exports with a day per row and a column per interval."""

import pytest

from domain.grid.metering.formats.parsed import FileMapping
from domain.grid.metering.formats.wide_form import interval_columns
from domain.grid.metering.rules.flags import codes
from domain.kernel.errors import Invalid
from tests.grid.metering.formats.reading import ends, read, reasons

HALF_HOURS = [f"{m // 60:02d}:{m % 60:02d}" for m in range(0, 1440, 30)]
RANGES = [f"{a} - {b}" for a, b in zip(HALF_HOURS, [*HALF_HOURS[1:], "00:00"], strict=True)]


def _wide(labels: list[str], *rows: list[str], lead: str = "NMI,DATE") -> str:
    return "\n".join([",".join([lead, *labels]), *(",".join(row) for row in rows)])


def test_a_day_row_becomes_one_read_per_column() -> None:
    parsed = read(_wide(RANGES, ["A", "22/6/19", *[str(i) for i in range(48)]]), zone="Australia/Melbourne")
    assert (len(parsed), parsed.format) == (48, "csv_wide")
    assert (ends(parsed)[0], ends(parsed)[-1]) == ("2019-06-21T14:30:00", "2019-06-22T14:00:00")
    assert parsed.kwh.tolist() == [float(i) for i in range(48)]


@pytest.mark.parametrize(
    ("labels", "first"),
    [
        (HALF_HOURS, 0),
        ([*HALF_HOURS[1:], "24:00"], 0),
        ([*HALF_HOURS[1:], "00:00"], 0),
        ([f"Interval {i}" for i in range(1, 49)], 0),
        ([f"E{i:03d}" for i in range(48)], 0),
        ([f"{m // 60:02d}:{m % 60:02d}" for m in range(0, 1440, 15)], 0),
    ],
)
def test_labels_say_when_the_interval_starts(labels: list[str], first: int) -> None:
    starts = interval_columns(["meter", "date", *labels])
    assert starts[2] == first
    assert len(starts) == len(labels)


def test_labels_that_do_not_cover_a_day_are_no_wide_table() -> None:
    assert interval_columns(["meter", "date", *HALF_HOURS[:-1]]) == {}
    assert interval_columns(["meter", "date", *HALF_HOURS[:-1], "00:00"]) == {}


def test_spring_and_autumn_in_local_time() -> None:
    full = ["1"] * 48
    parsed = read(_wide(RANGES, ["A", "2019-10-06", *full], ["A", "2020-04-05", *full]), zone="Australia/Melbourne")
    assert len(parsed) == 46 + 48
    assert [why.startswith("this local time does not exist") for _, _, why in reasons(parsed)] == [True, True]


def test_blank_cells_are_missing_reads_and_bad_cells_are_rejected() -> None:
    cells = ["1"] * 46 + ["", "x"]
    parsed = read(_wide(RANGES, ["A", "2019-06-06", *cells], ["A", "someday", *cells]))
    assert (len(parsed), parsed.notes) == (46, {"blank_cells": 1})
    assert [(row, column) for row, column, _ in reasons(parsed)] == [(2, "kwh"), (3, "date")]


def test_generation_rows_count_against_consumption_rows() -> None:
    lead = "NMI,DATE,CON/GEN,ESTIMATED?"
    rows = [
        ["A", "2019-06-06", "Consumption", "No", *["1"] * 48],
        ["A", "2019-06-06", "Generation", "Yes", *["3"] * 48],
        ["B", "2019-06-06", "Consumption", "No", *["2"] * 48],
    ]
    parsed = read(_wide(RANGES, *rows, lead=lead))
    assert parsed.kwh.tolist() == [-2.0] * 48 + [2.0] * 48
    assert codes(int(parsed.flags[0])) == "E"


def test_a_wide_table_of_one_meter_needs_its_name() -> None:
    text = _wide(RANGES, ["2019-06-06", *["1"] * 48], lead="DATE")
    with pytest.raises(Invalid, match="names no meter"):
        read(text)
    assert list(read(text, FileMapping(meter_id="A")).meters) == ["A"]
