"""What nobody should send to RestoreIQ: each a refusal with its reason, nothing told of others, nothing stored."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from tests.conftest import Database, application
from tests.grid.outages.evening import EARLY, Evening, began, over
from tests.grid.outages.town import NIGHT, town

METER = min(one.meter_id for one in town().meters)
SEEN = {"type": "POWER_OUT", "meter_id": METER, "at": NIGHT.isoformat(), "arrived_at": EARLY.isoformat()}
EVENTS = "/v1/grid/meter-events"
ADVICE = ("/v1/fault-zones/rank", "/v1/restoration-options/generate", "/v1/crews/recommendations/generate")
REPLAY = "/v1/replays/after-action/generate"


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def mine(client: TestClient) -> tuple[Evening, str]:
    return began(client, "MINE")


@pytest.fixture(scope="module")
def theirs(client: TestClient) -> dict[str, str]:
    """Ids of another tenant's things, all of them there."""
    evening, outage_id = began(client, "THEIRS")
    over(evening)
    rank = evening.post(ADVICE[0], {"outage_id": outage_id})
    replay = evening.post(REPLAY, {"outage_id": outage_id})
    own = evening.get("/v1/provisionals?status=PROMOTED")["rows"][0]["prov_outage_id"]
    return {
        "outage_id": outage_id,
        "run_id": rank["run_id"],
        "replay_id": replay["replay_id"],
        "prov_outage_id": own,
        "hash": replay["content_hash"],
    }


def stored(tenant_id: str = "MINE") -> dict[str, int]:
    tables = ("meter_events", "recommendation_runs", "outages", "provisional_outages", "outage_replays", "proposals")
    with transaction(tenant_id) as connection:
        return {one: connection.execute(text(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (EVENTS, {"events": []}),
        (EVENTS, {"events": [SEEN] * 10_001}),
        (EVENTS, {"events": [SEEN | {"at": "2026-11-20T23:10:00"}]}),
        (EVENTS, {"events": [SEEN | {"at": "yesterday"}]}),
        (EVENTS, {"events": [SEEN | {"at": 1e400}]}),
        (EVENTS, {"events": [SEEN | {"meterid": METER}]}),
        (EVENTS, {"events": [SEEN | {"meter_id": "N6\x00L"}]}),
        (EVENTS, {"events": [SEEN | {"source": "ami\n"}]}),
        (EVENTS, {"events": [SEEN | {"meter_id": "\ud800"}]}),
        (EVENTS, {"events": [SEEN | {"meter_id": "\uffff"}]}),
        (EVENTS, {"events": [SEEN | {"meter_id": ""}]}),
        (EVENTS, {"events": [SEEN | {"meter_id": "M" * 201}]}),
        (EVENTS, {"events": [SEEN | {"value": "NaN"}]}),
        (EVENTS, {"event": [SEEN]}),
        (EVENTS, [SEEN]),
        ("/v1/grid/ping-results", {"results": []}),
        ("/v1/grid/ping-results", {"results": [{"meter_id": METER, "answered": "perhaps", "at": NIGHT.isoformat()}]}),
        ("/v1/grid/ping-results", {"results": [{"meter_id": METER, "at": NIGHT.isoformat()}]}),
        ("/v1/provisionals/infer", {"as_of": "2026-11-20T23:10:00"}),
        ("/v1/provisionals/infer", {"asof": NIGHT.isoformat()}),
        ("/v1/provisionals/infer", {"mode": "commit"}),
        ("/v1/provisionals/promote", {"mode": "force"}),
        ("/v1/provisionals/promote", {"prov_outage_ids": ["x"]}),
        ("/v1/provisionals/promote", {"prov_outage_ids": [str(uuid.uuid4())] * 201}),
        ("/v1/provisionals/promote", {"mode": "commit", "content_hash": "A" * 64}),
        ("/v1/provisionals/promote", {"cursor": "50"}),
        ("/v1/provisionals/promote", {"reason": "a\x00b", "override": True}),
        (ADVICE[0], {}),
        (ADVICE[0], {"outage_id": "1"}),
        (ADVICE[0], {"outage_id": str(uuid.uuid4()), "rank_by": "luck"}),
        (REPLAY, {"outage_id": str(uuid.uuid4()), "mode": "everything"}),
        ("/v1/reports/after-action/export", {"replay_id": str(uuid.uuid4()), "formats": []}),
        ("/v1/reports/after-action/export", {"replay_id": str(uuid.uuid4()), "formats": ["exe"]}),
        ("/v1/reports/after-action/export", {"replay_id": str(uuid.uuid4()), "page_size": "../../A4"}),
    ],
)
def test_what_does_not_fit_is_told_by_its_field_and_stores_nothing(
    mine: tuple[Evening, str], path: str, body: Any
) -> None:
    before, person = stored(), mine[0].ada
    who = person | {"Content-Type": "application/json"}
    refused = mine[0].client.post(path, content=json.dumps(body), headers=who)
    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert stored() == before


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_value_that_is_no_number_is_refused(mine: tuple[Evening, str], written: str) -> None:
    body = json.dumps({"events": [SEEN | {"value": 5}]}).replace("5}", written + "}")
    who = mine[0].machine | {"Content-Type": "application/json"}
    assert mine[0].client.post(EVENTS, content=body, headers=who).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"meter_id": "NOBODY"}, "UNKNOWN_METER"),
        ({"type": "POWER_SIDEWAYS"}, "UNKNOWN_TYPE"),
        ({"type": "SCADA_OPEN"}, "DEVICE_EXPECTED"),
        ({"type": "SCADA_OPEN", "meter_id": None, "device_id": "NOTHING"}, "UNKNOWN_DEVICE"),
        ({"meter_id": None, "device_id": "REC-N"}, "METER_EXPECTED"),
        ({"device_id": "REC-N"}, "METER_EXPECTED"),
        ({"meter_id": None}, "METER_EXPECTED"),
        ({"at": "2099-01-01T00:00:00Z"}, "AFTER_ARRIVAL"),
        ({"arrived_at": "2099-01-01T00:00:00Z"}, "NOT_ARRIVED_YET"),
        ({"arrived_at": "9999-12-31T23:59:59Z", "at": "9999-12-31T23:59:59Z"}, "NOT_ARRIVED_YET"),
        ({"arrived_at": "9999-12-31T23:59:59-14:00"}, "NOT_ARRIVED_YET"),
        ({"at": "0001-01-01T00:00:00Z"}, "TOO_OLD"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "TOO_OLD"),
    ],
)
def test_a_report_that_makes_no_sense_stops_no_other(
    mine: tuple[Evening, str], wrong: dict[str, Any], code: str
) -> None:
    told = mine[0].post(EVENTS, {"events": [SEEN | wrong, SEEN]})
    assert told["counts"]["rejected"] == 1
    assert (told["rejected"][0]["row"], told["rejected"][0]["code"]) == (0, code)
    assert told["rejected"][0]["reason"]


