"""Learner events over HTTP: batches of 100 at the real door against a bare route that parses them and does nothing.

    python -m bench.learner_events --batches 400 --connections 16 --json

Both are served by uvicorn in a process of their own, the real one as `python -m api.serve` with what a user gets: gate,
log, metrics, durable commits. The same client sends the same number of batches over the same number of connections to
each in turn, round by round, so that what else the machine does falls on both. The share of the rates is the figure;
CPU of both processes and of the database says where the time goes.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import uuid4

import psutil

from api.serve import listen
from bench.bare_events import PATH
from bench.harness import Check, missed, parser, tell
from bench.learners import LESSONS, TENANT, enrol, lay_out
from bench.server import Server, own_server
from domain.kernel.logs import configure_logs
from domain.kernel.migrate import ROOT
from domain.kernel.people import ensure_person
from domain.kernel.tokens import issue_dev_token

DOOR = "/api/analytics/event"
SHARE = 0.5
BATCH = 100


@dataclass(frozen=True)
class Served:
    """One process that answers. `path`: where batches go; `headers`: what comes with each."""

    process: psutil.Process
    port: int
    path: str
    headers: str = ""

    def cpu_s(self) -> float:
        """CPU seconds of the process so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True)
class Round:
    """What a round of batches took. Seconds: by the clock, of the answering process, of the database."""

    batches: int
    wall_s: float
    process_s: float
    database_s: float


@contextmanager
def served(module: str, path: str, headers: str = "") -> Iterator[Served]:
    """Start a server of ours on a free port; stop it at the end."""
    listening = listen("127.0.0.1", 0)
    fd, port = listening.fileno(), listening.getsockname()[1]
    started = subprocess.Popen(
        [sys.executable, "-m", module, "--fd", str(fd)],
        cwd=ROOT,
        pass_fds=[fd],
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    listening.close()
    try:
        yield Served(psutil.Process(started.pid), port, path, headers)
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(20)


def request_of(to: Served, body: bytes) -> bytes:
    """A whole request as it goes over the line."""
    head = (
        f"POST {to.path} HTTP/1.1\r\nHost: 127.0.0.1:{to.port}\r\n{to.headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def batch(lessons: int = LESSONS) -> bytes:
    """A hundred events of now, each new."""
    at = datetime.now(UTC).isoformat()
    events = [
        {"eventId": str(uuid4()), "eventType": "lesson_viewed", "courseId": "course-1", "lessonIdx": n % lessons,
         "occurredAt": at}
        for n in range(BATCH)
    ]  # fmt: skip
    return json.dumps({"events": events}).encode()


async def send(port: int, requests: Sequence[bytes], connections: int) -> None:
    """Send every request and await its answer, so many at once, over connections that stay open."""
    left = iter(requests)

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
            assert head.startswith(b"HTTP/1.1 202"), head + answer
            assert b'"accepted":100' in answer, answer
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(one() for _ in range(connections)))


def measure(server: Server, to: Served, batches: int, connections: int) -> Round:
    """One round of new batches."""
    requests = [request_of(to, batch()) for _ in range(batches)]
    cpu, database, began = to.cpu_s(), server.cpu_s(), time.perf_counter()
    asyncio.run(send(to.port, requests, connections))
    wall = time.perf_counter() - began
    return Round(batches, wall, to.cpu_s() - cpu, server.cpu_s() - database)


def learner_headers(server: Server) -> str:
    """The header of a learner who may send events."""
    person = ensure_person(TENANT, "bench@example.org", "Bench", ["LEARNER"])
    enrol(server, str(person.id))
    token = issue_dev_token(str(person.id), person.email, person.name, TENANT, ["LEARNER"], timedelta(hours=8))
    return f"Authorization: Bearer {token}\r\n"


def measure_ingest(server: Server, batches: int, rounds: int, connections: int) -> list[Check]:
    """Rounds in turn, after one that warms both."""
    ours, theirs = [], []
    with served("bench.bare_events", PATH) as plain, served("api.serve", DOOR, learner_headers(server)) as real:
        for turn in range(rounds + 1):
            found = [measure(server, one, batches, connections) for one in (plain, real)]
            if turn:
                theirs.append(found[0])
                ours.append(found[1])
    server.settle()
    return [
        Check(
            "events over HTTP a second, batches of 100", median(_rate(one) for one in ours), "1/s", None, at_most=False
        ),
        Check("  a bare route", median(_rate(one) for one in theirs), "1/s", None, at_most=False),
        Check(
            "  share of a bare route",
            median(_rate(one) / _rate(other) for one, other in zip(ours, theirs, strict=True)),
            "",
            SHARE,
            at_most=False,
        ),
        Check("  CPU of a bare batch", median(_ms(one, one.process_s) for one in theirs), "ms", None),
        Check("  CPU of a batch here", median(_ms(one, one.process_s) for one in ours), "ms", None),
        Check("  CPU of the database", median(_ms(one, one.database_s) for one in ours), "ms", None),
    ]


def _rate(one: Round) -> float:
    return one.batches * BATCH / one.wall_s


def _ms(one: Round, seconds: float) -> float:
    return 1000 * seconds / one.batches


def main() -> None:
    """Measure and print."""
    configure_logs("bench", "WARNING")
    options = parser(__doc__)
    options.add_argument("--batches", type=int, default=400, help="batches a round (default 400)")
    options.add_argument("--connections", type=int, default=16, help="batches under way at once (default 16)")
    given = options.parse_args()
    with own_server(given.home) as server:
        lay_out(server, 100)
        checks = measure_ingest(server, given.batches, given.rounds, given.connections)
        facts = server.machine() | {"batches": str(given.batches), "connections": str(given.connections)}
    tell(given, checks, facts)
    sys.exit(bool(missed(checks)))


if __name__ == "__main__":
    main()
