"""Everything that is measured, one after the other: `python -m bench`. Options go to the benchmarks themselves."""

import subprocess
import sys

from domain.kernel.migrate import ROOT

BENCHMARKS = (
    "bench.ingest",
    "bench.kpi",
    "bench.ledger",
    "bench.suspicion",
    "bench.outages",
    "bench.options",
    "bench.stairs",
    "bench.stairs_trend",
    "bench.insight",
    "bench.learner_events",
)


def main() -> None:
    """Run each in a process of its own; exit 1 when one of them ends badly."""
    failed = []
    for name in BENCHMARKS:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", name], cwd=ROOT).returncode:
            failed.append(name)
    sys.exit(f"Ended badly: {', '.join(failed)}." if failed else 0)


if __name__ == "__main__":
    main()
