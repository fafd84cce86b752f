"""`countersign outages replay` through the real command: figures by hand, bad files, and two real lists."""

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.outages.incident_files import read_incidents
from domain.grid.outages.rules.causes import cause_category
from domain.kernel.errors import Invalid
from tests.commands import Command

HEAD = "incident_id,start_time,restored_at,customers,cause,etr,open_at_end"
ROWS = [
    "1,2026-07-01T08:00:00Z,2026-07-01T10:00:00Z,100,Tree growth,2026-07-01T09:45:00Z,False",
    "2,2026-07-01T23:30:00Z,2026-07-02T01:30:00Z,10,11 MAINTENANCE,2026-07-02T00:00:00Z,False",
    "3,2026-07-02T12:00:00Z,2026-07-02T12:04:00Z,50,Lightning,,False",
    "4,2026-07-03T00:00:00Z,2026-07-03T05:00:00Z,7,Investigating,,True",
]


COMMAND = Command("outages", "replay")
run, answer, refusal = COMMAND.run, COMMAND.answer, COMMAND.refusal


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return write(tmp_path / "incidents.csv", HEAD, *ROWS)


def test_indices_of_a_list_made_by_hand(listed: Path) -> None:
    said = answer("--incidents", listed, "--customers-served", 1000)
    assert said["counts"] == {
        "incidents": 4,
        "restored": 3,
        "open": 1,
        "end_unknown": 0,
        "clock_faults": 0,
        "momentary": 1,
        "planned": 1,
        "without_customers": 0,
        "not_an_outage": 0,
    }
    indices = said["indices"]
    assert indices["cmi_restored"] == 100 * 120 + 10 * 120
    assert indices["cmi"] == 13_200 + 7 * 300
    assert indices["is_lower_bound"]
    assert (indices["customers_interrupted"], indices["customers_restored"], indices["still_out"]) == (117, 110, 7)
    assert indices["saidi_min"] == pytest.approx(15.3)
    assert indices["caidi_min"] == pytest.approx(indices["saidi_min"] / indices["saifi"], rel=1e-12)
    assert indices["maifi_e"] == pytest.approx(0.05)
    assert indices["asai"] == pytest.approx(1 - 15_300 / (1000 * 3 * 1440), rel=1e-12)
    days = {day["date"]: day["cmi"] for day in said["days"]}
    assert days == {"2026-07-01": 13_200, "2026-07-02": 0, "2026-07-03": 2100}
    assert said["etr"]["first"] == {
        "n": 2,
        "mae_min": 52.5,
        "median_error_min": 52.5,
        "within_30_share": 0.5,
        "restored_earlier": 0,
        "restored_later": 1,
    }
    assert said["curve"][-1] == {"at": "2026-07-03T00:00:00Z", "customers_out": 7}
    assert said["durations_min"]["median"] == 120


def test_the_same_file_twice_and_shuffled_rows_change_nothing(listed: Path, tmp_path: Path) -> None:
    once = answer("--incidents", listed)
    assert answer("--incidents", listed, "--incidents", listed) == once
    packed = tmp_path / "again.csv.gz"
    packed.write_bytes(gzip.compress(listed.read_bytes()))
    assert answer("--incidents", packed, "--incidents", listed) == once
    other = write(tmp_path / "other.csv", HEAD, *reversed(ROWS), *ROWS)
    shuffled = answer("--incidents", other)
    assert shuffled["duplicates"] == {"rows": 4, "keys_that_differ": 0}
    for part in ("counts", "indices", "days", "curve", "causes", "etr", "durations_min"):
        assert shuffled[part] == once[part]


def test_a_later_extract_closes_what_an_earlier_one_had_open(listed: Path, tmp_path: Path) -> None:
    closed = ROWS[3].replace("05:00:00Z", "06:00:00Z").replace("True", "False")
    later = write(tmp_path / "later.csv", HEAD, closed)
    for files in ((listed, later), (later, listed)):
        said = answer("--incidents", files[0], "--incidents", files[1])
        assert (said["counts"]["open"], said["counts"]["restored"]) == (0, 4)
        assert said["duplicates"]["keys_that_differ"] == 1


