"""Rank fault zones by probability, or by meters, and say why (grid.md 4.5)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from domain.grid.outages.rules.zone_shape import Zone, ZoneFacts
from domain.grid.outages.rules.zone_weight import FAULT_ZONES_VERSION, RankingFacts, Weight, ZoneSettings, weigh

__all__ = ["FAULT_ZONES_VERSION", "RankedZone", "RankingFacts", "ZoneSettings", "rank_zones", "settings_of"]

RankBy = Literal["probability", "meters"]


@dataclass(frozen=True)
class RankedZone:
    """A zone with its place in the ranking.

    Attributes:
        device_id: the device that most probably cleared a fault here.
        meters_out: meters without supply if it did.
        equivalence_class: the first zone of those that the evidence cannot tell from this one.
        alt_zone_ids: the others of them.
        credible: whether it is of the smallest prefix with 90 % of the probability (ranked by probability).
    """

    zone: Zone
    rank: int
    probability: float
    cum_probability: float
    device_id: str
    meters_out: int
    critical_customers: int
    patrol_miles: float
    patrol_min: float
    patrol_rank: int
    credible: bool
    equivalence_class: str
    alt_zone_ids: tuple[str, ...]
    evidence: tuple[Mapping[str, Any], ...]
    explanation: str

    @property
    def zone_id(self) -> str:
        """The zone's id."""
        return self.zone.zone_id


def settings_of(settings: ZoneSettings | None = None) -> dict[str, Any]:
    """The settings as plain values, for hashing."""
    return asdict(settings or ZoneSettings())


def rank_zones(
    zones: Sequence[Zone],
    device_posterior: Mapping[str, float],
    facts: RankingFacts | None = None,
    rank_by: RankBy = "probability",
    settings: ZoneSettings | None = None,
) -> tuple[RankedZone, ...]:
    """Zones that could explain the devices that may have operated, best first; empty if none can.

    `device_posterior` is the probability that each device is the topmost one open. The order of the arguments' rows
    decides nothing: ties fall to more meters, then to the zone's id.
    """
    facts, settings = facts or RankingFacts(), settings or ZoneSettings()
    zones = sorted(zones, key=lambda zone: zone.zone_id)
    weights = {zone.zone_id: weigh(zone, facts, settings) for zone in zones}
    shares = _shares(zones, device_posterior, weights, settings)
    total = math.fsum(share for parts in shares.values() for _, share in parts)
    if total <= 0.0:
        return ()
    chance = {zone_id: round(math.fsum(share for _, share in parts) / total, 9) for zone_id, parts in shares.items()}
    found = [zone for zone in zones if chance.get(zone.zone_id, 0.0) > 0.0]
    device = {zone.zone_id: _device(shares[zone.zone_id]) for zone in found}
    below = _meters_below(zones)
    patrol = {zone.zone_id: _patrol(zone, settings) for zone in found}
    walked = sorted(found, key=lambda zone: (-round(chance[zone.zone_id] / patrol[zone.zone_id][1], 9), zone.zone_id))
    patrol_rank = {zone.zone_id: place for place, zone in enumerate(walked, start=1)}
    groups = _equivalent(found, shares, weights)
    credible = _credible(found, chance, settings)
    found.sort(key=lambda zone: _key(zone, chance, rank_by))
    ranked, cumulated = [], 0.0
    for place, zone in enumerate(found, start=1):
        own = zone.zone_id
        cumulated = round(cumulated + chance[own], 9)
        evidence = _evidence(zone, device[own], device_posterior, weights[own], facts, settings)
        ranked.append(
            RankedZone(
                zone=zone,
                rank=place,
                probability=chance[own],
                cum_probability=min(cumulated, 1.0),
                device_id=device[own],
                meters_out=below.get(device[own], zone.meters_below),
                critical_customers=zone.critical_customers,
                patrol_miles=patrol[own][0],
                patrol_min=patrol[own][1],
                patrol_rank=patrol_rank[own],
                credible=own in credible,
                equivalence_class=groups[own][0],
                alt_zone_ids=tuple(one for one in groups[own] if one != own),
                evidence=evidence,
                explanation=_explanation(zone, chance[own], device[own], device_posterior, facts, settings),
            )
        )
    return tuple(ranked)


def _key(zone: Zone, chance: Mapping[str, float], rank_by: RankBy) -> tuple[float, float, str]:
    if rank_by == "meters":
        return -float(zone.meters), 0.0, zone.zone_id
    return -chance[zone.zone_id], -float(zone.meters), zone.zone_id


def _shares(
    zones: Sequence[Zone], posterior: Mapping[str, float], weights: Mapping[str, Weight], settings: ZoneSettings
) -> dict[str, list[tuple[str, float]]]:
    """For each zone what each device gives it: posterior times the zone's share of what the device can clear."""
    clears: dict[str, list[tuple[str, float]]] = {}
    for zone in zones:
        for device_id, fits in _cleared_by(zone, settings):
            clears.setdefault(device_id, []).append((zone.zone_id, fits * weights[zone.zone_id].total))
    shares: dict[str, list[tuple[str, float]]] = {}
    for device_id in sorted(posterior):
        mass = round(posterior[device_id], 9)
        candidates = clears.get(device_id, [])
        total = math.fsum(weight for _, weight in candidates)
        if mass <= 0.0 or total <= 0.0:
            continue
        for zone_id, weight in candidates:
            shares.setdefault(zone_id, []).append((device_id, mass * weight / total))
    return shares


