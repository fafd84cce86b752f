"""An API for the length of one command: people act over HTTP even where no copy runs."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from cli.services.environment import API_ROLES, child_environment
from cli.services.processes import GRACE_S, python
from cli.services.state import read_state
from cli.services.supervisor import listen
from domain.kernel.errors import Unavailable

PATIENCE_S, POLL_S = 180.0, 0.1


@contextmanager
def api_running(home: Path) -> Iterator[str]:
    """The address of the copy that runs from this home, or of an API that is started and ended here.

    Raises:
        Unavailable: it did not come up.
    """
    state = read_state(home)
    if state.supervised and state.phase == "ready" and state.services["api"].url:
        yield str(state.services["api"].url)
        return
    listening = listen("127.0.0.1", None)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    log = home / "logs" / "seed-api.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*python("api.serve"), "--fd", str(listening.fileno())],
            env=child_environment(uuid4().hex, home, API_ROLES, COUNTERSIGN_API_URL=url),
            pass_fds=(listening.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _await(url, process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        listening.close()


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    with httpx.Client(trust_env=False, timeout=5) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if client.get(f"{url}/health/live").is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(POLL_S)
    raise Unavailable("The API did not come up.", hint=f"{log} says why.")
