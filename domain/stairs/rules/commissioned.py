"""What can be said of a commissioned value: how old it is, and how far it lies within the limits of the rule.

It never sets a limit: one that lies outside is told, and the rule judges as before.
"""

from datetime import date, timedelta
from decimal import Decimal

from domain.stairs.rules.archetypes.sources import Limits

RECENT_DAYS = 365


def is_recent(commissioned_date: date, on: date, days: int = RECENT_DAYS) -> bool:
    """Whether it was measured at most so many days before a date."""
    return on - commissioned_date <= timedelta(days=days)


def compliance_margin(value: Decimal, limits: Limits) -> Decimal | None:
    """The distance to the nearest limit, negative outside, in the unit of the value; None without a limit."""
    distances = []
    if limits.max_threshold is not None:
        distances.append(limits.max_threshold - value)
    if limits.min_threshold is not None:
        distances.append(value - limits.min_threshold)
    return min(distances, default=None)
