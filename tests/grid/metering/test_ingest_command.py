"""`countersign grid ingest`: exit codes, words for people, JSON for machines."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from cli.main import countersign
from domain.kernel.db import transaction
from tests.conftest import Database
from tests.makers import make_meters, make_tenant

FILE = "meter_id,read_at,kwh,interval_minutes\nA,2026-06-01T04:15:00Z,0.25,15\nX,2026-06-01T04:15:00Z,0.25,15\n"


@pytest.fixture
def good(database: Database, tmp_path: Path) -> Path:
    make_tenant("T")
    make_meters("T", ["A"])
    path = tmp_path / "good.csv"
    path.write_text(FILE)
    return path


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(countersign, ["grid", "ingest", *map(str, arguments)])


def _stored() -> int:
    with transaction("T") as connection:
        return int(connection.execute(text("SELECT count(*) FROM meter_reads_electric")).scalar_one())


def test_json_is_one_object_and_nothing_else(good: Path) -> None:
    done = _run(good, "--tenant", "T", "--json")
    assert done.exit_code == 0
    (answer,) = json.loads(done.stdout)["files"]
    assert (answer["status"], answer["counts"]["inserted"], answer["counts"]["rejected"]) == ("loaded", 1, 1)
    assert Path(answer["rejects_path"]).exists()


def test_people_read_what_happened_and_why_rows_were_left_out(good: Path) -> None:
    done = _run(good, "--tenant", "T")
    assert "good.csv: csv, loaded; 2 rows, 1 reads" in done.stdout
    assert "row 3, meter_id 'X': this meter is not in the registry of this tenant" in done.stdout


def test_people_read_that_an_extract_of_nem12_has_no_end_record(good: Path, tmp_path: Path) -> None:
    extract = tmp_path / "extract.csv"
    extract.write_text("200,A,E1,1,E1,N1,METER1,KWH,30,\n300,20260601," + "1," * 48 + "A,,,\n")
    done = _run(extract, "--tenant", "T", "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "neither the header (100) nor the end record (900)" in done.stdout


def test_a_dry_run_stores_nothing(good: Path) -> None:
    assert "checked" in _run(good, "--tenant", "T", "--dry-run").stdout
    assert _stored() == 0


@pytest.mark.parametrize("folder", ["/", "."])
def test_a_path_without_a_name_of_its_own_is_named_as_it_was_given(good: Path, folder: str) -> None:
    done = _run(folder, "--tenant", "T")
    assert done.exit_code == 2
    assert f"{folder}: refused. {folder} cannot be read: Is a directory." in done.stderr


def test_a_bad_file_gives_exit_code_2_and_does_not_hold_up_the_good_one(good: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("nothing of use")
    done = _run(bad, tmp_path / "gone.csv", good, "--tenant", "T")
    assert done.exit_code == 2
    assert "bad.csv: refused." in done.stderr
    assert "gone.csv cannot be read" in done.stderr
    assert _stored() == 1


def test_what_the_file_does_not_say_can_be_said(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("When;Use\n1/6/26 0:30;0,5\n")
    options = ["--meter-id", "A", "--interval-minutes", 30, "--date-order", "dmy", "--zone", "Etc/GMT-10"]
    done = _run(path, "--tenant", "T", *options, "--column", "When=end", "--column", "Use=kwh", "--json")
    assert json.loads(done.stdout)["files"][0]["window"] == ["2026-05-31T14:00:00+00:00", "2026-05-31T14:30:00+00:00"]


def test_help_has_an_example() -> None:
    assert "Example:" in _run("--help").stdout
