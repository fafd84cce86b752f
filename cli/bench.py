"""`countersign bench`: the benchmarks of the checkout, which are no part of what is installed."""

import subprocess
import sys

import click

from domain.kernel.errors import Conflict
from domain.kernel.migrate import ROOT

EXAMPLE = """
\b
Example:
  countersign bench all
  countersign bench ingest kpi --json
  countersign bench all --quick
"""


@click.command(epilog=EXAMPLE)
@click.argument("names", nargs=-1)
@click.option("--quick", is_flag=True, help="Small numbers: proves that everything runs, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--write", "writes", is_flag=True, help="Write the table into docs/performance.md. [default: only print]")
@click.option("--home", type=click.Path(file_okay=False), help="Where the servers' files lie. [default: temporary]")
def bench(names: tuple[str, ...], quick: bool, as_json: bool, writes: bool, home: str | None) -> None:
    """Measure, each figure beside its peer or its limit in the same run.

    NAMES: ingest, kpi, outages, http, stairs, insight, reports, startup, memory, suspicion, ledger, options, scale, or
    all (default). Takes less than twenty minutes for all on two cores; run it alone. Exit 1 when a benchmark broke; a
    target that is missed is told.
    """
    if not (ROOT / "bench" / "__main__.py").exists():
        raise Conflict("The benchmarks lie in the source tree and are not installed.", hint="Run it in a checkout.")
    flags = {"--quick": quick, "--json": as_json, "--write": writes}
    command = [sys.executable, "-m", "bench", *names, *(flag for flag, is_set in flags.items() if is_set)]
    command += ["--home", home] if home else []
    sys.exit(subprocess.run(command, cwd=ROOT).returncode)