def test_a_thousand_bad_rows_name_a_hundred(mine: tuple[Evening, str]) -> None:
    told = mine[0].post(EVENTS, {"events": [SEEN | {"meter_id": "NOBODY"}] * 1000})
    assert told["counts"] == {"accepted": 0, "duplicates": 0, "rejected": 1000}
    assert len(told["rejected"]) == 100


def test_the_same_instant_is_the_same_report_in_whatever_zone_it_is_written(mine: tuple[Evening, str]) -> None:
    other = SEEN | {"source": "zones"}
    elsewhere = other | {"at": (NIGHT).astimezone(tz=None).isoformat()}
    tokyo = other | {"at": (NIGHT + timedelta(hours=9)).isoformat().replace("+00:00", "+09:00")}
    told = mine[0].post(EVENTS, {"events": [other, other, elsewhere, tokyo]})
    assert told["counts"] == {"accepted": 1, "duplicates": 3, "rejected": 0}


def test_the_same_time_is_the_same_run_in_whatever_zone_it_is_written(mine: tuple[Evening, str]) -> None:
    evening, outage_id = mine
    tokyo = (EARLY + timedelta(hours=9)).isoformat().replace("+00:00", "+09:00")
    for path in (*ADVICE, REPLAY):
        runs = {
            evening.post(path, {"outage_id": outage_id, "as_of": at})["run_id"] for at in (EARLY.isoformat(), tokyo)
        }
        assert len(runs) == 1, path
    assert (
        len({evening.post("/v1/provisionals/infer", {"as_of": at})["run_id"] for at in (EARLY.isoformat(), tokyo)}) == 1
    )