def _cleared_by(zone: Zone, settings: ZoneSettings) -> list[tuple[str, float]]:
    """Devices that can have cleared a fault in the zone, with their chance.

    The nearest device that interrupts, with 0.95, the next with 0.05; a plain switch below the nearest counts like it,
    because inference may name it: somebody or something has opened it.
    """
    found, passed = [], 0
    for above in zone.above:
        if passed == 0:
            found.append((above.device_id, settings.coordination))
        elif passed == 1 and above.interrupts:
            found.append((above.device_id, settings.miscoordination))
        passed += above.interrupts
        if passed > 1:
            break
    return found


def _device(parts: Sequence[tuple[str, float]]) -> str:
    """The device that gives the zone most; ties by id."""
    return min(parts, key=lambda part: (-round(part[1], 12), part[0]))[0]


def _meters_below(zones: Sequence[Zone]) -> dict[str, int]:
    """Meters below each device; of several devices on one edge each has the same."""
    above = {zone.zone_id: len(zone.above) for zone in zones}
    return {
        one.device_id: zone.meters_below
        for zone in zones
        for one in zone.above[: len(zone.above) - above.get(zone.parent_zone_id or "", 0)]
    }


def _patrol(zone: Zone, settings: ZoneSettings) -> tuple[float, float]:
    """Miles to patrol and the minutes that it takes."""
    overhead = zone.miles * zone.oh_pct / 100.0
    minutes = 60.0 * (overhead / settings.patrol_mph_overhead + (zone.miles - overhead) / settings.patrol_mph_cable)
    return round(zone.miles, 3), round(settings.patrol_access_min + minutes, 3)


def _equivalent(
    found: Sequence[Zone], shares: Mapping[str, Sequence[tuple[str, float]]], weights: Mapping[str, Weight]
) -> dict[str, tuple[str, ...]]:
    """Zones by id with all that the evidence cannot tell from them: same devices, same likelihoods."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for zone in found:
        key = (tuple(device for device, _ in shares[zone.zone_id]), weights[zone.zone_id].evidence_key)
        groups.setdefault(key, []).append(zone.zone_id)
    return {own: tuple(sorted(group)) for group in groups.values() for own in group}


def _credible(found: Sequence[Zone], chance: Mapping[str, float], settings: ZoneSettings) -> set[str]:
    """The smallest set that holds the credible share, whatever the order in which zones are shown."""
    kept, cumulated = set(), 0.0
    for zone in sorted(found, key=lambda zone: _key(zone, chance, "probability")):
        kept.add(zone.zone_id)
        cumulated = round(cumulated + chance[zone.zone_id], 9)
        if cumulated >= settings.credible:
            break
    return kept


def _evidence(
    zone: Zone,
    device_id: str,
    posterior: Mapping[str, float],
    weight: Weight,
    facts: RankingFacts,
    settings: ZoneSettings,
) -> tuple[Mapping[str, Any], ...]:
    """Rows of kind, value and log-likelihood ratio; the last against an average or a missing statement."""
    mass = min(max(posterior[device_id], 1e-9), 1.0 - 1e-9)
    fits = dict(_cleared_by(zone, settings))[device_id]
    rows: list[tuple[str, Any, float]] = [
        ("device_posterior", {"device_id": device_id, "probability": round(posterior[device_id], 9)}, _odds(mass)),
        ("coordination", round(fits, 6), math.log(fits / settings.coordination)),
        ("exposure", {"miles": zone.miles, "oh_pct": zone.oh_pct, "weight": round(weight.exposure, 6)}, 0.0),
    ]
    if weight.factors != 1.0:
        rows.append(("condition", round(weight.factors, 6), math.log(weight.factors)))
    if facts.indicators:
        flashed = sorted(one for one, said in facts.indicators.items() if said)
        rows.append(("fault_indicator", flashed, math.log(weight.indicators)))
    if facts.distance_mi is not None or facts.reactance_ohm is not None:
        value = facts.distance_mi if facts.distance_mi is not None else facts.reactance_ohm
        rows.append(("fault_distance", value, math.log(weight.distance)))
    if weight.calls != 1.0:
        rows.append(("damage_calls", round(weight.calls, 6), math.log(weight.calls)))
    return tuple({"kind": kind, "value": value, "llr": round(llr, 6)} for kind, value, llr in rows)


def _odds(chance: float) -> float:
    return math.log(chance / (1.0 - chance))


def _explanation(
    zone: Zone,
    chance: float,
    device_id: str,
    posterior: Mapping[str, float],
    facts: RankingFacts,
    settings: ZoneSettings,
) -> str:
    known = facts.zones.get(zone.zone_id, ZoneFacts())
    fits = dict(_cleared_by(zone, settings))[device_id]
    behind = zone.upstream_device_id or zone.feeder_id
    said = [
        f"{100 * chance:.1f} % of the probability lies in the section behind {behind}",
        f"{device_id} has operated with probability {100 * posterior[device_id]:.1f} %",
        f"{zone.miles:.2f} miles, {zone.oh_pct:.0f} % overhead, {zone.meters} meters",
    ]
    if fits < settings.coordination:
        said.append("a nearer device would have had to fail to clear the fault")
    if known.faults_5y:
        said.append(f"{known.faults_5y} faults in five years")
    if facts.distance_mi is not None or facts.reactance_ohm is not None:
        said.append(f"it lies {zone.start_mi:.2f} to {zone.end_mi:.2f} miles from the head")
    return "; ".join(said) + "."
