"""Processes of their own that begin at once, each forked from one that has the product loaded and nothing open."""

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(["tests.conftest", "tests.makers", "domain.grid.metering.observe.publish"])


def exit_codes(target: Callable[..., None], calls: Sequence[tuple[Any, ...]], patience_s: float) -> list[int | None]:
    """Call `target` once in a process for each of `calls`, all at once, and wait for every one."""
    workers = [FRESH.Process(target=_begin, args=(dict(os.environ), target, *given)) for given in calls]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(patience_s)
    return [worker.exitcode for worker in workers]


def _begin(surroundings: Mapping[str, str], target: Callable[..., None], *given: Any) -> None:
    """With the surroundings of now: those of the process it is forked from are older than this test's database."""
    os.environ.clear()
    os.environ.update(surroundings)
    target(*given)
