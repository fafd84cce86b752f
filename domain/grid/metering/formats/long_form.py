"""Tables with one read per row, whatever file they came from: columns in, checked reads out.

What it decides: which time column holds, how long an interval is, what the energies and flags are. A row that cannot
be taken is rejected with its reason; the others are not held up by it.
"""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.grid.metering.formats import quality, stamps
from domain.grid.metering.formats.channels import HALF_KNOWN, half_known, net
from domain.grid.metering.formats.parsed import ALLOWED_MINUTES, FileMapping, ParsedReads
from domain.grid.metering.formats.sieve import Sieve
from domain.grid.metering.formats.spacing import spacing_minutes
from domain.grid.metering.rules.flags import Flag, codes
from domain.grid.metering.rules.local_days import US_PER_MINUTE
from domain.kernel.errors import Invalid

MAX_KWH = 1_000_000.0
MAX_VOLTS = 1_000_000.0
MAX_ID = 128


@dataclass(frozen=True)
class RowStamps:
    """One time column: microseconds of the wall clock or of UTC, per row; `shown` is the text for rejects."""

    us: NDArray[np.int64]
    has_offset: NDArray[np.bool_]
    ok: NDArray[np.bool_]
    shown: object


@dataclass(frozen=True)
class LongTable:
    """A table with one read per row.

    Attributes:
        name: of the file. format: csv or parquet. row: line of each row in the file.
        times: stamps by column (start, end, arrived_at).
        numbers: float64 by column, NaN where a value is blank; unreadable: which rows hold no number, by column.
        texts: string columns (meter_id, feeder_id, quality, market_quality, estimated, direction).
        shown: what to show of a rejected value, by column.
        notes: what was left aside on purpose, counted by its name.
        of_feeders: whether each row is the energy of a feeder's head, named by feeder_id, and not a meter's read.
    """

    name: str
    format: str
    row: NDArray[np.int64]
    times: dict[str, RowStamps]
    numbers: dict[str, NDArray[np.float64]]
    unreadable: dict[str, NDArray[np.bool_]]
    texts: dict[str, "pd.Series[str]"]
    shown: dict[str, object] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    of_feeders: bool = False


def to_reads(table: LongTable, mapping: FileMapping, zone: ZoneInfo, sieve: Sieve | None = None) -> ParsedReads:
    """The reads of a table.

    Raises:
        Invalid: the interval length can neither be seen nor is it given.
    """
    sieve = sieve or Sieve(table.row)
    meter, meters = _meters(table, mapping, sieve)
    kwh = _energy(table, sieve)
    voltage = _optional(table, sieve, "voltage", MAX_VOLTS)
    register = _optional(table, sieve, "register_kwh", 1e12)
    flags = _flags(table, sieve)
    sign = _direction(table, sieve)
    read_at, minutes = _times(table, mapping, zone, meter, sieve)
    arrived = _arrived(table, zone, meter, sieve)
    feeder, feeders = _feeders(table)
    channel = (sign < 0).astype(np.int32)
    sieve.refuse(half_known(meter, channel, read_at, sieve.good), "direction", "", HALF_KNOWN)
    keep = sieve.good
    parsed = ParsedReads(
        format=f"{table.format}_delivered" if table.of_feeders else table.format,
        meters=meters,
        meter=meter[keep],
        read_at=read_at[keep],
        kwh=kwh[keep],
        voltage=voltage[keep],
        register_kwh=np.where(register == 0, np.nan, register)[keep],
        flags=flags[keep],
        interval_minutes=minutes[keep],
        arrived_at=arrived[keep],
        row=table.row[keep],
        feeders=feeders,
        feeder=feeder[keep],
        rejects=sieve.rejects,
        notes=dict(table.notes),
        of_feeders=table.of_feeders,
    )
    return net(parsed, channel[keep], sign[keep])


def _meters(table: LongTable, mapping: FileMapping, sieve: Sieve) -> tuple[NDArray[np.int32], list[str]]:
    kind, column = ("feeder", "feeder_id") if table.of_feeders else ("meter", "meter_id")
    if column not in table.texts:
        return np.zeros(len(table.row), np.int32), [str(mapping.meter_id)]
    ids = table.texts[column].str.strip()
    sieve.refuse((ids == "").to_numpy(np.bool_), column, "", f"no {kind} is named")
    long = (ids.str.len() > MAX_ID).to_numpy(np.bool_)
    sieve.refuse(long, column, ids, f"longer than {MAX_ID} characters, so no {kind} id")
    codes, distinct = pd.factorize(ids)
    return codes.astype(np.int32), [str(value) for value in distinct]


