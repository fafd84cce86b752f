"""The AMI endpoints of the sources over real HTTP semantics: what they take, what they answer, what they refuse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.grid import routes
from domain.grid.metering.observe.publish import floor_to
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.keys import create_key
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database, application
from tests.makers import make_fleet, make_tenant, make_token

BODY = {"tenantId": "T", "intervalMinutes": 15, "batchSize": 50}
EVENING = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
THEFT = {"tenantId": "T", "feederId": "FEEDER_2", "durationMinutes": 60, "severity": 0.7}


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    make_fleet(feeders=3, meters_per_feeder=40)
    with TestClient(application(), headers={"Authorization": f"Bearer {make_token('T', 'OPERATOR')}"}) as made:
        yield made


def count(table: str) -> int:
    with transaction("T") as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def publish_window(client: TestClient, number: int) -> dict[str, Any]:
    """Publish the quarter hour of this number after eight in the evening: the same reads whenever the test runs."""
    answer = client.post("/api/ami/publish-once", json=BODY | {"windowEnd": at(number + 1)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def at(number: int) -> str:
    """The start of a quarter hour after eight in the evening, local time."""
    return (EVENING + timedelta(minutes=15 * number)).isoformat()


def quickcheck(client: TestClient) -> dict[str, Any]:
    return client.get("/api/ami/kpi/quickcheck", params={"tenantId": "T"}).json()


def test_publish_theft_publish_moves_the_loss_by_what_the_formula_says_within_two_cycles(client: TestClient) -> None:
    for number in range(4):
        publish_window(client, number)
    before = {f["feeder_id"]: f["loss_pct_last_interval"] for f in quickcheck(client)["feeders_now"]}
    injected = client.post("/api/ami/event/theft", json=THEFT | {"startsAt": at(4)})
    assert injected.status_code == 201
    expected = next(e for e in injected.json()["expectations"] if e["kpi"] == "loss_pct_adj")
    for number in (4, 5):
        publish_window(client, number)
    check = quickcheck(client)
    now = {f["feeder_id"]: f["loss_pct_last_interval"] for f in check["feeders_now"]}
    outcome = next(e for e in check["expectations"] if e["kpi"] == "loss_pct_adj")
    assert expected["delta"] > 3
    assert outcome["is_explained"]
    assert abs(outcome["observed_delta"] - outcome["expected_delta"]) <= 0.5
    assert now["FEEDER_2"] - before["FEEDER_2"] > 2
    assert abs(now["FEEDER_1"] - before["FEEDER_1"]) < 1.5
    assert [e["event_type"] for e in check["active_events"]] == ["theft"]


def test_a_comms_outage_raises_raw_loss_and_not_the_corrected_one(client: TestClient) -> None:
    body = {"tenantId": "T", "feederId": "FEEDER_1", "durationMinutes": 120, "severity": 0.25, "startsAt": at(1)}
    publish_window(client, 0)
    assert client.post("/api/ami/event/comms-outage", json=body).status_code == 201
    for number in range(1, 5):
        answer = publish_window(client, number)
    assert answer["counts"]["silenced"] == 10
    feeder = next(f for f in quickcheck(client)["feeders_now"] if f["feeder_id"] == "FEEDER_1")
    assert feeder["loss_pct_raw_last_interval"] > 15
    assert feeder["coverage_pct"] < 90


def test_a_voltage_sag_lowers_the_voltage_below_range_a_and_leaves_the_loss(client: TestClient) -> None:
    publish_window(client, 0)
    body = {"tenantId": "T", "feederId": "FEEDER_1", "durationMinutes": 60, "severity": 0.5, "startsAt": at(1)}
    assert client.post("/api/ami/event/voltage-sag", json=body).status_code == 201
    publish_window(client, 1)
    with transaction("T") as connection:
        low, high = connection.execute(
            text(
                "SELECT min(voltage), max(voltage) FROM meter_reads_electric WHERE feeder_id = 'FEEDER_1'"
                " AND read_at = (SELECT max(read_at) FROM meter_reads_electric)"
            )
        ).one()
    assert 108 <= low <= high < 114
    outcomes = {e["kpi"]: e for e in quickcheck(client)["expectations"]}
    assert outcomes["avg_voltage"]["is_explained"]
    assert outcomes["loss_pct_adj"]["is_explained"]


@pytest.mark.parametrize(
    ("path", "wrong", "status", "code"),
    [
        ("event/theft", {"severity": 70}, 422, "INVALID_EVENT"),
        ("event/theft", {"severity": 0}, 422, "INVALID_EVENT"),
        ("event/theft", {"feederId": "FEEDER_99"}, 422, "UNKNOWN_FEEDER"),
        ("event/theft", {"feederId": None}, 422, "INVALID_EVENT"),
        ("event/theft", {"durationMinutes": -5}, 422, "INVALID_EVENT"),
        ("event/theft", {"durationMinutes": 1e9}, 422, "INVALID_EVENT"),
        ("event/theft", {"meterIds": ["NOBODY"]}, 422, "UNKNOWN_METER"),
        ("event/theft", {"mode": "magic"}, 422, "INVALID"),
        ("event/theft", {"tenantId": "OTHER"}, 403, "TENANT_MISMATCH"),
        ("event/voltage-sag", {"severity": 2}, 422, "INVALID_EVENT"),
        ("event/comms-outage", {"severity": -1}, 422, "INVALID_EVENT"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused_and_nothing_is_stored(
    client: TestClient, path: str, wrong: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(f"/api/ami/{path}", json=THEFT | wrong)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"].startswith(code)
    assert problem["detail"]
    assert count("ami_events") == count("event_expectations") == 0


def test_severity_70_is_asked_back_as_0_7(client: TestClient) -> None:
    assert "Did you mean 0.7?" in client.post("/api/ami/event/theft", json=THEFT | {"severity": 70}).text


def test_a_feeder_may_be_named_by_its_code(client: TestClient) -> None:
    answer = client.post("/api/ami/event/theft", json=THEFT | {"feederId": "F-03"})
    assert answer.json()["event"]["feederId"] == "FEEDER_3"


def test_an_event_can_be_cancelled_once(client: TestClient) -> None:
    event_id = client.post("/api/ami/event/theft", json=THEFT).json()["event_id"]
    assert client.delete(f"/api/ami/event/{event_id}").status_code == 200
    assert client.delete(f"/api/ami/event/{event_id}").status_code == 404
    refused = client.delete("/api/ami/event/not-an-id")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "event_id")


def test_a_cancelled_event_expects_nothing_any_more(client: TestClient) -> None:
    event_id = client.post("/api/ami/event/theft", json=THEFT).json()["event_id"]
    assert client.delete(f"/api/ami/event/{event_id}").status_code == 200
    client.post("/api/ami/publish-once", json=BODY)
    assert client.get("/api/ami/kpi/quickcheck").json()["expectations"] == []


def test_figures_of_the_quickcheck_are_numbers_and_a_wrong_window_end_is_told_as_it_was_sent(
    client: TestClient,
) -> None:
    client.post("/api/ami/publish-once", json=BODY)
    day = client.get("/api/ami/kpi/quickcheck").json()["overview_last5"][0]
    assert {type(day[name]) for name in ("coverage_pct", "delivered_kwh", "loss_pct_adj", "min_voltage")} == {float}
    refused = client.post("/api/ami/publish-once", json=BODY | {"windowEnd": "2026-11-20T17:07:00Z"})
    assert "17:07" in refused.json()["detail"]


def test_start_and_stop_toggle_the_schedule_and_status_shows_it(client: TestClient) -> None:
    started = client.post("/api/ami/start", json={"tenantId": "T", "intervalMinutes": 30}).json()
    assert started["schedule"] == {"on": True, "interval_minutes": 30}
    assert client.get("/api/ami/status").json()["schedule"]["on"] is True
    assert client.post("/api/ami/stop", json={"tenantId": "T"}).json()["schedule"]["on"] is False
    status = client.get("/api/ami/status").json()
    assert status["schedule"]["on"] is False
    assert set(status) >= {"queue", "schedule", "active_events", "last_ingest_at", "data_age_s", "recent_jobs"}


def test_the_same_window_is_published_once_whatever_the_batch_size(client: TestClient) -> None:
    end = floor_to(utc_now(), 15).isoformat()
    first = client.post("/api/ami/publish-once", json=BODY | {"windowEnd": end}).json()
    second = client.post("/api/ami/publish-once", json=BODY | {"windowEnd": end, "batchSize": 100_000}).json()
    assert (first["status"], second["status"]) == ("published", "already_published")
    assert first["run_id"] == second["run_id"]
    assert second["counts"]["inserted"] == 0
    assert count("meter_reads_electric") == first["counts"]["inserted"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"intervalMinutes": 7},
        {"batchSize": 0},
        {"batchSize": 100_001},
        {"windowEnd": "2026-11-20T10:07:00Z"},
        {"windowEnd": "yesterday"},
        {"seed": -1},
        {"surprise": 1},
    ],
)
def test_a_publish_that_makes_no_sense_is_422(client: TestClient, wrong: dict[str, Any]) -> None:
    assert client.post("/api/ami/publish-once", json=BODY | wrong).status_code == 422
    assert count("meter_reads_electric") == 0


def test_another_tenants_data_is_never_shown(client: TestClient) -> None:
    client.post("/api/ami/publish-once", json=BODY)
    make_tenant("U")
    with TestClient(application(), headers={"Authorization": f"Bearer {make_token('U', 'ADMIN')}"}) as other:
        assert other.get("/api/ami/kpi/quickcheck", params={"tenantId": "T"}).status_code == 403
        assert other.get("/api/ami/kpi/quickcheck").json()["feeders_now"] == []
        assert other.post("/api/ami/publish-once", json=BODY).status_code == 403


@pytest.mark.parametrize("role", ["LEARNER", "AUTHOR", "TECHNICIAN", "AUDITOR"])
def test_only_those_who_operate_may_publish(client: TestClient, role: str) -> None:
    token = make_token("T", role, email=f"{role.lower()}@example.org")
    answer = client.post("/api/ami/publish-once", json=BODY, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert count("meter_reads_electric") == 0


def test_the_quickcheck_without_a_key_is_masked_and_only_for_public_tenants_in_dev(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/api/ami/event/theft", json=THEFT | {"meterIds": ["M020001"], "feederId": None})
    client.post("/api/ami/publish-once", json=BODY)
    with transaction("T") as connection:
        day = connection.execute(text("SELECT max(local_date) FROM gl_feeder_day")).scalar()
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute(
            "INSERT INTO meter_suspicion (tenant_id, local_date, meter_id, feeder_id, scoring_version, score, rank,"
            " confidence, window_days) VALUES ('T', %s, 'M020001', 'FEEDER_2', 'x', 90, 1, 1, 1)",
            (day,),
        )
    with TestClient(application()) as nobody:
        assert nobody.get("/api/ami/kpi/quickcheck", params={"tenantId": "T"}).status_code == 401
        with psycopg.connect(database.urls["superuser"]) as connection:
            connection.execute("UPDATE tenants SET public_quickcheck = true")
        shown = nobody.get("/api/ami/kpi/quickcheck", params={"tenantId": "T"})
        assert shown.status_code == 200
        assert shown.headers["cache-control"] == "no-store"
        assert "M020001" not in shown.text
        assert shown.json()["suspicious_last10"][0]["meter_id"] == "M-…0001"
        assert "M020001" in client.get("/api/ami/kpi/quickcheck").text
        monkeypatch.setenv("COUNTERSIGN_ENV", "prod")
        settings.cache_clear()
        assert nobody.get("/api/ami/kpi/quickcheck", params={"tenantId": "T"}).status_code == 401


def test_the_anonymous_quickcheck_is_limited_to_30_a_minute(client: TestClient, database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("UPDATE tenants SET public_quickcheck = true")
    with TestClient(application()) as nobody:
        codes = [nobody.get("/api/ami/kpi/quickcheck", params={"tenantId": "T"}).status_code for _ in range(32)]
    assert codes[:30] == [200] * 30
    assert 429 in codes[30:]


def test_a_key_publishes_with_its_scope_and_not_without(client: TestClient) -> None:
    reader = create_key("T", "reader", ["ami:read"])
    writer = create_key("T", "writer", ["ami:read", "ami:write"])
    for (_, token), status in ((reader, 403), (writer, 200)):
        headers = {"Authorization": f"Bearer {token}"}
        assert client.post("/api/ami/publish-once", json=BODY, headers=headers).status_code == status


def test_an_uploaded_file_is_loaded_and_its_bad_rows_are_told(client: TestClient) -> None:
    when = floor_to(utc_now() - timedelta(days=2), 15).astimezone(UTC)
    rows = ["meter_id,read_at,kwh,voltage,interval_minutes"]
    rows += [f"M01000{i},{when.isoformat()},0.25,121.5,15" for i in range(5)]
    rows += [f"M010001,{(when + timedelta(minutes=15)).isoformat()},abc,121.5,15", f"NOBODY,{when.isoformat()},1,,15"]
    answer = client.post("/api/ami/reads", files={"file": ("reads.csv", "\n".join(rows).encode(), "text/csv")})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["status"] == "loaded"
    assert told["counts"]["inserted"] == 5
    assert told["counts"]["rejected"] == 2
    rejects = client.get(told["rejects_url"])
    assert rejects.status_code == 200
    assert "NOBODY" in rejects.text
    again = client.post("/api/ami/reads", files={"file": ("reads.csv", "\n".join(rows).encode(), "text/csv")})
    assert again.json()["status"] == "already_published"
    assert count("meter_reads_electric") == 5
    listed = client.get("/api/ami/reads/batches").json()
    assert [row["file_name"] for row in listed["rows"]] == ["reads.csv"]


def test_two_files_in_one_upload_are_refused_instead_of_one_of_them_taken(client: TestClient) -> None:
    files = [("file", (f"{name}.csv", b"meter_id,read_at,kwh\n", "text/csv")) for name in ("one", "two")]
    answer = client.post("/api/ami/reads", files=files)
    assert answer.status_code == 422, answer.text
    assert (answer.json()["code"], count("read_batches")) == ("ONE_FILE", 0)
    assert "2 files were sent, nothing of them was taken" in answer.json()["detail"]


STRANGE = b"Zaehler;Wann;Verbrauch\n" + b"".join(b"M0100%02d;01.11.2026 %02d:15;0,25\n" % (n, n) for n in range(5))


def test_an_upload_takes_the_same_mapping_as_the_command_and_its_hint_says_so(client: TestClient) -> None:
    files = {"file": ("strange.csv", STRANGE)}
    refused = client.post("/api/ami/reads", files=files)
    assert refused.status_code == 422
    assert "a field `column` with HEADER=NAME" in refused.json()["hint"]
    mapped = {
        "column": ["Zaehler=meter_id", "Wann=end", "Verbrauch=kwh"],
        "interval_minutes": "15",
        "date_order": "dmy",
        "zone": "Europe/Berlin",
    }
    answer = client.post("/api/ami/reads", files=files, data=mapped)
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["inserted"] == 5
    assert answer.json()["window"][0].startswith("2026-10-31T23:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"column": "Zaehler"},
        {"column": "Zaehler=colour"},
        {"column": "=kwh"},
        {"stamp": "middle"},
        {"interval_minutes": "7"},
        {"zone": "Atlantis/Port"},
        {"zone": "Etc/\0"},
        {"meter_id": "M\0"},
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(client: TestClient, wrong: dict[str, str]) -> None:
    good = {"column": ["Zaehler=meter_id", "Wann=end", "Verbrauch=kwh"], "date_order": "dmy"}
    if "meter_id" in wrong:
        good["column"] = ["Wann=end", "Verbrauch=kwh"]
    answer = client.post("/api/ami/reads", files={"file": ("strange.csv", STRANGE)}, data=good | wrong)
    assert answer.status_code == 422 or answer.json()["status"] == "nothing_to_load", answer.text
    assert count("meter_reads_electric") == 0


def test_what_was_refused_does_not_count_as_failed(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post("/api/ami/publish-once", json=BODY | {"windowEnd": "2026-11-20T17:07:00Z"}).status_code == 422
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE tenants SET is_demo = false"))
    assert client.post("/api/ami/publish-once", json=BODY).status_code == 403
    status = client.get("/api/ami/status").json()
    assert status["queue"]["failed_24h"] == 0
    assert [job["status"] for job in status["recent_jobs"]] == ["refused", "refused"]
    monkeypatch.setattr(routes, "publish", lambda *_, **__: 1 / 0)
    assert client.post("/api/ami/publish-once", json=BODY).status_code == 500
    assert client.get("/api/ami/status").json()["queue"]["failed_24h"] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"meter_id,read_at,energy_in_lightyears\nM010001,2026-11-01T00:00Z,1\n",
        b"PAR1 half of a file",
        b"\x00" * 99,
    ],
)
def test_a_file_that_makes_no_sense_stores_nothing(client: TestClient, content: bytes) -> None:
    answer = client.post("/api/ami/reads", files={"file": ("reads.csv", content)})
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert count("meter_reads_electric") == count("read_batches") == 0


def test_reads_keep_their_time_zone_in_the_answer(client: TestClient) -> None:
    answer = client.post("/api/ami/publish-once", json=BODY).json()
    assert datetime.fromisoformat(answer["window"]["end"]).tzinfo is not None
