"""The wall clock, behind one function, so that everything that decides can be handed a time instead."""

from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], datetime]
# An end beyond it is a slip of the pen; up to it every zone can tell a time and every column hold it.
LAST_YEAR = 2200
# Days that callers may name: at the ends of the calendar the next day or another zone's would be none.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(LAST_YEAR, 12, 31)


def utc_now() -> datetime:
    """The present instant in UTC. Only the edges (routes, commands, schedules) call it."""
    return datetime.now(UTC)
