"""Several at once: one outage for one decision, one run for one question, the same rows for everybody who asked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import text

from domain.kernel.db import transaction
from tests.conftest import Database, application
from tests.grid.outages.evening import EARLY, Evening, began, event, events_of, over
from tests.grid.outages.town import NIGHT, below


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


def at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    """What each of them answers, all begun at the same time."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        start.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [one.result() for one in [pool.submit(run, task) for task in tasks]]


def counted(tenant_id: str, query: str) -> int:
    with transaction(tenant_id) as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {query}")).scalar_one()
        return found


def asking(evening: Evening, path: str, body: dict[str, Any], times: int = 8) -> list[dict[str, Any]]:
    answers: list[Response] = at_once([lambda: evening.ask(path, body)] * times)
    assert {one.status_code for one in answers} == {200}, [one.text for one in answers if one.status_code != 200]
    return [one.json() for one in answers]


def without_status(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "status"}


def _told(evening: Evening, device: str, kind: str, at: datetime) -> None:
    """Every meter below the device reports."""
    rows = [
        {
            "type": kind,
            "meter_id": own,
            "at": (at + timedelta(seconds=number % 9)).isoformat(),
            "arrived_at": (at + timedelta(seconds=20 + number)).isoformat(),
        }
        for number, own in enumerate(below(evening.network, device))
    ]
    evening.post("/v1/grid/meter-events", {"events": rows})


def test_two_operators_who_promote_the_same_at_once_make_one_outage_twenty_times(client: TestClient) -> None:
    evening = Evening(client, "TWENTY")
    made = set()
    for number in range(20):
        begins = NIGHT - timedelta(hours=20) + timedelta(minutes=50 * number)
        device = f"FUSE-{'NS'[number % 2]}{number // 2 % 6 + 1}"
        _told(evening, device, "POWER_OUT", begins)
        evening.infer(begins + timedelta(minutes=6))
        seen = evening.post("/v1/provisionals/promote", {})
        assert seen["content_hash"], (number, device, [(d["device_id"], d["reason"]) for d in seen["decisions"]])
        body = {"mode": "commit", "content_hash": seen["content_hash"], "reason": "Calls confirm it."}
        both: list[Response] = at_once(
            [partial(evening.ask, "/v1/provisionals/promote", body, who) for who in (evening.ada, evening.bea)]
        )
        assert sorted(one.status_code for one in both) == [200, 409], [one.text for one in both]
        made.add(next(one.json()["outage_id"] for one in both if one.status_code == 200))
        lost = next(one.json()["code"] for one in both if one.status_code == 409)
        assert lost in {"ALREADY_DECIDED", "NOTHING_TO_PROMOTE"}
        _told(evening, device, "POWER_ON", begins + timedelta(minutes=20))
        evening.infer(begins + timedelta(minutes=22))
    assert len(made) == counted("TWENTY", "outages") == 20
    assert counted("TWENTY", "countersignatures WHERE kind = 'outage.promotion'") == 20


def test_the_same_operator_twice_at_once_and_later_gets_the_first_answer(client: TestClient) -> None:
    evening = Evening(client, "AGAIN")
    evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
    evening.infer()
    seen = evening.post("/v1/provisionals/promote", {})
    body = {"mode": "commit", "content_hash": seen["content_hash"], "reason": "Calls confirm it."}
    answers: list[Response] = at_once([lambda: evening.ask("/v1/provisionals/promote", body, evening.ada)] * 4)
    answers.append(evening.ask("/v1/provisionals/promote", body, evening.ada))
    assert {one.status_code for one in answers} == {200}, [one.text for one in answers]
    assert len({one.json()["outage_id"] for one in answers}) == 1
    assert answers[-1].json()["status"] == "unchanged"
    assert evening.ask("/v1/provisionals/promote", body, evening.bea).status_code == 409
    assert counted("AGAIN", "outages") == 1


def test_two_proposals_about_the_same_belief_make_one_outage(client: TestClient) -> None:
    evening = Evening(client, "PAIR")
    south = list(below(evening.network, "FUSE-S5"))
    more = [
        {"type": "POWER_OUT", "meter_id": own, "at": NIGHT.isoformat(), "arrived_at": EARLY.isoformat()}
        for own in south
    ]
    evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
    evening.post("/v1/grid/meter-events", {"events": more})
    evening.infer(EARLY + timedelta(seconds=1))
    both = evening.post("/v1/provisionals/promote", {})
    chosen = [row["prov_outage_id"] for row in both["decisions"] if row["action"] == "promote"]
    assert len(chosen) == 2
    one = evening.post("/v1/provisionals/promote", {"prov_outage_ids": chosen[:1]})
    assert one["proposal_id"] != both["proposal_id"]
    approve = [(both, evening.ada), (one, evening.bea)]
    answers: list[Response] = at_once(
        [
            lambda seen=seen, who=who: evening.ask(
                f"/v1/proposals/{seen['proposal_id']}/approve", {"content_hash": seen["content_hash"]}, who
            )
            for seen, who in approve
        ]
    )
    assert sorted(told.status_code for told in answers)[0] in {200, 201}, [told.text for told in answers]
    assert sorted(told.status_code for told in answers)[1] == 409, [told.text for told in answers]
    decided = counted("PAIR", "provisional_outages WHERE status = 'PROMOTED'")
    assert counted("PAIR", "outages") == decided
    assert decided in {1, 2}


