"""Study mode through the real command: exact shapes, hand-made numbers, and one clear sentence for each bad file."""

import gzip
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.grid.study_reads import read_reads
from cli.study.stamps import zone_named
from domain.kernel.errors import Invalid
from tests.commands import Command

COMMAND = Command("grid")
run, answer, refusal = COMMAND.run, COMMAND.answer, COMMAND.refusal


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def hourly(path: Path, meters: int = 4, days: int = 1, kwh: float = 1.0, start: str = "2026-05-01T01:00:00Z") -> Path:
    """Complete hourly reads, the same energy in each."""
    first = datetime.fromisoformat(start)
    lines = ["meter_id,read_at,kwh,feeder_id"]
    for meter in range(meters):
        lines += [f"M{meter},{(first + timedelta(hours=h)).isoformat()},{kwh},F{meter % 2}" for h in range(24 * days)]
    return write(path, *lines)


def heads(path: Path, feeders: int = 2, days: int = 1, kwh: float = 2.5, name: str = "kwh") -> Path:
    first = datetime.fromisoformat("2026-05-01T01:00:00+00:00")
    lines = [f"feeder_id,read_at,{name}"]
    for feeder in range(feeders):
        lines += [f"F{feeder},{(first + timedelta(hours=hour)).isoformat()},{kwh}" for hour in range(24 * days)]
    return write(path, *lines)


# --- loss -------------------------------------------------------------------------------------------------------------


def test_loss_in_its_exact_shape(tmp_path: Path) -> None:
    said = answer("loss", "--reads", hourly(tmp_path / "r.csv"), "--delivered", heads(tmp_path / "d.csv"))
    assert list(said) == ["feeders", "days"]
    assert said["feeders"] == [
        {
            "feeder_id": feeder,
            "date": "2026-05-01",
            "delivered_kwh": 60.0,
            "metered_kwh": 48.0,
            "loss_pct_raw": 20.0,
            "loss_pct_adj": 20.0,
            "coverage_pct": 100.0,
            "loss_status": "OK",
        }
        for feeder in ("F0", "F1")
    ]
    assert said["days"] == [{"date": "2026-05-01", "kwh": 96.0, "reads": 96, "expected_reads": 96}]


def test_missing_reads_raise_raw_loss_and_not_adjusted_loss(tmp_path: Path) -> None:
    path = hourly(tmp_path / "r.csv", meters=8)
    lines = path.read_text().splitlines()
    write(path, *[line for line in lines if not (line.startswith("M0,") and "T1" in line)])
    said = answer("loss", "--reads", path, "--delivered", heads(tmp_path / "d.csv", kwh=5.0, name="delivered_kwh"))
    short, whole = said["feeders"]
    assert whole["loss_pct_raw"] == whole["loss_pct_adj"] == 20.0
    assert short["loss_pct_raw"] == pytest.approx(100 * (1 - 86 / 120), abs=1e-6)
    assert short["loss_pct_adj"] == pytest.approx(20.0, abs=1e-6)
    assert short["coverage_pct"] == pytest.approx(100 * 86 / 96, abs=1e-6)
    assert said["days"][0]["expected_reads"] == 192


def test_statuses_of_thin_exporting_and_unmeasured_feeders(tmp_path: Path) -> None:
    reads = hourly(tmp_path / "r.csv", days=3)
    kept = [
        line for line in reads.read_text().splitlines() if not (line.startswith("M0,2026-05-02") and "T0" not in line)
    ]
    kept = [line for line in kept if not line.startswith("M2,2026-05-02")]
    write(reads, *kept)
    lines = heads(tmp_path / "d.csv", feeders=1, days=2).read_text().splitlines()
    first = datetime.fromisoformat("2026-05-03T01:00:00+00:00")
    lines += [f"F0,{(first + timedelta(hours=h)).isoformat()},-3.0" for h in range(24)]
    said = answer("loss", "--reads", reads, "--delivered", write(tmp_path / "d.csv", *lines))
    status = {(row["feeder_id"], row["date"]): row for row in said["feeders"]}
    assert status["F0", "2026-05-01"]["loss_status"] == "OK"
    thin = status["F0", "2026-05-02"]
    assert (thin["loss_status"], thin["loss_pct_raw"], thin["loss_pct_adj"]) == ("INSUFFICIENT_COVERAGE", None, None)
    export = status["F0", "2026-05-03"]
    assert export["loss_status"] == "NET_EXPORT"
    assert export["loss_pct_raw"] == pytest.approx(100 * (-72 - 48) / 72, abs=1e-6)
    unmeasured = status["F1", "2026-05-01"]
    assert (unmeasured["loss_status"], unmeasured["delivered_kwh"], unmeasured["metered_kwh"]) == (
        "NO_DELIVERED",
        None,
        48,
    )


