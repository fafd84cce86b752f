"""What a room comes with: its signal rules as data, and how another version of them is checked. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Answers whatever the content describes; raises ValueError, KeyError or TypeError where it makes no sense.
Check = Callable[[Mapping[str, Any]], object]


@dataclass(frozen=True)
class Shipped:
    """A room's shipped ruleset."""

    content: Mapping[str, Any]
    check: Check

    @property
    def version(self) -> str:
        """The version that the content names."""
        return str(self.content["version"])
