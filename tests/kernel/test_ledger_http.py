"""The ledger over HTTP and on its pages: who may read it, filters, paging, export, seals, proofs, keys."""

import csv
import io
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from sqlalchemy import text

from cli.main import countersign
from domain.kernel.db import transaction, working_as
from domain.kernel.events import record
from domain.kernel.gaps import note
from domain.kernel.people import ensure_person
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole
from domain.kernel.signing import Purpose, ensure_signing_keys, public_key_path
from tests.conftest import application
from tests.makers import make_tenant, make_token

Bearer = Callable[..., dict[str, str]]
RUN = uuid.uuid4()
AT = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def told(client: TestClient) -> list[str]:
    """Seven events of T, all but the last sealed, and one of U; answers the ids of T's, oldest first."""
    ensure_signing_keys()
    ids = []
    with transaction("T") as connection:
        for number in range(6):
            kind = "test.odd.seen" if number % 2 else "test.even.seen"
            ids.append(
                record(
                    connection,
                    kind,
                    actor_id="ada",
                    actor_role="OPERATOR",
                    occurred_at=AT + timedelta(hours=number),
                    entity_type="meter",
                    entity_id=f"M{number}",
                    run_id=RUN if number == 3 else None,
                    payload={"note": "=1+1", "number": number},
                )
            )
    with transaction("U") as connection:
        record(connection, "test.odd.seen", actor_id="eve", actor_role="OPERATOR")
    with working_as(DbRole.MACHINE):
        seal_ledger("T")
    with transaction("T") as connection:
        late = record(
            connection, "test.late.seen", actor_id="-bob", actor_role="OPERATOR", occurred_at=AT + timedelta(hours=9)
        )
    return [str(one) for one in [*ids, late]]


@pytest.fixture
def auditor(bearer: Bearer) -> dict[str, str]:
    return bearer("AUDITOR")


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["event_id"] for item in answer.json()["items"]]


@pytest.mark.parametrize("role", ["AUDITOR", "ADMIN", "TENANT_OWNER", "PLATFORM_ADMIN"])
@pytest.mark.parametrize("path", ["/v1/ledger", "/v1/ledger.csv", "/v1/seals", "/v1/keys"])
def test_the_ledger_is_open_to_those_who_answer_for_it(
    client: TestClient, bearer: Bearer, told: list[str], role: str, path: str
) -> None:
    assert client.get(path, headers=bearer(role)).status_code == 200


@pytest.mark.parametrize("role", ["OPERATOR", "LEARNER", "REVIEWER", "RELEASE_APPROVER"])
def test_it_is_shut_to_others_and_to_machines(client: TestClient, bearer: Bearer, told: list[str], role: str) -> None:
    for headers in (bearer(role), bearer(service=("ami:read", "ledger:read"))):
        for path in (
            "/v1/ledger",
            "/v1/ledger.csv",
            "/v1/seals",
            f"/v1/ledger/{told[0]}",
            f"/v1/ledger/{told[0]}/proof",
        ):
            assert client.get(path, headers=headers).status_code == 403
    assert client.get("/v1/ledger").status_code == 401
    assert client.get("/v1/keys", headers=bearer(service=("ledger:read",))).status_code == 200


def test_filters_narrow_the_list(client: TestClient, auditor: dict[str, str], told: list[str]) -> None:
    def of(**asked: str) -> list[str]:
        return ids(client.get("/v1/ledger", headers=auditor, params=asked))

    assert of(event_type="test.") == told[::-1]
    assert of(event_type="test.odd") == [told[5], told[3], told[1]]
    assert of(entity="M2") == [told[2]]
    assert of(entity="meter/M2") == [told[2]]
    assert of(entity="meter") == told[5::-1]
    assert of(actor="-bob") == [told[6]]
    assert of(run_id=str(RUN)) == [told[3]]
    assert of(**{"from": "2026-03-03T13:00:00Z", "to": "2026-03-03T15:00:00Z"}) == [told[2], told[1]]
    assert of(event_type="test.", actor="nobody") == []


