"""All that is measured, one after the other: `python -m bench [NAME...] [--quick] [--json] [--write]`.

    python -m bench all
    python -m bench ingest kpi --json
    python -m bench all --write          # into docs/performance.md, with the machine's description

Each runs in a process of its own with a PostgreSQL of its own, which is removed at the end. Run it alone: the first
line shows the load of the last minute. Exit 1 when a benchmark broke; a missed target is told and breaks nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.catalogue import ALL, BENCHES, Part
from bench.figures import SHORT, Figure, figures_of
from bench.machine import described
from bench.table import section, show, write_section
from domain.kernel.migrate import ROOT

PAGE = ROOT / "docs" / "performance.md"


@dataclass
class Ran:
    """What came of a run: the machine, all figures in order, seconds by benchmark, and what broke or was left out."""

    machine: dict[str, str]
    quick: bool
    figures: list[Figure] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    broke: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        short = [f"{one.bench}: {one.name}" for one in self.figures if one.verdict == SHORT]
        return asdict(self) | {"short": short, "total_s": round(sum(self.seconds.values()), 1)}


def run(names: Sequence[str], *, quick: bool, home: Path | None = None) -> Ran:
    """Run the named benchmarks in their order."""
    # A machine that compiles every module anew at each start would measure that.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    ran = Ran(described(), quick)
    for name in names:
        began = time.perf_counter()
        for part in BENCHES[name]:
            _tell(f"{name}: {part.module} {' '.join(part.quick if quick else part.full)}")
            _run_part(ran, name, part, home)
        ran.seconds[name] = round(time.perf_counter() - began, 1)
    return ran


def _run_part(ran: Ran, name: str, part: Part, home: Path | None) -> None:
    data = Path(os.environ.get("COUNTERSIGN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if part.needs_data and not (data / "opendss_feeders").exists():
        ran.left_out[name] = f"the published feeders are not at {data.name}; COUNTERSIGN_SHARED_DATA names their folder"
        return
    where = ["--home", str(home)] if home and "own_server" in _source(part) else []
    command = [sys.executable, "-m", part.module, *(part.quick if ran.quick else part.full), *where, "--json"]
    # Into a file: what waits in a pipe would hold up a benchmark that tells much.
    with tempfile.TemporaryFile("w+") as out:
        ended = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True)
        out.seek(0)
        printed = out.read()
    try:
        told = json.loads(printed)
    except ValueError:
        ran.broke[part.module] = (ended.stderr.strip() or printed.strip())[-600:]
        return
    ran.figures += figures_of(name, told)


def _source(part: Part) -> str:
    """Whether the module takes a home is said by whether it starts a server of its own."""
    path = ROOT / Path(*part.module.split("."))
    return (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text()


def _tell(message: str) -> None:
    """One line a step, beside what is printed."""
    print(message, file=sys.stderr, flush=True)


def main() -> None:
    """Parse arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=[ALL], help=f"{', '.join(BENCHES)} or {ALL} (default: {ALL})")
    parser.add_argument("--quick", action="store_true", help="small numbers: proves that it runs, and nothing else")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--home", type=Path, help="where the servers' files lie while they run (default: temporary)")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - {*BENCHES, ALL})
    if unknown:
        parser.error(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHES)}, {ALL}.")
    if given.write and given.quick:
        parser.error("A quick run measures nothing that could be quoted; leave --quick or --write out.")
    names = list(BENCHES) if ALL in given.names else [name for name in BENCHES if name in given.names]
    ran = run(names, quick=given.quick, home=given.home)
    if given.json:
        print(json.dumps(ran.as_json(), indent=1))
    else:
        show(ran)
    if given.write:
        write_section(PAGE, section(ran))
    sys.exit(1 if ran.broke else 0)


if __name__ == "__main__":
    main()
