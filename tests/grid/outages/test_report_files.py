"""`countersign outages report`: meter events from files come in when they come in, unless the file says when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import text

from cli.outages.report import report
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from tests.conftest import Database
from tests.grid.outages.town import make_town

AT = datetime(2026, 11, 20, 23, 10, tzinfo=UTC)


def arrivals() -> dict[str, datetime]:
    with transaction("T") as connection:
        rows = connection.execute(text("SELECT meter_id, arrived_at FROM meter_events ORDER BY meter_id"))
        return {row.meter_id: row.arrived_at for row in rows}


def test_what_a_file_does_not_date_arrives_now(database: Database, tmp_path: Path) -> None:
    """Else a run of an hour ago would have read what nobody had: its verification would tell a difference."""
    make_town()
    file, before = tmp_path / "gasps.csv", utc_now()
    file.write_text(f"meter_id,type,at\nM000001,POWER_OUT,{AT.isoformat()}\n")
    done = CliRunner().invoke(report, [str(file), "--tenant", "T"])
    assert done.exit_code == 0, done.output
    assert arrivals()["M000001"] >= before


def test_a_file_that_says_when_reports_arrived_is_believed(database: Database, tmp_path: Path) -> None:
    make_town()
    file, came = tmp_path / "gasps.csv", AT + timedelta(seconds=40)
    file.write_text(f"meter_id,type,at,arrived_at\nM000001,POWER_OUT,{AT.isoformat()},{came.isoformat()}\n")
    assert CliRunner().invoke(report, [str(file), "--tenant", "T"]).exit_code == 0
    assert arrivals() == {"M000001": came}
