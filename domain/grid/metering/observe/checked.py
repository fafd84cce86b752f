"""From a file's parsed reads to reads that may be stored: known meters, the interval grid, duplicates, VEE flags.

A row that cannot be stored goes to the rejects with its reason. Nothing here reads or writes a database.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.formats.parsed import ParsedReads, Rejects
from domain.grid.metering.formats.sieve import Sieve
from domain.grid.metering.rules.duplicates import once_each
from domain.grid.metering.rules.flags import MEANINGS, Flag
from domain.grid.metering.rules.intervals import iso_texts, partition_days, snap, to_us
from domain.grid.metering.rules.local_days import utc_offset_us
from domain.grid.metering.rules.reads import Reads, round_kwh, round_voltage
from domain.grid.metering.rules.vee import DailyEnergy, Findings, MeterMajor, VeeSettings, validate
from domain.grid.metering.store.registry import KnownMeter

# The demo's clock may run a day ahead, so may a file of its reads.
MAX_AHEAD = timedelta(hours=24)


@dataclass(frozen=True)
class Checked:
    """What of a file may be stored.

    Attributes:
        reads: one entry per interval length, meter-major; `days` of each: local day number of every read.
        conflicts: other values for intervals in `reads`, to be kept beside them.
        rejects: all rejected rows, the parser's included.
        counts, by_rule, by_flag: how many reads what happened to.
    """

    reads: list[Reads]
    days: list[NDArray[np.int32]]
    conflicts: list[Reads]
    rejects: Rejects
    counts: dict[str, int]
    by_rule: dict[str, int]
    by_flag: dict[str, int]


@dataclass(frozen=True)
class Placed:
    """Reads of known meters on the interval grid, in the order of the file."""

    meter: NDArray[np.int32]
    read_at: NDArray[np.int64]
    kwh: NDArray[np.float64]
    voltage: NDArray[np.float64]
    flags: NDArray[np.int32]
    rows: NDArray[np.int64]


def check(
    parsed: ParsedReads,
    known: dict[str, KnownMeter],
    history: DailyEnergy,
    zone: ZoneInfo,
    *,
    now: datetime,
    settings: VeeSettings,
) -> Checked:
    """Decide for every read of a file whether it may be stored, with which flags. Changes nothing in the database.

    Args:
        parsed: the file's rows, instants in UTC microseconds, energy in kWh an interval.
        known: the tenant's meters by id.
        history: trailing daily energy in kWh; it counts meters by their position in `parsed.meters`.
        zone: the tenant's; local days are cut by it.
        now: reads beyond it are refused.
        settings: thresholds of the rules VEE-01 and onwards.
    """
    sieve = Sieve(parsed.row)
    sieve.rejects.extend(parsed.rejects)
    _refuse_unknown(parsed, known, sieve)
    placed = place(parsed, zone, now, settings, sieve)
    sorted_ = once_each(placed.meter, placed.read_at, placed.kwh, placed.voltage)
    flags = placed.flags.copy()
    flags[sorted_.kept[sorted_.disputed]] |= int(Flag.CONFLICT)
    by_rule: Counter[str] = Counter(
        {
            "VEE-01": int((placed.flags & int(Flag.DRIFT) > 0).sum()),
            "VEE-02": sorted_.repeated + len(sorted_.conflicts),
        }
    )
    result = Checked([], [], [], sieve.rejects, {}, {}, {})
    for minutes in np.unique(parsed.interval_minutes[placed.rows]):
        own = sorted_.kept[parsed.interval_minutes[placed.rows[sorted_.kept]] == minutes]
        findings, days = _validate(parsed, known, history, placed, own, int(minutes), zone, settings)
        flags[own] |= findings.flags
        by_rule.update(findings.by_rule)
        if len(own):
            result.reads.append(_as_reads(parsed, known, placed, own, flags, int(minutes), now))
            result.days.append(days)
        other = sorted_.conflicts[parsed.interval_minutes[placed.rows[sorted_.conflicts]] == minutes]
        if len(other):
            result.conflicts.append(_as_reads(parsed, known, placed, other, flags, int(minutes), now))
    result.by_rule.update(sorted((rule, count) for rule, count in by_rule.items() if count))
    result.by_flag.update(_by_flag(result.reads))
    result.counts.update(
        rows=len(parsed) + len(parsed.rejects),
        reads=len(sorted_.kept),
        meters=len(np.unique(placed.meter)),
        rejected=len(sieve.rejects),
        duplicates=sorted_.repeated,
        conflicts=len(sorted_.conflicts),
        other_feeder=_other_feeder(parsed, known, placed),
    )
    return result


def _refuse_unknown(parsed: ParsedReads, known: dict[str, KnownMeter], sieve: Sieve) -> None:
    """Reads of meters that the registry does not have, or has put out of use."""
    names = np.array(parsed.meters, dtype=object)
    unknown = np.array([meter not in known for meter in parsed.meters], np.bool_)
    retired = np.array([meter in known and not known[meter].is_active for meter in parsed.meters], np.bool_)
    if len(parsed):
        shown = names[parsed.meter]
        sieve.refuse(unknown[parsed.meter], "meter_id", shown, "this meter is not in the registry of this tenant")
        sieve.refuse(retired[parsed.meter], "meter_id", shown, "this meter is not active in the registry")


def place(parsed: ParsedReads, zone: ZoneInfo, now: datetime, settings: VeeSettings, sieve: Sieve) -> Placed:
    """Snap stamps to the interval grid of UTC or of local time, whichever is nearer; refuse what is on neither."""
    zero = np.zeros(len(parsed), np.int64)
    in_utc, off_utc = snap(parsed.read_at, zero, parsed.interval_minutes, settings.snap_s)
    in_zone, off_zone = snap(
        parsed.read_at, utc_offset_us(parsed.read_at, zone), parsed.interval_minutes, settings.snap_s
    )
    local = np.abs(off_zone) < np.abs(off_utc)
    read_at, off = np.where(local, in_zone, in_utc), np.where(local, off_zone, off_utc)
    still_off = (off != 0) & (read_at == parsed.read_at)
    why = f"off the interval grid by more than {settings.snap_s} s; expected the end of an interval"
    if still_off.any():
        sieve.refuse(still_off, "read_at", iso_texts(parsed.read_at), why)
    ahead = read_at > to_us(now + MAX_AHEAD)
    if ahead.any():
        sieve.refuse(ahead, "read_at", iso_texts(parsed.read_at), "ends in the future; check the zone of the stamps")
    rows = np.flatnonzero(sieve.good)
    drift = np.where(off[rows] != 0, int(Flag.DRIFT), 0)
    return Placed(
        meter=parsed.meter[rows],
        read_at=read_at[rows],
        kwh=round_kwh(parsed.kwh[rows]),
        voltage=round_voltage(parsed.voltage[rows]),
        flags=(parsed.flags[rows] | drift).astype(np.int32),
        rows=rows,
    )


def _validate(
    parsed: ParsedReads,
    known: dict[str, KnownMeter],
    history: DailyEnergy,
    placed: Placed,
    own: NDArray[np.int64],
    minutes: int,
    zone: ZoneInfo,
    settings: VeeSettings,
) -> tuple[Findings, NDArray[np.int32]]:
    rows, days = placed.rows[own], partition_days(zone, placed.read_at[own])
    reads = MeterMajor(
        meter=placed.meter[own],
        read_at=placed.read_at[own],
        kwh=placed.kwh[own],
        voltage=placed.voltage[own],
        register_kwh=parsed.register_kwh[rows],
        arrived_at=parsed.arrived_at[rows],
        day=days,
        minutes=minutes,
        has_pv=np.array([meter in known and known[meter].has_pv for meter in parsed.meters], np.bool_),
        service_v=np.array([known[m].service_v if m in known else 120.0 for m in parsed.meters], np.float64),
    )
    return validate(reads, history, settings), days


def _as_reads(
    parsed: ParsedReads,
    known: dict[str, KnownMeter],
    placed: Placed,
    own: NDArray[np.int64],
    flags: NDArray[np.int32],
    minutes: int,
    now: datetime,
) -> Reads:
    """The chosen reads, their meters numbered anew so that only meters with reads are named."""
    used, meter = np.unique(placed.meter[own], return_inverse=True)
    names = [parsed.meters[int(index)] for index in used]
    arrived = parsed.arrived_at[placed.rows[own]]
    return Reads(
        meters=names,
        feeders=[known[name].feeder_id for name in names],
        meter=meter.astype(np.int32),
        read_at=placed.read_at[own],
        kwh=placed.kwh[own],
        voltage=placed.voltage[own],
        flags=flags[own],
        arrived_at=np.where(arrived >= 0, arrived, to_us(now)),
        interval_minutes=minutes,
        source=f"file:{parsed.format}",
    )


def _by_flag(reads: list[Reads]) -> dict[str, int]:
    """How many reads carry each flag, by its letter."""
    return {
        meaning.code: count
        for flag, meaning in MEANINGS.items()
        if (count := sum(int(((part.flags & int(flag)) > 0).sum()) for part in reads))
    }


def _other_feeder(parsed: ParsedReads, known: dict[str, KnownMeter], placed: Placed) -> int:
    """How many reads name another feeder than the registry, which counts."""
    said = parsed.feeder[placed.rows]
    if not parsed.feeders:
        return 0
    names = np.array(parsed.feeders, dtype=object)
    registry = np.array([known[m].feeder_id if m in known else "" for m in parsed.meters], dtype=object)
    return int(((said >= 0) & (names[np.maximum(said, 0)] != registry[placed.meter])).sum())
