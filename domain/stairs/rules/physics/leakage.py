"""How leaky a stair is, from what was measured: an index to follow over the years.

In a state s (all doors closed, or some standing open) what the fan gives leaves through the cracks, the open doors and
the relief: fan_s - relief = k sum sqrt(dp) (leak + open). With k known this is linear in the leak of a storey and the
relief: two states give both, one state gives the leak alone, and then says that the relief was taken as none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.stairs.rules.physics.air import flow

LEAST_DETERMINANT = 1e-9


@dataclass(frozen=True)
class State:
    """One state of the stair: what the fan gave, the pressure across each storey's door, and what stood open there."""

    fan_m3_s: float
    pressures_pa: Mapping[str, float]
    open_m2: Mapping[str, float]


@dataclass(frozen=True)
class Leakage:
    """The fit.

    Attributes:
        per_level_m2: the leak of one storey; total_m2 of all. The total is the index to trend.
        relief_m3_s: what the relief takes; None where one state cannot tell it (then it was taken as none).
    """

    per_level_m2: float
    total_m2: float
    relief_m3_s: float | None


def fit(states: Sequence[State]) -> Leakage | None:
    """Leak and relief by least squares; None where nothing flowed, or what comes out is no opening."""
    levels = max((len(state.pressures_pa) for state in states), default=0)
    rows = [_row(state) for state in states]
    usable = [(cracks, given) for cracks, given in rows if cracks > 0]
    if not usable:
        return None
    relief = _relief(usable)
    taken = relief or 0.0
    weight = sum(cracks * cracks for cracks, _ in usable)
    leak = sum(cracks * (given - taken) for cracks, given in usable) / weight
    return None if leak <= 0 else Leakage(leak, leak * levels, relief)


def _row(state: State) -> tuple[float, float]:
    """What one square metre of leak a storey would pass, and what is left for leak and relief."""
    unit = {name: flow(1.0, pressure) for name, pressure in state.pressures_pa.items()}
    opened = sum(flow(state.open_m2.get(name, 0.0), pressure) for name, pressure in state.pressures_pa.items())
    return math.fsum(unit.values()), state.fan_m3_s - opened


def _relief(rows: Sequence[tuple[float, float]]) -> float | None:
    """The intercept of the line through the states; None where they are too alike to tell."""
    count = len(rows)
    mean_cracks = math.fsum(cracks for cracks, _ in rows) / count
    mean_given = math.fsum(given for _, given in rows) / count
    spread = math.fsum((cracks - mean_cracks) ** 2 for cracks, _ in rows)
    if spread <= LEAST_DETERMINANT * max(mean_cracks**2, 1.0):
        return None
    slope = math.fsum((c - mean_cracks) * (g - mean_given) for c, g in rows) / spread
    relief = mean_given - slope * mean_cracks
    return relief if relief >= 0 and slope > 0 else None
