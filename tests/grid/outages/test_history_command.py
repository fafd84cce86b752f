"""`countersign outages history`: former years come in as days, once, and make the threshold of major event days."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.outages.history import history
from domain.kernel.db import transaction
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
