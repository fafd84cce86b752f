"""Publish a stretch of days as one batch and print how many reads it held and the memory that it took, as JSON.

    python -m bench.stretch FIRST_DAY DAYS

A process of its own that imports what the product imports and nothing of the peers; bench.ingest starts it.
"""

import json
import sys
from pathlib import Path

from bench.population import day_plan, published_reads


def peak_mb() -> float:
    """The peak resident memory of this process so far; getrusage would tell that of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Publish, and tell."""
    first, days = (int(argument) for argument in sys.argv[1:])
    plan = day_plan(first, days=days)
    before = peak_mb()
    print(json.dumps({"reads": published_reads(plan), "before_mb": before, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