def _energy(table: LongTable, sieve: Sieve) -> NDArray[np.float64]:
    """Net kWh: a net column, or delivered minus received."""
    for column, factor in (("kwh", 1.0), ("wh", 0.001), ("mwh", 1000.0)):
        if column in table.numbers:
            return _number(table, sieve, column, MAX_KWH / factor) * factor
    net = np.zeros(len(table.row))
    for column, sign in (("kwh_delivered", 1.0), ("kwh_received", -1.0)):
        if column in table.numbers:
            net += sign * _number(table, sieve, column, MAX_KWH)
    return net


def _number(table: LongTable, sieve: Sieve, column: str, limit: float) -> NDArray[np.float64]:
    """A column that every row must fill."""
    values, shown = table.numbers[column], table.shown.get(column, table.numbers[column])
    sieve.refuse(table.unreadable[column], column, shown, "not a number; expected an energy such as 0.25")
    sieve.refuse(np.isnan(values), column, shown, "no value; expected an energy such as 0.25")
    too_much = ~(np.abs(values) <= limit)
    sieve.refuse(too_much, column, shown, f"beyond what a meter measures in an interval ({limit:,.0f})")
    return values


def _optional(table: LongTable, sieve: Sieve, column: str, limit: float) -> NDArray[np.float64]:
    """A column that a row may leave blank; what is there must be a number."""
    if column not in table.numbers:
        return np.full(len(table.row), np.nan)
    values, shown = table.numbers[column], table.shown.get(column, table.numbers[column])
    bad = table.unreadable[column] | (values < 0) | (values > limit)
    sieve.refuse(bad, column, shown, f"not a number from 0 to {limit:,.0f}")
    return values


def _flags(table: LongTable, sieve: Sieve) -> NDArray[np.int32]:
    readers = {
        "quality": (quality.own, f"no quality; expected letters of {codes(quality.ALL_BITS)}"),
        "market_quality": (quality.market, "no quality; expected A, E, F or S (N is null data and is not a read)"),
        "estimated": (quality.yes_means_estimated, "expected Yes or No"),
    }
    flags = np.zeros(len(table.row), np.int32)
    for column, (reader, reason) in readers.items():
        if column in table.texts:
            which, distinct = pd.factorize(table.texts[column])
            bits = np.array([reader(str(text)) or 0 for text in distinct], np.int32)[which]
            sieve.refuse(bits == 0, column, table.texts[column], reason)
            flags |= bits
    estimated = (flags & int(Flag.ESTIMATED)) > 0
    return np.where(flags == 0, int(Flag.ACTUAL), np.where(estimated, flags & ~int(Flag.ACTUAL), flags)).astype(
        np.int32
    )


def _direction(table: LongTable, sieve: Sieve) -> NDArray[np.float64]:
    """1 where a row is energy taken from the grid, -1 where it is energy sent into it."""
    if "direction" not in table.texts:
        return np.ones(len(table.row))
    sign = direction_sign(table.texts["direction"])
    sieve.refuse(sign == 0, "direction", table.texts["direction"], "expected Consumption or Generation")
    return sign


def direction_sign(texts: "pd.Series[str]") -> NDArray[np.float64]:
    """1 for energy taken from the grid, -1 for energy sent into it, 0 where the text says neither."""
    words = {"consumption": 1, "con": 1, "delivered": 1, "import": 1, "forward": 1, "1": 1, "": 1}
    words |= {"generation": -1, "gen": -1, "received": -1, "export": -1, "reverse": -1, "19": -1}
    codes, distinct = pd.factorize(texts)
    return np.array([words.get(str(text).strip().casefold(), 0) for text in distinct], np.float64)[codes]


