"""Nothing that a tenant sends makes the server speak to anybody: every address out of it is the operator's setting.

The one exception is a person's webhook, which is checked when it is entered and again when it is spoken to
(`tests/kernel/messages/test_guard.py`), by a machine and never by the API.
"""

import re
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.kernel.principal import Role
from tests.architecture.tenant_rows import fill
from tests.architecture.test_tenants_are_apart_over_http import THEIRS, Call, calls, seed, theirs
from tests.conftest import Database, visiting
from tests.makers import make_token

ELSEWHERE = "http://169.254.169.254/latest/meta-data"
LURES = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "169.254.169.254", "Referer": ELSEWHERE}
AN_ID = re.compile(r"[0-9a-f-]{32,64}|\d{4}-\d\d-\d\d.*")
LIKE_AN_ADDRESS = re.compile(r"(^|_)ur[li]|endpoint|host|webhook|address|callback|server|proxy", re.IGNORECASE)
# Members of bodies that are called so. The first is a person's channel; the others are words that are shown.
ADDRESSES = {"address"}
_reached: list[str] = []
_listens = False


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's own word on what it is about to do; psycopg's connections are the library's and not among it."""
    if _listens and event in {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec"}:
        _reached.append(f"{event} {arguments[1:] if event == 'socket.connect' else arguments[:2]}")


sys.addaudithook(_note)


@pytest.fixture
def reached() -> Iterator[list[str]]:
    """What was spoken to, or started, during the test."""
    global _listens
    _reached.clear()
    _listens = True
    yield _reached
    _listens = False


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with visiting() as made:
        seed(made)
        fill(module_database, THEIRS, word="their-own-word-7")
        yield made


def lured(value: Any) -> Any:
    """The body with an address for every word that is no id and no time."""
    if isinstance(value, dict):
        return {name: lured(own) for name, own in value.items()}
    if isinstance(value, list):
        return [lured(own) for own in value]
    return ELSEWHERE if isinstance(value, str) and not AN_ID.fullmatch(value) else value


def bodies(call: Call, *, is_long: bool) -> Iterator[Any]:
    """One word of a good body in turn; of most doors' bodies one, in the long run each, and all of them at once."""
    each = [call.body | {name: lured(value)} for name, value in call.body.items() if lured(value) != value]
    yield from [*each, lured(call.body)] if is_long else each[-1:]


@pytest.mark.parametrize("is_long", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_no_word_in_any_body_or_question_is_an_address_that_is_spoken_to(
    client: TestClient, module_database: Database, reached: list[str], is_long: bool
) -> None:
    asked: Any = [one for one in calls(client.app, theirs(module_database)) if one.upload is None]
    sent = read = 0
    if not is_long:
        asked = [one for one in asked if isinstance(one.body, dict) or one.query]
    for number, call in enumerate(asked):
        # Some acts end the person who does them.
        token = make_token(THEIRS, *Role, email=f"all{number // 10}@example.org")
        headers = {"Authorization": f"Bearer {token}"} | LURES
        if isinstance(call.body, dict):
            answers = [
                client.request(call.method, call.path, json=body, headers=headers)
                for body in bodies(call, is_long=is_long)
            ]
        else:
            query = dict.fromkeys(call.query, ELSEWHERE)
            answers = [client.request(call.method, call.path, params=query, headers=headers)]
        sent += len(answers)
        read += sum(one.status_code not in {401, 403, 404, 405} for one in answers)
        assert not [one for one in answers if "evil.example" in one.headers.get("location", "")], call
    assert (sent > 150, read > 100) == (True, True), (sent, read)
    assert reached == []


def test_a_way_out_would_be_seen(reached: list[str]) -> None:
    with socket.socket() as own:
        own.settimeout(0.01)
        own.connect_ex(("127.0.0.1", 9))
    assert len(reached) == 1
    assert "127.0.0.1" in reached[0]


def test_no_body_has_a_member_for_an_address_but_those_that_are_known(client: TestClient) -> None:
    application: Any = client.app
    schemas = application.openapi()["components"]["schemas"]
    wanted: list[Any] = [
        operation["requestBody"]
        for item in application.openapi()["paths"].values()
        for operation in item.values()
        if "requestBody" in operation
    ]
    seen: set[str] = set()
    named: set[str] = set()
    while wanted:
        part = wanted.pop()
        if isinstance(part, dict):
            reference = part.get("$ref", "").rpartition("/")[2]
            if reference and reference not in seen:
                seen.add(reference)
                wanted.append(schemas[reference])
            named |= {name for name in part.get("properties", {}) if LIKE_AN_ADDRESS.search(name)}
            wanted += part.values()
        elif isinstance(part, list):
            wanted += part
    assert named <= ADDRESSES, named - ADDRESSES
