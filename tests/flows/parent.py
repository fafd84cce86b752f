"""A process that has the product loaded and forks it on request, so that a child begins, and dies, in milliseconds.

Asked by lines of JSON: {"module", "arguments"} begins a module's `main` and answers the child's id; {"reap": id} waits
for its end and answers its exit code. When nobody asks any more, its children end with it.
"""

import importlib
import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

from domain.kernel.loading import loading

LOADED = ("api.serve", "api.app", "tests.flows.carrying_out", "domain.kernel.report.pdf.render")
children: set[int] = set()


def main() -> None:
    """Answer until nobody asks."""
    # What is loaded stays as it is: a child's collector that walked through it would copy all of it.
    with loading():
        for name in LOADED:
            importlib.import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _answer(asked: dict[str, Any]) -> int:
    if "reap" in asked:
        _, status = os.waitpid(asked["reap"], 0)
        children.discard(asked["reap"])
        return os.waitstatus_to_exitcode(status)
    child = os.fork()
    if child == 0:
        _begin(asked["module"], asked["arguments"])
    children.add(child)
    return child


def _begin(module: str, arguments: list[str]) -> NoReturn:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1) if os.environ.get("COUNTERSIGN_KILLS_SHOWN") else (0, 1, 2):
        os.dup2(nothing, number)
    sys.argv = [module, *arguments]
    code = 1
    try:
        importlib.import_module(module).main()
        code = 0
    except BaseException as error:
        sys.stderr.write(f"{module}: {error!r}\n")
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
