"""What is asked for as SQL: the conditions whose value is given."""

from collections.abc import Mapping
from typing import Any


def conditions(parts: Mapping[str, tuple[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Of conditions with their parameter's name and value those that have a value, joined, and the parameters."""
    asked = {part: given for part, given in parts.items() if given[1] is not None}
    return " AND ".join(["true", *asked]), dict(asked.values())
