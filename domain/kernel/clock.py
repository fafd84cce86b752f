"""The wall clock, behind one function, so that everything that decides can be handed a time instead."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant in UTC. Only the edges (routes, commands, schedules) call it."""
    return datetime.now(UTC)