def test_nothing_after_as_of_is_known(listed: Path) -> None:
    said = answer("--incidents", listed, "--as-of", "2026-07-01T09:00:00Z")
    assert (said["counts"]["incidents"], said["counts"]["open"], said["indices"]["cmi"]) == (1, 1, 6000)
    assert "no incident had begun" in refusal("--incidents", listed, "--as-of", "2020-01-01")


def test_days_are_local_and_stamps_name_their_zone(tmp_path: Path) -> None:
    path = write(
        tmp_path / "z.csv",
        "id,StartTime,last_seen,CustomersAffected",
        "a,2026-07-01 22:30 MST,2026-07-02 01:30:00 MST,5",
        "b,2026-07-02 03:00 MST,2026-07-02 03:30:00 MST,0",
    )
    said = answer("--incidents", path)
    assert (said["timezone"], said["days"][0]["date"]) == ("UTC-07:00", "2026-07-01")
    assert answer("--incidents", path, "--tz", "UTC")["days"][0]["date"] == "2026-07-02"
    assert said["indices"]["cmi"] == 900
    assert said["indices"]["cmi_high"] == 900 + 5 * 60
    naive = write(tmp_path / "n.csv", "start,end,customers", "2026-03-08 02:30,2026-03-08 04:00,5")
    assert "does not exist" in refusal("--incidents", naive, "--tz", "America/New_York")


def test_readings_of_a_map_become_incidents_and_the_newest_reading_is_open(tmp_path: Path) -> None:
    path = write(
        tmp_path / "readings.csv",
        "scraped_at,start_time,lat,lon,customers,cause,etr",
        "2026-07-01T09:00Z,2026-07-01T08:00Z,35.1000001,-80.9,40,Investigating,2026-07-01T10:00Z",
        "2026-07-01T10:00Z,2026-07-01T08:00Z,35.1,-80.9,60,Tree growth,2026-07-01T11:00Z",
        "2026-07-01T11:00Z,2026-07-01T08:00Z,35.1,-80.9,5,,",
        "2026-07-01T12:00Z,2026-07-01T10:30Z,35.2,-80.9,7,Wind,",
    )
    said = answer("--incidents", path)
    assert (said["counts"]["incidents"], said["counts"]["restored"], said["counts"]["open"]) == (2, 1, 1)
    assert said["indices"]["cmi_restored"] == 60 * 180
    assert said["indices"]["cmi"] == 60 * 180 + 7 * 90
    assert [row["cause"] for row in said["causes"]] == ["vegetation", "weather"]
    assert said["etr"]["first"]["mae_min"] == 60
    assert said["etr"]["last"]["mae_min"] == 0
    assert said["duplicates"] == {"rows": 2, "keys_that_differ": 1}


def test_real_readings_become_the_incidents_that_were_derived_from_them(shared_data: Path) -> None:
    folder = shared_data / "az_outage_archive"
    read = answer("--incidents", folder / "outage_snapshots_long.csv.gz")
    derived = answer("--incidents", folder / "incidents_derived.csv.gz")
    assert read["counts"]["incidents"] == derived["counts"]["incidents"]
    assert read["indices"]["customers_in_all_incidents"] == derived["indices"]["customers_in_all_incidents"]


