"""The product as processes that are killed, and a phone that asks until it is answered."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from api.serve import listen

# How often each act is killed, and at which moments: for a soak, more of them and others.
KILLS = int(os.environ.get("COUNTERSIGN_KILLS", "2"))
SEED = int(os.environ.get("COUNTERSIGN_KILLS_SEED", "20261121"))
PATIENCE_S = 120
PIECE_BYTES = 2000
# A process that died let go of its key without saying whether it had acted.
UNKNOWN = "IDEMPOTENCY_OUTCOME_UNKNOWN"


class Mortals:
    """The API behind a socket that stays open when it dies, and other work, each in a process of its own."""

    def __init__(self) -> None:
        self.socket = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.parent = subprocess.Popen(
            [sys.executable, "-m", "tests.flows.parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[self.socket.fileno()],
            env=dict(os.environ),
        )
        self.start()

    def begin(self, module: str, *arguments: str) -> int:
        return self._ask({"module": module, "arguments": arguments})

    def ended(self, child: int) -> int:
        """Its exit code, when it has ended."""
        return self._ask({"reap": child})

    def _ask(self, asked: dict[str, Any]) -> int:
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(json.dumps(asked).encode() + b"\n")
        self.parent.stdin.flush()
        return int(self.parent.stdout.readline())

    def start(self) -> None:
        self.api = self.begin("api.serve", "--fd", str(self.socket.fileno()))

    def kill(self, child: int | None = None) -> None:
        """Without a word; and wait until it is gone."""
        gone = child or self.api
        os.kill(gone, signal.SIGKILL)
        self.ended(gone)

    def is_up(self) -> None:
        """Wait until the API answers."""
        answer = httpx.get(f"{self.url}/health/live", timeout=PATIENCE_S, trust_env=False)
        assert answer.status_code == 200

    def end(self) -> None:
        os.kill(self.api, signal.SIGTERM)
        self.ended(self.api)
        self.parent.communicate(timeout=30)
        self.socket.close()


class StubbornPhone:
    """A phone that asks until it is answered, and notes what it was told."""

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )
        self.cut = self.unknown = 0
        self.told: list[tuple[str, Any, str, Any]] = []

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        deadline, said = time.monotonic() + PATIENCE_S, "hung up on"
        while True:
            try:
                answer = self.client.request(method, path, json=body, **more)
            except httpx.TransportError:
                self.cut += 1
                time.sleep(0.05)
            else:
                if answer.status_code not in (502, 503) and "IN_PROGRESS" not in answer.text:
                    return answer
                said = answer.text
                time.sleep(0.05)
            assert time.monotonic() < deadline, f"{method} {path} was never answered: {said}"

    def act(self, path: str, body: Any, look: Callable[[], Any] | None = None) -> Any:
        """POST under one key until it is answered.

        Where nobody knows whether it was done, look for what it makes, and ask anew under another key if that is not
        there. Without `look` the act is one that may be asked for again.
        """
        key = str(uuid4())
        while True:
            answer = self.ask("POST", path, body, headers={"Idempotency-Key": key})
            if answer.status_code == 409 and answer.json()["code"] == UNKNOWN:
                self.unknown += 1
                found = look() if look is not None else None
                if found is not None:
                    return found
                key = str(uuid4())
                continue
            assert answer.is_success, answer.text
            self.told.append((path, body, key, answer.json()))
            return answer.json()

    def is_told_the_same(self) -> None:
        """Whatever it was told, it is told again."""
        for path, body, key, told in self.told:
            again = self.ask("POST", path, body, headers={"Idempotency-Key": key})
            assert again.json() == told, (path, again.text)
            assert again.headers["Idempotency-Replayed"] == "true"
        self.told.clear()

    def bring_file(self, at: str, told: dict[str, Any], data: bytes) -> None:
        """Register a capture and send its bytes; what was told to have arrived is never asked for again."""
        assert self.ask("POST", at, told).status_code == 201
        path, known = f"/api/v1/evidence/{told['evidence_id']}", 0
        while known < len(data):
            held = int(self.ask("GET", path).json()["received_bytes"])
            assert held >= known, "bytes that were told to have arrived are gone"
            piece = data[held : held + PIECE_BYTES]
            if not piece:
                # All lie there, but nobody was told that the file is whole: the last piece is sent again.
                held, piece = len(data) - 1, data[-1:]
            ranged = {"Content-Range": f"bytes {held}-{held + len(piece) - 1}/{len(data)}"}
            sent = self.ask("PUT", f"{path}/content", headers=ranged, content=piece)
            assert sent.status_code in (200, 202), sent.text
            known = int(sent.json()["received_bytes"])

    def end(self) -> None:
        self.client.close()