def test_paging_gives_every_event_once(client: TestClient, auditor: dict[str, str], told: list[str]) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        asked = {"event_type": "test.", "limit": "3"} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/v1/ledger", headers=auditor, params=asked)
        seen += ids(answer)
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == told[::-1]


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "501"},
        {"cursor": "nonsense"},
        {"cursor": "é"},
        {"from": "2026-03-03"},
        {"run_id": "x"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_422(client: TestClient, auditor: dict[str, str], asked: dict[str, str]) -> None:
    assert client.get("/v1/ledger", headers=auditor, params=asked).status_code == 422


def test_other_tenants_events_are_not_there(client: TestClient, bearer: Bearer, told: list[str]) -> None:
    stranger = bearer("AUDITOR", tenant="U")
    assert client.get(f"/v1/ledger/{told[0]}", headers=stranger).status_code == 404
    assert client.get(f"/v1/ledger/{told[0]}/proof", headers=stranger).status_code == 404
    assert not set(told) & set(ids(client.get("/v1/ledger", headers=stranger, params={"limit": "500"})))
    assert client.get("/v1/seals", headers=stranger).json()["items"] == []


def test_an_event_says_where_it_is_sealed(client: TestClient, auditor: dict[str, str], told: list[str]) -> None:
    sealed = client.get(f"/v1/ledger/{told[0]}", headers=auditor).json()
    assert sealed["seal"]["state"] == "sealed"
    assert sealed["seal"]["seal_number"] == sealed["seal_number"] == 1
    assert sealed["payload"] == {"note": "=1+1", "number": 0}
    late = client.get(f"/v1/ledger/{told[6]}", headers=auditor).json()
    assert late["seal"] == dict.fromkeys(late["seal"]) | {"state": "not_sealed_yet"}


def test_a_downloaded_proof_is_checked_offline_with_the_downloaded_key(
    client: TestClient, auditor: dict[str, str], told: list[str], tmp_path: Path
) -> None:
    answer = client.get(f"/v1/ledger/{told[2]}/proof", headers=auditor)
    assert answer.status_code == 200
    keys = client.get("/v1/keys", headers=auditor).json()["items"]
    (pem,) = [key["public_key_pem"] for key in keys if key["purpose"] == "seal"]
    assert pem == public_key_path(Purpose.SEAL).read_text()
    (tmp_path / "proof.json").write_bytes(answer.content)
    (tmp_path / "key.pem").write_text(pem)
    files = [str(tmp_path / "proof.json"), "--public-key", str(tmp_path / "key.pem")]
    done = CliRunner().invoke(countersign, ["verify", "event", *files, "--json"])
    assert (done.exit_code, json.loads(done.stdout)["event"]["event_id"]) == (0, told[2])
    refused = client.get(f"/v1/ledger/{told[6]}/proof", headers=auditor)
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_SEALED_YET")


def test_the_export_holds_every_event_once_and_no_formula(
    client: TestClient, auditor: dict[str, str], told: list[str]
) -> None:
    answer = client.get("/v1/ledger.csv", headers=auditor, params={"event_type": "test."})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["event_id"] for row in rows] == told
    assert rows[6]["actor_id"] == "'-bob"
    assert json.loads(rows[0]["payload"])["number"] == 0
    noted = client.get("/v1/ledger", headers=auditor, params={"event_type": "kernel.ledger.exported"}).json()["items"]
    assert noted[0]["payload"] == {"event_type": "test."}


def test_an_export_that_cannot_be_made_is_refused_before_it_begins(
    client: TestClient, auditor: dict[str, str], told: list[str]
) -> None:
    assert client.get("/v1/ledger.csv", headers=auditor, params={"actor": "a\0"}).status_code == 422


def test_the_view_of_the_course_platform_has_its_names(told: list[str]) -> None:
    with transaction("T", DbRole.AUDITOR) as connection:
        row = connection.execute(text("SELECT * FROM audit_log WHERE id = :id"), {"id": told[0]}).one()
    assert (row.actor_id, row.action, row.entity_type, row.entity_id) == ("ada", "test.even.seen", "meter", "M0")
    assert row.metadata == {"note": "=1+1", "number": 0}
    with transaction("U", DbRole.AUDITOR) as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_log WHERE id = :id"), {"id": told[0]}).scalar() == 0


