"""Major event days by the 2.5 beta method of IEEE 1366."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

MAJOR_EVENTS_VERSION = "major-events/1"


@dataclass(frozen=True)
class MajorEventSettings:
    """What the method is run with; IEEE 1366-2012 and -2022 say five years, 2.5 beta, and no days of zero."""

    version: str = MAJOR_EVENTS_VERSION
    betas: float = 2.5
    years: int = 5
    days_needed: int = 30  # fewer positive days say nothing about a tail


@dataclass(frozen=True, slots=True)
class Threshold:
    """TMED in SAIDI minutes a day; None with too few days, then `is_short_history` is true as well.

    `alpha` and `beta` are mean and standard deviation (n - 1) of the logarithms of the positive days.
    """

    tmed_min: float | None
    alpha: float | None
    beta: float | None
    days: int
    is_short_history: bool

    def is_major(self, saidi_day_min: float) -> bool | None:
        """Whether a day is a major event day; None where there is no threshold."""
        return None if self.tmed_min is None else saidi_day_min > self.tmed_min


def major_event_threshold(
    saidi_by_day: Mapping[date, float], settings: MajorEventSettings | None = None, *, before: date | None = None
) -> Threshold:
    """TMED = exp(alpha + 2.5 beta) of the days with SAIDI above zero.

    Args:
        saidi_by_day: daily SAIDI in minutes.
        settings: None for the standard's.
        before: only the five years that end before this day count, so that no day judges itself.
    """
    chosen = settings or MajorEventSettings()
    first = None if before is None else _years_earlier(before, chosen.years)
    days = sorted(day for day in saidi_by_day if (before is None or day < before) and (first is None or day >= first))
    logs = [math.log(saidi_by_day[day]) for day in days if saidi_by_day[day] > 0.0]
    is_short = not days or ((before or days[-1]) - days[0]).days < 365 * chosen.years - 1
    if len(logs) < max(chosen.days_needed, 2):
        return Threshold(None, None, None, len(logs), True)
    alpha = math.fsum(logs) / len(logs)
    beta = math.sqrt(math.fsum((value - alpha) ** 2 for value in logs) / (len(logs) - 1))
    return Threshold(math.exp(alpha + chosen.betas * beta), alpha, beta, len(logs), is_short)


def _years_earlier(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
