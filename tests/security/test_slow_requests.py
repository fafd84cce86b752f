"""A request is bounded in time: a body that comes slowly or never ends, and a statement that takes for ever."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api import gate
from api.deps import LONGEST_STATEMENT_S
from api.errors import problem_of_unexpected
from domain.kernel.db import transaction
from tests.conftest import Database, application
from tests.makers import make_tenant, make_token

Receive = Callable[[], Awaitable[dict[str, Any]]]


def answered(receive: Receive, token: str) -> tuple[int, dict[str, Any]]:
    """What the application answers to a POST whose body comes as `receive` gives it."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/advice/rulesets", "raw_path": b"/v1/advice/rulesets", "query_string": b"", "root_path": "",
        "headers": [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    asyncio.run(application()(scope, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], json.loads(b"".join(one.get("body", b"") for one in sent[1:]))


@pytest.mark.parametrize("how", ["falls silent", "trickles"])
def test_a_body_that_does_not_come_is_not_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(gate, "SLOWEST_PIECE_S", 0.2 if how == "falls silent" else 9.0)
    monkeypatch.setattr(gate, "SLOWEST_BODY_S", 9.0 if how == "falls silent" else 0.2)
    monkeypatch.setattr(gate, "SLOWEST_BYTES_S", 10**9)
    make_tenant("T")

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60 if how == "falls silent" else 0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    began = time.monotonic()
    status, told = answered(receive, make_token("T", "ADMIN"))
    assert (status, told["code"]) == (408, "REQUEST_TIMEOUT")
    assert time.monotonic() - began < 8


def test_whoever_has_sent_all_may_wait_for_the_answer(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "SLOWEST_PIECE_S", 0.05)
    make_tenant("T")
    pieces = iter([b'{"room": "grid", ', b'"ruleset": {"version": "x"}}'])

    async def receive() -> dict[str, Any]:
        piece = next(pieces, None)
        if piece is None:
            await asyncio.sleep(0.2)
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": piece.startswith(b"{")}

    assert answered(receive, make_token("T", "ADMIN"))[1]["code"] == "RULESET_INVALID"


def test_a_statement_of_a_request_ends_in_time(database: Database) -> None:
    make_tenant("T")
    with transaction("T", longest_s=LONGEST_STATEMENT_S) as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "2min"
    with pytest.raises(OperationalError) as stopped, transaction("T", longest_s=1) as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    assert problem_of_unexpected(stopped.value).status_code == 503
    with transaction("T") as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"