def test_only_intervals_with_both_are_compared(tmp_path: Path) -> None:
    delivered = heads(tmp_path / "d.csv")
    half = [line for line in delivered.read_text().splitlines() if "T1" not in line and "T2" not in line]
    said = answer("loss", "--reads", hourly(tmp_path / "r.csv"), "--delivered", write(delivered, *half))
    row = said["feeders"][0]
    assert (row["delivered_kwh"], row["metered_kwh"], row["loss_pct_raw"], row["coverage_pct"]) == (
        25.0,
        20.0,
        20.0,
        100.0,
    )


def test_reads_without_feeder_belong_to_the_only_feeder(tmp_path: Path) -> None:
    reads = hourly(tmp_path / "r.csv")
    bare = write(tmp_path / "bare.csv", *[line.rsplit(",", 1)[0] for line in reads.read_text().splitlines()])
    said = answer("loss", "--reads", bare, "--delivered", heads(tmp_path / "one.csv", feeders=1, kwh=5.0))
    assert [(row["feeder_id"], row["loss_pct_raw"]) for row in said["feeders"]] == [("F0", 20.0)]
    assert "no column feeder_id" in refusal("loss", "--reads", bare, "--delivered", heads(tmp_path / "two.csv"))


def test_hourly_delivered_takes_quarter_hourly_reads(tmp_path: Path) -> None:
    first = datetime.fromisoformat("2026-05-01T00:15:00+00:00")
    reads = write(
        tmp_path / "r.csv",
        "meter_id,read_at,kwh",
        *[f"M,{(first + timedelta(minutes=15 * at)).isoformat()},0.5" for at in range(96)],
    )
    row = answer("loss", "--reads", reads, "--delivered", heads(tmp_path / "d.csv", feeders=1))["feeders"][0]
    assert (row["delivered_kwh"], row["metered_kwh"], row["coverage_pct"]) == (60.0, 48.0, 100.0)


