"""A request is bounded in time: a body that comes slowly or never ends, and a statement that takes for ever."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from uvicorn.server import ServerState

from api import gate, heads, serve
from api.deps import LONGEST_STATEMENT_S
from api.errors import problem_of_unexpected
from api.heads import BoundedHeads
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


async def hello(_scope: Any, receive: Any, send: Any) -> None:
    """An application that takes in the body and greets."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def told(*pieces: bytes, apart_s: float = 0.0) -> bytes:
    """All that a connection answers to what is sent, until it is closed."""
    config = uvicorn.Config(hello, http=BoundedHeads, ws="none", lifespan="off", log_config=None, timeout_keep_alive=1)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]
        "127.0.0.1",
        0,
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(apart_s)
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        await asyncio.wait_for(asyncio.gather(*state.tasks), 5)
    return answer


def test_a_head_without_end_is_cut_off_and_a_long_body_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "MOST_HEAD_BYTES", 2000)
    start, line = b"POST / HTTP/1.1\r\nHost: x\r\n", b"X-A: " + b"a" * 900 + b"\r\n"
    for endless in ([start, *[line] * 4], [start, b"X-A: ", *[b"a" * 900] * 4], [b"GET /", *[b"a" * 900] * 4]):
        assert asyncio.run(told(*endless, apart_s=0.01)).startswith(b"HTTP/1.1 400"), endless[:2]
    whole = [start, line, b"Content-Length: 9000\r\n\r\n", *[b"b" * 900] * 10, start, line, b"\r\n"]
    for pieces in (whole, [b"".join(whole)]):
        assert asyncio.run(told(*pieces, apart_s=0.01)).count(b"hello") == 2


def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "LONGEST_HEAD_S", 0.2)
    for begun in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-"):
        assert asyncio.run(told(begun)) == b""


def test_the_application_is_served_with_bounded_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[uvicorn.Config] = []
    app = type("App", (), {"state": type("State", (), {"drain": None})})

    class Noted:
        def __init__(self, config: uvicorn.Config, *_: Any) -> None:
            served.append(config)

        def run(self, sockets: list[Any]) -> None:
            for one in sockets:
                one.close()

    monkeypatch.setattr(serve, "Server", Noted)
    monkeypatch.setattr(serve, "_built", lambda: app)
    monkeypatch.setattr(serve, "configure_logs", lambda *_, **__: None)
    monkeypatch.setattr("sys.argv", ["serve", "--port", "0"])
    serve.main()
    assert [one.http for one in served] == [BoundedHeads]


def test_a_statement_of_a_request_ends_in_time(database: Database) -> None:
    make_tenant("T")
    with transaction("T", longest_s=LONGEST_STATEMENT_S) as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "2min"
    with pytest.raises(OperationalError) as stopped, transaction("T", longest_s=1) as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    assert problem_of_unexpected(stopped.value).status_code == 503
    with transaction("T") as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"
