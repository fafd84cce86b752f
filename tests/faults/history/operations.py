"""What clients write down: an act when it begins, and again when it is answered. One that dies leaves it open."""

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One act on one thing, as its client saw it.

    Attributes:
        client: who asked.
        key: the thing; things are independent of each other.
        act: what was asked, a word that the thing's model knows.
        given: what was asked with.
        began: when it was asked, on the one clock of the machine, in nanoseconds.
        ended: when it was answered; None where it never was: it may take effect at any later moment, or never.
        told: the answer.
    """

    client: str
    key: str
    act: str
    given: Any
    began: int
    ended: int | None = None
    told: Any = None

    def __str__(self) -> str:
        """As a line of a report."""
        answer = "never answered" if self.ended is None else f"told {self.told}"
        return f"{self.client}: {self.act}({self.given}) of {self.key}, {answer}"


class Recorder:
    """Writes a client's acts as they happen: a line when one begins, a line when it is answered."""

    def __init__(self, client: str, path: Path) -> None:
        self.client = client
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.number = 0

    def begin(self, key: str, act: str, given: Any = None) -> int:
        """Before anything is sent."""
        self.number += 1
        self._write({"key": key, "act": act, "given": given, "began": time.monotonic_ns()})
        return self.number

    def end(self, number: int, told: Any) -> None:
        """After the answer is there."""
        self._write({"told": told, "ended": time.monotonic_ns()}, number)

    def _write(self, told: dict[str, Any], number: int | None = None) -> None:
        # One write a line: a client that is killed leaves whole lines.
        line = {"client": self.client, "n": number or self.number} | told
        os.write(self.file, json.dumps(line).encode() + b"\n")


def read(paths: Iterable[Path]) -> list[Operation]:
    """Everything that the clients wrote, in the order in which it began."""
    return sorted((one for path in paths for one in _of_file(path)), key=lambda one: (one.began, one.client))


def _of_file(path: Path) -> Iterator[Operation]:
    begun: dict[tuple[str, int], dict[str, Any]] = {}
    for line in path.read_text().splitlines():
        told = json.loads(line)
        begun.setdefault((told.pop("client"), told.pop("n")), {}).update(told)
    for (client, _), told in begun.items():
        yield Operation(client, **told)
