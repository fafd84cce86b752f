"""Portal exports with one day per row and one column per interval (24, 48, 96 or 288 of them).

Column labels are clock times such as `00:00 - 00:30` or `00:15`, or numbers such as `Interval 1`. Labels that begin at
00:00 are interval starts, labels that end at 24:00 or at a last 00:00 are interval ends.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.grid.metering.formats import stamps
from domain.grid.metering.formats.long_form import LongTable, RowStamps
from domain.grid.metering.formats.long_form import to_reads as long_to_reads
from domain.grid.metering.formats.numbers import to_numbers
from domain.grid.metering.formats.parsed import FileMapping, ParsedReads
from domain.grid.metering.formats.sieve import Sieve
from domain.grid.metering.rules.local_days import US_PER_MINUTE
from domain.kernel.errors import Invalid

COUNTS = {24: 60, 48: 30, 96: 15, 288: 5}
DAY_MINUTES = 24 * 60
REPEATED = ("meter_id", "feeder_id", "quality", "market_quality", "estimated", "direction")
CLOCK = re.compile(r"(\d{1,2}):?(\d{2})(?::\d{2})?(?:\s*(?:-|to)\s*(\d{1,2}):?(\d{2})(?::\d{2})?)?", re.IGNORECASE)
NUMBERED = re.compile(r"(?:interval|int|period|hh|value|val|kwh|v|p|i|e|q)?[ _\-]*0*(\d{1,3})", re.IGNORECASE)


def interval_columns(headers: Sequence[str]) -> dict[int, int]:
    """Position of each interval column -> minute of the day at which it starts; empty for another kind of file."""
    clock = {i: m for i, header in enumerate(headers) if (m := CLOCK.fullmatch(header.strip())) and ":" in header}
    if len(clock) in COUNTS:
        length = COUNTS[len(clock)]
        minutes = {i: int(m[1]) * 60 + int(m[2]) for i, m in clock.items()}
        is_start = any(m[3] for m in clock.values()) or minutes[min(minutes)] == 0
        starts = {i: (minute if is_start else minute - length) % DAY_MINUTES for i, minute in minutes.items()}
    else:
        numbers = {i: int(m[1]) for i, header in enumerate(headers) if (m := NUMBERED.fullmatch(header.strip()))}
        if len(numbers) not in COUNTS:
            return {}
        length = COUNTS[len(numbers)]
        first = min(numbers.values())
        starts = {i: (number - first) * length for i, number in numbers.items()}
    return starts if sorted(starts.values()) == list(range(0, DAY_MINUTES, length)) else {}


def to_reads(
    frame: pd.DataFrame,
    found: dict[str, int],
    labels: dict[int, int],
    days: Sieve,
    name: str,
    mapping: FileMapping,
    zone: ZoneInfo,
) -> ParsedReads:
    """The reads of a wide table: its cells, row by row, as a table of one read per row.

    Raises:
        Invalid: no meter is named, by a column or by the mapping.
    """
    if "meter_id" not in found and mapping.meter_id is None:
        raise Invalid(
            f"{name} names no meter, nothing of it was taken.",
            hint="Add a column meter_id, or give --meter-id for a file of one meter.",
        )
    midnight = _midnights(frame, found, days, name, mapping)
    cells = _cells(frame, found, labels, days, midnight, name)
    given = replace(mapping, stamp="start", interval_minutes=DAY_MINUTES // len(labels))
    parsed = long_to_reads(cells, given, zone)
    parsed.rejects.extend(days.rejects)
    return parsed


def _midnights(
    frame: pd.DataFrame, found: dict[str, int], days: Sieve, name: str, mapping: FileMapping
) -> NDArray[np.int64]:
    """The local midnight of each row, as a wall time."""
    texts = frame[found["date"]]
    codes, distinct = pd.factorize(texts)
    plain = [_as_date(str(text)) for text in distinct]
    walls = stamps.read_walls(plain, stamps.date_order(plain, mapping.date_order, name))
    readable = walls.ok & ~walls.has_offset & (walls.us % (DAY_MINUTES * US_PER_MINUTE) == 0)
    days.refuse(~readable[codes], "date", texts, "not a date; expected one such as 2026-03-08")
    return walls.us[codes]


def _as_date(text: str) -> str:
    plain = text.strip()
    return plain + "T00:00" if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", plain) else plain


def _cells(
    frame: pd.DataFrame,
    found: dict[str, int],
    labels: dict[int, int],
    days: Sieve,
    midnight: NDArray[np.int64],
    name: str,
) -> LongTable:
    """One row per cell that is filled; a blank cell is an interval without a read, and counted as such."""
    good, width = days.good, len(labels)
    ordered = sorted(labels, key=labels.__getitem__)
    texts = pd.Series(frame.loc[good, ordered].to_numpy(dtype=object).ravel(), dtype=str)
    filled = (texts.str.strip() != "").to_numpy(np.bool_)
    starts = np.array([labels[position] for position in ordered], np.int64) * US_PER_MINUTE
    walls = (midnight[good][:, None] + starts[None, :]).ravel()[filled]
    texts = texts[filled].reset_index(drop=True)
    values, unreadable = to_numbers(texts, False)
    everywhere = np.ones(len(walls), np.bool_)
    shown = pd.Series(pd.DatetimeIndex(walls.view("M8[us]")).strftime("%Y-%m-%d %H:%M"))
    repeated = {
        column: pd.Series(np.repeat(frame.loc[good, found[column]].to_numpy(dtype=object), width)[filled], dtype=str)
        for column in REPEATED
        if column in found
    }
    return LongTable(
        name=name,
        format="csv_wide",
        row=np.repeat(days.row[good], width)[filled],
        times={"start": RowStamps(walls, ~everywhere, everywhere, shown)},
        numbers={"kwh": values},
        unreadable={"kwh": unreadable},
        texts=repeated,
        shown={"kwh": texts},
        notes={"blank_cells": int((~filled).sum())} if not filled.all() else {},
    )