@pytest.mark.parametrize("path", [*ADVICE, REPLAY, "/v1/provisionals/infer"])
@pytest.mark.parametrize(
    "as_of",
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2099-01-01T00:00:00Z"],
)
def test_a_time_that_cannot_be_is_refused_and_does_not_hold_up_what_comes(
    mine: tuple[Evening, str], path: str, as_of: str
) -> None:
    before = stored()
    body = {"as_of": as_of} | ({} if path.endswith("infer") else {"outage_id": mine[1]})
    refused = mine[0].ask(path, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "AS_OF"), refused.text
    assert stored() == before


@pytest.mark.parametrize("path", [*ADVICE, REPLAY])
def test_a_time_before_the_outage_is_refused(mine: tuple[Evening, str], path: str) -> None:
    refused = mine[0].ask(path, {"outage_id": mine[1], "as_of": (NIGHT - timedelta(hours=1)).isoformat()})
    assert refused.status_code == 422, refused.text
    assert "began" in refused.json()["detail"]


def test_nothing_is_told_of_what_belongs_to_another_tenant_or_is_made_up(
    mine: tuple[Evening, str], theirs: dict[str, str]
) -> None:
    evening, outage_id = mine
    made_up = {name: str(uuid.uuid4()) for name in theirs} | {"hash": "0" * 64}
    answers = [_tries(evening, outage_id, named) for named in (theirs, made_up)]
    for (what, foreign), (_, absent) in zip(*answers, strict=True):
        assert foreign.status_code == absent.status_code == 404, (what, foreign.text)
        same = [{k: v for k, v in one.json().items() if k != "request_id"} for one in (foreign, absent)]
        for told, named in zip(same, (theirs, made_up), strict=True):
            told["detail"] = told["detail"].replace(named["prov_outage_id"], "X")
        assert same[0] == same[1], what
    assert stored("THEIRS")["outages"] == 1


def _tries(evening: Evening, outage_id: str, named: dict[str, str]) -> list[tuple[str, Any]]:
    theirs, run, replay = ({name: named[name]} for name in ("outage_id", "run_id", "replay_id"))
    tried: list[tuple[str, Any]] = [(path, evening.ask(path, theirs)) for path in (*ADVICE, REPLAY)]
    tried += [(f"{path} by run", evening.ask(path, {"outage_id": outage_id} | run)) for path in ADVICE[1:]]
    commit = {"mode": "commit", "content_hash": "0" * 64}
    tried += [
        ("export", evening.ask("/v1/reports/after-action/export", replay)),
        ("promote", evening.ask("/v1/provisionals/promote", {"prov_outage_ids": [named["prov_outage_id"]]})),
        ("promote outage", evening.ask("/v1/provisionals/promote", theirs)),
        ("commit", evening.ask("/v1/provisionals/promote", theirs | commit, evening.ada)),
        ("progress", evening.ask(f"/v1/outages/{named['outage_id']}/progress", {"cause": "tree"}, evening.ada)),
        ("feedback", evening.ask("/v1/feedback", _opinion(named["run_id"]), evening.ada)),
    ]
    for path in (f"outages/{named['outage_id']}", f"replays/{named['replay_id']}", f"runs/{named['run_id']}/zones"):
        tried.append((path.split("/")[0], evening.client.get(f"/v1/{path}", headers=evening.ada)))
    return tried


def _opinion(run_id: str, **more: Any) -> dict[str, Any]:
    return {"run_id": run_id, "rec_type": "zone", "rec_id": "Z-REC-N", "action": "accepted"} | more


def test_a_token_of_one_tenant_cannot_name_another(mine: tuple[Evening, str], theirs: dict[str, str]) -> None:
    refused = mine[0].ask(ADVICE[0], {"outage_id": theirs["outage_id"], "tenant_id": "THEIRS"})
    assert (refused.status_code, refused.json()["code"]) == (403, "TENANT_MISMATCH")


def test_a_run_of_another_step_is_no_ranking(mine: tuple[Evening, str]) -> None:
    evening, outage_id = mine
    made = evening.post("/v1/provisionals/infer", {"as_of": EARLY.isoformat()})
    refused = evening.ask(ADVICE[1], {"outage_id": outage_id, "run_id": made["run_id"]})
    assert refused.status_code == 404, refused.text
    assert evening.client.get(f"/v1/runs/{made['run_id']}/zones", headers=evening.ada).status_code == 404


def test_camel_case_is_the_same_question(mine: tuple[Evening, str]) -> None:
    evening, outage_id = mine
    snake = evening.post(ADVICE[0], {"outage_id": outage_id, "as_of": EARLY.isoformat(), "rank_by": "meters"})
    camel = evening.post(ADVICE[0], {"outageId": outage_id, "asOf": EARLY.isoformat(), "rankBy": "meters"})
    assert camel["run_id"] == snake["run_id"]
    assert camel["status"] == "unchanged"


