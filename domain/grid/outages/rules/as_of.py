"""Times that callers name: in UTC, on this side of now, and not before electricity was metered by radio."""

from datetime import UTC, datetime, timedelta

from domain.kernel.errors import Invalid

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Clocks differ; what lies further ahead of ours than this has not happened yet.
CLOCK_TOLERANCE = timedelta(minutes=5)


def in_utc(at: datetime, now: datetime, name: str = "as_of") -> datetime:
    """The same instant in UTC, so that one question is one run however its time is written.

    Raises:
        Invalid: AS_OF, it lies in the future or before the year 2000.
    """
    if EARLIEST <= at <= now + CLOCK_TOLERANCE:
        return at.astimezone(UTC)
    where = "in the future" if at > now else f"before {EARLIEST:%Y}"
    raise Invalid(
        f"{name} lies {where}; nothing was done.",
        hint="Send a time that has passed, or leave it out.",
        code="AS_OF",
        errors=[{"field": name, "message": f"lies {where}"}],
    )
