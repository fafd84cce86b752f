"""A worker in a process of its own, as tests start, stop and kill it: `python -m ... HOW FILE LEASE_S`.

It notes each execution as a line of FILE. HOW: `works`; `dies` kills itself where the output's bytes are written;
`waits` goes on when FILE.go is there.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from domain.courses.authoring.generation.author import Author
from domain.courses.regeneration.execution.worker import Tools, work_one
from domain.courses.regeneration.executors.executor import ExecutionResult, Material
from domain.courses.regeneration.executors.parts import LessonExecutor
from domain.courses.regeneration.rules.instruction import Target
from domain.kernel.db import working_as
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole
from tests.courses.authoring.authors import FixedAuthor


class Counted:
    """Writes the first lesson whatever is asked, and notes that it did."""

    type = "LESSON"

    def __init__(self, how: str, told: Path) -> None:
        self.how, self.told = how, told

    def run(
        self, instruction: Mapping[str, Any], target: Target, material: Material, author: Author
    ) -> ExecutionResult:
        """One execution."""
        with self.told.open("a") as file:
            file.write(f"{os.getpid()} {target.place}\n")
        while self.how == "waits" and not self.told.with_suffix(".go").exists():
            time.sleep(0.02)
        return LessonExecutor().run(instruction, Target("LESSON", "m01l01"), material, author)


class Deadly:
    """A store at which the process is killed before anything is committed."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def put(self, key: str, source: BinaryIO, media_type: str) -> None:
        """Write the bytes, then die."""
        self.store.put(key, source, media_type)
        os.kill(os.getpid(), signal.SIGKILL)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def main(how: str, told: str, lease_s: str) -> None:
    """Work until nothing waits."""
    store: Any = (lambda: Deadly(open_store())) if how == "dies" else open_store
    tools = Tools({"LESSON": Counted(how, Path(told))}, FixedAuthor, store, timedelta(seconds=float(lease_s)))
    with working_as(DbRole.MACHINE):
        while work_one("T", tools) is not None:
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
