"""A hostile word in every text field of every table, and in every parameter of every address: it stays a word.

The tables are filled from the catalogue and the addresses come from the application, so that new ones are covered
unasked. The word is markup, a template's expression and the end of a SQL string at once.
"""

import json
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from fastapi.testclient import TestClient

from api.doors import doors_of
from domain.kernel.principal import Role
from tests.architecture.tenant_rows import fill
from tests.architecture.test_tenants_are_apart_over_http import THEIRS, Call, calls, seed, theirs
from tests.conftest import Database, visiting
from tests.grid.pages.forms import forms_of
from tests.makers import make_token

# Two quotation marks are one within a SQL string.
WORD = "<img src=x onerror=alert(7)>{{90721*80917}}{%if 1%}''--"
MADE = "7340871157"
LIVE = re.compile(r"<img src=x|<svg/onload|<script>alert")
PLACES = re.compile(r"{(\w+)(?::\w+)?}")
HOSTILE = (
    "..%2F..%2F..%2Fetc%2Fpasswd",
    "..%5C..%5Cwin.ini",
    "%252e%252e%252fetc%252fpasswd",
    "'%20OR%20'1'='1",
    "1;DROP%20TABLE%20events--",
    "%7B%7B90721*80917%7D%7D",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%3Csvg%2Fonload=alert(1)%3E",
    "%00",
    "%0d%0aSet-Cookie:x=1",
    "%F0%9F%94%A5" * 200,
    "-1",
    "99999999999999999999",
)
# What no calendar, no number and no column holds, or holds by a hair.
IMPOSSIBLE = (
    "0001-01-01", "0001-01-01T00:00", "0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59",
    "9999-12-31T23:59:59-12:00", "NaN", "-Infinity", "1e400", "\u00b2", "9" * 25, "2147483648", "-1", "\0", "Mars/X",
)  # fmt: skip
NO_NUMBERS = ("NaN", "Infinity", "1e400", "-1e308", "9" * 20, "9007199254740993", "9" * 5000, "true", "[]", "{}")
READS_ALL = (Role.ADMIN, Role.AUDITOR, Role.OPERATOR, Role.REVIEWER, Role.TECHNICIAN, Role.LEARNER, Role.TENANT_OWNER)


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with visiting() as made:
        seed(made)
        fill(module_database, THEIRS, word=WORD, is_said=True)
        yield made


@pytest.fixture(scope="module")
def headers(client: TestClient) -> dict[str, str]:
    token = make_token(THEIRS, *READS_ALL, Role.PLATFORM_ADMIN, email="all@example.org", ttl_s=3600)
    return {"Authorization": f"Bearer {token}", "Accept": "text/html"}


def is_whole(answer: Any, sent: str) -> list[str]:
    """What an answer must not have done with the word."""
    wrong = []
    is_page = "html" in answer.headers.get("content-type", "")
    if is_page and LIVE.search(answer.text):
        wrong.append("markup is live")
    if MADE in answer.text and MADE not in sent:
        wrong.append("a template's expression was worked out")
    if "root:x:0" in answer.text:
        wrong.append("a file of the machine")
    if "set-cookie" in answer.headers and "x=1" in answer.headers["set-cookie"]:
        wrong.append("a header was planted")
    return wrong


@pytest.fixture(scope="module")
def asked(client: TestClient, module_database: Database) -> list[Call]:
    return calls(client.app, theirs(module_database))


@pytest.fixture(scope="module")
def pages(client: TestClient, headers: dict[str, str], asked: list[Call]) -> list[tuple[str, Any]]:
    """Every page as it is shown, by its address."""
    shown = [call for call in asked if call.method == "GET" and not call.path.startswith(("/v1/", "/api/"))]
    return [(call.path, client.get(call.path, params=call.query, headers=headers)) for call in shown]


def test_a_hostile_word_in_every_text_field_is_shown_as_a_word(pages: list[tuple[str, Any]]) -> None:
    shown, found = 0, []
    for path, answer in pages:
        found += [f"{path}: {wrong}" for wrong in is_whole(answer, path)]
        shown += "&lt;img src=x" in answer.text
    assert found == []
    assert shown >= 5, f"the word was seen on {shown} pages: too few to say anything"


@pytest.mark.parametrize("each", [1, pytest.param(len(HOSTILE), marks=pytest.mark.soak)])
def test_a_hostile_word_in_every_part_of_an_address_is_refused_or_not_found(
    client: TestClient, headers: dict[str, str], each: int
) -> None:
    chance, found = random.Random(11), []  # noqa: S311
    application: Any = client.app
    templates = sorted({door.template for door in doors_of(application) if "GET" in door.methods})
    for template in (one for one in templates if PLACES.search(one)):
        for _ in range(each):
            path = PLACES.sub(lambda _: chance.choice(HOSTILE), template)
            answer = client.get(f"{path}?limit=5", headers=headers)
            found += [f"{path}: {wrong}" for wrong in is_whole(answer, path)]
            if answer.status_code >= 500:
                found.append(f"{path}: {answer.status_code}")
    assert found == []