def test_columns_are_mapped_by_option(tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", "Nr,Von,Bis,Kunden", "1,2026-01-01T00:00Z,2026-01-01T01:00Z,3")
    assert "has no column for start and customers" in refusal("--incidents", path)
    options = [f"--column={pair}" for pair in ("key=Nr", "start=Von", "restored=Bis", "customers=Kunden")]
    assert answer("--incidents", path, *options)["indices"]["cmi"] == 180
    assert "has no column Ende" in refusal("--incidents", path, "--column", "restored=Ende")
    assert "names no field" in refusal("--incidents", path, "--column", "ende=Bis")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "is empty"),
        ([HEAD], "has a header and no rows"),
        ([HEAD, "1,yesterday,,3,,,"], "row 2, column start_time: 'yesterday' is not a time"),
        ([HEAD, ROWS[0], "1,,,3,,,"], "row 3, column start_time: is empty"),
        ([HEAD, "1,2026-07-01T08:00:00Z,,-3,,,"], "column customers: '-3' is not a number of customers"),
        ([HEAD, "1,2026-07-01T08:00:00Z,,3,,,maybe"], "column open_at_end: 'maybe' is neither true nor false"),
        ([HEAD, "1,2026-07-01T08:00:00Z,,3"], "row 2: has 4 cells, the header has 7"),
        ([HEAD, "1,2026-07-01T08:00:00Z MST,,3,,,"], "names two zones"),
        ([HEAD, "1,0001-01-01T00:00:00+14:00,,3,,,"], "is not a time"),
    ],
)
def test_bad_files_are_told_with_file_row_and_column(tmp_path: Path, lines: list[str], said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    told = refusal("--incidents", path)
    assert "bad.csv" in told
    assert said in told


def test_a_cut_gzip_is_told(listed: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(listed.read_bytes())[:-12])
    assert "cut.csv.gz is not a whole gzip file" in refusal("--incidents", path)


def test_the_table_is_readable_without_json(listed: Path) -> None:
    done = run("--incidents", listed, "--customers-served", 1000)
    assert done.returncode == 0
    assert "4 incidents, 3 restored, 1 open" in done.stdout
    assert "they do not count as restored" in done.stdout
    assert "CAIDI" in done.stdout


@pytest.mark.parametrize(
    ("written", "category"),
    [
        ("Tree failure from overhang or dead tree without ice/snow", "vegetation"),
        ("51 WIND (NOT TREES)", "weather"),
        ("75 DIG-IN", "public"),
        ("98 OTHER NON-OUTAGE (SEE REMARKS)", "not_an_outage"),
        ("19 OTHER SCHEDULED (SEE REMARKS)", "planned"),
        ("Outage Reported in Area", "under_investigation"),
        ("Equipment Damage - Weather", "weather"),
        ("Underground cable failure", "equipment"),
        ("Service interruption to a major power line", "power_supply"),
        ("Small animal/bird", "wildlife"),
        ("", "unknown"),
        ("Martians", "other"),
    ],
)
def test_causes_are_brought_to_one_list(written: str, category: str) -> None:
    assert cause_category(written) == category


def test_a_real_archive_keeps_its_censored_incident_open(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "az_outage_archive" / "incidents_derived.csv.gz"
    said = answer("--incidents", path, "--customers-served", 2_500_000)
    counts = said["counts"]
    assert counts["open"] == 1
    assert counts["incidents"] + counts["not_an_outage"] == 3550
    assert counts["restored"] + counts["open"] + counts["clock_faults"] == counts["incidents"]
    assert said["major_events"]["is_short_history"]
    assert said["curve"][-1]["customers_out"] == 1
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    body = lines[1:]
    random.Random(3).shuffle(body)  # noqa: S311
    other = write(tmp_path / "shuffled.csv", lines[0], *body, *body[:100])
    again = answer("--incidents", other, "--incidents", path, "--customers-served", 2_500_000)
    for part in ("counts", "indices", "days", "curve", "causes", "etr", "durations_min", "major_events"):
        assert again[part] == said[part]


def test_a_real_list_without_restoration_makes_no_minutes(shared_data: Path) -> None:
    said = answer("--incidents", shared_data / "unionpower_outages_2018" / "outages_b.csv")
    assert (said["counts"]["incidents"], said["counts"]["restored"]) == (315, 0)
    assert said["indices"]["cmi"] is None
    assert said["indices"]["customers_interrupted"] == 19_133
    assert said["causes"][0]["cause"] == "vegetation"
    assert said["curve"] == []


@given(st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_no_text_makes_the_reader_stumble(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fuzz.csv"
    path.write_text(content, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(Invalid):
        read_incidents(path, {}, None)


@given(st.lists(st.text(alphabet='M,"\n01.:-TZ+ ;', max_size=40), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_no_rows_under_a_good_header_make_the_reader_stumble(tmp_path: Path, lines: list[str]) -> None:
    path = write(tmp_path / "fuzz.csv", HEAD, *ROWS, *lines)
    said = "fuzz.csv"
    try:
        read_incidents(path, {}, None)
    except Invalid as refused:
        said = str(refused)
    assert "fuzz.csv" in said
