"""Processes started one by one, each with the environment that it is told and nothing else."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

PATIENCE_S = 600.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Process:
    """One process: what it runs, what it is told, and the file for what it says."""

    command: Sequence[str]
    environment: dict[str, str]
    log: Path

    def _surroundings(self) -> dict[str, str]:
        bare = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return bare | self.environment | {"PATH": path, "PYTHONPATH": str(ROOT)}

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command, env=self._surroundings(), cwd=ROOT, capture_output=True, text=True, timeout=600
        )

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("wb") as log:
            process = subprocess.Popen(self.command, env=self._surroundings(), cwd=ROOT, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)


def wait_for(is_so: Callable[[], bool], *logs: Path) -> None:
    """Until it is so; what was logged is told where it takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "\n".join(log.read_text()[-3000:] for log in logs)
        time.sleep(0.5)
