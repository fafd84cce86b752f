"""Hold the locked dependencies against what is asked of a lock, and against known advisories where there are any.

    python -m scripts.audit                          the lock, the environment, and the advisories of osv.dev
    python -m scripts.audit --advisories all.zip     advisories from a file: PyPI's export of osv.dev, fetched elsewhere
    python -m scripts.audit --offline                without asking anybody

Exits 1 where the lock or the environment is not as it should be, or an advisory is about a locked version; an advisory
service that cannot be reached is said and is no fault. What is sent are the names and versions of public packages.
"""

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from scripts.runtime_lock import blocks

ROOT = Path(__file__).resolve().parent.parent
INPUTS = ("requirements.in", "requirements-dev.in")
SERVICE = "https://api.osv.dev/v1/querybatch"
TIMEOUT_S = 20
MOST_BYTES = 64 * 2**20
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)(\[[^]]*\])?==(?P<version>[^\s;\\]+)", re.IGNORECASE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
ASKED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)", re.IGNORECASE)
Pins = dict[str, str]


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of(lock: str) -> Pins:
    """Version by name."""
    found = (PIN.match(line) for line in lock.splitlines())
    return {plain(one["name"]): one["version"] for one in found if one}


def faults_of_lock(lock: str, inputs: Iterable[str]) -> Iterator[str]:
    """What is wrong with a lock: a line that is no pin, a pin without a hash, a package that is missing."""
    for number, line in enumerate(lock.splitlines(), start=1):
        said = line.strip().rstrip("\\").strip()
        if said and not said.startswith(("#", "--hash=")) and not PIN.match(said):
            yield f"line {number} is no pinned package: {said[:80]}"
    for name, block in blocks(lock).items():
        if not HASH.search(block):
            yield f"{name} has no hash"
    pins = pins_of(lock)
    for text in inputs:
        for line in text.splitlines():
            asked = ASKED.match(line.strip())
            if asked and plain(asked["name"]) not in pins:
                yield f"{asked['name']} is asked for and not locked"


def faults_of_environment(pins: Mapping[str, str]) -> Iterator[str]:
    """Packages that are installed in another version than the locked one."""
    for name, wanted in sorted(pins.items()):
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        if found != wanted:
            yield f"{name} is installed as {found}, locked is {wanted}"


def advised_by_file(pins: Mapping[str, str], path: Path) -> list[str]:
    """The advisories of an export (a ZIP of JSON documents) that name a locked version."""
    found = set()
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".json") or member.file_size > MOST_BYTES:
                continue
            told = json.loads(archive.read(member))
            for one in told.get("affected", []) if not told.get("withdrawn") else []:
                package = one.get("package", {})
                name = plain(str(package.get("name", "")))
                if package.get("ecosystem") == "PyPI" and pins.get(name) in one.get("versions", []):
                    found.add(f"{name} {pins[name]}: {told['id']} {told.get('summary', '')}".rstrip())
    return sorted(found)


def advised_by_service(pins: Mapping[str, str], address: str = SERVICE) -> list[str]:
    """The advisories that the service knows of the locked versions.

    Raises:
        OSError: it cannot be reached, or does not answer in its own form.
    """
    names = sorted(pins)
    asked = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": pins[name]} for name in names]
    request = urllib.request.Request(  # noqa: S310  a constant, https
        address, json.dumps({"queries": asked}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            results: list[dict[str, Any]] = json.loads(answer.read(MOST_BYTES))["results"]
    except (urllib.error.URLError, ValueError, KeyError, TypeError) as cause:
        raise OSError(str(cause)) from cause
    told = zip(names, results, strict=False)
    return [f"{name} {pins[name]}: {one['id']}" for name, result in told for one in result.get("vulns", [])]


def main(arguments: list[str] | None = None) -> int:
    """Look, and say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    parser.add_argument("--advisories", type=Path, metavar="ZIP", help="an export of advisories instead of the service")
    parser.add_argument("--offline", action="store_true", help="ask nobody")
    options = parser.parse_args(arguments)
    lock = options.lock.read_text(encoding="utf-8")
    pins = pins_of(lock)
    faults = [*faults_of_lock(lock, [(ROOT / one).read_text(encoding="utf-8") for one in INPUTS])]
    faults += faults_of_environment(pins)
    print(f"{len(pins)} packages are locked, {len(HASH.findall(lock)):,} hashes.")
    try:
        if options.advisories:
            advised = advised_by_file(pins, options.advisories)
        else:
            advised = [] if options.offline else advised_by_service(pins)
        print("Advisories were not asked for." if options.offline else f"{len(advised)} advisories are about them.")
    except OSError as cause:
        advised = []
        print(f"Advisories could not be asked for: {cause}. What stands above was checked without them;")
        print("where there is a network, run this again, or give it an export with --advisories.")
    for one in [*faults, *advised]:
        print(f"  ! {one}")
    return 1 if faults or advised else 0


if __name__ == "__main__":
    sys.exit(main())