def test_the_installed_command_exits_with_2_and_one_sentence(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("countersign")), "grid", "rollup", "--reads"]
    reads = write(tmp_path / "r.csv", "a,b", "1,2")
    done = subprocess.run([*command, str(reads)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: r.csv has no column meter_id, read_at, kwh; its columns are a, b.")
    assert len(done.stderr.splitlines()) == 1


# --- roll-up ----------------------------------------------------------------------------------------------------------


def test_rollup_in_its_exact_shape_and_to_files(tmp_path: Path) -> None:
    reads = hourly(tmp_path / "r.csv", meters=2, kwh=0.12345678)
    said = answer("rollup", "--reads", reads)
    assert said == {
        "days": [{"meter_id": f"M{m}", "date": "2026-05-01", "kwh": 2.96296272, "reads": 24} for m in range(2)]
    }
    for name in ("days.csv", "days.parquet"):
        assert "2 meter-days" in run("rollup", "--reads", reads, "--out", tmp_path / name).stdout
    assert pa_parquet.read_table(tmp_path / "days.parquet").to_pylist() == said["days"]
    assert len(pa_csv.read_csv(tmp_path / "days.csv")) == 2
    assert "neither .csv nor .parquet" in refusal("rollup", "--reads", reads, "--out", tmp_path / "days.xls")


@pytest.mark.parametrize(("on", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)])
def test_local_stamps_on_the_days_when_clocks_change(tmp_path: Path, on: str, hours: int) -> None:
    zone = zone_named("America/New_York")
    start = datetime.fromisoformat(f"{on}T00:00:00").replace(tzinfo=zone).timestamp()
    ends = [datetime.fromtimestamp(start + 3600 * (hour + 1), zone) for hour in range(hours)]
    naive = write(tmp_path / "n.csv", "meter_id,read_at,kwh", *[f"M,{e:%Y-%m-%d %H:%M},1" for e in ends])
    aware = write(tmp_path / "a.csv", "meter_id,read_at,kwh", *[f"M,{e.isoformat()},1" for e in ends])
    for path in (naive, aware):
        said = answer("rollup", "--reads", path, "--tz", "America/New_York")
        assert said == {"days": [{"meter_id": "M", "date": on, "kwh": float(hours), "reads": hours}]}


def test_csv_gzip_parquet_and_any_order_of_rows_give_the_same(tmp_path: Path) -> None:
    plain = hourly(tmp_path / "r.csv", meters=3, days=2)
    expected = answer("rollup", "--reads", plain)
    lines = plain.read_text().splitlines()
    mixed = [lines[0], *[lines[1:][at] for at in np.random.default_rng(1).permutation(len(lines) - 1)]]
    packed = tmp_path / "r.csv.gz"
    packed.write_bytes(gzip.compress("\r\n".join(mixed).encode("utf-8-sig")))
    table = pa_csv.read_csv(plain)
    as_parquet = tmp_path / "r.parquet"
    pa_parquet.write_table(table, as_parquet)
    semicolons = write(tmp_path / "s.csv", *[line.replace(",", ";").replace("meter_id", "Meter_ID") for line in lines])
    for path in (packed, as_parquet, semicolons):
        assert answer("rollup", "--reads", path) == expected


def test_meters_of_different_intervals_roll_up_together(tmp_path: Path) -> None:
    lines = [f"A,2026-05-01T{hour:02d}:00:00Z,1" for hour in range(1, 24)]
    lines += [f"B,2026-05-01T{minute // 60:02d}:{minute % 60:02d}:00Z,1" for minute in range(30, 1440, 30)]
    path = write(tmp_path / "r.csv", "meter_id,read_at,kwh", *lines)
    assert [row["reads"] for row in answer("rollup", "--reads", path)["days"]] == [23, 47]
    assert "different interval lengths" in refusal("suspicion", "--reads", path)


def test_equal_duplicates_count_once_and_stamps_near_the_grid_are_moved(tmp_path: Path) -> None:
    path = hourly(tmp_path / "r.csv", meters=1)
    lines = path.read_text().splitlines()
    done = run("rollup", "--reads", write(path, *lines, lines[3]), "--json")
    assert json.loads(done.stdout)["days"][0]["reads"] == 24
    assert "1 duplicate rows were counted once" in done.stderr
    late = [line.replace(":00:00+", ":00:40+") for line in lines]
    assert answer("rollup", "--reads", write(path, *late))["days"][0]["reads"] == 24


def test_ten_rows_are_enough_for_everything(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "meter_id,read_at,kwh", *[f"M{m},2026-05-01T00:15:00Z,0.2" for m in range(10)])
    assert len(answer("rollup", "--reads", path)["days"]) == 10
    done = run("suspicion", "--reads", path, "--json")
    assert done.returncode == 0
    assert [meter["score"] for meter in json.loads(done.stdout)["meters"]] == [0.0] * 10
    assert "too few to compare with" in done.stderr
    delivered = write(tmp_path / "d.csv", "feeder_id,read_at,kwh", "F,2026-05-01T00:15:00Z,2.5")
    row = answer("loss", "--reads", path, "--delivered", delivered)["feeders"][0]
    assert (row["loss_pct_raw"], row["coverage_pct"], row["loss_status"]) == (20.0, 100.0, "OK")


# --- suspicion --------------------------------------------------------------------------------------------------------


def world(tmp_path: Path, with_voltage: bool) -> tuple[Path, Path]:
    """Six weeks of hourly reads of twelve meters; M04 records a third of its energy in the last week."""
    rng = np.random.default_rng(3)
    hours = 24 * 42
    first = np.datetime64("2026-05-01T01:00", "us")
    stamps = first + np.arange(hours) * np.timedelta64(1, "h")
    true = rng.uniform(0.5, 1.5, (12, 1)) * np.exp(rng.normal(0, 0.2, (12, hours)))
    kwh = true.copy()
    kwh[4, -7 * 24 :] *= 0.33
    columns = {
        "meter_id": np.repeat([f"M{m:02d}" for m in range(12)], hours),
        "read_at": pa.array(np.tile(stamps, 12), pa.timestamp("us", "UTC")),
        "kwh": kwh.ravel(),
    }
    if with_voltage:
        volts = 122 - 0.5 * true + rng.normal(0, 0.1, true.shape)
        columns |= {"transformer_id": np.repeat([f"X{m // 6}" for m in range(12)], hours), "voltage": volts.ravel()}
    pa_parquet.write_table(pa.table(columns), tmp_path / "r.parquet")
    head = {"feeder_id": ["F"] * hours, "read_at": columns["read_at"][:hours], "kwh": true.sum(axis=0) / 0.95}
    pa_parquet.write_table(pa.table(head), tmp_path / "d.parquet")
    return tmp_path / "r.parquet", tmp_path / "d.parquet"


def test_suspicion_in_its_shape_with_everything_there(tmp_path: Path) -> None:
    reads, delivered = world(tmp_path, with_voltage=True)
    said = answer("suspicion", "--reads", reads, "--delivered", delivered)
    assert said["as_of"] == "2026-06-12T00:00:00Z"
    assert said["scoring_version"] == "suspicion-1"
    assert said["window_days"] == 7
    assert said["missing"] == ["tamper"]
    assert len(said["meters"]) == 12
    assert [meter["rank"] for meter in said["meters"]] == list(range(1, 13))
    top = said["meters"][0]
    assert {"meter_id", "score", "rank", "confidence", "reasons", "suppressors", "missing"} == set(top)
    assert top["meter_id"] == "M04"
    assert top["score"] > 80
    assert all(set(reason) == {"code", "value", "points", "text"} for reason in top["reasons"])
    assert sum(reason["points"] for reason in top["reasons"]) == pytest.approx(top["score"], abs=0.01)


def test_suspicion_names_what_is_absent_and_still_ranks(tmp_path: Path) -> None:
    reads, _ = world(tmp_path, with_voltage=False)
    said = answer("suspicion", "--reads", reads, "--window-days", 5)
    assert sorted(said["missing"]) == ["loss_attrib", "tamper", "volt"]
    top = said["meters"][0]
    assert top["meter_id"] == "M04"
    assert {r["code"] for r in top["reasons"] if r["value"] is None} == {"loss_attrib", "tamper", "volt"}
    assert said == answer("suspicion", "--reads", reads, "--window-days", 5)
    assert "M04" in run("suspicion", "--reads", reads).stdout


# --- what is wrong ----------------------------------------------------------------------------------------------------

HEAD = "meter_id,read_at,kwh"
GOOD = "M,2026-05-01T00:15:00Z,0.1"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([HEAD], "has a header and no rows"),
        (["meter,read_at,kwh", GOOD], "no column meter_id; its columns are meter, read_at, kwh"),
        (["meter_id,read_at,kwh,kwh", GOOD + ",1"], "has column kwh twice"),
        ([HEAD, GOOD, "M,2026-05-01T00:30:00Z,abc"], "row 3, column kwh: 'abc' is not a number"),
        ([HEAD, GOOD, "M,2026-05-01T00:30:00Z,"], "row 3, column kwh: is empty or not a number"),
        ([HEAD, GOOD, "M,2026-05-01T00:30:00Z,inf"], "row 3, column kwh: is empty or not a number"),
        ([HEAD, GOOD, "M,31/05/2026,0.1"], "row 3, column read_at: '31/05/2026' is not a time, expected ISO 8601"),
        ([HEAD, GOOD, "M,,0.1"], "row 3, column read_at: is empty"),
        ([HEAD, GOOD, ",2026-05-01T00:30:00Z,0.1"], "row 3, column meter_id: is empty"),
        ([HEAD, GOOD, "M,2026-05-01T00:30:00Z"], "row 3 has 2 cells, expected 3"),
        ([HEAD, GOOD, "M,2026-05-01T00:15:00Z,0.2"], "row 3, column kwh: M at 2026-05-01T00:15:00Z has 0.2, and 0.1"),
        ([HEAD, GOOD, "M,2026-05-02T00:15:00Z,0.2"], "stamps lie 1440 minutes apart, expected one of"),
        ([HEAD, GOOD, "M,2026-05-01T00:30:00Z,0.2", "M,2026-05-01T00:52:00Z,0.2", "M,2026-05-01T01:00:00Z,0.2",
          "M,2026-05-01T01:15:00Z,0.2"], "row 4, column read_at: 2026-05-01T00:52:00Z is off the 15-minute grid"),
        ([HEAD, GOOD, "M,2026-05-01T00:30:00Z,1e12"], "are these watt-hours?"),
        ([HEAD + ",feeder_id", GOOD + ",F", "M,2026-05-01T00:30:00Z,0.1,G"], "row 3, column feeder_id: differs for M"),
        ([HEAD + ",voltage", GOOD + ",high"], "row 2, column voltage: 'high' is not a number"),
        ([""], "empty first line"),
    ],
)  # fmt: skip
def test_bad_csv_is_refused_in_one_sentence(tmp_path: Path, lines: list[str], expected: str) -> None:
    said = refusal("rollup", "--reads", write(tmp_path / "r.csv", *lines))
    assert expected in said
    assert "r.csv" in said


