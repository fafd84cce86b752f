"""How pages write things: numbers, instants in local time with UTC behind, shortened ids, cells of a chart's table."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from domain.kernel.charts.chart import Cell, Column, shown
from domain.kernel.charts.words import (
    MINUS,
    NBSP,
    chance,
    clock,
    day,
    moment_text,
    number,
    percent,
    signed,
    span,
    with_unit,
)
from domain.kernel.errors import NotFound

# From here on thousands are told apart; below, a number may be a year.
MANY = 10_000
# A UUID or a hash: its ends tell it from every other, what is between says nothing.
OPAQUE = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,})(?![0-9a-z])", re.I)
ENDS = 4
LONGEST_NAME, NAME_ENDS = 32, 14
# REC-N, D-Level-3-Stair-B, 2026-11-20: a browser would break it after a hyphen.
HYPHENED = re.compile(r"(?<![\w-])[A-Z0-9][\w]*(?:-\w+)+(?![\w-])")
BEFORE_A_UNIT = re.compile(r"(?<=\d) (?=%|miles\b|meters\b)")
BELOW_ZERO = re.compile(r"(?<=[\s(])-(?=\d)")


def when(moment: datetime | None, zone: ZoneInfo) -> Markup | str:
    """Local time with its zone; UTC on hover and for machines."""
    if moment is None:
        return number(None)
    utc = moment.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"), utc.strftime("%Y-%m-%d %H:%M:%S"), moment_text(moment, zone)
    )


def on(value: date) -> str:
    """Fri 20 Nov 2026."""
    return f"{value:%a} {value.day} {value:%b} {value.year}"


def age(span_of_time: timedelta) -> str:
    """12 min, 3 h 10 min, 4 days."""
    minutes = int(span_of_time.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes}\u00a0min"
    if minutes < 48 * 60:
        return f"{minutes // 60}\u00a0h {minutes % 60}\u00a0min" if minutes % 60 else f"{minutes // 60}\u00a0h"
    return f"{minutes // (24 * 60)}\u00a0days"


def short(identifier: object) -> str:
    """An id by its ends, also where it is part of a name such as `grid/01a1fe13-…`; a name whole, if it is not long."""
    text = OPAQUE.sub(lambda found: _ends(found[0], ENDS), str(identifier))
    return text if len(text) <= LONGEST_NAME else _ends(text, NAME_ENDS)


def _ends(text: str, count: int) -> str:
    return f"{text[:count]}\u2026{text[-count:]}"


def whole(text: str) -> Markup:
    """A sentence in which no id or date is broken at its hyphens; longer ones than a phone holds may be."""
    kept = HYPHENED.sub(
        lambda found: f'<span class="id">{found[0]}</span>' if len(found[0]) <= LONGEST_NAME else found[0], escape(text)
    )
    return Markup(kept)  # noqa: S704 - escaped above


def cell(value: Cell, column: Column, zone: ZoneInfo) -> Markup | str:
    """One cell of a chart's table."""
    return when(value, zone) if isinstance(value, datetime) else shown(column, value)


def told(value: Any) -> str:
    """A recorded value for a reader: members by their names, lists in one line, numbers with the digits that count."""
    if isinstance(value, Mapping):
        return "; ".join(f"{str(name).replace('_', ' ')} {told(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(told, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) >= MANY:
        return number(value)
    if isinstance(value, float):
        return number(value, 0 if abs(value) >= MANY else 1) if abs(value) >= 100 else f"{value:.6g}"
    return number(None) if value is None else str(value)


def typeset(text: str) -> str:
    """A sentence that a rule wrote, as it is set: a number keeps its unit, and what is below zero a real minus sign."""
    return BELOW_ZERO.sub(MINUS, BEFORE_A_UNIT.sub(NBSP, text))


def spaced(member: str) -> str:
    """A member's name as words: `keyTakeaways` is read as key takeaways."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", member).lower()


def placed(pointer: str) -> str:
    """Where a change lies, counted from one: `/explanation/concepts/0/title` is explanation, concept 1, title."""
    found: list[str] = []
    for one in pointer.split("/")[1:]:
        if one.isdecimal() and found:
            found[-1] = f"{found[-1].removesuffix('es' if found[-1].endswith('xes') else 's')} {int(one) + 1}"
        else:
            found.append(spaced(one))
    return ", ".join(found) or "the whole"


def segment(identifier: str) -> str:
    """An id as one segment of an address."""
    return quote(identifier, safe="")


def file_name(name: str) -> str:
    """A name that every system takes as a file's."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)


def no_such_file() -> NotFound:
    """The answer to `?file=` with a name that the page does not have."""
    return NotFound("The page has no such chart.", hint="Open the page and follow its own links to CSV and PNG.")


def instant(text: str) -> datetime:
    """An instant that a stored summary writes as text."""
    return datetime.fromisoformat(text)


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "signed": signed,
    "percent": percent,
    "chance": chance,
    "unit": with_unit,
    "when": when,
    "instant": instant,
    "clock": clock,
    "day": day,
    "on": on,
    "spaced": spaced,
    "placed": placed,
    "span": lambda window, zone: span(window[0], window[1], zone),
    "age": age,
    "short": short,
    "ends": lambda text: OPAQUE.sub(lambda found: _ends(found[0], ENDS), text),
    "whole": whole,
    "cell": cell,
    "told": told,
    "typeset": typeset,
    "segment": segment,
    "pairs": lambda names: [(name, name) for name in names],
}
