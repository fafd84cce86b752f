"""Each file of docs/retool does what its page says, run against the API as Retool would send it."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from domain.kernel.clock import utc_now
from domain.kernel.keys import create_key
from scripts.site import DOCS
from tests.conftest import Database, application
from tests.flows.looking import browsing
from tests.grid.outages.evening import EARLY, Evening, events_of

RETOOL = DOCS / "retool"
TENANT = "RETOOL"
COMPONENT = re.compile(r"\{\{ ([a-zA-Z_.]+) \}\}")


class Console:
    """What Retool keeps: resources, components, and answers of queries."""

    def __init__(self, client: TestClient, bearers: dict[str, str]) -> None:
        self.client, self.bearers = client, bearers
        self.components: dict[str, str] = {
            "tenant.value": TENANT,
            "cursor.value": "",
            "reason.value": "Calls confirm it.",
        }
        self.answers: dict[str, Any] = {}

    def _filled(self, given: Any) -> Any:
        if isinstance(given, dict):
            return {name: self._filled(value) for name, value in given.items()}
        return COMPONENT.sub(lambda found: self.components[found[1]], given)

    def run(self, name: str, expected: int = 200) -> Any:
        query = json.loads((RETOOL / f"queries/{name}.json").read_text())
        assert query["name"] == name
        answer = self.client.request(
            query["method"],
            self._filled(query["path"]),
            # As Retool does: an empty parameter is not sent.
            params={key: value for key, value in self._filled(query.get("params", {})).items() if value},
            json=self._filled(query["body"]) if "body" in query else None,
            headers={"Authorization": f"Bearer {self.bearers[query['resource']]}"},
        )
        assert answer.status_code == expected, answer.text
        self.answers[name] = answer.json()
        return self.answers[name]


@pytest.fixture(scope="module")
def evening(module_database: Database) -> Iterator[Evening]:
    with TestClient(application(), raise_server_exceptions=False) as client:
        made = Evening(client, TENANT)
        made.report([one for one in events_of(made.network) if one.arrived_at <= EARLY])
        made.infer()
        made.post("/v1/provisionals/promote", {})
        key = create_key(TENANT, "publisher", ["ami:write"])[1]
        for _ in range(2):
            body = {"tenantId": TENANT, "intervalMinutes": 15, "batchSize": 500}
            published = client.post("/api/ami/publish-once", json=body, headers={"Authorization": f"Bearer {key}"})
            assert published.status_code == 200, published.text
        yield made


@pytest.fixture(scope="module")
def console(evening: Evening) -> Console:
    scopes = json.loads((RETOOL / "resources/countersign-api.json").read_text())["scopesOfTheKey"]
    _, key = create_key(TENANT, "Retool", scopes)
    person = evening.bea["Authorization"].removeprefix("Bearer ")
    return Console(evening.client, {"countersign-api": key, "countersign-person": person})


@pytest.fixture(scope="module")
def answers(console: Console) -> dict[str, Any]:
    """The console used once, from the first look to the decision."""
    console.run("quickcheck")
    console.run("provisionals")
    (row,) = [one for one in console.run("approval_queue")["items"] if one["kind"] == "outage.promotion"]
    console.components["queue.selectedRow.proposal_id"] = row["proposal_id"]
    shown = console.run("proposal")
    console.components["proposal.data.content_hash"] = shown["content_hash"]
    console.run("approve")
    (outage,) = console.run("outage_board")["rows"]
    console.components["board.selectedRow.outage_id"] = outage["outage_id"]
    console.run("outage")
    return console.answers


def test_every_query_is_run_and_names_a_resource_and_a_transformer_that_are_there(answers: dict[str, Any]) -> None:
    for path in RETOOL.glob("queries/*.json"):
        query = json.loads(path.read_text())
        assert (RETOOL / f"resources/{query['resource']}.json").exists()
        assert "transformer" not in query or (RETOOL / "transformers" / query["transformer"]).exists()
    assert {path.stem for path in RETOOL.glob("queries/*.json")} == set(answers) | {"refuse"}


def test_the_decision_is_the_persons_and_a_service_is_refused(console: Console, answers: dict[str, Any]) -> None:
    assert answers["approve"]["countersignature"]["decision"] == "APPROVED"
    other = Console(console.client, console.bearers | {"countersign-person": console.bearers["countersign-api"]})
    other.components |= console.components
    other.run("approve", 403)


def test_refusing_says_why(console: Console, evening: Evening) -> None:
    order = {
        "kind": "retention.disposal",
        "scope": {"subject_type": "meter_reads"},
        "times_per_day": 1,
        "valid_to": (utc_now() + timedelta(days=20)).isoformat(),
        "reason": "Nightly.",
    }
    made = evening.post("/v1/standing-orders", order, evening.ada)
    owner = evening.person("owner", "TENANT_OWNER")["Authorization"].removeprefix("Bearer ")
    refusing = Console(console.client, console.bearers | {"countersign-person": owner})
    refusing.components |= console.components | {"queue.selectedRow.proposal_id": made["proposal_id"]}
    assert refusing.run("refuse")["countersignature"]["decision"] == "REFUSED"


def test_the_sql_runs_for_a_login_that_can_only_read(module_database: Database, answers: dict[str, Any]) -> None:
    url = module_database.urls["auditor"]
    options = f"-c app.tenant={TENANT} -c default_transaction_read_only=on"
    with psycopg.connect(url, options=options) as connection:
        found = {}
        for path in sorted(RETOOL.glob("sql/*.sql")):
            day = answers["quickcheck"]["asOf"][:10]
            statement, holes = COMPONENT.subn("%s", path.read_text().replace("%", "%%"))
            found[path.stem] = connection.execute(statement, [day] * holes if holes else None).fetchall()
        assert found["outage_board"][0][6] > 0
        with pytest.raises(psycopg.Error):
            connection.execute("UPDATE outages SET status = 'CLOSED'")


def test_the_transformers_make_flat_rows(answers: dict[str, Any]) -> None:
    with browsing() as browser:
        page = browser.new_page()
        for query in (json.loads(one.read_text()) for one in sorted(RETOOL.glob("queries/*.json"))):
            if "transformer" in query:
                body = (RETOOL / "transformers" / query["transformer"]).read_text()
                rows = page.evaluate(f"(data) => {{ {body} }}", answers[query["name"]])
                assert rows, query["name"]
                assert all(not isinstance(value, dict | list) for row in rows for value in row.values())
