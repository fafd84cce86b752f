"""What is missing of a local day and all that is known around it, gathered from the reads and roll-ups that stand."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection

from domain.grid.metering.observe.day_grid import LIKE_WEEKS, Day, Grid, Missing, Outage
from domain.grid.metering.rules.estimation import EstimationSettings
from domain.grid.metering.rules.feeder_day import NORM_DAYS, FeederTable
from domain.grid.metering.rules.local_days import (
    US_PER_DAY,
    US_PER_MINUTE,
    day_number,
    expected_intervals,
    local_clock_us,
    local_midnight_us,
)
from domain.grid.metering.store import gaps as store
from domain.grid.metering.store.suspicion import active_meters
from domain.kernel.tenancy import Tenant

HISTORY_DAYS = 28


def missing_of(
    connection: Connection, tenant: Tenant, on: date, outages: Sequence[Outage], settings: EstimationSettings
) -> list[Missing]:
    """What is missing of the day, by interval length; nothing where no read of the day has come at all."""
    day = _day(connection, tenant, on)
    if not day.meters:
        return []
    ids = [meter.meter_id for meter in day.meters]
    margin = int(settings.interpolate_h * 60 + 60) * US_PER_MINUTE
    rows = store.rows_between(connection, tenant.tenant_id, ids, day.start - margin, day.end + margin)
    # Most gaps are short and need their neighbours alone; the weeks before are read for the other meters only.
    asked = _with_long_gaps(rows, len(ids), (day.start - margin, day.end + margin), settings)
    like = [_like_rows(connection, tenant, on - timedelta(weeks=n), ids, asked) for n in range(1, LIKE_WEEKS + 1)]
    shapes = store.class_shapes(connection, tenant.tenant_id, day.start, day.end) if len(asked) else {}
    found = []
    for minutes, phase, members in _by_interval(day, rows, like):
        own, own_like = _of(rows, members), [_of(one, members) for one in like]
        found.append(Grid(day, minutes, phase, members).missing(own, own_like, shapes, outages, settings))
    return found


def _with_long_gaps(
    rows: store.RowsOf, meters: int, window: tuple[int, int], settings: EstimationSettings
) -> NDArray[np.int64]:
    """The meters with a gap that cannot be interpolated, as positions."""
    reads = rows.take(np.flatnonzero(~rows.stands_in))
    everyone = np.arange(meters)
    who = np.concatenate([reads.meter, everyone, everyone])
    when = np.concatenate([reads.read_at, np.full(meters, window[0]), np.full(meters, window[1])])
    length = np.concatenate([reads.minutes, np.zeros(2 * meters, np.int64)])
    order = np.lexsort((when, who))
    apart, allowed = np.diff(when[order]), settings.interpolate_h * 60 + length[order][1:]
    long = (np.diff(who[order]) == 0) & (apart > allowed * US_PER_MINUTE)
    return np.unique(who[order][1:][long])


def _like_rows(
    connection: Connection, tenant: Tenant, on: date, ids: list[str], asked: NDArray[np.int64]
) -> store.RowsOf:
    """One like day's rows of the asked meters, numbered as in `ids`."""
    names = [ids[int(index)] for index in asked]
    rows = store.rows_between(connection, tenant.tenant_id, names, *_bounds(tenant, on))
    return replace(rows, meter=asked[rows.meter].astype(np.int32))


def _bounds(tenant: Tenant, on: date) -> tuple[int, int]:
    number = day_number(on)
    return local_midnight_us(number, tenant.zone), local_midnight_us(number + 1, tenant.zone)


def _day(connection: Connection, tenant: Tenant, on: date) -> Day:
    likes = [on - timedelta(weeks=week) for week in range(1, LIKE_WEEKS + 1)]
    slots = store.feeder_slots(connection, sorted({*likes, *(on - timedelta(days=n) for n in range(NORM_DAYS + 1))}))
    feeders = FeederTable(_feeder_rows(slots, tenant), day_number(on))
    everyone = active_meters(connection, tenant.tenant_id)
    history = store.meter_days(connection, on - timedelta(days=HISTORY_DAYS), on + timedelta(days=NORM_DAYS))
    today = [slot for slot in slots if slot.received and slot.read_at_us > _bounds(tenant, on)[0]]
    finest = min((slot.minutes for slot in today), default=0)
    lacking = [meter for meter in everyone if finest and _lacks(history.get(meter.meter_id, {}), on, finest, tenant)]
    counts = pd.Series([meter.feeder_id for meter in everyone], dtype=str).value_counts()
    meters_on = {str(feeder): int(count) for feeder, count in counts.items()}
    return Day(tenant, on, *_bounds(tenant, on), lacking, history, feeders, meters_on)


def _lacks(days: dict[date, store.MeterDay], on: date, finest: int, tenant: Tenant) -> bool:
    """Whether a meter that was read on the day or before it has fewer rows than the day has intervals."""
    own = days.get(on)
    rows = own.came + own.stand_ins if own else 0
    was_read = any(day.came for when, day in days.items() if when <= on)
    return was_read and rows < expected_intervals(day_number(on), finest, tenant.zone)


def _feeder_rows(slots: list[store.FeederSlot], tenant: Tenant) -> pd.DataFrame:
    read_at = np.array([slot.read_at_us for slot in slots], np.int64)
    minutes = np.array([slot.minutes for slot in slots], np.int64)
    clock = local_clock_us(read_at, minutes * US_PER_MINUTE, tenant.zone)
    return pd.DataFrame(
        {
            "feeder": [slot.feeder_id for slot in slots],
            "day": clock // US_PER_DAY,
            "minute": clock % US_PER_DAY // US_PER_MINUTE,
            "read_at": read_at,
            "received": np.array([slot.received for slot in slots], np.int64),
            "expected": np.array([slot.expected for slot in slots], np.int64),
            "kwh": np.array([np.nan if slot.kwh_hat is None else slot.kwh_hat for slot in slots], np.float64),
        }
    )


def _by_interval(
    day: Day, rows: store.RowsOf, like: list[store.RowsOf]
) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """The meters by interval length and phase of their latest stored row; a meter without any row is left out."""
    minutes, phase = np.zeros(len(day.meters), np.int64), np.zeros(len(day.meters), np.int64)
    for stored in [*reversed(like), rows]:
        minutes[stored.meter] = stored.minutes
        phase[stored.meter] = stored.read_at % (stored.minutes * US_PER_MINUTE)
    for length, off in sorted(set(zip(minutes.tolist(), phase.tolist(), strict=True))):
        if length:
            yield length, off, np.flatnonzero((minutes == length) & (phase == off))


def _of(rows: store.RowsOf, members: NDArray[np.int64]) -> store.RowsOf:
    """The rows of some meters, numbered anew by their position in `members`."""
    chosen = np.flatnonzero(np.isin(rows.meter, members))
    picked = rows.take(chosen)
    return store.RowsOf(
        np.searchsorted(members, picked.meter).astype(np.int32),
        picked.read_at,
        picked.kwh,
        picked.minutes,
        picked.stands_in,
    )
