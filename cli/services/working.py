"""How a worker shows that it has reached the database: its process id, in a file of the run folder."""

import os
from pathlib import Path


def show_working(home: Path) -> None:
    """Write down that this process works."""
    mark = _mark(home)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(str(os.getpid()))


def working_pid(home: Path) -> int | None:
    """The process that has last shown that it works."""
    try:
        return int(_mark(home).read_text())
    except (OSError, ValueError):
        return None


def _mark(home: Path) -> Path:
    return home / "run" / "worker.pid"
