"""How leaky a stair is, session by session and over the years. Observations, never a verdict (R-16).

A session has one state that can be reckoned with: all doors closed. With doors open the records do not say which ones
stood open, so that leak and relief cannot be told apart: what a relief takes is counted among the leaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.stairs.rules.physics.crosscheck import LEAST_LEVELS
from domain.stairs.rules.physics.leakage import State, fit
from domain.stairs.rules.physics.readings import Observation, StairReadings
from domain.stairs.rules.robust import theil_sen
from domain.stairs.rules.trend import LEAST_DAYS, LEAST_RESULTS, YEAR_DAYS

ENGINE_VERSION = "firemode-leakage/1"
INDEX, COURSE = "LEAKAGE_INDEX", "LEAKAGE_COURSE"


@dataclass(frozen=True)
class Found:
    """The index of one visit: its date, and the openings of all storeys together."""

    on: date
    total_m2: float


def leakage_index(readings: StairReadings) -> list[Observation]:
    """The openings that pass what the fans give at the pressures with all doors closed.

    Nothing without the fans' capacity, or with fewer storeys than the other checks of a profile ask for.
    """
    closed = {one.floor_level: one.closed_pa for one in readings.floors if one.closed_pa is not None}
    if readings.fan_m3_s is None or len(closed) < LEAST_LEVELS:
        return []
    found = fit([State(readings.fan_m3_s, closed, {})])
    if found is None:
        return []
    text = (
        f"{readings.stair_name} leaks like an opening of {found.total_m2:.2f} m2 with all doors closed,"
        f" {found.per_level_m2:.3f} m2 a storey, if its fans give their {readings.fan_m3_s:.2f} m3/s; what a relief"
        " takes is part of it."
    )
    data = {
        "total_m2": round(found.total_m2, 4),
        "per_level_m2": round(found.per_level_m2, 5),
        "levels": len(closed),
        "fan_m3_s": readings.fan_m3_s,
    }
    return [Observation(INDEX, text, data)]


def leakage_course(stair_name: str, found: Sequence[Found]) -> Observation | None:
    """By how much the index changes in a year; None where visits are too few or too close for a trend."""
    ordered = sorted(found, key=lambda one: (one.on, one.total_m2))
    if len(ordered) < LEAST_RESULTS or (ordered[-1].on - ordered[0].on).days < LEAST_DAYS:
        return None
    years = [(one.on - ordered[0].on).days / YEAR_DAYS for one in ordered]
    line = theil_sen(years, [one.total_m2 for one in ordered])
    if line is None:
        return None
    return Observation(
        COURSE,
        f"The leakage of {stair_name} changes by {line.slope:+.3f} m2 a year: {ordered[0].total_m2:.2f} m2 on"
        f" {ordered[0].on}, {ordered[-1].total_m2:.2f} m2 on {ordered[-1].on}.",
        {
            "slope_m2_a_year": round(line.slope, 5),
            "visits": len(ordered),
            "first_on": ordered[0].on.isoformat(),
            "last_on": ordered[-1].on.isoformat(),
        },
    )
