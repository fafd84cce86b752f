"""Cells of an incident list as values: times with and without zone, counts, yes and no."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

EXPECTED_TIME = "is not a time, expected one such as 2026-07-13T16:02:00-07:00 or 2026-07-13 16:02 MST."

# Zones that North American utilities write behind their times; none of them means two things there.
_OFFSET_H = {"UTC": 0, "GMT": 0, "AST": -4, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6}
_OFFSET_H |= {"PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10}
_WITH_ZONE = re.compile(r"(.*[\dZ])\s*([A-Z]{3,4})")

_DAY = timedelta(days=1)

Complain = Callable[[str], Exception]


def instant(cell: str, zone: tzinfo | None, refuse: Complain) -> datetime:
    """A stamp as an instant in UTC; one without offset or zone is local time of `zone`, None for UTC.

    Raises:
        Invalid: through `refuse`: no time, or one that the clocks skip.
    """
    moment = _parsed(cell, refuse)
    try:
        zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone or UTC)
        found = zoned.astimezone(UTC)
        # So near to an end of the calendar that not every zone can tell its local date.
        _ = found - _DAY, found + _DAY
    except OverflowError:
        raise refuse(f"{cell!r} {EXPECTED_TIME}") from None
    if moment.tzinfo is None and found.astimezone(zoned.tzinfo).replace(tzinfo=None) != moment:
        raise refuse(f"{cell!r} does not exist in {zoned.tzinfo}: the clocks skip it.")
    return found


def offset_of(cell: str) -> timedelta | None:
    """The offset that a stamp itself names; None where it names none."""
    try:
        return _parsed(cell, lambda problem: ValueError(problem)).utcoffset()
    except ValueError:
        return None


def _parsed(cell: str, refuse: Complain) -> datetime:
    text, offset = cell, None
    named = _WITH_ZONE.fullmatch(cell)
    if named and named[2] in _OFFSET_H:
        text, offset = named[1], timezone(timedelta(hours=_OFFSET_H[named[2]]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refuse(f"{cell!r} {EXPECTED_TIME}") from None
    if offset is not None:
        if moment.tzinfo is not None:
            raise refuse(f"{cell!r} names two zones.")
        return moment.replace(tzinfo=offset)
    return moment


def count(cell: str, refuse: Complain) -> int:
    """A number of customers; an empty cell is 0.

    Raises:
        Invalid: through `refuse`.
    """
    text = cell.replace(",", "")
    if not text:
        return 0
    if not re.fullmatch(r"\d{1,9}(\.0+)?", text):
        raise refuse(f"{cell!r} is not a number of customers, expected a whole number from 0 on.")
    return int(float(text))


def yes_or_no(cell: str, refuse: Complain) -> bool:
    """True, yes and 1, or false, no, 0 and nothing.

    Raises:
        Invalid: through `refuse`.
    """
    text = cell.lower()
    if text in {"true", "t", "yes", "y", "1"}:
        return True
    if text in {"false", "f", "no", "n", "0", ""}:
        return False
    raise refuse(f"{cell!r} is neither true nor false.")
