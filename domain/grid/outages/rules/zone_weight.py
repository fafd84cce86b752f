"""The weight of a fault zone: how exposed it is, and what the evidence says if the fault lies in it (grid.md 4.5)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.grid.outages.rules.zone_shape import Zone, ZoneFacts

FAULT_ZONES_VERSION = "fault-zones/1"


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """Figures of the ranking; all are general knowledge, to be learned from the utility's own closed outages."""

    version: str = FAULT_ZONES_VERSION
    # A fault trips the nearest interrupting device; else the next (miscoordination as in Jiang et al., TPWRS 2016).
    coordination: float = 0.95
    miscoordination: float = 0.05
    # Faults per mile of cable against overhead.
    cable_share: float = 0.25
    # A zone without line still has a busbar, and transformers fail too: miles of overhead that count the same.
    least_miles: float = 0.01
    miles_per_transformer: float = 0.02
    # Age counts 0.5 when new, 1 at 20 years, 2 at 60.
    age_half_yr: float = 40.0
    # A fault indicator flashes when the fault lies behind it, and when it does not.
    indicator_hit: float = 0.95
    indicator_false: float = 0.02
    # The reactance method errs by 3 % of the distance, at least 0.2 miles.
    distance_sigma_share: float = 0.03
    distance_sigma_mi: float = 0.2
    # Reactance of a line where the feeder's own does not tell it.
    usual_x_ohm_per_mi: float = 0.62
    # A caller who reports damage stands in the zone three times as likely as elsewhere; two callers count.
    call_ratio: float = 3.0
    calls_counted: int = 2
    # Patrol speed along the line and the minutes to get at a zone.
    patrol_mph_overhead: float = 10.0
    patrol_mph_cable: float = 4.0
    patrol_access_min: float = 3.0
    credible: float = 0.90


@dataclass(frozen=True)
class RankingFacts:
    """What is known at the time of ranking beside the device posterior.

    Attributes:
        zones: by zone id.
        distance_mi, reactance_ohm: where the relay puts the fault; one of them is enough.
        indicators: by device id, whether the indicator there has flashed.
        damage_calls: by meter id, callers who report damage (a wire down, a fire, a bang).
    """

    zones: Mapping[str, ZoneFacts] = field(default_factory=dict)
    distance_mi: float | None = None
    reactance_ohm: float | None = None
    indicators: Mapping[str, bool] = field(default_factory=dict)
    damage_calls: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weight:
    """A zone's weight in its parts."""

    exposure: float
    factors: float
    indicators: float
    distance: float
    calls: float

    @property
    def total(self) -> float:
        """All parts together."""
        return self.exposure * self.factors * self.indicators * self.distance * self.calls

    @property
    def evidence_key(self) -> tuple[float, float, float]:
        """What the evidence alone says; zones with the same cannot be told apart by it."""
        return round(self.indicators, 12), round(self.distance, 12), round(self.calls, 12)


def weigh(zone: Zone, facts: RankingFacts, settings: ZoneSettings) -> Weight:
    """The zone\'s weight; a factor that is not known counts 1."""
    known = facts.zones.get(zone.zone_id, ZoneFacts())
    overhead = zone.oh_pct / 100.0
    per_mile = overhead + settings.cable_share * (1.0 - overhead)
    exposure = max(zone.miles * per_mile, settings.least_miles) + zone.transformers * settings.miles_per_transformer
    vegetation = min(max(known.veg_index, 0.5), 2.0) if known.veg_index is not None else 1.0
    age = min(max(0.5 + known.age_yr / settings.age_half_yr, 0.5), 2.0) if known.age_yr is not None else 1.0
    weather = min(max(known.weather, 1.0), 4.0)
    return Weight(
        exposure,
        vegetation * (1 + known.faults_5y) * age * weather,
        _indicators(zone, facts, settings),
        _distance(zone, facts, settings),
        _calls(zone, facts, settings),
    )


def _indicators(zone: Zone, facts: RankingFacts, settings: ZoneSettings) -> float:
    """Likelihood of what the indicators say if the fault is in the zone."""
    above = {one.device_id for one in zone.above}
    product = 1.0
    for device_id in sorted(facts.indicators):
        hit = settings.indicator_hit if device_id in above else settings.indicator_false
        product *= hit if facts.indicators[device_id] else 1.0 - hit
    return product


def _distance(zone: Zone, facts: RankingFacts, settings: ZoneSettings) -> float:
    """Normal likelihood of the relay's distance, against the nearest point of the zone."""
    if facts.distance_mi is not None:
        value, start, end = facts.distance_mi, zone.start_mi, zone.end_mi
        least = settings.distance_sigma_mi
    elif facts.reactance_ohm is not None:
        value, start, end = facts.reactance_ohm, zone.start_x_ohm, zone.end_x_ohm
        least = settings.distance_sigma_mi * (end / zone.end_mi if zone.end_mi else settings.usual_x_ohm_per_mi)
    else:
        return 1.0
    sigma = max(settings.distance_sigma_share * abs(value), least)
    gap = max(start - value, value - end, 0.0)
    return math.exp(-0.5 * min(gap / sigma, 12.0) ** 2)


def _calls(zone: Zone, facts: RankingFacts, settings: ZoneSettings) -> float:
    calls = sum(facts.damage_calls.get(meter_id, 0) for meter_id in zone.meter_ids) if facts.damage_calls else 0
    return float(settings.call_ratio ** min(calls, settings.calls_counted))
