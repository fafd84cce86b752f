"""The laterals of an island that could be left out so that the rest can be supplied."""

from dataclasses import dataclass

from domain.grid.outages.rules.options.plan import Part, near_side
from domain.grid.outages.rules.options.scene import Scene

# What a lateral can be parted by: not the fuse of a single service transformer, not a secondary's.
PARTING = frozenset({"breaker", "recloser", "sectionalizer", "switch", "fuse"})


@dataclass(frozen=True)
class Lateral:
    """Sections behind one device, seen from the tie; the first of an island has no device and cannot be left out.

    Attributes:
        above: number of the lateral that feeds this one; -1 for the first.
        weight: customers, critical ones counted many times.
    """

    link: int
    above: int
    sections: tuple[int, ...]
    kw: float
    customers: int
    weight: float


def laterals(scene: Scene, part: Part) -> list[Lateral]:
    """The laterals of a part in the order of supply from its tie, each after the one that feeds it."""
    start = near_side(scene, part)
    inside = set(part.sections)
    own: dict[int, int] = {start: 0}
    head: list[tuple[int, int]] = [(-1, -1)]
    members: list[list[int]] = [[start]]
    queue = [start]
    for section in queue:
        for link in scene.sections.links_at[section]:
            other = scene.sections.links[link].other(section)
            if not scene.closed[link] or link in part.split or other not in inside or other in own:
                continue
            if _parts(scene, link, section, other):
                head.append((link, own[section]))
                members.append([])
            own[other] = len(members) - 1 if _parts(scene, link, section, other) else own[section]
            members[own[other]].append(other)
            queue.append(other)
    return [_lateral(scene, link, above, sections) for (link, above), sections in zip(head, members, strict=True)]


def _parts(scene: Scene, link: int, first: int, second: int) -> bool:
    kind = scene.sections.links[link].device.type
    return kind in PARTING and scene.is_primary[first] and scene.is_primary[second]


def _lateral(scene: Scene, link: int, above: int, sections: list[int]) -> Lateral:
    customers = scene.customers(sections)
    critical = sum(one.critical_flag for one in customers)
    weight = len(customers) + scene.settings.critical_weight * critical
    kw = round(sum(scene.kw[section] for section in sorted(sections)), 6)
    return Lateral(link, above, tuple(sorted(sections)), kw, len(customers), weight)
