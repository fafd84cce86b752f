"""Real exports of Australian smart meters, counted as their description counts them."""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from domain.grid.metering.formats.detect import parse_file
from domain.grid.metering.formats.parsed import FileMapping, Limits, ParsedReads
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.intervals import partition_days

MELBOURNE = ZoneInfo("Australia/Melbourne")


def _read(folder: Path, name: str, mapping: FileMapping | None = None) -> ParsedReads:
    return parse_file((folder / name).read_bytes(), name, mapping or FileMapping(), MELBOURNE, Limits())


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "au_smart_meters"


def test_nem12_with_quality_ranges(folder: Path) -> None:
    parsed = _read(folder, "nem12_sample_01.csv")
    assert (parsed.format, len(parsed.meters), len(parsed), len(parsed.rejects)) == ("nem12", 1, 1034 * 48, 0)
    # 91 quality ranges name a clock reset in 27 half-hours and an outage in 9, of which 3 are at zero energy.
    assert int(((parsed.flags & int(Flag.DRIFT)) > 0).sum()) == 27
    assert int(((parsed.flags & int(Flag.OUTAGE)) > 0).sum()) == 3
    assert round(float(parsed.kwh.sum()), 3) == 9756.118


def test_nem12_that_a_spreadsheet_has_damaged(folder: Path) -> None:
    parsed = _read(folder, "nem12_sample_02.csv")
    assert (len(parsed), len(parsed.rejects), parsed.notes) == (681 * 48, 0, {"no_end_record": 1})


def test_a_portal_export_with_a_day_per_row(folder: Path) -> None:
    parsed = _read(folder, "portal_export_03.csv.gz")
    # 465 days of 48 columns; the two half-hours that spring skips hold zeros, which are no reads.
    assert (parsed.format, len(parsed), len(parsed.rejects)) == ("csv_wide", 465 * 48 - 2, 2)
    per_day = np.unique(partition_days(MELBOURNE, parsed.read_at), return_counts=True)[1]
    assert sorted(set(per_day.tolist())) == [46, 48]


def test_a_portal_export_with_a_half_hour_per_row(folder: Path) -> None:
    parsed = _read(folder, "portal_export_04.csv.gz")
    assert (parsed.format, len(parsed), len(parsed.rejects)) == ("csv", 35_132, 0)
    assert set(parsed.interval_minutes.tolist()) == {30}


def test_a_trial_of_ten_households_in_standard_time(folder: Path) -> None:
    parsed = _read(folder, "sgsc_10_households_30min.csv.gz", FileMapping(zone="Etc/GMT-10"))
    assert (len(parsed), len(parsed.meters), len(parsed.rejects)) == (293_874, 10, 0)


def test_the_same_trial_read_as_local_time_shows_that_it_is_not(folder: Path) -> None:
    parsed = _read(folder, "sgsc_10_households_30min.csv.gz")
    assert len(parsed) + len(parsed.rejects) == 293_874
    assert len(parsed.rejects) == 36
