"""Load over HTTP/1.1: callers that ask one question after the other over a connection that stays open.

Plain sockets, since a client that costs more than the server would measure itself. Latency is from the first byte sent
to the last byte received, so that what waits in the server's queue counts.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Question:
    """One request as it goes over the wire."""

    method: str
    path: str
    token: str = ""
    body: bytes = b""

    def sent_to(self, host: str) -> bytes:
        """The bytes."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", "Accept: application/json"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.body or self.method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass
class Answered:
    """What came back: milliseconds of each answer, ascending, how many were no success, and how long it all took."""

    taken_ms: list[float] = field(default_factory=list)
    failed: int = 0
    wall_s: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.taken_ms) / self.wall_s if self.wall_s else 0.0

    def percentile(self, share: float) -> float:
        """The latency that this share of the answers did not exceed."""
        return self.taken_ms[min(len(self.taken_ms) - 1, int(share * len(self.taken_ms)))]


def load(address: str, questions: Sequence[Question], callers: int) -> Answered:
    """Ask all questions once, `callers` at a time.

    Raises:
        SystemExit: an answer was no success; a benchmark of refusals is worth nothing.
    """
    answered = asyncio.run(_load(address, questions, callers))
    if answered.failed:
        raise SystemExit(f"{answered.failed} of {len(questions)} answers of {questions[0].path} were no success.")
    return answered


async def _load(address: str, questions: Sequence[Question], callers: int) -> Answered:
    place = urlsplit(address)
    waiting = iter([one.sent_to(place.netloc) for one in questions])
    answered = Answered()
    began = time.perf_counter()
    await asyncio.gather(*(_caller(place.hostname or "", place.port or 80, waiting, answered) for _ in range(callers)))
    answered.wall_s = time.perf_counter() - began
    answered.taken_ms.sort()
    return answered


async def _caller(host: str, port: int, waiting: "object", answered: Answered) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for request in waiting:  # type: ignore[attr-defined]
            began = time.perf_counter()
            writer.write(request)
            await writer.drain()
            status = await _answer(reader)
            answered.taken_ms.append(1e3 * (time.perf_counter() - began))
            answered.failed += not 200 <= status < 300
    finally:
        writer.close()
        await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    names = {line.partition(b":")[0].lower(): line.partition(b":")[2].strip() for line in head.split(b"\r\n")[1:]}
    if b"content-length" in names:
        await reader.readexactly(int(names[b"content-length"]))
    elif names.get(b"transfer-encoding") == b"chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return int(head.split(b" ", 2)[1])
