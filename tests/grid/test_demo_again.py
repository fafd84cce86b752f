"""The demo can be run again: what it injected before does not stand beside what it injects now."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import text

from cli.demo import restoreiq
from cli.demo.client import Client
from cli.demo.gridlens import FEEDER, Found, _theft
from cli.demo.story import Story
from cli.seed import seed_network
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.keys import GRIDLENS_SCOPES, create_key
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.flows.looking import serving
from tests.makers import make_fleet, make_tenant, make_token

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


def test_a_second_storm_night_takes_up_the_outage_that_stands(database: Database) -> None:
    make_tenant("T", "Europe/Berlin")
    seed_network("T")
    ensure_signing_keys()
    now = utc_now()
    with serving() as url:
        machine = Client(url, create_key("T", "demo", GRIDLENS_SCOPES)[1])
        first, second = (restoreiq.strike(machine, url, "T", now) for _ in range(2))
        machine.close()
    with transaction("T") as connection:
        outages = connection.execute(text("SELECT outage_id::text FROM outages")).scalars().all()
    assert outages == [first.outage_id] == [second.outage_id]
    assert second == first
