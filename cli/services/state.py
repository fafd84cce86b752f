"""What is known of the processes of one copy: `$COUNTERSIGN_HOME/run/services.json`, written whole or not at all.

A process is its pid and its start time: a pid alone may have been given to somebody else since.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psutil
from pydantic import BaseModel, Field, ValidationError

from cli.services.postgres import write_private
from domain.kernel.errors import Conflict

Phase = Literal["starting", "ready", "stopping", "stopped", "failed"]
CLOCK_SLACK_S = 2.0


class Recorded(BaseModel):
    """One process as it was started."""

    pid: int
    started: float = Field(description="Seconds since the epoch, as the system tells it.")
    url: str | None = None
    log: str = ""
    restarts: int = 0

    @property
    def process(self) -> psutil.Process | None:
        """The living process, or None when it has ended, is a zombie, or its pid is somebody else's now."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < CLOCK_SLACK_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None

    @classmethod
    def of(cls, pid: int, **more: Any) -> "Recorded":
        """Record a process that has just been started."""
        return cls(pid=pid, started=psutil.Process(pid).create_time(), **more)


class State(BaseModel):
    """One copy's processes."""

    instance: str = ""
    home: str = ""
    phase: Phase = "stopped"
    stage: str = ""
    error: str | None = None
    supervisor: Recorded | None = None
    services: dict[str, Recorded] = Field(default_factory=dict)
    database: str | None = None
    ports: dict[str, int] = Field(default_factory=dict, description="Of the last start, so that addresses stay good.")

    @property
    def supervised(self) -> bool:
        """Whether the supervisor that wrote this is alive."""
        return self.supervisor is not None and self.supervisor.process is not None


def state_path(home: Path) -> Path:
    """Where the state is kept."""
    return home / "run" / "services.json"


def read_state(home: Path) -> State:
    """The last state written; an empty one when there is none that can be read."""
    try:
        return State.model_validate_json(state_path(home).read_text())
    except (OSError, ValidationError, ValueError):
        return State(home=str(home))


def write_state(home: Path, state: State) -> None:
    """Keep the state."""
    state_path(home).parent.mkdir(parents=True, exist_ok=True)
    write_private(state_path(home), json.dumps(state.model_dump(), indent=1))


@contextmanager
def only_supervisor(home: Path) -> Iterator[None]:
    """Hold the home for one supervisor; the lock ends with the process, however it ends.

    Raises:
        Conflict: another one holds it.
    """
    (home / "run").mkdir(parents=True, exist_ok=True)
    with (home / "run" / "supervisor.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise Conflict(
                f"Countersign already runs from {home}.",
                hint="`countersign down` stops it; set COUNTERSIGN_HOME for another copy.",
                code="ALREADY_RUNNING",
            ) from cause
        yield
