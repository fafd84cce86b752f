"""The part of requirements.lock that the product needs to run, without what its tests and checks need.

`make lock` resolves both together, so that tests run on what is shipped; the comments `# via` say who wants a package.
Used by deploy/container/Dockerfile, before anything is installed: standard library only.
"""

import argparse
import re
import sys
from pathlib import Path

NAME = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==", re.IGNORECASE)
ROOT = "-r requirements.in"
# To make the project importable where it lies; and what `models` in pyproject.toml names.
BUILD = ("setuptools",)
MODELS = ("pydantic-ai-slim", "openai", "anthropic")


def blocks(lock: str) -> dict[str, str]:
    """The lines of each package, by its name."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        begins = NAME.match(line)
        name = begins[1].lower() if begins else name
        if name:
            found[name] = found.get(name, "") + line
    return found


def wanted_by(block: str) -> set[str]:
    """Who wants a package: other packages' names, or the input file."""
    comments = [line.strip().lstrip("#").strip() for line in block.splitlines() if line.strip().startswith("#")]
    return {comment.removeprefix("via").strip() for comment in comments} - {""}


def runtime(lock: str, also: tuple[str, ...]) -> str:
    """The blocks that requirements.in leads to, directly or not, and those of `also` with what they lead to."""
    every = blocks(lock)
    kept = {name for name, block in every.items() if ROOT in wanted_by(block)} | (set(also) & set(every))
    while more := {name for name, block in every.items() if wanted_by(block) & kept} - kept:
        kept |= more
    return "".join(every[name] for name in sorted(kept))


def main() -> None:
    """Print the locked packages that the image installs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lock", type=Path, default=Path("requirements.lock"))
    parser.add_argument("--models", choices=["0", "1"], default="0", help="with the packages for a model's service")
    options = parser.parse_args()
    sys.stdout.write(runtime(options.lock.read_text(), BUILD + (MODELS if options.models == "1" else ())))


if __name__ == "__main__":
    main()