def test_eight_who_infer_at_once_are_told_the_same_run_and_the_same_rows(client: TestClient) -> None:
    evening = Evening(client, "INFER")
    evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
    told = asking(evening, "/v1/provisionals/infer", {"as_of": EARLY.isoformat()})
    assert sorted(one["status"] for one in told) == ["inferred"] + ["unchanged"] * 7
    assert all(without_status(one) == without_status(told[0]) for one in told)
    assert told[0]["provisionals"]
    assert counted("INFER", "recommendation_runs") == 1
    assert counted("INFER", "events WHERE event_type = 'grid.provisional.created'") == len(told[0]["provisionals"])


def test_inferences_of_different_times_at_once_leave_the_newest_belief(client: TestClient) -> None:
    evening = Evening(client, "TIMES")
    evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
    times = [EARLY - timedelta(seconds=30 * n) for n in range(8)]
    answers: list[Response] = at_once(
        [lambda at=at: evening.ask("/v1/provisionals/infer", {"as_of": at.isoformat()}) for at in times]
    )
    assert {one.status_code for one in answers} == {200}, [one.text for one in answers]
    newest = next(one.json() for at, one in zip(times, answers, strict=True) if at == EARLY)
    with transaction("TIMES") as connection:
        found = connection.execute(
            text("SELECT run_id FROM provisional_outages WHERE prov_outage_id = ANY(:ids)"),
            {"ids": [UUID(row["prov_outage_id"]) for row in newest["provisionals"]]},
        ).scalars()
        assert {str(one) for one in found} == {newest["run_id"]}


@pytest.fixture(scope="module")
def story(client: TestClient) -> tuple[Evening, str]:
    evening, outage_id = began(client, "ADVICE")
    over(evening)
    return evening, outage_id


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("/v1/fault-zones/rank", "fault_zone_rankings"),
        ("/v1/restoration-options/generate", "restoration_options"),
        ("/v1/crews/recommendations/generate", "crew_recommendations"),
        ("/v1/replays/after-action/generate", "outage_replays"),
    ],
)
@pytest.mark.parametrize("minutes", [7, 30])
def test_eight_who_ask_for_the_same_advice_at_once_are_told_one_run(
    story: tuple[Evening, str], path: str, table: str, minutes: int
) -> None:
    evening, outage_id = story
    as_of = NIGHT + timedelta(minutes=minutes)
    told = asking(evening, path, {"outage_id": outage_id, "as_of": as_of.isoformat()})
    assert sorted(one["status"] for one in told) == ["generated"] + ["unchanged"] * 7
    assert all(without_status(one) == without_status(told[0]) for one in told)
    (run,) = {one["run_id"] for one in told}
    assert counted("ADVICE", f"{table} WHERE run_id = '{run}'") >= 1
    assert counted("ADVICE", f"events WHERE run_id = '{run}' AND event_type LIKE 'grid.run.%'") == 1


def test_four_who_export_at_once_keep_one_file_of_each_format(story: tuple[Evening, str]) -> None:
    evening, outage_id = story
    replay_id = evening.post("/v1/replays/after-action/generate", {"outage_id": outage_id})["replay_id"]
    told = asking(evening, "/v1/reports/after-action/export", {"replay_id": replay_id}, times=4)
    assert len({one["proposal_id"] for one in told}) == 1
    assert len({(one["files"]["pdf"]["sha256"], one["files"]["docx"]["sha256"]) for one in told}) == 1
    assert counted("ADVICE", "artifacts") == 2
    assert evening.client.get(told[0]["files"]["pdf"]["url"]).content[:4] == b"%PDF"


def test_reports_that_arrive_twice_at_once_are_stored_once(client: TestClient) -> None:
    evening = Evening(client, "TWICE")
    signals = [event(one) for one in events_of(evening.network)][:200]
    told = asking(evening, "/v1/grid/meter-events", {"events": signals}, times=4)
    assert sum(one["counts"]["accepted"] for one in told) == counted("TWICE", "meter_events") == len(signals)
