"""A meter's hours: what it used, how far its voltage lay below its neighbours', and whether the one explains the other.

What a meter's wire carries lowers its voltage, also what is led past the meter. So the drop that goes with a read is
learnt from the days before those that are judged (grid.md 3.6, `volt`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# Fewer hours say nothing of a habit.
LEAST_HOURS = 48
# How far from the line an hour may lie, in standard deviations of the hours that made the line.
WIDTH = 2.0


@dataclass(frozen=True)
class MeterHour:
    """One whole hour: energy in kWh, voltages on the 120 V base; `peer_voltage` is the neighbours' median."""

    hour: datetime
    kwh: float
    voltage: float | None
    peer_voltage: float | None

    @property
    def apart(self) -> float | None:
        """Volts above the neighbours; below them is negative."""
        return None if self.voltage is None or self.peer_voltage is None else self.voltage - self.peer_voltage


@dataclass(frozen=True)
class Habit:
    """The line `apart = level_v + volts_per_kwh * kwh` through the hours before, and how far they lie from it."""

    level_v: float
    volts_per_kwh: float
    spread_v: float
    hours: int

    def at(self, kwh: float) -> float:
        """Volts above the neighbours that go with the energy of an hour."""
        return self.level_v + self.volts_per_kwh * kwh

    def is_below(self, hour: MeterHour) -> bool:
        """Whether the voltage fell further than the read explains."""
        return hour.apart is not None and hour.apart < self.at(hour.kwh) - WIDTH * self.spread_v


def habit_of(before: Sequence[MeterHour]) -> Habit | None:
    """The line of least squares; None where too few hours have both voltages, or all used the same."""
    both = [(one.kwh, one.apart) for one in before if one.apart is not None]
    if len(both) < LEAST_HOURS:
        return None
    count = len(both)
    mean_x, mean_y = (math.fsum(pair[axis] for pair in both) / count for axis in (0, 1))
    squares = math.fsum((x - mean_x) ** 2 for x, _ in both)
    if squares < 1e-9:
        return None
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in both) / squares
    level = mean_y - slope * mean_x
    left = math.fsum((y - level - slope * x) ** 2 for x, y in both)
    return Habit(level, slope, math.sqrt(left / (count - 2)), count)