def _times(
    table: LongTable, mapping: FileMapping, zone: ZoneInfo, meter: NDArray[np.int32], sieve: Sieve
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Interval ends in UTC and interval lengths. The start column leads where a file gives both."""
    column = "start" if "start" in table.times and mapping.stamp != "end" else "end"
    column = column if column in table.times else "start"
    instants = _instants(table, column, zone, meter, sieve)
    minutes = _minutes(table, mapping, meter, instants, sieve)
    is_start = column == "start" if mapping.stamp is None or len(table.times) > 1 else mapping.stamp == "start"
    ends = instants + minutes.astype(np.int64) * US_PER_MINUTE if is_start else instants
    return ends, minutes


def _instants(
    table: LongTable, column: str, zone: ZoneInfo, meter: NDArray[np.int32], sieve: Sieve
) -> NDArray[np.int64]:
    times = table.times[column]
    sieve.refuse(~times.ok, column, times.shown, stamps.EXPECTED)
    us = times.us.copy()
    local = np.flatnonzero(times.ok & ~times.has_offset)
    if len(local):
        utc, exists = stamps.localise(us[local], meter[local], zone)
        us[local] = utc
        skipped = np.zeros(len(us), np.bool_)
        skipped[local] = ~exists
        sieve.refuse(skipped, column, times.shown, stamps.SKIPPED.format(zone=zone.key))
    return us


def _minutes(
    table: LongTable, mapping: FileMapping, meter: NDArray[np.int32], instants: NDArray[np.int64], sieve: Sieve
) -> NDArray[np.int16]:
    """Interval lengths: a column, what the caller knows, start to end, or the usual spacing of the meter's stamps."""
    size = len(table.row)
    if "interval_minutes" in table.numbers:
        values = table.numbers["interval_minutes"]
        bad = table.unreadable["interval_minutes"] | ~np.isin(values, ALLOWED_MINUTES)
        shown = table.shown.get("interval_minutes", values)
        sieve.refuse(bad, "interval_minutes", shown, f"expected one of {', '.join(map(str, ALLOWED_MINUTES))}")
        return np.where(np.isin(values, ALLOWED_MINUTES), np.nan_to_num(values), ALLOWED_MINUTES[0]).astype(np.int16)
    if mapping.interval_minutes is not None:
        return np.full(size, mapping.interval_minutes, np.int16)
    if "start" in table.times and "end" in table.times:
        return _start_to_end(table, sieve)
    return spacing_minutes(meter, instants, sieve.good, table.name)


def _start_to_end(table: LongTable, sieve: Sieve) -> NDArray[np.int16]:
    """Lengths from start to end; an end such as 00:29 is the last minute that belongs to the interval."""
    start, end = table.times["start"], table.times["end"]
    sieve.refuse(~end.ok, "end", end.shown, stamps.EXPECTED)
    length = np.ceil((end.us - start.us) / US_PER_MINUTE)
    length = np.where(np.isin(length + 1, ALLOWED_MINUTES) & ~np.isin(length, ALLOWED_MINUTES), length + 1, length)
    usual = length[sieve.good & np.isin(length, ALLOWED_MINUTES)]
    if not len(usual):
        raise Invalid(
            f"{table.name}: no row's start and end are {', '.join(map(str, ALLOWED_MINUTES))} minutes apart.",
            hint="Give the interval with --interval-minutes.",
        )
    # Across a change of the clocks the wall times of one row may lie further apart; the file's usual length holds.
    common = float(np.bincount(usual.astype(np.int64)).argmax())
    wall = ~(start.has_offset | end.has_offset)
    length = np.where(wall & ~np.isin(length, ALLOWED_MINUTES), common, length)
    bad = ~np.isin(length, ALLOWED_MINUTES)
    sieve.refuse(bad, "end", end.shown, "start and end are not an interval of 5 to 60 minutes apart")
    return np.where(bad, common, length).astype(np.int16)


def _arrived(table: LongTable, zone: ZoneInfo, meter: NDArray[np.int32], sieve: Sieve) -> NDArray[np.int64]:
    if "arrived_at" not in table.times:
        return np.full(len(table.row), -1, np.int64)
    return _instants(table, "arrived_at", zone, meter, sieve)


def _feeders(table: LongTable) -> tuple[NDArray[np.int32], list[str]]:
    if "feeder_id" not in table.texts or table.of_feeders:
        return np.full(len(table.row), -1, np.int32), []
    texts = table.texts["feeder_id"].str.strip()
    codes, distinct = pd.factorize(texts.where(texts != "", None))
    return codes.astype(np.int32), [str(value) for value in distinct]
