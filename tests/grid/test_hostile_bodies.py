"""Bodies at the edges of the calendar, of the number line and of a feeder: each a clear refusal, nothing stored."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.grid.metering.observe.publish import floor_to
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from tests.conftest import Database, application
from tests.makers import make_fleet, make_token

BODY = {"tenantId": "T", "intervalMinutes": 15, "batchSize": 50}
THEFT = {"tenantId": "T", "feederId": "FEEDER_2", "durationMinutes": 60, "severity": 0.7}


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    make_fleet(feeders=2, meters_per_feeder=4)
    with TestClient(application(), headers={"Authorization": f"Bearer {make_token('T', 'OPERATOR')}"}) as made:
        yield made


def stored() -> int:
    with transaction("T") as connection:
        tables = ("meter_reads_electric", "read_batches", "ami_events", "event_expectations")
        return sum(int(connection.execute(text(f"SELECT count(*) FROM {t}")).scalar_one()) for t in tables)


@pytest.mark.parametrize(
    ("window_end", "status", "code"),
    [
        ("9999-12-31T23:45:00Z", 409, "DEMO_CLOCK_AHEAD"),
        ("2099-01-01T00:00:00Z", 409, "DEMO_CLOCK_AHEAD"),
        ("9999-12-31T23:45:00-14:00", 409, "DEMO_CLOCK_AHEAD"),
        ("0001-01-01T00:00:00Z", 422, "WINDOW"),
        ("0001-01-01T00:00:00+14:00", 422, "WINDOW"),
        ("1900-01-01T00:00:00Z", 422, "WINDOW"),
        ("2015-01-01T00:00:00Z", 422, "WINDOW"),
    ],
)
def test_a_window_far_from_now_is_refused_and_does_not_hold_the_demo_clock(
    client: TestClient, window_end: str, status: int, code: str
) -> None:
    refused = client.post("/api/ami/publish-once", json=BODY | {"windowEnd": window_end})
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert refused.json()["hint"]
    assert stored() == 0
    assert client.post("/api/ami/publish-once", json=BODY).json()["status"] == "published"


def test_a_window_up_to_a_day_ahead_can_be_named(client: TestClient) -> None:
    end = floor_to(utc_now() + timedelta(hours=23), 15).isoformat()
    assert client.post("/api/ami/publish-once", json=BODY | {"windowEnd": end}).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"startsAt": "9999-12-31T23:59:59Z"}, "startsAt"),
        ({"startsAt": "2400-01-01T00:00:00Z"}, "startsAt"),
        ({"startsAt": "0001-01-01T00:00:00Z"}, "startsAt"),
        ({"startsAt": "2000-01-01T00:00:00Z"}, "startsAt"),
        ({"severity": True}, "severity"),
        ({"severity": "0.7"}, "severity"),
        ({"severity": 70}, "severity"),
        ({"durationMinutes": -60}, "durationMinutes"),
        ({"durationMinutes": "60"}, "durationMinutes"),
        ({"feederId": "FEEDER_99"}, "feederId"),
        ({"meterIds": ["M010001"]}, "meterIds"),
        ({"meterIds": ["M020001", "NOBODY"]}, "meterIds"),
    ],
)
def test_an_event_that_makes_no_sense_names_its_field_and_says_what_to_do(
    client: TestClient, wrong: dict[str, Any], field: str
) -> None:
    refused = client.post("/api/ami/event/theft", json=THEFT | wrong)
    told = refused.json()
    assert refused.status_code == 422, refused.text
    assert told["errors"][0]["field"] == field
    assert told["hint"]
    assert stored() == 0


def test_meters_of_the_named_feeder_are_taken(client: TestClient) -> None:
    taken = client.post("/api/ami/event/theft", json=THEFT | {"meterIds": ["M020001"]})
    assert (taken.status_code, taken.json()["meterIds"]) == (201, ["M020001"])


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"x=1"])
def test_a_body_that_is_no_object_is_told_in_words(client: TestClient, body: bytes) -> None:
    refused = client.post("/api/ami/event/theft", content=body, headers={"Content-Type": "text/plain"})
    assert refused.status_code == 422
    assert "JSON object" in refused.json()["errors"][0]["message"]
