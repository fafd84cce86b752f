"""Fault zones: the sections in which a fault can lie, and how likely each is (grid.md 4.5).

    P(z | e) is proportional to P(device i operated | e) * w_z,  the weights of all zones that i can clear summing to 1
    w_z = miles * (1.0 overhead, 0.25 cable) * vegetation * (1 + faults in five years) * age * weather * likelihoods

A fault trips the nearest device above it that interrupts faults with probability 0.95, the next one with 0.05. Whole
ranking: `domain/grid/outages/rules/zone_ranking.py`.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.grid.network.rules.model import Device, Edge, Meter, Network
from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.circuit import Circuit, build_circuit
from domain.grid.outages.rules.sections import Sections, find_sections
from domain.grid.outages.rules.zone_ranking import RankedZone, RankingFacts, ZoneSettings, rank_zones
from domain.grid.outages.rules.zone_shape import Above, Zone, ZoneFacts

__all__ = [
    "Above",
    "RankedZone",
    "RankingFacts",
    "Zone",
    "ZoneFacts",
    "ZoneSettings",
    "build_zones",
    "rank_zones",
    "zone_ids",
    "zones_of",
]

METRES_PER_MILE = 1609.344
INTERRUPTERS = frozenset({"breaker", "recloser", "sectionalizer", "fuse", "xfmr_fuse"})


def build_zones(
    network: Network, open_devices: Collection[str] = (), closed_devices: Collection[str] = ()
) -> tuple[Zone, ...]:
    """The zones of all feeders as they stood before the outage: do not name the outage's own devices as open."""
    return zones_of(find_sections(build_circuit(network, open_devices, closed_devices)))


def zone_ids(sections: Sections) -> list[str]:
    """The id of each section: that of the device that feeds it, or of the feeder that begins with it; "" if unfed."""
    feeders = sections.circuit.network.feeders
    found = []
    for section, entry in enumerate(sections.entry):
        feeder = sections.feeder[section]
        if feeder == NONE:
            found.append("")
        elif entry != NONE:
            found.append(f"Z-{sections.links[entry].device.device_id}")
        else:
            found.append(
                f"Z-{feeders[feeder].feeder_id}-{sections.circuit.network.nodes[sections.nodes[section][0]].node_id}"
            )
    return found


def zones_of(sections: Sections) -> tuple[Zone, ...]:
    """The zones of sections that stand fed, by id."""
    circuit = sections.circuit
    ids = zone_ids(sections)
    meters = _meters(circuit, sections)
    edges = _edges(circuit, sections)
    chains = _chains(sections)
    below = _below(sections, meters)
    windings = [0] * len(ids)
    for one in circuit.network.transformers:
        node = circuit.node_at.get(one.node_id or "", NONE)
        if node != NONE and sections.of_node[node] != NONE:
            windings[int(sections.of_node[node])] += 1
    places = np.full(len(circuit.network.nodes), NONE, dtype=np.intp)
    places[sections.walked.node] = np.arange(len(sections.walked.node))
    found = [
        _zone(
            sections, section, ids, meters[section], edges[section], chains[section], below[section], windings, places
        )
        for section in range(len(ids))
        if ids[section]
    ]
    return tuple(sorted(found, key=lambda zone: zone.zone_id))


def _zone(
    sections: Sections,
    section: int,
    ids: Sequence[str],
    meters: Sequence[Meter],
    edges: Sequence[Edge],
    chain: tuple[Above, ...],
    below: int,
    windings: Sequence[int],
    places: NDArray[np.intp],
) -> Zone:
    circuit = sections.circuit
    entry, parent = sections.entry[section], sections.parent[section]
    lines = [edge for edge in edges if edge.kind in {"line", "cable"}]
    metres = sum(edge.length_m or 0.0 for edge in lines)
    overhead = sum(edge.length_m or 0.0 for edge in lines if edge.kind == "line")
    at = places[list(sections.nodes[section])]
    letters = sorted({letter for edge in edges for letter in (edge.phases or "")})
    down = [
        sections.links[link].device.device_id
        for child in sections.children(section)
        for link in [sections.entry[child]]
    ]
    return Zone(
        zone_id=ids[section],
        feeder_id=circuit.network.feeders[sections.feeder[section]].feeder_id,
        upstream_device_id=sections.links[entry].device.device_id if entry != NONE else None,
        downstream_device_ids=tuple(sorted(down)),
        parent_zone_id=ids[parent] if parent != NONE else None,
        miles=round(metres / METRES_PER_MILE, 6),
        oh_pct=round(100.0 * overhead / metres, 3) if metres else 100.0,
        customers=len(meters),
        meters=len(meters),
        critical_customers=sum(meter.critical_flag for meter in meters),
        meters_below=below,
        transformers=windings[section],
        phases="".join(letters),
        meter_ids=tuple(sorted(meter.meter_id for meter in meters)),
        node_ids=tuple(sorted(circuit.network.nodes[node].node_id for node in sections.nodes[section])),
        start_mi=round(float(sections.metres[at].min()) / METRES_PER_MILE, 6),
        end_mi=round(float(sections.metres[at].max()) / METRES_PER_MILE, 6),
        start_x_ohm=round(float(sections.reactance_ohm[at].min()), 6),
        end_x_ohm=round(float(sections.reactance_ohm[at].max()), 6),
        above=chain,
    )


def _meters(circuit: Circuit, sections: Sections) -> list[list[Meter]]:
    found: list[list[Meter]] = [[] for _ in sections.nodes]
    for meter in circuit.network.meters:
        node = circuit.node_at.get(meter.node_id or "", NONE)
        if node != NONE and sections.of_node[node] != NONE:
            found[int(sections.of_node[node])].append(meter)
    return found


def _edges(circuit: Circuit, sections: Sections) -> list[list[Edge]]:
    """Closed edges by section; one that a device stands on belongs to what lies behind the device."""
    entered = {sections.links[link].edge: section for section, link in enumerate(sections.entry) if link != NONE}
    linked = {link.edge for link in sections.links}
    found: list[list[Edge]] = [[] for _ in sections.nodes]
    for index, edge in enumerate(circuit.network.edges):
        if index in entered:
            found[entered[index]].append(edge)
        elif index not in linked and circuit.closed[index]:
            own = max(int(sections.of_node[end]) for end in circuit.ends[index])
            if own != NONE:
                found[own].append(edge)
    return found


def _chains(sections: Sections) -> list[tuple[Above, ...]]:
    """For each section the devices above it, nearest first."""
    found: list[tuple[Above, ...]] = [() for _ in sections.nodes]
    for section, entry in enumerate(sections.entry):  # parents come before children
        parent = sections.parent[section]
        inherited = found[parent] if parent != NONE else ()
        own = tuple(map(_above, reversed(sections.links[entry].devices))) if entry != NONE else ()
        found[section] = own + inherited
    return found


def _above(device: Device) -> Above:
    return Above(device.device_id, device.type, device.type in INTERRUPTERS)


def _below(sections: Sections, meters: Sequence[Sequence[Meter]]) -> list[int]:
    """Meters in each section and in all that it feeds."""
    counts = [len(own) for own in meters]
    for section in range(len(counts) - 1, -1, -1):
        if sections.parent[section] != NONE:
            counts[sections.parent[section]] += counts[section]
    return counts
