"""Write NOTICES.md: what the product stands on, in which version, under which licence.

    python -m scripts.notices            writes the file
    python -m scripts.notices --check    exit 1 if it says otherwise

The packages are those of requirements.lock that the product needs to run (scripts/runtime_lock.py), their licences what
their own metadata say. The licence texts lie with each package, under its `.dist-info`.
"""

import argparse
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from scripts.runtime_lock import runtime

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "NOTICES.md"
LONGEST = 60
SHIPPED = """
## In the tree

| what | where | licence |
|---|---|---|
| IBM Plex Sans and Mono | api/static/fonts | SIL OFL 1.1, text beside the files |
| IBM Plex Sans | domain/kernel/charts/fonts, domain/courses/delivery/exports/pdf/fonts | the same |
| Noto Emoji | domain/courses/delivery/exports/pdf/fonts | SIL OFL 1.1, text beside the file |

The SCORM control documents (domain/courses/delivery/exports/control) were written for this product:
docs/decisions/0064-scorm-control-documents.md. The browser's scripts are this product's own.
"""
HEADER = """# Notices

Written by `python -m scripts.notices`; a test holds it and requirements.lock together.

## Packages

| package | version | licence |
|---|---|---|
"""


def licence_of(one: Distribution) -> str:
    """As the package's metadata name it: expression, classifier, or the first line of the field."""
    data = one.metadata
    classifiers = [
        value.rsplit(" :: ", 1)[-1] for value in data.get_all("Classifier") or [] if value.startswith("License :: ")
    ]
    field = (data.get("License") or "").strip().splitlines()
    short = [field[0].strip()] if field and len(field[0]) <= LONGEST else []
    expression = data.get("License-Expression")
    named = [name for name in classifiers if name != "OSI Approved"]
    return str(expression or (", ".join(named)) or (short or [""])[0])


def notices() -> str:
    """The whole file.

    Raises:
        PackageNotFoundError: a locked package is not installed.
    """
    lines = []
    lock = runtime((ROOT / "requirements.lock").read_text(), ())
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock, re.MULTILINE):
        lines.append(f"| {name} | {version} | {licence_of(distribution(name)).replace('|', '/')} |")
    return HEADER + "\n".join(lines) + "\n" + SHIPPED


def main() -> None:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    options = parser.parse_args()
    try:
        page = notices()
    except PackageNotFoundError as missing:
        sys.exit(f"{missing.name} is locked but not installed. Run: make setup")
    if not options.check:
        TARGET.write_text(page)
    elif TARGET.read_text() != page:
        sys.exit("NOTICES.md is not what requirements.lock says. Run: python -m scripts.notices")


if __name__ == "__main__":
    main()
