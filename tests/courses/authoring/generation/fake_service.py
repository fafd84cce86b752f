"""A model's service on loopback: a real HTTP server that answers as OpenAI or Anthropic do, or badly."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Service:
    """What it answers next, one entry for each request and the last one for ever, and what it was asked."""

    says: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def openai_body(text: str, reason: str = "stop") -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "fake-model-1", "choices": [choice]}
    return json.dumps({**body, "usage": usage}).encode()


def anthropic_body(text: str, reason: str = "end_turn") -> bytes:
    body = {"id": "1", "type": "message", "role": "assistant", "model": "fake-model-1", "stop_sequence": None}
    content = [{"type": "text", "text": text}]
    return json.dumps(
        {**body, "content": content, "stop_reason": reason, "usage": {"input_tokens": 1, "output_tokens": 1}}
    ).encode()


@contextmanager
def running(*says: str) -> Iterator[Service]:
    """A service that answers in turn: a text, or one of 429, 500, 401, 302, slow, cut, length, garbage."""
    service = Service(list(says))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.asked.append({"path": self.path, "headers": dict(self.headers), "body": body})
            said = service.says.pop(0) if len(service.says) > 1 else service.says[0]
            _answer(self, said, anthropic_body if self.path.endswith("/messages") else openai_body)

        def do_GET(self) -> None:
            service.asked.append({"path": self.path, "headers": dict(self.headers), "body": None})
            _send(self, 200, b"{}")

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, said: str, body: Any) -> None:
    if said in ("429", "500", "401"):
        error = {"error": {"type": "x", "message": "Wrong key sk-secret-of-the-test"}, "type": "error"}
        _send(handler, int(said), json.dumps(error).encode())
    elif said == "302":
        _send(handler, 302, b"", {"Location": "/elsewhere"})
    elif said == "slow":
        time.sleep(1.5)
    elif said == "cut":
        whole = body("x" * 5_000)
        _send(handler, 200, whole[:1_000], {"Content-Length": str(len(whole))})
        handler.close_connection = True
    elif said == "length":
        _send(handler, 200, body("[{", "max_tokens" if body is anthropic_body else "length"))
    elif said == "garbage":
        _send(handler, 200, b'{"hello": "world"}')
    else:
        _send(handler, 200, body(said))


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
