"""Join nodes that closed links of no interest connect, so that a busbar and its terminals are one node."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Merged:
    """Which node stands for each that was joined."""

    standing: dict[str, str]

    def stands_for(self, node: str) -> str:
        """The node that stands for `node`; itself if it was never joined."""
        return self.standing.get(node, node)


def merge(links: Iterable[tuple[str, str]], preferred: set[str]) -> Merged:
    """Join the ends of each link. For a group stands its first preferred node by name, else its first."""
    above: dict[str, str] = {}

    def top(node: str) -> str:
        above.setdefault(node, node)
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    for first, second in links:
        above[top(first)] = top(second)
    groups: dict[str, list[str]] = {}
    for node in sorted(above):
        groups.setdefault(top(node), []).append(node)
    standing = {}
    for group in groups.values():
        chosen = min(group, key=lambda node: (node not in preferred, node))
        standing.update(dict.fromkeys(group, chosen))
    return Merged(standing)
