"""From a file's delivered energy to rows that may be stored: known feeders, the interval grid, each interval once.

Delivered energy comes through the same door as reads and is handed on in the same columns, with the feeder in the
meter's place. A row that cannot be stored goes to the rejects with its reason. Nothing here touches a database.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.formats.parsed import ParsedReads
from domain.grid.metering.formats.sieve import Sieve
from domain.grid.metering.observe.checked import Checked, Placed, place
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.intervals import as_instant, iso_texts, partition_days, to_us
from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.rules.runs import starts_of
from domain.grid.metering.rules.vee import VeeSettings
from domain.grid.metering.store.batch import Delivered

DISPUTED = "the file gives other values for this feeder and interval, so that none of them was taken"


def check_delivered(
    parsed: ParsedReads, known: Mapping[str, str | None], zone: ZoneInfo, *, now: datetime, settings: VeeSettings
) -> Checked:
    """Decide for every row of a file of delivered energy; `known` as `known_feeders` answers it.

    Where a file contradicts itself nothing is taken: a table of meters whose meter column was not understood would
    else pass one customer's read for the feeder's energy.
    """
    sieve = Sieve(parsed.row)
    sieve.rejects.extend(parsed.rejects)
    _refuse_unknown(parsed, known, sieve)
    ids = sorted({feeder for feeder in known.values() if feeder is not None})
    feeder = np.array([ids.index(known.get(name) or "") if known.get(name) else 0 for name in parsed.meters], np.int32)
    placed = place(parsed, zone, now, settings, sieve)
    kept, repeated = _once_each(parsed, placed, feeder, sieve)
    result = Checked([], [], [], sieve.rejects, {}, {}, {})
    minutes = parsed.interval_minutes[placed.rows[kept]]
    for length in np.unique(minutes):
        own = kept[minutes == length]
        result.reads.append(_as_reads(parsed, placed, own, feeder, ids, int(length), now))
        result.days.append(partition_days(zone, placed.read_at[own]))
    result.counts.update(
        rows=len(parsed) + len(parsed.rejects),
        delivered=len(kept),
        feeders=len(np.unique(feeder[placed.meter[kept]])),
        rejected=len(sieve.rejects),
        duplicates=repeated,
    )
    return result


def delivered_rows(reads: Reads) -> list[Delivered]:
    """The rows as the loader takes them."""
    return [
        Delivered(
            reads.meters[meter], as_instant(read_at), kwh, reads.interval_minutes, reads.source, as_instant(arrived)
        )
        for meter, read_at, kwh, arrived in zip(
            reads.meter.tolist(), reads.read_at.tolist(), reads.kwh.tolist(), reads.arrived_at.tolist(), strict=True
        )
    ]


def _refuse_unknown(parsed: ParsedReads, known: Mapping[str, str | None], sieve: Sieve) -> None:
    names = np.array(parsed.meters, dtype=object)
    unknown = np.array([name not in known for name in parsed.meters], np.bool_)
    shared = np.array([name in known and known[name] is None for name in parsed.meters], np.bool_)
    if len(parsed):
        shown = names[parsed.meter]
        sieve.refuse(unknown[parsed.meter], "feeder_id", shown, "no feeder of this tenant has this id or code")
        sieve.refuse(shared[parsed.meter], "feeder_id", shown, "several feeders have this code; give the feeder's id")


def _once_each(
    parsed: ParsedReads, placed: Placed, feeder: NDArray[np.int32], sieve: Sieve
) -> tuple[NDArray[np.int64], int]:
    """Positions in `placed` by feeder and time, each interval once, and how many rows said the same again."""
    who, size = feeder[placed.meter], len(placed.meter)
    minutes = parsed.interval_minutes[placed.rows]
    order = np.lexsort((np.arange(size), placed.read_at, who)).astype(np.int64)
    starts = starts_of(who[order], placed.read_at[order])
    lengths = np.diff(np.append(starts, size))
    first = np.repeat(order[starts], lengths)
    differs = (placed.kwh[first] != placed.kwh[order]) | (minutes[first] != minutes[order])
    disputed = np.logical_or.reduceat(differs, starts) if size else np.zeros(0, np.bool_)
    bad = np.zeros(len(parsed), np.bool_)
    bad[placed.rows[order[np.repeat(disputed, lengths)]]] = True
    if bad.any():
        sieve.refuse(bad, "read_at", iso_texts(parsed.read_at), DISPUTED)
    return order[starts][~disputed], int((lengths[~disputed] - 1).sum())


def _as_reads(
    parsed: ParsedReads,
    placed: Placed,
    own: NDArray[np.int64],
    feeder: NDArray[np.int32],
    ids: list[str],
    minutes: int,
    now: datetime,
) -> Reads:
    """The chosen rows, their feeders numbered anew so that only feeders with rows are named."""
    used, number = np.unique(feeder[placed.meter[own]], return_inverse=True)
    names = [ids[int(index)] for index in used]
    arrived = parsed.arrived_at[placed.rows[own]]
    return Reads(
        meters=names,
        feeders=names,
        meter=number.astype(np.int32),
        read_at=placed.read_at[own],
        kwh=placed.kwh[own],
        voltage=np.full(len(own), np.nan),
        flags=np.full(len(own), int(Flag.ACTUAL), np.int32),
        arrived_at=np.where(arrived >= 0, arrived, to_us(now)),
        interval_minutes=minutes,
        source=f"file:{parsed.format}",
    )
