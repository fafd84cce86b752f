"""The machine that figures were taken on, told so that another can be compared with it."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil


def described() -> dict[str, str]:
    """Processor, cores that this process may use, memory, system, Python, load of the last minute, and the date."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load of the last minute": f"{os.getloadavg()[0]:.1f}",
        "taken on": datetime.now(UTC).date().isoformat(),
    }


def _processor() -> str:
    """Its name as the kernel tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
