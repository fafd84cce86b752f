"""A hostile word in every text field of every table, and in every parameter of every address: it stays a word.

The tables are filled from the catalogue and the addresses come from the application, so that new ones are covered
unasked. The word is markup, a template's expression and the end of a SQL string at once.
"""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.doors import doors_of
from domain.kernel.principal import Role
from tests.architecture.tenant_rows import fill
from tests.architecture.test_tenants_are_apart_over_http import THEIRS, calls, seed, theirs
from tests.conftest import Database, visiting
from tests.makers import make_token

# Two quotation marks are one within a SQL string.
WORD = "<img src=x onerror=alert(7)>{{1234*8}}{%if 1%}''--"
MADE = "9872"
LIVE = re.compile(r"<img src=x|<svg/onload|<script>alert")
PLACES = re.compile(r"{(\w+)(?::\w+)?}")
HOSTILE = (
    "..%2F..%2F..%2Fetc%2Fpasswd",
    "..%5C..%5Cwin.ini",
    "%252e%252e%252fetc%252fpasswd",
    "'%20OR%20'1'='1",
    "1;DROP%20TABLE%20events--",
    "%7B%7B1234*8%7D%7D",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%3Csvg%2Fonload=alert(1)%3E",
    "%00",
    "%0d%0aSet-Cookie:x=1",
    "%F0%9F%94%A5" * 200,
    "-1",
    "99999999999999999999",
)
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


def test_a_hostile_word_in_every_text_field_is_shown_as_a_word(
    client: TestClient, headers: dict[str, str], module_database: Database
) -> None:
    application: Any = client.app
    asked = [call for call in calls(application, theirs(module_database)) if call.method == "GET"]
    pages = [call for call in asked if not call.path.startswith(("/v1/", "/api/"))]
    shown, found = 0, []
    for call in pages:
        answer = client.get(call.path, params=call.query, headers=headers)
        found += [f"{call.path}: {wrong}" for wrong in is_whole(answer, call.path)]
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


def test_live_markup_would_be_found() -> None:
    class Answer:
        text, headers = f"<p>{WORD}</p>", {"content-type": "text/html"}

    assert is_whole(Answer, "") == ["markup is live"]
    Answer.text = f"<p>{MADE}</p>"
    assert is_whole(Answer, "") == ["a template's expression was worked out"]
