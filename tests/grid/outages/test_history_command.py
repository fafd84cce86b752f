"""`countersign outages history`: former years come in as days, once, and make the threshold of major event days."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.outages.history import history
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from tests.conftest import Database
from tests.makers import make_tenant

ZONE = ZoneInfo("America/New_York")
BEGIN = datetime(2026, 1, 1, 23, 30, tzinfo=ZONE)
COUNT = 40


def written(path: Path, minutes: int = 60, days: int = COUNT) -> Path:
    """An outage of ten customers each night, over midnight; and one of five minutes, which is momentary."""
    rows = ["outage_id,start_time,restored_at,customers"]
    for number in range(days):
        start = BEGIN + timedelta(days=number)
        rows.append(f"A{number},{start.isoformat()},{(start + timedelta(minutes=minutes + number)).isoformat()},10")
        rows.append(f"B{number},{start.isoformat()},{(start + timedelta(minutes=5)).isoformat()},700")
    path.write_text("\n".join(rows) + "\n")
    return path


def taken(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(history, [*arguments, "--tenant", "T", "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


def kept() -> list[tuple[Any, ...]]:
    with transaction("T") as connection:
        rows = connection.execute(
            text("SELECT local_date, cmi, customers_interrupted, customers_served FROM reliability_days ORDER BY 1")
        )
        return [tuple(row) for row in rows]


@pytest.fixture(autouse=True)
def tenant(database: Database) -> None:
    make_tenant()


def test_each_night_becomes_the_day_it_began_on(tmp_path: Path) -> None:
    told = taken(str(written(tmp_path / "a.csv")), "--customers-served", "1000")
    assert told == {"days": COUNT, "changed": COUNT, "first": "2026-01-01", "last": "2026-02-09", "untimed": 0}
    days = [BEGIN.date() + timedelta(days=number) for number in range(COUNT)]
    assert kept() == [(day, 10.0 * (60 + number), 10, 1000) for number, day in enumerate(days)]
    with transaction("T") as connection:
        threshold = connection.execute(text("SELECT major_event_threshold('T', '2026-03-01')")).scalar_one()
        event = connection.execute(text("SELECT payload FROM events WHERE event_type = 'grid.reliability.taken'")).one()
    assert threshold > 0.1 * (60 + 39) / 10
    assert (event.payload["days"], event.payload["customers_served"]) == (COUNT, 1000)


def test_the_same_lists_twice_change_nothing_and_a_newer_one_replaces_its_days(tmp_path: Path) -> None:
    file = str(written(tmp_path / "a.csv"))
    taken(file, "--customers-served", "1000")
    before = kept()
    assert taken(file, file, "--customers-served", "1000")["changed"] == 0
    assert kept() == before
    newer = str(written(tmp_path / "b.csv", minutes=90, days=2))
    assert taken(newer, "--customers-served", "1000")["changed"] == 2
    assert [row[1] for row in kept()[:3]] == [900.0, 910.0, before[2][1]]
    with transaction("T") as connection:
        told = connection.execute(text("SELECT count(*) FROM events WHERE event_type = 'grid.reliability.taken'"))
        assert told.scalar_one() == 2, "what changed nothing is no event"


def test_a_list_without_ends_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "open.csv"
    file.write_text("outage_id,start_time,customers\nA,2026-01-01T10:00:00,5\n")
    done = CliRunner().invoke(history, [str(file), "--tenant", "T"])
    assert (done.exit_code, done.output) == (
        0, "No sustained interruption with a known end is in these lists: nothing was kept.\n",
    )  # fmt: skip
    assert kept() == []


def test_one_bad_file_refuses_all(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("outage_id,start_time,restored_at,customers\nA,yesterday,2026-01-01T10:00:00,5\n")
    done = CliRunner().invoke(history, [str(written(tmp_path / "a.csv")), str(bad), "--tenant", "T"])
    assert done.exit_code != 0
    assert "bad.csv, row 2" in str(done.exception or done.output)
    assert kept() == []


def refused(tmp_path: Path, row: str, *arguments: str) -> str:
    """What is said of one row that cannot be; nothing is kept of it, nor of the good list beside it."""
    file = tmp_path / "odd.csv"
    file.write_text(f"outage_id,start_time,restored_at,customers\n{row}\n")
    done = CliRunner().invoke(history, [str(written(tmp_path / "a.csv")), str(file), "--tenant", "T", *arguments])
    assert isinstance(done.exception, CountersignError), done.exception
    assert kept() == []
    return str(done.exception)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T12:00:00Z"),
        ("0001-01-01T00:00:00", "0001-01-01T12:00:00"),
        ("9999-12-31T23:00:00", "9999-12-31T23:59:59"),
        ("9999-12-31T20:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_stamp_at_an_end_of_the_calendar_is_no_time(tmp_path: Path, begin: str, end: str) -> None:
    assert "odd.csv, row 2, column start_time" in refused(tmp_path, f"A,{begin},{end},5", "--customers-served", "1000")


@pytest.mark.parametrize("begin", ["2096-01-01T10:00:00Z", "2026-01-01T10:00:00Z"])
def test_a_stamp_that_is_yet_to_come_is_refused(tmp_path: Path, begin: str) -> None:
    said = refused(tmp_path, f"A,{begin},2096-01-01T12:00:00Z,5", "--customers-served", "1000")
    assert "2096-01-01 12:00 UTC, which is yet to come" in said


def test_an_outage_of_more_customers_than_there_are_asks_for_their_number(tmp_path: Path) -> None:
    row = "A,2026-01-01T10:00:00,2026-01-01T12:00:00,1001"
    assert "interrupted 1,001 customers, and 1,000 were served" in refused(tmp_path, row, "--customers-served", "1000")
    assert "--customers-served" in refused(tmp_path, row), "a copy without meters takes nobody's history by guess"


def test_numbers_that_cannot_be_kept_are_refused_in_words(tmp_path: Path) -> None:
    rows = "\n".join(f"C{n},2026-01-01T10:00:00,2026-01-01T12:00:00,999999999" for n in range(3))
    assert "more than can be kept" in refused(tmp_path, rows, "--customers-served", "2147483647")
    done = CliRunner().invoke(history, [str(tmp_path / "a.csv"), "--tenant", "T", "--customers-served", "2147483648"])
    assert (done.exit_code, "--customers-served" in done.output) == (2, True)


def test_two_takings_at_once_keep_each_day_as_one_of_them_says(tmp_path: Path) -> None:
    files = [written(tmp_path / "a.csv"), written(tmp_path / "b.csv", minutes=90)]
    command = [str(Path(sys.executable).parent / "countersign"), "outages", "history", "--tenant", "T", "--json"]
    running = [
        subprocess.Popen([*command, "--customers-served", "1000", str(file)], stdout=subprocess.PIPE) for file in files
    ]
    assert [json.loads(one.communicate(timeout=60)[0])["changed"] for one in running] == [COUNT, COUNT]
    assert {row[1] - 10.0 * number for number, row in enumerate(kept())} in ({600.0}, {900.0})
