"""Child processes of one copy: started in sessions of their own, watched, restarted, and ended without leftovers.

Every child carries a mark in its environment (COUNTERSIGN_INSTANCE), and so does what it starts itself, such as the
workers of a Dagster run. What outlives a killed supervisor is found by that mark and by its recorded pid.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cli.services.state import Recorded
from domain.kernel.migrate import ROOT

MARK = "COUNTERSIGN_INSTANCE"
BACKOFF_S = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
SETTLED_S = 60.0
LOG_KEPT_BYTES = 20 * 1024 * 1024
GRACE_S = 15.0


def program(name: str) -> list[str]:
    """A program of this virtual environment."""
    return [str(Path(sys.executable).parent / name)]


def python(module: str) -> list[str]:
    """A module of this virtual environment as a program."""
    return [sys.executable, "-m", module]


@dataclass
class Child:
    """One service as the supervisor runs it.

    Attributes:
        name: as `status` shows it.
        arguments: the command.
        environment: all of it; nothing is inherited.
        answers: whether the service does its work now.
        url: where it is reached, for people.
        prepare: what must be done before each start.
    """

    name: str
    arguments: Sequence[str]
    environment: dict[str, str]
    log: Path
    answers: Callable[["Child"], bool]
    url: str | None = None
    pass_fds: tuple[int, ...] = ()
    prepare: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    started_at: float = 0.0
    due_at: float = 0.0
    failures: int = field(default=0, repr=False)

    @property
    def alive(self) -> bool:
        """Whether the process runs; reaps it when it has ended."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process in a session of its own, so that a Ctrl-C reaches the supervisor alone."""
        self.prepare()
        _rotate(self.log)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.arguments,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
                pass_fds=self.pass_fds,
            )
        self.started_at = time.monotonic()

    def revive(self) -> str | None:
        """Restart when dead and due; answer what was done, for the log."""
        now = time.monotonic()
        if self.alive:
            if self.failures and now - self.started_at > SETTLED_S:
                self.failures = 0
            return None
        if self.process is not None:
            code = self.process.returncode
            self.process = None
            self.due_at = now + BACKOFF_S[min(self.failures, len(BACKOFF_S) - 1)]
            self.failures += 1
            return f"ended with {code}"
        if now < self.due_at:
            return None
        self.restarts += 1
        self.start()
        return "restarted"

    def recorded(self) -> Recorded | None:
        """For the state file."""
        if not self.alive or self.process is None:
            return None
        try:
            return Recorded.of(self.process.pid, url=self.url, log=str(self.log), restarts=self.restarts)
        except psutil.Error:
            return None


def marked(home: Path) -> list[psutil.Process]:
    """Living processes that a supervisor of this home started, directly or not; never ourselves or our parents."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid in ours or process.status() == psutil.STATUS_ZOMBIE:
                continue
            environment = process.environ()
        except (psutil.Error, OSError):
            continue
        if environment.get(MARK) and environment.get("COUNTERSIGN_HOME") == str(home):
            found.append(process)
    return found


def end(processes: Iterable[psutil.Process], grace_s: float = GRACE_S) -> None:
    """Ask the processes to end, wait, and kill what has not."""
    asked = list(processes)
    for process in asked:
        _send(process, signal.SIGTERM)
    _, left = psutil.wait_procs(asked, timeout=grace_s)
    for process in left:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(left, timeout=5)


def end_stale(home: Path, recorded: Iterable[Recorded]) -> list[int]:
    """End what a former supervisor left behind; answer the pids."""
    stale = {process.pid: process for process in marked(home)}
    for record in recorded:
        process = record.process
        if process is not None and process.pid != os.getpid():
            stale.setdefault(process.pid, process)
    end(stale.values(), grace_s=5)
    return sorted(stale)


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return


def _rotate(log: Path) -> None:
    """Keep one former log, so that a copy that runs for months does not fill the disk."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
        log.replace(log.with_suffix(".log.1"))
