"""Instants with their offset, days, and the zone whose day a test belongs to (R-05)."""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Beyond these years a zone's offset can leave the calendar.
_YEARS = range(1900, 2201)


def instant_of(value: object) -> datetime:
    """The UTC instant of ISO 8601 text with an offset, or of an aware datetime.

    Raises:
        ValueError: neither; a time without offset is none, for nobody can say which day it belongs to.
    """
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError("is not a time with an offset, such as 2026-02-03T14:05:00+11:00")
    if value.year not in _YEARS:
        raise ValueError(f"year {value.year} is not between {_YEARS[0]} and {_YEARS[-1]}")
    return value.astimezone(UTC)


def day_of(value: object) -> date:
    """ISO 8601 date text, or a date.

    Raises:
        ValueError: neither.
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        value = date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("is not a date such as 2026-02-03")
    return value


def known_zone(name: str) -> str:
    """The name of a zone that the time zone database has.

    Raises:
        ValueError: it has none of that name.
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as cause:
        raise ValueError(f"{name[:60]!r} is not an IANA time zone such as Australia/Sydney") from cause
    return name


Instant = Annotated[
    datetime, BeforeValidator(instant_of), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
Day = Annotated[date, BeforeValidator(day_of), WithJsonSchema({"type": "string", "format": "date"}, mode="validation")]
ZoneName = Annotated[str, AfterValidator(known_zone)]


def day_tested(tested_at: datetime, time_zone: str) -> date:
    """The day of the test in the building's zone: what rules, overrides and certificates are chosen by."""
    return tested_at.astimezone(ZoneInfo(time_zone)).date()