@pytest.fixture
def browser(client: TestClient, told: list[str]) -> Iterator[TestClient]:
    with TestClient(application(), headers={"Accept": "text/html"}, raise_server_exceptions=False) as made:
        token = make_token("T", "AUDITOR", email="auditor@example.org")
        answer = made.post("/sign-in", data={"token": token, "next": "/ledger"}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        yield made


def test_what_a_machine_made_for_a_person_is_not_told_as_the_persons_act(browser: TestClient) -> None:
    with transaction("T") as connection:
        asked = ensure_person("T", "olga@example.org", "Olga Asker", ["OPERATOR"])
        made = record(connection, "sample.run.made", actor_id=asked.id, actor_role="MACHINE")
    row = browser.get("/ledger", params={"kind": "sample.run"}).text
    assert 'machine, asked by</span> <a href="/ledger?actor=' in row
    assert "Olga Asker" in row
    assert "Machine, asked by Olga Asker" in browser.get(f"/ledger/{made}").text


def test_the_page_lists_filters_and_leads_to_the_event(browser: TestClient, told: list[str]) -> None:
    page = browser.get("/ledger", params={"kind": "test.odd"}).text
    assert "3 events fit these filters" in page
    assert f"/ledger/{told[5]}" in page
    assert f"/ledger/{told[4]}" not in page
    assert "in seal 1" in page
    days = browser.get("/ledger", params={"from": "2026-03-03", "to": "2026-03-03", "kind": "test."}).text
    assert "7 events fit" in days
    event = browser.get(f"/ledger/{told[5]}").text
    assert "Download the proof" in event
    assert "&#34;number&#34;: 5" in event
    late = browser.get(f"/ledger/{told[6]}").text
    assert "Not sealed yet" in late
    assert "Download" not in late


def test_who_is_found_by_name_and_what_could_not_be_written_is_told(browser: TestClient, told: list[str]) -> None:
    person = ensure_person("T", "wända@example.org", "Wanda <Ledger>", ["OPERATOR"])
    with transaction("T") as connection:
        record(connection, "named.seen", actor_id=str(person.id), actor_role="OPERATOR")
        note(connection, "lost.seen", actor_id="test", actor_role="MACHINE", ip="no address")
    page = browser.get("/ledger", params={"actor": "wanda <ledger>"}).text
    assert "named.seen" in page
    assert "named.seen" in browser.get("/ledger", params={"actor": "WÄNDA@example.org"}).text
    assert "test.odd" not in page
    page = browser.get("/ledger").text
    assert "1 event could not be written yet" in page
    assert "lost.seen" in page


def test_the_page_offers_its_files(browser: TestClient, told: list[str]) -> None:
    proof = browser.get(f"/ledger/{told[1]}/proof.json")
    assert proof.headers["content-disposition"].endswith(f'"proof-{told[1]}.json"')
    assert proof.json()["format"] == "countersign-proof/1"
    rows = list(csv.DictReader(io.StringIO(browser.get("/ledger.csv", params={"kind": "test.odd"}).text)))
    assert [row["event_id"] for row in rows] == [told[1], told[3], told[5]]


def test_the_page_says_what_it_could_not_read_and_what_an_empty_list_means(browser: TestClient) -> None:
    wrong = browser.get("/ledger", params={"from": "yesterday", "run": "x"})
    assert wrong.status_code == 200
    assert "2 filters were not used" in wrong.text
    assert "Write the day like 2026-11-21." in wrong.text
    assert "No event fits these filters" in browser.get("/ledger", params={"actor": "nobody"}).text
    assert browser.get("/ledger/nonsense").status_code == 404


def test_an_operator_neither_sees_the_link_nor_the_page(client: TestClient, told: list[str]) -> None:
    with TestClient(application(), headers={"Accept": "text/html"}) as made:
        token = make_token("T", "OPERATOR", email="operator@example.org")
        made.post("/sign-in", data={"token": token, "next": "/"})
        assert "/ledger" not in made.get("/").text
        assert made.get("/ledger").status_code == 403


def test_an_empty_ledger_says_what_will_stand_there(client: TestClient) -> None:
    make_tenant("E")
    with TestClient(application(), headers={"Accept": "text/html"}) as made:
        token = make_token("E", "AUDITOR", email="e@example.org")
        made.post("/sign-in", data={"token": token, "next": "/"})
        page = made.get("/ledger").text
    assert "access.session.opened" in page
    assert "none yet" in page
