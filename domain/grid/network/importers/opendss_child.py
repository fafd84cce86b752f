"""The process in which a model is read: `python -m ...opendss_child MASTER FOLDER`, its answer as JSON on its output.

The engine is a native library and a model is a script, so neither is let into a process that holds anything: this one
has no settings, no secrets and no database, and the system bounds its memory, time and files.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from domain.kernel.errors import CountersignError

MOST_MEMORY = 4 * 2**30
MOST_CPU_S = 120
MOST_WRITTEN = 600 * 2**20
MOST_FILES = 256


def main() -> None:
    """Read the model that the arguments name."""
    bound_this_process()
    # The library may write to its output; the answer must stand there alone.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answer:
        json.dump(told(lambda: _read(Path(sys.argv[1]), Path(sys.argv[2]))), answer)


def bound_this_process() -> None:
    """Let the system refuse what no model needs."""
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_CPU_S),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def told(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was read, or how it was refused."""
    try:
        return {"circuit": read()}
    except CountersignError as refused:
        return {"refused": {"detail": refused.detail, "hint": refused.hint, "code": refused.code}}
    except MemoryError:
        return {"refused": {"detail": "The model needs more memory than is given.", "hint": "", "code": ""}}


def _read(master: Path, folder: Path) -> dict[str, Any]:
    # The engine takes half a second to load: after the bounds, and only here.
    from domain.grid.network.importers.opendss_files import commands, compiled
    from domain.grid.network.importers.opendss_gather import Gathered

    gathered = Gathered(master.parent.parent, folder, commands())
    copy = gathered.master(master)
    return asdict(compiled(copy, master.name, folder, sorted(gathered.left_out)))


if __name__ == "__main__":
    main()
