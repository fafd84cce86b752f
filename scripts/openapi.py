"""Print the OpenAPI document of this version, as `/openapi.json` answers it. No database is asked.

python -m scripts.openapi > openapi.json
"""

import argparse
import json
import sys
from typing import Any

from api.app import create_app

VERBS = ("get", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    """The OpenAPI document of the application as it stands."""
    return create_app().openapi()


def endpoints(told: dict[str, Any]) -> str:
    """Every operation as a table in Markdown, one table a tag."""
    tables: dict[str, list[str]] = {}
    for path, operations in sorted(told["paths"].items()):
        for verb in VERBS:
            if operation := operations.get(verb):
                tag = (operation.get("tags") or ["other"])[0]
                summary = str(operation.get("summary", "")).replace("|", "/")
                tables.setdefault(tag, []).append(f"| {verb.upper()} | `{path}` | {summary} |")
    parts = [f"### {tag}\n\n| | address | |\n|---|---|---|\n" + "\n".join(rows) for tag, rows in sorted(tables.items())]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Print the OpenAPI document as JSON."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    json.dump(document(), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