@pytest.mark.parametrize("each", [1, pytest.param(len(HOSTILE), marks=pytest.mark.soak)])
def test_a_hostile_word_in_every_question_of_an_address_is_no_crash(
    client: TestClient, headers: dict[str, str], each: int
) -> None:
    chance, found = random.Random(12), []  # noqa: S311
    application: Any = client.app
    for path, item in application.openapi()["paths"].items():
        names = [one["name"] for one in item.get("get", {}).get("parameters", []) if one["in"] == "query"]
        if "{" in path or not names:
            continue
        for _ in range(each):
            asked = "&".join(f"{name}={chance.choice(HOSTILE)}" for name in names if name not in {"tenantId"})
            answer = client.get(f"{path}?{asked}", headers=headers)
            found += [f"{path}?{asked}: {wrong}" for wrong in is_whole(answer, asked)]
            if answer.status_code >= 500:
                found.append(f"{path}?{asked}: {answer.status_code}")
    assert found == []


def of_each_door(client: TestClient, asked: list[Call], *methods: str) -> Iterator[Call]:
    """One request to each door."""
    doors, seen = list(doors_of(client.app)), set()  # type: ignore[arg-type]
    for call in (one for one in asked if one.method in methods):
        door = next(one.template for one in doors if call.method in one.methods and one.path.match(call.path))
        if (call.method, door) not in seen:
            seen.add((call.method, door))
            yield call


def of_some(things: list[Any], most: int | None) -> list[Any]:
    return things if most is None else random.Random(14).sample(things, min(most, len(things)))  # noqa: S311


def test_the_ends_of_the_calendar_in_every_question_for_a_time_are_no_crash(
    client: TestClient, headers: dict[str, str], asked: list[Call]
) -> None:
    application: Any = client.app
    found, sent = [], 0
    for call in of_each_door(client, asked, "GET"):
        door = next(door for door in doors_of(application) if "GET" in door.methods and door.path.match(call.path))
        described = application.openapi()["paths"].get(door.template, {}).get("get", {}).get("parameters", [])
        for one in described:
            kinds = {kind.get("format") for kind in [one["schema"], *one["schema"].get("anyOf", [])]}
            for end in IMPOSSIBLE[:6] if one["in"] == "query" and kinds & {"date", "date-time"} else ():
                sent += 1
                answer = client.get(call.path, params=call.query | {one["name"]: end}, headers=headers)
                if answer.status_code >= 500:
                    found.append(f"{call.path}?{one['name']}={end}: {answer.status_code}")
    assert sent > 30
    assert found == []


@pytest.mark.parametrize("most", [60, pytest.param(None, marks=pytest.mark.soak)])
def test_what_cannot_be_in_any_member_of_any_body_is_no_crash(
    client: TestClient, headers: dict[str, str], asked: list[Call], most: int | None
) -> None:
    members = [
        (call, name)
        for call in of_each_door(client, asked, "POST", "PUT", "PATCH")
        if isinstance(call.body, dict)
        for name in call.body
    ]
    found = []
    for call, name in of_some(members, most):
        for number, given in enumerate([*IMPOSSIBLE, *NO_NUMBERS]):
            if most is not None and (number + len(call.path)) % 6:
                continue
            raw = json.dumps(given) if number < len(IMPOSSIBLE) else given
            body = json.dumps(call.body | {name: "@"}).replace('"@"', raw)
            sent = headers | {"Content-Type": "application/json"}
            answer = client.request(call.method, call.path, params=call.query, content=body, headers=sent)
            if answer.status_code >= 500:
                found.append(f"{call.method} {call.path} {name}={given[:30]}: {answer.status_code}")
    assert found == []


@pytest.mark.parametrize("most", [60, pytest.param(None, marks=pytest.mark.soak)])
def test_what_cannot_be_in_any_field_of_any_form_is_no_crash(
    client: TestClient, headers: dict[str, str], pages: list[tuple[str, Any]], most: int | None
) -> None:
    fields = {
        (urljoin(path, form.action).split("#")[0], name): form
        for path, answer in pages
        if "html" in answer.headers.get("content-type", "")
        for form in forms_of(answer.text)
        for name in form.values
        if form.action and "sign-out" not in form.action
    }
    assert len(fields) > 60
    found = []
    for number, (action, name) in enumerate(of_some(sorted(fields), most)):
        for given in IMPOSSIBLE if most is None else [IMPOSSIBLE[number % len(IMPOSSIBLE)], "\u00b2"]:
            answer = client.post(action, data=fields[action, name].values | {name: given}, headers=headers)
            if answer.status_code >= 500:
                found.append(f"{action} {name}={given[:30]}: {answer.status_code}")
    assert found == []


def test_live_markup_would_be_found() -> None:
    class Answer:
        text, headers = f"<p>{WORD}</p>", {"content-type": "text/html"}

    assert is_whole(Answer, "") == ["markup is live"]
    Answer.text = f"<p>{MADE}</p>"
    assert is_whole(Answer, "") == ["a template's expression was worked out"]
