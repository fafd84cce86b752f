"""The demo can be run again: what it injected before does not stand beside what it injects now."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import text

from cli.demo.client import Client
from cli.demo.gridlens import FEEDER, Found, _theft
from cli.demo.story import Story
from domain.kernel.db import transaction
from tests.conftest import Database, application
from tests.makers import make_fleet, make_token

MIDNIGHT = datetime(2026, 3, 4, 5, tzinfo=UTC)


def test_a_second_demo_foretells_what_the_first_did(database: Database, tmp_path: Path) -> None:
    make_fleet("T", feeders=7, meters_per_feeder=10)
    client, story = Client("http://copy.example", "unused"), Story(tmp_path / "demo.log", 2)
    # The same requests, answered in this process.
    client._http = TestClient(application(), headers={"Authorization": f"Bearer {make_token('T', 'OPERATOR')}"})
    other = {"feederId": FEEDER, "durationMinutes": 60, "severity": 0.5, "startsAt": MIDNIGHT.isoformat()}
    kept = client.post("/api/ami/event/voltage-sag", other)["event_id"]
    first, second = Found("T"), Found("T")
    for found in (first, second):
        _theft(story, client, "T", MIDNIGHT, MIDNIGHT + timedelta(days=1), found)
    assert second == first
    with transaction("T") as connection:
        active = connection.execute(
            text("SELECT event_type, id::text FROM ami_events WHERE is_active ORDER BY 1")
        ).all()
    assert [kind for kind, _ in active] == ["theft", "voltage_sag"]
    assert active[1].id == kept
    story.say("[bold]Countersign[/bold]: what is emphasised on a terminal is plain in the log")
    story.close()
    assert "[bold]" not in story.log_path.read_text()
