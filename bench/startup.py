"""How long it takes until the product answers: the command line, the API alone, a whole copy with Dagster.

    python -m bench.startup [--rounds 3] [--no-copy] [--json]

The API starts over a database that runs and is migrated; the whole copy (`countersign up --detach`) begins with an
empty folder: database made, migrated, Dagster and API up, until each answers. Peers: Python's own start, and a bare
FastAPI application served by the same server.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.harness import Check, parser, tell
from bench.server import own_server
from bench.serving import api_process, bare_process
from domain.kernel.logs import configure_logs
from domain.kernel.migrate import ROOT
from domain.kernel.settings import DbRole

HELP_S, API_S, COPY_S = 1.0, 15.0, 60.0


def seconds(command: Sequence[str], rounds: int) -> float:
    """The median time of a command, after a first one that leaves its bytecode behind."""
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return median(taken)


def of_processes(folder: Path, rounds: int) -> list[Check]:
    """Command line and API, each beside its peer."""
    python = seconds([sys.executable, "-c", "pass"], rounds)
    shown = seconds([sys.executable, "-m", "cli.main", "--help"], rounds)
    ours, theirs = [], []
    with api_process(folder):  # leaves its bytecode behind and does not count
        pass
    for _ in range(rounds):
        with bare_process(folder) as bare:
            theirs.append(bare.started_s)
        with api_process(folder) as api:
            ours.append(api.started_s)
    api_s, bare_s = median(ours), median(theirs)
    return [
        Check("countersign --help", shown, "s", HELP_S, ratio=shown / python, peer="python -c pass"),
        Check("API until it answers", api_s, "s", API_S, ratio=api_s / bare_s, peer="bare FastAPI application"),
    ]


def of_a_copy() -> Check:
    """A whole copy from nothing, and down again."""
    with tempfile.TemporaryDirectory(prefix="countersign-bench-up-") as home:
        Path(home).chmod(0o755)
        theirs = {f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL" for role in DbRole} | {"DATABASE_URL"}
        environment = {name: value for name, value in os.environ.items() if name not in theirs}
        environment |= {"COUNTERSIGN_HOME": home}
        command = [sys.executable, "-m", "cli.main"]
        began = time.perf_counter()
        try:
            subprocess.run([*command, "up", "--detach", "--json"], cwd=ROOT, env=environment, check=True,
                           capture_output=True)  # fmt: skip
            taken = time.perf_counter() - began
        finally:
            subprocess.run([*command, "down"], cwd=ROOT, env=environment, check=True, capture_output=True)
    return Check("a copy from nothing: database, migrations, API, Dagster", taken, "s", COPY_S)


def main() -> None:
    """Measure and print."""
    configure_logs("bench", "WARNING")
    options = parser(__doc__)
    options.add_argument("--no-copy", action="store_true", help="leave the whole copy out")
    given = options.parse_args()
    with own_server(given.home) as server:
        facts = server.machine()
        checks = of_processes(server.postgres.home, given.rounds)
    if not given.no_copy:
        checks.append(of_a_copy())
    tell(given, checks, facts)


if __name__ == "__main__":
    main()
