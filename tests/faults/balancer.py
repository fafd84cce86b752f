"""A load balancer as small as can be: it asks each replica whether it is ready, and passes each request on once.

It never tries again: what a replica drops is a failed request, as its caller sees it.
"""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import httpx

READY = "/health/ready?without=dagster"
# Far shorter than the drain, and long enough that a replica which ends at once is still sent requests.
ASKED_EVERY_S = 0.5
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}


class Balancer:
    """Listens, and passes on to what is ready, in turn."""

    def __init__(self, replicas: list[str]) -> None:
        self.clients = {url: httpx.Client(base_url=url, timeout=30, trust_env=False) for url in replicas}
        self.ready: dict[str, bool] = dict.fromkeys(replicas, False)
        self.served: dict[str, int] = dict.fromkeys(replicas, 0)
        self.turn, self.is_over = count(), threading.Event()
        self.server = _server(self)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.threads = [threading.Thread(target=self._watch, args=(url,)) for url in replicas]
        self.threads.append(threading.Thread(target=self.server.serve_forever))
        for thread in self.threads:
            thread.start()

    def choose(self) -> str | None:
        """The next replica that was ready when it was asked last."""
        able = [url for url, is_ready in self.ready.items() if is_ready]
        return able[next(self.turn) % len(able)] if able else None

    def until(self, url: str, is_ready: bool, seconds: float = 120) -> None:
        """Wait until a replica is seen as ready, or as not."""
        deadline = time.monotonic() + seconds
        while self.ready[url] != is_ready:
            assert time.monotonic() < deadline, f"{url} did not become {is_ready}"
            time.sleep(0.02)

    def end(self) -> None:
        """Stop listening and asking."""
        self.is_over.set()
        self.server.shutdown()
        self.server.server_close()
        for thread in self.threads:
            thread.join(30)
        for client in self.clients.values():
            client.close()

    def _watch(self, url: str) -> None:
        with httpx.Client(base_url=url, timeout=5, trust_env=False) as asking:
            while not self.is_over.wait(ASKED_EVERY_S):
                try:
                    self.ready[url] = asking.get(READY).status_code == 200
                except httpx.TransportError:
                    self.ready[url] = False


def _server(balancer: Balancer) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = balancer.choose()
            if url is None:
                self._answer(503, {}, b"no replica is ready")
                return
            given = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            try:
                told = balancer.clients[url].request(self.command, self.path, content=body, headers=given)
            except httpx.TransportError as error:
                self._answer(502, {}, f"{url} hung up: {error!r}".encode())
                return
            balancer.served[url] += 1
            self._answer(told.status_code, dict(told.headers), told.content)

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's own name
            return

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
