"""Risk and score of options, by the letter of grid.md 4.6, and their order.

CMR   = sum over groups of customers * max(0, repair - t)
risk  = 1 - product of (1 - r)
score = 100 * (.60 CMR/CMR_max + .20 critical share + .10 (1 - t/t_max) + .10 energy share) * (1 - risk)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.grid.outages.rules.options.checks import Assessment
from domain.grid.outages.rules.options.model import Option, OutageContext
from domain.grid.outages.rules.options.settings import OptionSettings

RiskItem = Mapping[str, Any]


@dataclass(frozen=True)
class Stakes:
    """What the outage as a whole puts at stake."""

    critical_out: int
    kw_out: float


def cmr_of(groups: Sequence[tuple[int, float]], repair_min: float) -> float:
    """Customer-minutes restored early; `groups` are (customers, minutes from now)."""
    return round(math.fsum(customers * max(0.0, repair_min - at) for customers, at in groups), 3)


def expected_cmr(
    groups: Sequence[tuple[int, float, frozenset[int]]],
    chances: Sequence[tuple[int, float]],
    repair_min: float,
    settings: OptionSettings,
) -> float:
    """CMR over the zones in which the fault may lie: (customers, minutes, sections) by (section, probability).

    A group that holds the true zone is closed onto the fault: nobody of it gains, and each customer loses the penalty.
    """
    terms = []
    for section, chance in chances:
        for customers, at, sections in groups:
            gained = -settings.closing_penalty_min if section in sections else max(0.0, repair_min - at)
            terms.append(chance * customers * gained)
    return round(math.fsum(terms), 3)


def risk_items(
    assessment: Assessment, chance: float, context: OutageContext, settings: OptionSettings
) -> tuple[RiskItem, ...]:
    """The risks of a plan that switches, each with its probability and why it counts."""
    found: list[RiskItem] = []

    def add(code: str, r: float, text: str) -> None:
        found.append({"code": code, "r": round(r, 9), "text": text})

    loading = assessment.loading_pct or 0.0
    if loading > 100.0:
        add("loading", settings.r_loading_100, f"loading {loading:.0f} % is above 100 %")
    elif loading > 90.0:
        add("loading", settings.r_loading_90, f"loading {loading:.0f} % is above 90 %")
    if assessment.clpu > settings.clpu_uncertain:
        add("clpu", settings.r_clpu, f"cold-load pickup of {assessment.clpu:.2f} is an estimate")
    if assessment.v_min_pu is not None and assessment.v_min_pu - settings.v_min_pu < settings.voltage_margin_pu:
        add("voltage_margin", settings.r_voltage, "the voltage stands less than 1 % above what is allowed")
    if assessment.protection_warns:
        add("protection", settings.r_protection, "faults at the far end may not be seen by the protection")
    if context.topology_age_days > settings.topology_stale_days:
        add("topology_stale", settings.r_topology, f"the topology is {context.topology_age_days:.0f} days old")
    add("zone_wrong", max(0.0, 1.0 - chance), "the fault may lie in another zone, and supply be closed onto it")
    return tuple(found)


def risk_of(items: Sequence[RiskItem]) -> float:
    """The probability that at least one of independent risks comes true."""
    return round(1.0 - math.prod(1.0 - float(item["r"]) for item in items), 9)


def score_all(
    options: Sequence[Option], stakes: Stakes, energy_kwh: Mapping[str, float], repair_min: float, by: OptionSettings
) -> tuple[Option, ...]:
    """Accepted options with score and rank; `energy_kwh` is what each would deliver before the repair."""
    cmr_max = max((option.cmr for option in options), default=0.0)
    t_max = max((option.est_minutes for option in options), default=0.0)
    lost_kwh = stakes.kw_out * repair_min / 60.0
    scored = []
    for option in options:
        cmr = option.cmr / cmr_max if cmr_max else 0.0
        critical = option.critical_restored / stakes.critical_out if stakes.critical_out else 0.0
        speed = 1.0 - option.est_minutes / t_max if t_max else 0.0
        energy = min(energy_kwh[option.option_id] / lost_kwh, 1.0) if lost_kwh > 0.0 else 0.0
        worth = by.w_cmr * cmr + by.w_critical * critical + by.w_speed * speed + by.w_energy * energy
        scored.append(replace(option, score=round(100.0 * worth * (1.0 - option.risk), 3)))
    ordered = sorted(scored, key=lambda one: (-one.score, one.risk, len(one.steps), one.option_id))
    return tuple(replace(option, rank=place) for place, option in enumerate(ordered, start=1))
