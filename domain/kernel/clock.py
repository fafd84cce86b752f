"""The wall clock, behind one function, so that everything that decides can be handed a time instead."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
# An end beyond it is a slip of the pen; up to it every zone can tell a time and every column hold it.
LAST_YEAR = 2200


def utc_now() -> datetime:
    """The present instant in UTC. Only the edges (routes, commands, schedules) call it."""
    return datetime.now(UTC)
