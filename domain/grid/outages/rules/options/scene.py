"""The outage's surroundings before any option: sections, who is out, what each section needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain.grid.network.rules.model import Meter, Network
from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.circuit import Circuit, Complexes, build_circuit
from domain.grid.outages.rules.options.model import OutageContext
from domain.grid.outages.rules.options.settings import OptionSettings
from domain.grid.outages.rules.sections import SOURCE, Sections, find_sections
from domain.grid.outages.rules.zones import zone_ids


@dataclass(frozen=True)
class Scene:
    """Everything that options share. Sections and links are numbers of `sections`."""

    context: OutageContext
    settings: OptionSettings
    sections: Sections

    @property
    def circuit(self) -> Circuit:
        """The network in the state before the outage."""
        return self.sections.circuit

    @cached_property
    def section_at(self) -> dict[str, int]:
        """Section by zone id."""
        return {zone_id: index for index, zone_id in enumerate(zone_ids(self.sections)) if zone_id}

    @cached_property
    def link_at(self) -> dict[str, int]:
        """Link by device id; all devices on one edge name the same link."""
        return {one.device_id: index for index, link in enumerate(self.sections.links) for one in link.devices}

    @cached_property
    def usable(self) -> list[bool]:
        """Links over which supply could go: not where a closed loop was cut, not beside another of a bank."""
        cut = {*self.circuit.tree.loop_edges, *self.circuit.in_bank}
        return [link.edge not in cut for link in self.sections.links]

    @cached_property
    def closed(self) -> list[bool]:
        """Links that carried current before the outage."""
        return [usable and self.sections.closed(index) for index, usable in enumerate(self.usable)]

    @cached_property
    def ties(self) -> list[int]:
        """Links that are normally open, are open, and can be used."""
        return [
            index
            for index, link in enumerate(self.sections.links)
            if self.usable[index] and not self.sections.closed(index) and any(one.normally_open for one in link.devices)
        ]

    @cached_property
    def meters(self) -> list[list[Meter]]:
        """Meters of each section that the outage took, by id."""
        out = set(self.context.out_meter_ids)
        found: list[list[Meter]] = [[] for _ in self.sections.nodes]
        for meter in sorted(self.circuit.network.meters, key=lambda one: one.meter_id):
            node = self.circuit.node_at.get(meter.node_id or "", NONE)
            section = int(self.sections.of_node[node]) if node != NONE else NONE
            if section != NONE and (not out or meter.meter_id in out):
                found[section].append(meter)
        return found

    @cached_property
    def load_mva(self) -> Complexes:
        """Forecast load at each node without cold-load pickup; generation behind a meter is not counted on."""
        kw = np.zeros(len(self.circuit.network.nodes), dtype=np.float64)
        for meter in self.circuit.network.meters:
            node = self.circuit.node_at.get(meter.node_id or "", NONE)
            if node != NONE:
                kw[node] += self.kw_of(meter)
        factor = self.settings.power_factor
        load: Complexes = (kw / 1000.0 * complex(1.0, math.sqrt(1.0 - factor**2) / factor)).astype(np.complex128)
        return load

    @cached_property
    def kw(self) -> list[float]:
        """Forecast kW of each section, all its meters together."""
        own = self.load_mva.real * 1000.0
        return [float(own[list(nodes)].sum()) for nodes in self.sections.nodes]

    @cached_property
    def is_primary(self) -> list[bool]:
        """Sections that have a node above 1 kV, or all of a network that has none."""
        primary = self.circuit.is_primary
        return [bool(primary[list(nodes)].any()) for nodes in self.sections.nodes]

    def kw_of(self, meter: Meter) -> float:
        """A meter's forecast, never below zero; without one its mean power times the usual peak."""
        stated = self.context.load_kw.get(meter.meter_id)
        return max(meter.base_kwh_day / 24.0 * self.settings.peak_over_mean if stated is None else stated, 0.0)

    def feeder_kw(self, feeder: int) -> float:
        """Forecast kW of what a feeder still supplies."""
        return self._alive_kw.get(feeder, 0.0)

    @cached_property
    def _alive_kw(self) -> dict[int, float]:
        alive = self.reached({self.link_at[one] for one in self.context.device_ids if one in self.link_at})
        found: dict[int, float] = {}
        for section in sorted(alive):
            feeder = self.sections.feeder[section]
            found[feeder] = found.get(feeder, 0.0) + self.kw[section]
        return found

    def head_kw(self, feeder: int) -> float | None:
        """The most kW that a feeder's heads could send out in an emergency; None where a rating is not known."""
        rated = [
            float(self.circuit.rated_a[edge]) * float(self.circuit.kv[node]) if edge != NONE else math.nan
            for own, node, edge in self.circuit.heads
            if own == feeder
        ]
        settings = self.settings
        total = sum(rated) * math.sqrt(3.0) * settings.source_v_pu * settings.emergency_loading * settings.power_factor
        return None if math.isnan(total) or not rated else total

    def clpu(self, at_min: float) -> float:
        """Cold-load pickup of load that comes back `at_min` minutes after `as_of`."""
        out_min = self.context.out_min + at_min
        return 1.0 + (self.settings.clpu_k - 1.0) * (1.0 - math.exp(-out_min / self.settings.clpu_tau_min))

    def reached(self, opened: set[int]) -> set[int]:
        """Sections that the heads feed over closed links other than those `opened`."""
        found: set[int] = set()
        queue: list[int] = []
        for _, node, edge in self.circuit.heads:
            section = int(self.sections.of_node[node])
            entry = next(
                (one for one in self.sections.links_at[section] if self.sections.links[one].edge == edge), NONE
            )
            carries = (self.closed[entry] and entry not in opened) if entry != NONE else True
            stands = edge == NONE or entry != NONE or self.circuit.closed[edge]
            if section not in found and carries and stands:
                found.add(section)
                queue.append(section)
        return self.spread(queue, found, opened)

    def spread(self, queue: list[int], found: set[int], opened: set[int], within: set[int] | None = None) -> set[int]:
        """`found` and all that closed links join to it, only `within` if given."""
        for section in queue:
            for link in self.sections.links_at[section]:
                other = self.sections.links[link].other(section)
                blocked = not self.closed[link] or link in opened or other == SOURCE or other in found
                if not blocked and (within is None or other in within):
                    found.add(other)
                    queue.append(other)
        return found

    def customers(self, sections: Sequence[int]) -> list[Meter]:
        """The meters that are out in `sections`, by id."""
        return sorted((one for section in sections for one in self.meters[section]), key=lambda one: one.meter_id)


def build_scene(network: Network, context: OutageContext, settings: OptionSettings) -> Scene:
    """The state just before the outage: what is observed open, but not the outage's own devices."""
    return Scene(context, settings, sections_before(network, context))


def sections_before(network: Network, context: OutageContext) -> Sections:
    """The network divided as it stood before the outage; depends only on network and switching state."""
    own = set(context.device_ids)
    opened = [one for one in context.open_devices if one not in own]
    return find_sections(build_circuit(network, opened, context.closed_devices))
