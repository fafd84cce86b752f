"""What changed between the content that was last signed and the one that is proposed, as lines to read."""

import difflib
import json
import textwrap
from typing import Any

MOST_LINES = 400


def lines_of(content: Any) -> list[str]:
    """Any content as lines: long text as it is written, the rest as one `path: value` a line, in order."""
    return [line for path, value in _leaves(content, "") for line in _written(path, value)]


def difference(former: Any, proposed: Any) -> list[tuple[str, str]]:
    """Marks and lines: `-` was signed, `+` is proposed, blank stands in both (three lines around each change)."""
    found = difflib.unified_diff(lines_of(former), lines_of(proposed), lineterm="", n=3)
    lines = [line for line in found if not line.startswith(("---", "+++"))]
    return [("…", "") if line.startswith("@@") else (line[0], line[1:]) for line in lines[:MOST_LINES]]


def _leaves(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [
            leaf for name in sorted(value) for leaf in _leaves(value[name], f"{path}.{name}" if path else str(name))
        ]
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return [leaf for index, item in enumerate(value) for leaf in _leaves(item, f"{path}[{index}]")]
    return [(path, value)]


def _written(path: str, value: Any) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return [f"{path}:", *textwrap.indent(value, "  ").splitlines()]
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [f"{path}: {shown}" if path else shown]
