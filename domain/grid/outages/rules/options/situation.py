"""A fault assumed in one zone: what it leaves without supply, and which healthy islands could be supplied."""

from dataclasses import dataclass

from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.sections import SOURCE


@dataclass(frozen=True)
class Island:
    """Healthy sections that are cut off by the fault's zone.

    Attributes:
        boundary: closed links to the zone; they would have to be open.
        ties: normally open links out of the island.
    """

    sections: tuple[int, ...]
    boundary: tuple[int, ...]
    ties: tuple[int, ...]


@dataclass(frozen=True)
class Situation:
    """The fault in `zone`, cleared by `tripped`.

    Attributes:
        dead: all sections without supply.
        upstream: healthy sections between the tripped device and the zone.
        upstream_boundary: links between them and the zone.
        islands: those with ties, by their first section.
    """

    zone_id: str
    zone: int
    tripped: int
    dead: frozenset[int]
    upstream: tuple[int, ...]
    upstream_boundary: tuple[int, ...]
    islands: tuple[Island, ...]


def situation(scene: Scene, zone_id: str, device_id: str) -> Situation | None:
    """The situation, or None if the network does not know zone or device, or the device does not feed the zone."""
    zone, tripped = scene.section_at.get(zone_id, NONE), scene.link_at.get(device_id, NONE)
    if NONE in {zone, tripped}:
        return None
    alive = scene.reached({tripped})
    dead = frozenset(scene.reached(set()) - alive)
    if zone not in dead:
        return None
    pieces = _pieces(scene, set(dead) - {zone}, tripped)
    link = scene.sections.links[tripped]
    beyond = {side for side in (link.first, link.second) if side != SOURCE and side in dead}
    upstream = next((piece for piece in pieces if piece & beyond), set())
    islands = [_island(scene, zone, piece) for piece in pieces if piece is not upstream]
    return Situation(
        zone_id,
        zone,
        tripped,
        dead,
        tuple(sorted(upstream)),
        _boundary(scene, zone, upstream),
        tuple(sorted((one for one in islands if one.ties), key=lambda one: one.sections)),
    )


def islands_among(scene: Scene, zone: int, sections: set[int]) -> list[Island]:
    """Islands with ties among sections that were left out, so that another feeder might still take them."""
    return [one for one in (_island(scene, zone, piece) for piece in _pieces(scene, sections, NONE)) if one.ties]


def _pieces(scene: Scene, sections: set[int], opened: int) -> list[set[int]]:
    """What closed links join among `sections`, without the link `opened`; by first section."""
    remaining = set(sections)
    pieces = []
    while remaining:
        start = min(remaining)
        piece = scene.spread([start], {start}, {opened}, within=remaining)
        remaining -= piece
        pieces.append(piece)
    return pieces


def _boundary(scene: Scene, zone: int, piece: set[int]) -> tuple[int, ...]:
    links = scene.sections.links
    return tuple(one for one in scene.sections.links_at[zone] if scene.closed[one] and links[one].other(zone) in piece)


def _island(scene: Scene, zone: int, piece: set[int]) -> Island:
    links = scene.sections.links
    ties = [one for one in scene.ties if (links[one].first in piece) != (links[one].second in piece)]
    return Island(tuple(sorted(piece)), _boundary(scene, zone, piece), tuple(ties))
