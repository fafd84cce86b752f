"""The meters and feeders that a generator works on, as columns, and the local calendar of a window.

Grain: one entry per active meter, ordered by feeder and meter id. A feeder is always handled whole, because
its delivered energy and its voltages depend on all its meters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.local_days import local_midnight_us

SLOT_MINUTES = 15
SLOT_US = SLOT_MINUTES * 60 * 1_000_000
SLOTS_PER_DAY = 96
PROFILE_DAYS = 366
WEEKDAY_CYCLE = 364  # 52 whole weeks: shifting by weeks and wrapping here keeps the weekday
_PROFILE_EPOCH_WEEKDAY = date(2016, 1, 1).weekday()


@dataclass(frozen=True)
class FeederMeters:
    """One feeder with all its active meters.

    Attributes:
        feeder_id, meter_ids: who.
        base_kwh_day: mean daily energy of each meter, kWh.
        load_profile, pv_profile: row of `Profiles.load` / `Profiles.pv` for each meter; -1: a flat load, no PV.
        pv_kw: installed PV of each meter, kW.
        residential: whether the interval noise is a household's.
        transformer: index of each meter's transformer.
        kva: rating of each meter's transformer.
        depth: 0 at the feeder's head to 1 at its end.
        noload_kw, copper_per_kw: technical loss P0 + k C^2 (grid.md 2.3), kW and 1/kW.
        mean_kw: mean feeder load, kW.
    """

    feeder_id: str
    meter_ids: Sequence[str]
    base_kwh_day: NDArray[np.float64]
    load_profile: NDArray[np.int32]
    pv_profile: NDArray[np.int32]
    pv_kw: NDArray[np.float64]
    residential: NDArray[np.bool_]
    transformer: NDArray[np.int32]
    kva: NDArray[np.float64]
    depth: NDArray[np.float64]
    noload_kw: float
    copper_per_kw: float
    mean_kw: float

    def __len__(self) -> int:
        """The number of meters."""
        return len(self.meter_ids)


@dataclass(frozen=True)
class Profiles:
    """A leap year of shapes: load with mean 1, PV with peak 1, float64, shape (profiles, 366 * 96)."""

    load: NDArray[np.float64]
    pv: NDArray[np.float64]


@dataclass(frozen=True)
class Fleet:
    """A tenant's feeders, by feeder id, and their profiles. `version` changes when anything in it does."""

    tenant_id: str
    timezone: str
    version: str
    feeders: Sequence[FeederMeters]
    profiles: Profiles

    @property
    def meter_count(self) -> int:
        """Active meters over all feeders."""
        return sum(len(feeder) for feeder in self.feeders)


def slot_starts(start: datetime, end: datetime) -> NDArray[np.int64]:
    """Starts of the quarter hours of [start, end), microseconds since 1970."""
    first, last = to_us(start), to_us(end)
    return np.arange(first, last, SLOT_US, dtype=np.int64)


def to_us(instant: datetime) -> int:
    """An aware instant as microseconds since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """Microseconds since 1970 as an instant in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


@dataclass(frozen=True)
class LocalCalendar:
    """What the wall clock shows at each quarter hour of a window, shape (slots,).

    Attributes:
        load_index: index of the quarter hour in a load profile: same weekday, same time of year.
        pv_index: index in a PV profile: same day of the year.
        day_number: proleptic ordinal of the local date.
        hour: local hour with fraction, 0 to 24.
    """

    load_index: NDArray[np.int64]
    pv_index: NDArray[np.int64]
    day_number: NDArray[np.int64]
    hour: NDArray[np.float64]


def local_calendar(slots: NDArray[np.int64], timezone: str) -> LocalCalendar:
    """The local calendar of quarter hours that start at `slots`."""
    zone = ZoneInfo(timezone)
    stamps = [from_us(int(us)).astimezone(zone) for us in slots]
    quarter = np.array([s.hour * 4 + s.minute // 15 for s in stamps], dtype=np.int64)
    year_day = np.array([_leap_day_of_year(s.date()) for s in stamps], dtype=np.int64)
    weekday = np.array([s.weekday() for s in stamps], dtype=np.int64)
    drift = (weekday - (_PROFILE_EPOCH_WEEKDAY + year_day)) % 7
    same_weekday = (year_day + np.where(drift > 3, drift - 7, drift)) % WEEKDAY_CYCLE
    return LocalCalendar(
        load_index=same_weekday * SLOTS_PER_DAY + quarter,
        pv_index=year_day * SLOTS_PER_DAY + quarter,
        day_number=np.array([s.toordinal() for s in stamps], dtype=np.int64),
        hour=quarter / 4.0,
    )


def _leap_day_of_year(day: date) -> int:
    """0 for 1 January to 365 for 31 December, with 29 February counted in every year."""
    return (date(2016, day.month, day.day) - date(2016, 1, 1)).days


def local_days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime]]:
    """The local days that the window [start, end) touches, each with its part of the window in UTC."""
    day = start.astimezone(zone).date()
    while True:
        number = (day - date(1970, 1, 1)).days
        midnight, next_midnight = (from_us(local_midnight_us(number + more, zone)) for more in (0, 1))
        if midnight >= end:
            return
        if next_midnight > start:
            yield day, max(midnight, start), min(next_midnight, end)
        day += timedelta(days=1)
