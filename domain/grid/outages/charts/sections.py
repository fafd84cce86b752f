"""The network's neighbourhood as a tree of sections: lines of one zone that hang together, in the order of supply."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from domain.grid.outages.rules.summary import MapEdge


@dataclass(frozen=True)
class Section:
    """Lines of one zone that hang together.

    Attributes:
        index: its place in the list; parents stand before their children.
        parent: the section that supplies it, None at the head.
        zone_id: None for lines of no ranked zone.
        device_id, device_type, is_open: of the device at its head, where one is known.
        is_out: whether any of its lines is without supply.
        lines: how many lines it has.
        depth: sections between it and the head.
    """

    index: int
    parent: int | None
    zone_id: str | None
    device_id: str | None
    device_type: str | None
    is_open: bool
    is_out: bool
    lines: int
    depth: int


def sections_of(edges: Sequence[MapEdge]) -> list[Section]:
    """The sections, parents first. Lines point away from the head; a loop is cut where it closes."""
    ordered = sorted(edges, key=lambda edge: edge.edge_id)
    groups = _groups(ordered)
    heads = {group: _head(members) for group, members in groups.items()}
    at_node: dict[str, list[int]] = defaultdict(list)
    for group, members in groups.items():
        for node in sorted({node for edge in members for node in (edge.from_node, edge.to_node)}):
            at_node[node].append(group)
    found: list[Section] = []
    seen: set[int] = set()
    fed = {edge.to_node for edge in ordered}
    starts = sorted(groups, key=lambda group: (heads[group].from_node in fed, group))
    for start in starts:
        queue: list[tuple[int, int | None, int]] = [(start, None, 0)] if start not in seen else []
        while queue:
            group, parent, depth = queue.pop(0)
            if group in seen:
                continue
            seen.add(group)
            index = len(found)
            found.append(_section(groups[group], heads[group], index, parent, depth))
            nodes = sorted(
                {edge.to_node for edge in groups[group]} | {heads[group].from_node if parent is None else ""}
            )
            beneath = sorted({other for node in nodes for other in at_node.get(node, []) if other not in seen})
            queue += [(other, index, depth + 1) for other in beneath if heads[other].from_node in nodes]
    return found


def _groups(edges: Sequence[MapEdge]) -> dict[int, list[MapEdge]]:
    """Lines that share a node and a zone, by a number that follows from their order."""
    parent = list(range(len(edges)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[tuple[str, str | None], int] = {}
    for place, edge in enumerate(edges):
        for node in (edge.from_node, edge.to_node):
            other = root(first.setdefault((node, edge.zone_id), place))
            own = root(place)
            parent[max(own, other)] = min(own, other)
    groups: dict[int, list[MapEdge]] = defaultdict(list)
    for place, edge in enumerate(edges):
        groups[root(place)].append(edge)
    return dict(groups)


def _head(edges: Sequence[MapEdge]) -> MapEdge:
    """The line that no other of the section supplies; one with a device before one without."""
    fed = {edge.to_node for edge in edges}
    return min(edges, key=lambda edge: (edge.from_node in fed, edge.device_id is None, edge.edge_id))


def _section(edges: Sequence[MapEdge], head: MapEdge, index: int, parent: int | None, depth: int) -> Section:
    return Section(
        index=index,
        parent=parent,
        zone_id=head.zone_id,
        device_id=head.device_id,
        device_type=head.device_type,
        is_open=head.is_open,
        is_out=any(edge.is_out for edge in edges),
        lines=len(edges),
        depth=depth,
    )
