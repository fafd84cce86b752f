"""The processes that are asked: the API and the bare peer, each on a free port, ended at the end of the block."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from cli.services.environment import API_ROLES, child_environment
from domain.kernel.migrate import ROOT

PATIENCE_S = 180.0


@dataclass(frozen=True)
class Served:
    """A process that answers."""

    address: str
    pid: int
    started_s: float

    def memory_mb(self) -> float:
        """Its resident memory now, in 10^6 bytes."""
        return psutil.Process(self.pid).memory_info().rss / 1e6

    def peak_mb(self) -> float:
        """The most resident memory that it ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


@contextmanager
def api_process(folder: Path) -> Iterator[Served]:
    """The API as the product starts it, with the roles of the API alone."""
    with _process("api.serve", ["--port"], folder, child_environment("bench", folder, API_ROLES)) as served:
        yield served


@contextmanager
def bare_process(folder: Path) -> Iterator[Served]:
    """The bare peer."""
    with _process("bench.bare", [], folder, child_environment("bench", folder, API_ROLES)) as served:
        yield served


@contextmanager
def _process(module: str, options: list[str], folder: Path, environment: Mapping[str, str]) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "logs").mkdir(exist_ok=True)
    with (folder / "logs" / f"{module}.log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options, str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            _await(f"http://127.0.0.1:{port}", process, Path(log.name))
            yield Served(f"http://127.0.0.1:{port}", process.pid, time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait(30)


def _await(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/health/live", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise SystemExit(f"The process did not answer within {PATIENCE_S:.0f} s. Its last words: {log.read_text()[-800:]}")
