"""dbt's incremental models of meter days and feeder days over the same reads (`bench/dbt`): a peer of the roll-ups.

dbt lives in an environment of its own, which `make bench` installs under `.countersign/bench/dbt`; without it this peer
is left out. It is told not to tell anybody of its use, and not to look for newer versions.
"""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bench.population import TENANT, TIMEZONE
from bench.server import Server
from domain.kernel.migrate import ROOT

PROGRAM = ROOT / ".countersign" / "bench" / "dbt" / "bin" / "dbt"
PROJECT = Path(__file__).with_name("dbt")


@dataclass(frozen=True)
class Modelled:
    """What one run of dbt took: seconds by the clock from start to end, and those of its statements alone."""

    wall_s: float
    statements_s: float


def is_there() -> bool:
    """Whether dbt is installed."""
    return PROGRAM.exists()


def model(server: Server, since: str) -> Modelled:
    """Bring the models up to date with the reads after `since` (an instant, or -infinity for all).

    Raises:
        SystemExit: dbt failed; its last words are told.
    """
    folder = server.postgres.home / "dbt"
    place = urlsplit(server.postgres.urls()["superuser"])
    environment = os.environ | {
        "PEER_HOST": unquote(place.hostname or ""),
        "PEER_PORT": str(place.port),
        "PEER_USER": unquote(place.username or ""),
        "PEER_PASSWORD": unquote(place.password or ""),
        "PEER_DATABASE": place.path.lstrip("/"),
        "DO_NOT_TRACK": "1",
    }
    told = {"tenant": TENANT, "zone": TIMEZONE, "since": since}
    command = [str(PROGRAM), "--no-version-check", "run", "--quiet", "--vars", json.dumps(told)]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    began = time.perf_counter()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall_s = time.perf_counter() - began
    if ended.returncode:
        raise SystemExit(f"dbt failed: {(ended.stdout + ended.stderr)[-1500:]}")
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    return Modelled(wall_s, sum(one["execution_time"] for one in results))
