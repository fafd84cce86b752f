"""FireMode's signals from what was measured to what somebody found: suggested with evidence, accepted or dismissed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from domain.stairs.observe import waiting
from domain.stairs.observe.crosscheck import cross_check
from domain.stairs.observe.trend import points_of
from domain.stairs.suggest.advice import notice
from tests.conftest import Database, application
from tests.kernel.advice.looks import rows
from tests.makers import make_token
from tests.stairs.planted.plant import plant
from tests.stairs.planted.writing import insert, key

DAY = date(2026, 6, 1)
# Pressure with all doors closed, a visit each May: it falls towards the 20 Pa of SP-01.
PRESSURES = {2021: 66, 2022: 58, 2023: 50, 2024: 42, 2025: 34, 2026: 26}
LAST = max(PRESSURES)
# At 26 Pa a door of this size cannot be opened with 5 N, nor differ by 1 N from when the fan rests.
FORCES = {True: 5, False: 4}
Planted = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def house(module_database: Database) -> Iterator[TestClient]:
    """Six visits of a stair; the same fault in two of them; a gauge whose calibration ends in twenty days."""
    with psycopg.connect(module_database.urls["owner"]) as connection:
        made = plant(connection, records=False)
        for year, pressure in PRESSURES.items():
            _visit(connection, made, year, pressure)
        _again(connection, made)
        gauge = made["instruments"] | {"id": key("T", "gauge"), "serial_number": "DM-2"}
        insert(connection, "instruments", gauge | {"calibration_expiry": DAY + timedelta(days=20)})
    ensure_signing_keys()
    with transaction("T", DbRole.MACHINE) as connection:
        assert cross_check(connection, key("T", f"visit {LAST}"), _at(LAST)) == 3
    with TestClient(application(), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers["Authorization"] = f"Bearer {make_token('T', 'MANAGER')}"
        yield client


def _at(year: int) -> datetime:
    return datetime.combine(date(year, 5, 4), time(1), UTC)


def _visit(connection: psycopg.Connection[Any], made: Planted, year: int, pressure: float) -> None:
    """A session that was handed in, with its pressure; the last one with the forces of a door."""
    session, at = key("T", f"visit {year}"), _at(year)
    insert(connection, "test_sessions", made["test_sessions"] | {"id": session, "planned_for": at.date()})
    row = made["test_instances"] | {"session_id": session, "fault_id": None, "started_at": at, "completed_at": at}
    limits = {"validation_result": Jsonb({"effective_min": "20", "effective_max": "80"})}
    own = {"instance_id": key("T", f"pressure {year}"), "measured_value_numeric": pressure}
    insert(connection, "test_instances", row | own | limits)
    if year == LAST:
        force = row | {"measurement_type": "door_opening_force", "door_configuration": None, "max_threshold": 110}
        for is_active, newton in FORCES.items():
            own = {"instance_id": key("T", f"force {is_active}"), "measured_value_numeric": newton}
            insert(connection, "test_instances", force | own | {"pressurization_active": is_active})
    connection.execute("UPDATE test_sessions SET status = 'submitted', submitted_at = %s WHERE id = %s", (at, session))


def _again(connection: psycopg.Connection[Any], made: Planted) -> None:
    """The planted fault of the stair was found by the visit of a year before too."""
    own = {
        "id": key("T", "fault again"),
        "test_session_id": key("T", f"visit {LAST - 1}"),
        "detected_at": _at(LAST - 1),
    }
    insert(connection, "faults", made["faults"] | own | {"instance_id": key("T", f"pressure {LAST - 1}")})


def night(on: date = DAY) -> dict[str, int]:
    """What the machine does each night, as of the day."""
    with transaction("T", DbRole.MACHINE) as connection:
        points = (point for one in waiting.buildings(connection) for point in points_of(connection, one))
        return notice(connection, points, on)


def suggested(house: TestClient, kind: str) -> dict[str, Any]:
    """The one suggestion of a type."""
    found = house.get("/v1/advice/suggestions", params={"room": "stairs"}).json()["rows"]
    (own,) = [one for one in found if one["suggestion_type"] == kind]
    return dict(own)


def accept(house: TestClient, kind: str) -> dict[str, Any]:
    """The work item that accepting opens."""
    done = house.post(f"/v1/advice/suggestions/{suggested(house, kind)['suggestion_id']}/accept")
    assert done.status_code == 200, done.text
    return dict(house.get(f"/v1/advice/work-items/{done.json()['work_item_id']}").json())


def state_of(signal_type: str) -> list[str]:
    """The states of the episodes of a type, in order."""
    return [one.state for one in sorted(rows("signals"), key=lambda one: one.number) if one.signal_type == signal_type]


def test_facts_of_four_kinds_wait_for_a_person_once_with_the_numbers_they_rest_on(house: TestClient) -> None:
    first = night()
    assert (first["opened"], first["suggestions"]) == (4, 4)
    assert night() == {"evaluations": 0, "opened": 0, "closed": 0, "suggestions": 0}
    later = [night(DAY + timedelta(days=days)) for days in range(1, 5)]
    assert [(one["opened"], one["suggestions"]) for one in later] == [(0, 0)] * 4
    assert {one.signal_type for one in rows("signals")} == {
        "TREND_TO_LIMIT",
        "CALIBRATION_DUE",
        "REPEATED_FAULT",
        "PHYSICS_MISMATCH",
    }
    trend = suggested(house, "LOOK_BEFORE_LIMIT")["evidence"]
    assert [one["value"] for one in trend["results"]] == list(PRESSURES.values())
    assert (trend["forecast"]["limit"], trend["thresholds"]["open"], trend["ruleset"]) == (20.0, 365.0, "2026-1")
    assert suggested(house, "CALIBRATE_INSTRUMENT")["evidence"]["expires_on"] == "2026-06-21"
    faults = suggested(house, "FIND_LASTING_REPAIR")["evidence"]
    assert [one["detected_on"] for one in faults["faults"]] == ["2025-05-04", "2026-03-02"]
    # The door's ceiling is a figure and contradicts nothing.
    physics = suggested(house, "MEASURE_AGAIN")["evidence"]
    assert [one["code"] for one in physics["findings"]] == ["FORCE_BELOW_PRESSURE", "FORCE_PRESSURE_MISMATCH"]
    assert rows("work_items") == []


def test_the_trends_page_draws_what_six_visits_measured_with_the_limit_ahead(house: TestClient) -> None:
    told = house.get(f"/stairs/buildings/{key('T', 'building')}/trends")
    assert told.status_code == 200, told.text
    assert "One point heads for a limit" in told.text
    assert "would reach 20\u00a0Pa" in told.text
    assert "4\u00a0May\u00a02021: 66\u00a0Pa" in told.text
    forces = house.get(f"/stairs/buildings/{key('T', 'building')}/trends?kind=door_opening_force")
    assert forces.status_code == 200
    assert "fewer than four results" in forces.text
    for page in (told, forces):
        assert page.text.count("Operator validation required.") == 1, "the three sentences stand once"


def test_an_accepted_trend_opens_a_work_item_whose_outcome_tells_how_good_the_advice_is(house: TestClient) -> None:
    night()
    item = accept(house, "LOOK_BEFORE_LIMIT")
    assert (item["room"], item["kind"], item["status"], item["reasons"]) == ("stairs", "work_item", "OPEN", ["TREND"])
    assert "would reach 20 Pa" in item["title"]
    found = house.post(
        f"/v1/advice/work-items/{item['work_item_id']}/outcome", json={"outcome": "fixed", "note": "Belt of the fan."}
    )
    assert (found.status_code, found.json()["outcome"], found.json()["status"]) == (200, "fixed", "CLOSED")
    told = house.get("/v1/advice/precision", params={"room": "stairs"}).json()["rows"]
    own = [one for one in told if one["signal_type"] == "TREND_TO_LIMIT"]
    assert [(one["reason"], one["ruleset"], one["found"], one["closed_items"]) for one in own] == [
        ("*", "2026-1", 1, 1),
        ("TREND", "2026-1", 1, 1),
    ]
    chain = house.get(f"/v1/lineage/{item['work_item_id']}").json()
    assert {"work_item", "suggestion", "countersignature", "signal_evaluation"} <= {
        node["type"] for node in chain["nodes"]
    }


def test_a_dismissed_repeated_fault_opens_nothing_and_is_not_suggested_again(house: TestClient) -> None:
    night()
    before = len(rows("work_items"))
    own = suggested(house, "FIND_LASTING_REPAIR")
    path = f"/v1/advice/suggestions/{own['suggestion_id']}/dismiss"
    done = house.post(path, json={"reason": "Two different seals; both are known."})
    assert done.status_code == 200, done.text
    assert (done.json()["suggestion"]["status"], done.json()["work_item_id"]) == ("DISMISSED", None)
    assert house.post(f"/v1/advice/suggestions/{own['suggestion_id']}/accept").json()["code"] == "ALREADY_DECIDED"
    assert night(DAY + timedelta(days=10))["suggestions"] == 0
    assert len(rows("work_items")) == before
    assert state_of("REPEATED_FAULT") == ["OPEN"]


def test_a_mismatch_accepted_on_the_page_is_answered_there_by_who_measured_again(house: TestClient) -> None:
    night()
    own = suggested(house, "MEASURE_AGAIN")
    assert "2 things measured in Stair-A do not fit together." in house.get("/advice?room=stairs").text
    assert house.post(f"/advice/suggestions/{own['suggestion_id']}/accept", data={"reason": ""}).status_code == 303
    (item,) = [one for one in rows("work_items") if one.suggestion_id.hex == own["suggestion_id"].replace("-", "")]
    said = {"outcome": "clean", "note": "The gauge was held at the hinge."}
    assert house.post(f"/advice/work-items/{item.work_item_id}/outcome", data=said).status_code == 303
    assert "held at the hinge" in house.get("/advice/work-items?status=CLOSED").text


def test_an_episode_closes_when_its_cause_is_gone_or_too_old_to_be_looked_at(
    house: TestClient, module_database: Database
) -> None:
    night(DAY + timedelta(days=20))
    with psycopg.connect(module_database.urls["owner"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        connection.execute("UPDATE instruments SET retired_at = now() WHERE serial_number = 'DM-2'")
    assert night(DAY + timedelta(days=21))["closed"] == 1
    assert state_of("CALIBRATION_DUE")[0] == "CLOSED"
    assert state_of("REPEATED_FAULT") == ["OPEN"]
    night(DAY + timedelta(days=800))
    assert state_of("REPEATED_FAULT") == ["CLOSED"]
