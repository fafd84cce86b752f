"""The next version of a room's signal rules by a form: laid before another person, and refused at its fields."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.kernel.advice.bounds import bounds_of, changes, with_bounds
from domain.kernel.signing import ensure_signing_keys
from domain.signal_rules import SHIPPED
from tests.conftest import Database, application
from tests.grid.pages.forms import form_to
from tests.makers import make_tenant, make_token

GRID = "/advice/rules/grid"
ROOMS = sorted(SHIPPED)


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    make_tenant("T")
    ensure_signing_keys()
    with TestClient(application(), raise_server_exceptions=False, follow_redirects=False) as made:
        made.headers.update({"Authorization": f"Bearer {make_token('T', 'ADMIN')}", "Accept": "text/html"})
        yield made


def sent(client: TestClient, path: str = GRID, **typed: str) -> Any:
    """The form as it stands in the page, with what was typed over it; dots of a field's name are written `__`."""
    usual = form_to(client.get(path).text, path).values
    return client.post(path, data=usual | {name.replace("__", "."): value for name, value in typed.items()})


def listed(client: TestClient, room: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/v1/advice/rulesets?room={room}").json()["rows"]
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_next_version_changes_one_bound_and_holds_once_another_person_has_signed(
    client: TestClient, room: str
) -> None:
    shipped = SHIPPED[room].content
    rule = shipped["rules"][0]
    field, more = f"{rule['signal_type']}.min_n", str(rule["min_n"] + 7)
    assert f'href="/advice/rules/{room}"' in client.get("/advice/rules").text
    made = sent(client, f"/advice/rules/{room}", version="2027-1", **{field: more})
    assert made.status_code == 303, made.text
    page = client.get(made.headers["location"])
    assert f"least number {more} in place of {rule['min_n']}." in page.text
    assert "waits for a signature" in client.get("/advice/rules").text
    assert [one["version"] for one in listed(client, room)] == [shipped["version"]]
    proposal = client.get(made.headers["location"].replace("/countersign/", "/v1/proposals/")).json()
    body = {"content_hash": proposal["content_hash"]}
    path = f"/v1/proposals/{proposal['proposal_id']}/approve"
    assert client.post(path, json=body).status_code == 403
    other = {"Authorization": f"Bearer {make_token('T', 'MANAGER', email='bob@example.org')}"}
    assert client.post(path, json=body, headers=other).status_code == 200
    new, old = listed(client, room)
    assert (new["version"], new["in_force"], old["in_force"]) == ("2027-1", True, False)
    # Everything but the one bound is, letter for letter, what held before.
    expected = [*shipped["rules"]]
    expected[0] = rule | {"min_n": int(more)}
    assert new["content"] == {"version": "2027-1", "rules": expected}
    assert f'value="{more}"' in client.get(f"/advice/rules/{room}").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"version": ""}, "Needed."),
        ({"version": "a/b"}, "Give it a name of letters"),
        ({"version": "2026-1", "FEEDER_LOSS__high": "9"}, "Is the name of another version."),
        ({"version": "2027-1", "FEEDER_LOSS__opens": "three"}, "Give a number."),
        ({"version": "2027-1", "FEEDER_LOSS__opens": "1e400000000"}, "Give a number."),
        ({"version": "2027-1", "FEEDER_LOSS__opens": "NaN"}, "Give a number."),
        ({"version": "2027-1", "FEEDER_LOSS__min_n": "2.5"}, "Give a whole number from 0 on."),
        ({"version": "2027-1", "FEEDER_LOSS__high": "4"}, "Its bounds contradict each other."),
    ],
)
def test_what_cannot_hold_is_told_and_what_was_typed_stays(
    client: TestClient, typed: dict[str, str], words: str
) -> None:
    refused = sent(client, **typed, METER_SUSPICION__closes="41")
    assert (refused.status_code, words in refused.text) == (422, True), refused.text
    for value in {**typed, "METER_SUSPICION__closes": "41"}.values():
        assert f'value="{value}"' in refused.text
    assert "waits for a signature" not in client.get("/advice/rules").text


def test_a_version_that_changes_nothing_is_refused(client: TestClient) -> None:
    refused = sent(client, version="2027-1", FEEDER_LOSS__opens="3.0")
    assert (refused.status_code, "Nothing differs from version 2026-1" in refused.text) == (422, True)


def test_only_who_may_propose_has_the_form(client: TestClient) -> None:
    auditor = {"Authorization": f"Bearer {make_token('T', 'AUDITOR', email='audrey@example.org')}"}
    assert GRID not in client.get("/advice/rules", headers=auditor).text
    assert client.get(GRID, headers=auditor).status_code == 403
    assert client.post(GRID, headers=auditor, data={}).status_code == 403
    assert client.get("/advice/rules/nowhere").status_code == 404


@pytest.mark.parametrize("room", ROOMS)
def test_bounds_are_written_as_the_room_writes_them(room: str) -> None:
    for rule in SHIPPED[room].content["rules"]:
        same = {name: Decimal(str(value)) for name, value in bounds_of(rule).items()}
        assert with_bounds(rule, same) == rule
        other = with_bounds(rule, same | {"high": same["high"] + Decimal("0.5")})
        assert isinstance(other["severity"]["HIGH"], str) == isinstance(rule["severity"]["HIGH"], str)


def test_changes_are_told_bound_by_bound() -> None:
    first, second, third, *_ = SHIPPED["grid"].content["rules"]
    former = {"rules": [first, second]}
    later = {"rules": [first | {"min_n": 4, "opens": {"is": "above", "than": 3.5}}, third]}
    assert changes(former, later) == [
        "Feeder loss: least number 4 in place of 3",
        "Feeder loss: opens at 3.5 in place of 3",
        "Comms degraded is looked at from now on",
        "Meter suspicion is no longer looked at",
    ]
    assert not changes(former, former)


def test_a_bound_is_named_by_a_label_that_says_its_direction(client: TestClient) -> None:
    page = client.get("/advice/rules/stairs").text
    labels = re.findall(r'<label for="f-TREND_TO_LIMIT\.\w+">([^<]*)</label>', page)
    assert labels == ["Opens below", "Closes above", "Medium from", "High from", "Least number"]
