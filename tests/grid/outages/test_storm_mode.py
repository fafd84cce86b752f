"""Storm mode as a person declares it: what holds when, what it changes, and that nothing can be taken back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.grid.outages.charts.crew_map import CrewPlace, crew_map, reach_km
from domain.grid.outages.observe.storm_mode import declare
from domain.grid.outages.rules.crew_fit import CrewSettings
from domain.grid.outages.rules.storm_mode import storm_as_input
from domain.grid.outages.store import storm_modes
from domain.kernel.charts import render
from domain.kernel.charts.chart import Format
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid
from domain.kernel.keys import GRIDLENS_SCOPES, create_key
from tests.conftest import Database, visiting
from tests.makers import make_tenant, make_token

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHO = {"actor_id": "olivia", "actor_role": "OPERATOR"}


def test_a_declaration_holds_from_then_to_its_end_and_the_ledger_tells_it(database: Database) -> None:
    make_tenant("T")
    with transaction("T") as connection:
        assert storm_modes.declared(connection, NOON) is None
        declare(connection, "ON", 6, "A front comes in.", now=NOON, **WHO)
        declare(connection, "OFF", 2, "It has passed.", now=NOON + 3 * HOUR, **WHO)
        found = [storm_modes.declared(connection, NOON + hours * HOUR) for hours in (-1, 0, 2, 3, 4, 5)]
        assert found == [None, True, True, False, False, None]
        declare(connection, "AUTOMATIC", None, "As usual.", now=NOON + 4 * HOUR, **WHO)
        assert storm_modes.declared(connection, NOON + 4 * HOUR) is None
        told = connection.execute(text("SELECT count(*) FROM events WHERE event_type = 'grid.storm_mode.declared'"))
        assert told.scalar_one() == 3
    with pytest.raises(DBAPIError), transaction("T") as connection:
        connection.execute(text("DELETE FROM storm_modes"))


@pytest.mark.parametrize(
    ("mode", "hours", "reason"), [("ON", 6, " "), ("ON", None, "why"), ("OFF", 73, "why"), ("X", 1, "why")]
)
def test_what_has_no_reason_or_no_end_is_not_declared(
    database: Database, mode: str, hours: float | None, reason: str
) -> None:
    make_tenant("T")
    with transaction("T") as connection, pytest.raises(Invalid, match="stays as it is"):
        declare(connection, mode, hours, reason, now=NOON, **WHO)


def test_runs_of_a_time_without_a_declaration_hash_as_they_did() -> None:
    assert storm_as_input(None) == {}
    assert storm_as_input(True) != storm_as_input(False)


def test_a_storm_draws_the_rings_of_travel_nearer() -> None:
    calm, rough = (reach_km(20, CrewSettings(), is_storm=storm) for storm in (False, True))
    assert calm == pytest.approx(rough * CrewSettings().storm_factor)
    crew = CrewPlace("North", "available", True, (47.0, 8.0), (("patrol", (47.0, 8.01)),))
    drawn = crew_map([crew], [], is_storm=True)
    assert drawn is not None
    assert drawn.title.startswith("1 of 1 planned jobs has a free crew")
    assert "slower in storm mode" in drawn.subtitle
    assert crew_map([], [], is_storm=False) is None


def test_a_person_declares_it_over_http_and_a_machine_reads_it(database: Database) -> None:
    make_tenant("T")
    here = "/v1/grid/storm-mode"
    people = {
        role: {"Authorization": f"Bearer {make_token('T', role, email=f'{role.lower()}@t.example')}"}
        for role in ("OPERATOR", "MANAGER", "REVIEWER", "AUDITOR")
    }
    machine = {"Authorization": f"Bearer {create_key('T', 'desk', GRIDLENS_SCOPES)[1]}"}
    storm = {"mode": "ON", "hours": 6, "reason": "A front comes in."}
    with visiting() as client:

        def holds() -> tuple[object, object]:
            told = client.get(here, headers=machine).json()
            assert len(told["advisory"]["text"]) == 3
            return told["mode"], told["reason"]

        assert holds() == ("AUTOMATIC", None)
        for who in (machine, people["REVIEWER"], people["AUDITOR"]):
            assert client.post(here, headers=who, json=storm).status_code == 403
        wrong = client.post(here, headers=people["OPERATOR"], json=storm | {"hours": 73, "reason": "  "})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "STORM_MODE")
        assert [one["field"] for one in wrong.json()["errors"]] == ["hours", "reason"]
        assert holds() == ("AUTOMATIC", None)
        twice = [
            client.post(here, headers=people["OPERATOR"] | {"Idempotency-Key": "front"}, json=storm) for _ in range(2)
        ]
        assert [one.status_code for one in twice] == [201, 201]
        assert twice[0].json() == twice[1].json()
        assert twice[0].json()["ends_at"] > twice[0].json()["declared_at"]
        assert holds() == ("ON", "A front comes in.")
        with transaction("T") as connection:
            assert connection.execute(text("SELECT count(*) FROM storm_modes")).scalar_one() == 1
        over = {"mode": "AUTOMATIC", "reason": "It has passed."}
        assert client.post(here, headers=people["MANAGER"], json=over).json()["ends_at"] is None
        assert holds() == ("AUTOMATIC", None)


def test_crews_are_drawn_where_they_are_though_their_table_says_nothing_of_it() -> None:
    """A crew that moved, and crews of the same names in another tenant's streets."""
    charts = [
        crew_map([CrewPlace(name, "available", True, at, ()) for name, at in places.items()], [], is_storm=False)
        for places in ({"North": (47.0, 8.0), "South": (46.9, 8.0)}, {"North": (47.0, 8.0), "South": (47.0, 8.3)})
    ]
    assert charts[0] is not None
    assert charts[1] is not None
    assert charts[0].rows == charts[1].rows
    key, other = (render._key(replace(chart, height=300, phone_height=300), Format.PAGE) for chart in charts if chart)
    assert key != other