@pytest.mark.parametrize(
    ("path", "lists"),
    [
        (ADVICE[0], {"zones"}),
        (ADVICE[1], {"options", "rejected"}),
        (ADVICE[2], {"recommendations"}),
        ("/v1/provisionals/promote", {"decisions"}),
        ("/v1/provisionals/infer", {"provisionals"}),
    ],
)
def test_minimal_leaves_lists_out(mine: tuple[Evening, str], path: str, lists: set[str]) -> None:
    body = {} if path.endswith(("infer", "promote")) else {"outage_id": mine[1]}
    full, short = (mine[0].post(path, body | more) for more in ({}, {"mode": "minimal"}))
    assert lists <= set(full)
    assert set(short) == set(full) - lists - {"next_cursor", "next_page"}
    assert short["counts"] == full["counts"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, 422),
        ({"dispatched_at": "0001-01-01T00:00:00+14:00"}, 422),
        ({"arrived_at": "9999-12-31T23:59:59-14:00"}, 422),
        ({"arrived_at": (NIGHT - timedelta(days=2)).isoformat()}, 422),
        ({"isolated_at": (utc_now() + timedelta(hours=1)).isoformat()}, 422),
        ({"cause": "tree\x00"}, 422),
        ({"cause": "\ufffe"}, 422),
        ({"excluded_reason": "\x0b"}, 422),
        ({"true_device_id": "NOTHING"}, 422),
        ({"closed_at": EARLY.isoformat()}, 409),
        ({"status": "RESTORED"}, 422),
        ({"customers_out_peak": 1}, 422),
    ],
)
def test_progress_that_cannot_be_is_not_written_down(
    mine: tuple[Evening, str], told: dict[str, Any], status: int
) -> None:
    evening, outage_id = mine
    before = evening.get(f"/v1/outages/{outage_id}")
    refused = evening.ask(f"/v1/outages/{outage_id}/progress", told, evening.ada)
    assert refused.status_code == status, refused.text
    assert evening.get(f"/v1/outages/{outage_id}") == before


def test_a_time_that_is_told_late_does_not_lead_back(client: TestClient) -> None:
    evening, outage_id = began(client, "LATE")
    for name, minutes in (("arrived_at", 40), ("dispatched_at", 15)):
        told = {name: (NIGHT + timedelta(minutes=minutes)).isoformat()}
        answer = evening.post(f"/v1/outages/{outage_id}/progress", told, evening.ada)
        assert answer["status"] == "ARRIVED"


def test_a_machine_reports_no_progress_and_gives_no_opinion(mine: tuple[Evening, str]) -> None:
    evening, outage_id = mine
    run = evening.post(ADVICE[0], {"outage_id": outage_id})["run_id"]
    assert evening.ask(f"/v1/outages/{outage_id}/progress", {"cause": "tree"}).status_code == 403
    assert evening.ask("/v1/feedback", _opinion(run)).status_code == 403
    assert evening.ask("/v1/feedback", _opinion(run, note="a\x01"), evening.ada).status_code == 422
    assert evening.ask("/v1/feedback", _opinion(run, reason_code="\x00"), evening.ada).status_code == 422


def test_a_secret_that_is_pasted_into_a_note_is_not_kept(mine: tuple[Evening, str]) -> None:
    evening, outage_id = mine
    run = evening.post(ADVICE[0], {"outage_id": outage_id})["run_id"]
    evening.post("/v1/feedback", _opinion(run, note="see password=hunter2hunter2"), evening.ada)
    with transaction("MINE") as connection:
        notes = list(connection.execute(text("SELECT note FROM operator_feedback WHERE note IS NOT NULL")).scalars())
    assert notes
    assert not any("hunter2" in note for note in notes)


@pytest.mark.parametrize("path", ["provisionals", "outages"])
@pytest.mark.parametrize("query", ["status=SIDEWAYS", "status=%00", "limit=0", "limit=501", "cursor=50", "cursor=%00"])
def test_a_list_asked_for_wrongly_is_refused(mine: tuple[Evening, str], path: str, query: str) -> None:
    refused = mine[0].client.get(f"/v1/{path}?{query}", headers=mine[0].ada)
    assert refused.status_code == 422, refused.text
