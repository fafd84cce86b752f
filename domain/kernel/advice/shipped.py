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

    def off_under(self, content: Mapping[str, Any]) -> list[str]:
        """The signal types that another content of the room says nothing of, in the order of the shipped ones."""
        named = {one["signal_type"] for one in content["rules"]}
        return [one["signal_type"] for one in self.content["rules"] if one["signal_type"] not in named]
