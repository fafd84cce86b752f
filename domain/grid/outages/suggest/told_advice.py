"""Rows of advice as the lines of a replay: they were advice when they were given, and a replay repeats them."""

from typing import Any

from domain.grid.outages.rules.replay_facts import Plan, RestoredGroup
from domain.grid.outages.rules.summary import CrewLine, OptionLine, ZoneLine
from domain.grid.outages.store.outages import Outage

# Members of a line that are columns of the same name.
SAME_OF_OPTION = (
    "rank",
    "option_type",
    "zone_id",
    "score",
    "cmr",
    "customers_restored",
    "critical_restored",
    "kw_restored",
    "est_minutes",
    "tie_device_id",
    "loading_pct_max",
    "v_min_pu",
    "clpu_factor",
    "risk",
    "risk_items",
    "infeasible_reasons",
    "narrative",
)
SAME_OF_CREW = (
    "crew_id",
    "zone_id",
    "role",
    "rank",
    "is_assigned",
    "score",
    "eta_min",
    "travel_km",
    "skills_matched",
    "skills_missing",
    "parts_missing",
    "conflicts",
    "explanation",
)


def zone_line(row: dict[str, Any]) -> ZoneLine:
    """A ranked zone as the replay tells it."""
    return ZoneLine(
        zone_id=row["zone_id"],
        rank=row["rank"],
        probability=row["probability"],
        cum_probability=row["cum_probability"],
        meters_out=row["meters_out"],
        critical_customers=row["critical_customers"],
        patrol_order=row["patrol_order"],
        patrol_miles=row["patrol_miles"],
        in_credible_set=row["is_credible"],
        explanation=row["explanation"],
        evidence=row["evidence"],
    )


def option_line(row: dict[str, Any]) -> OptionLine:
    """An option as the replay tells it."""
    return OptionLine(
        option_id=str(row["option_id"]),
        steps=row["switching_steps"],
        checks={str(check.get("code", number)): check for number, check in enumerate(row["checks"])},
        **{name: row[name] for name in SAME_OF_OPTION},
    )


def plan(row: dict[str, Any], outage: Outage) -> Plan:
    """When the option would have restored whom, and what would have kept it from being done."""
    groups = tuple(RestoredGroup(tuple(one["meter_ids"]), one["at_min"]) for one in row["meter_groups"])
    # A fault that a crew found and repaired was there to stay: reclosing on it would have tripped again.
    was_permanent = row["option_type"] == "patrol_reclose" and outage.fault_found_at is not None
    why = "the fault had to be repaired, and reclosing would have closed onto it" if was_permanent else None
    return Plan(str(row["option_id"]), groups, infeasible_at_actual=why)


def crew_line(row: dict[str, Any], names: dict[str, str]) -> CrewLine:
    """A recommended crew as the replay tells it."""
    return CrewLine(
        crew_name=names.get(row["crew_id"], row["crew_id"]),
        option_id=None if row["option_id"] is None else str(row["option_id"]),
        **{name: row[name] for name in SAME_OF_CREW},
    )
