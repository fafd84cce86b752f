"""The commands: what a person reads, what a machine reads, and how a wrong call is told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import countersign
from domain.kernel.errors import Invalid
from tests.conftest import Database
from tests.grid.network.test_plain_csv import folder
from tests.makers import make_tenant


def run(*words: str) -> str:
    result = CliRunner().invoke(countersign, ["grid", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_an_import_says_what_came_in_and_what_did_not(database: Database, tmp_path: Path) -> None:
    make_tenant("T")
    assert "has no network yet" in run("network", "--tenant", "T")
    told = run("import", "--tenant", "T", "--csv", str(folder(tmp_path / "valley")))
    assert told.startswith("Imported CSV valley, topology version ")
    assert "2  meters" in told
    assert "COORDINATES_MISSING: 1 nodes without coordinates" in told
    assert run("import", "--tenant", "T", "--csv", str(tmp_path / "valley")).startswith("Unchanged")
    assert "F1           north" in run("network", "--tenant", "T")


def test_json_is_the_only_thing_on_standard_output(database: Database, tmp_path: Path) -> None:
    make_tenant("T")
    report = json.loads(run("import", "--tenant", "T", "--csv", str(folder(tmp_path)), "--json"))
    assert report["status"] == "imported"
    assert report["counts"]["meters"] == 2
    summary = json.loads(run("network", "--tenant", "T", "--json"))
    assert summary["topology_version_id"] == report["topology_version_id"]
    assert [feeder["feeder_id"] for feeder in summary["feeders"]] == ["F1", "F2"]
    assert summary["findings"] == report["findings"]


def test_exactly_one_source_is_asked_for(tmp_path: Path) -> None:
    for words in ([], ["--simbench", "--csv", str(tmp_path)]):
        result = CliRunner().invoke(countersign, ["grid", "import", "--tenant", "T", *words])
        assert result.exit_code == 2
        assert "exactly one source" in result.output


def test_bad_files_are_told_before_the_database_is_asked(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"meters\.csv: the file is missing"):
        run("import", "--tenant", "T", "--csv", str(folder(tmp_path, meters=None)))


def test_help_shows_defaults_columns_and_an_example() -> None:
    told = run("import", "--help")
    for part in ("default: MV1.101", "meters.csv*", "countersign grid import --tenant DEMO_TENANT --simbench"):
        assert part in told