def test_a_change_of_interval_on_the_way_is_refused(tmp_path: Path) -> None:
    stamps = [timedelta(minutes=15 * at) for at in range(1, 41)] + [
        timedelta(minutes=600 + 30 * at) for at in range(1, 15)
    ]
    first = datetime.fromisoformat("2026-05-01T00:00:00+00:00")
    path = write(tmp_path / "r.csv", HEAD, *[f"M,{(first + at).isoformat()},1" for at in stamps])
    assert "the interval changes from 15 to 30 minutes" in refusal("rollup", "--reads", path)


def test_files_that_are_none(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "empty.csv is empty" in refusal("rollup", "--reads", empty)
    assert "does not exist" in refusal("rollup", "--reads", tmp_path / "nowhere.csv")
    noise = tmp_path / "noise.csv"
    noise.write_bytes(bytes(range(256)) * 4)
    assert "noise.csv" in refusal("rollup", "--reads", noise)
    torn = tmp_path / "torn.csv.gz"
    torn.write_bytes(gzip.compress(b"meter_id,read_at,kwh\n" * 1000)[:40])
    assert "torn.csv.gz" in refusal("rollup", "--reads", torn)


def test_bad_parquet_is_refused(tmp_path: Path) -> None:
    whole, _ = world(tmp_path, with_voltage=False)
    half = tmp_path / "half.parquet"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "half.parquet is not a whole Parquet file" in refusal("rollup", "--reads", half)
    table = pa.table({"meter_id": ["M"], "read_at": ["2026-05-01T00:15:00Z"], "kwh": ["a lot"]})
    pa_parquet.write_table(table, tmp_path / "text.parquet")
    assert "column kwh holds string, expected numbers" in refusal("rollup", "--reads", tmp_path / "text.parquet")
    table = pa.table({"meter_id": ["M"], "read_at": [1], "kwh": [1.0]})
    pa_parquet.write_table(table, tmp_path / "int.parquet")
    assert "expected timestamps or text" in refusal("rollup", "--reads", tmp_path / "int.parquet")
    table = pa.table({"meter_id": ["M", "M"], "read_at": ["2026-05-01T00:15:00Z"] * 2, "kwh": [1.0, None]})
    pa_parquet.write_table(table, tmp_path / "gap.parquet")
    assert "gap.parquet, row 2, column kwh" in refusal("rollup", "--reads", tmp_path / "gap.parquet")


def test_zones_and_hours_that_do_not_exist(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", HEAD, "M,2026-03-08 01:30,1", "M,2026-03-08 02:30,1", "M,2026-03-08 03:30,1")
    for wrong in ("Mars/Olympus", "", "../etc", "America"):
        assert "is not a time zone" in refusal("rollup", "--reads", path, "--tz", wrong)
    assert "row 3, column read_at: 2026-03-08 02:30:00 does not exist in America/New_York" in refusal(
        "rollup", "--reads", path, "--tz", "America/New_York"
    )
    assert answer("rollup", "--reads", path)["days"][0]["reads"] == 3


def test_delivered_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    reads = hourly(tmp_path / "r.csv")
    lines = [f"F,2026-05-01T00:{minute}:00Z,1" for minute in (15, 30, 45)]
    quarter = write(tmp_path / "q.csv", "feeder_id,read_at,kwh", *lines)
    assert "has intervals of 15 minutes and r.csv of 60" in refusal("loss", "--reads", reads, "--delivered", quarter)
    bare = write(tmp_path / "b.csv", "read_at,kwh", "2026-05-01T00:15:00Z,1")
    assert "b.csv has no column feeder_id" in refusal("loss", "--reads", reads, "--delivered", bare)


@given(st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_no_text_makes_the_reader_stumble(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fuzz.csv"
    path.write_text(content, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(Invalid):
        read_reads(path, zone_named("UTC"))


@given(st.lists(st.text(alphabet='M,"\n01.:-TZ+ ;', max_size=30), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_no_rows_under_a_good_header_make_the_reader_stumble(tmp_path: Path, lines: list[str]) -> None:
    path = write(tmp_path / "fuzz.csv", HEAD, GOOD, *lines)
    said = "fuzz.csv"
    try:
        read_reads(path, zone_named("Europe/Berlin"))
    except Invalid as refused:
        said = str(refused)
    assert "fuzz.csv" in said


def test_real_households_roll_up_to_their_own_sum(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "au_smart_meters" / "sgsc_10_households_30min.csv.gz"
    text = gzip.decompress(source.read_bytes()).decode()
    renamed = text.replace("customer_id,reading_datetime,general_supply_kwh", HEAD, 1)
    path = tmp_path / "sgsc.csv"
    path.write_text(renamed)
    said = answer("rollup", "--reads", path, "--tz", "Etc/GMT-10")
    rows = [line.split(",") for line in renamed.splitlines()[1:]]
    distinct = {(meter, at): float(kwh) for meter, at, kwh in rows}
    assert sum(day["reads"] for day in said["days"]) == len(distinct)
    assert sum(day["kwh"] for day in said["days"]) == pytest.approx(sum(distinct.values()), abs=1e-6)
