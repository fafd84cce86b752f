"""True consumption, generated once per meter and quarter hour, and what follows from it: delivered energy, voltage.

The formulas are those of grid.md 2.2 to 2.4; weather and season are in the measured year of the load profiles. Reads
and delivered energy are both derived from the true consumption, so that loss = lambda + (1 - lambda) * s * q holds.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.chance import draw, lognormal_factor, normal, stream_key
from domain.grid.metering.rules.fleet import (
    SLOT_US,
    SLOTS_PER_DAY,
    WEEKDAY_CYCLE,
    FeederMeters,
    LocalCalendar,
    Profiles,
)
from domain.grid.metering.rules.reads import DWH_PER_KWH

SLOT_HOURS = 0.25
DAY_SIGMA = 0.16
INTERVAL_SIGMA_RESIDENTIAL = 0.28
INTERVAL_SIGMA_OTHER = 0.12
AR_RHO = 0.6
AR_MEMORY = 8  # rho^9 is 1 %: the tail that is cut off
METERING_SIGMA = 0.002
SUBSTATION_V = 123.5
FEEDER_DROP_V = 4.0
TRANSFORMER_DROP_V = 1.5
# 30 m of 16 mm2 copper, there and back: 0.069 ohm, or 0.57 V for each kW at 120 V.
SERVICE_DROP_V_PER_KW = 0.57
NOISE_V = 0.3
_WEEK_SLOTS = 7 * SLOTS_PER_DAY


@dataclass(frozen=True)
class Streams:
    """The keys of a feeder's random streams, shape (meters,) each, made once per publish."""

    shift: NDArray[np.uint64]
    day: NDArray[np.uint64]
    interval: NDArray[np.uint64]
    voltage: NDArray[np.uint64]
    dirt: NDArray[np.uint64]
    feeder: np.uint64


def streams_of(tenant_id: str, seed: int, feeder: FeederMeters) -> Streams:
    """The streams of one feeder under one seed: one hash a meter, told apart by a draw for each purpose."""
    return _streams(tenant_id, seed, feeder.feeder_id, tuple(feeder.meter_ids))


@lru_cache(maxsize=256)
def _streams(tenant_id: str, seed: int, feeder_id: str, meter_ids: tuple[str, ...]) -> Streams:
    # Kept: for a single interval the hashes of the meters' names would cost more than its reads.
    meters = np.array([stream_key(tenant_id, seed, meter) for meter in meter_ids], dtype=np.uint64)
    shift, day, interval, voltage, dirt = (draw(meters, np.full(1, purpose, dtype=np.int64)) for purpose in range(5))
    for kept in (shift, day, interval, voltage, dirt):
        kept.flags.writeable = False
    head = stream_key(tenant_id, seed, "delivered", feeder_id)
    return Streams(shift=shift, day=day, interval=interval, voltage=voltage, dirt=dirt, feeder=head)


def true_consumption(
    feeder: FeederMeters, profiles: Profiles, streams: Streams, slots: NDArray[np.int64], calendar: LocalCalendar
) -> NDArray[np.int64]:
    """Net true energy of every meter and quarter hour in dWh (tenths of a Wh), int64, shape (meters, slots).

    Load follows the meter's measured profile, moved by up to two whole weeks and half an hour so that meters of one
    profile are not the same household, times a daily and an AR(1) interval noise; PV generation is subtracted.
    """
    lots = draw(streams.shift, np.zeros(1, dtype=np.int64))
    weeks = (lots % np.uint64(5)).astype(np.int64) - 2
    quarters = ((lots >> np.uint64(8)) % np.uint64(5)).astype(np.int64) - 2
    cycle = WEEKDAY_CYCLE * SLOTS_PER_DAY
    index = (calendar.load_index[None, :] + (weeks * _WEEK_SLOTS + quarters)[:, None]) % cycle
    shape = np.where(
        feeder.load_profile[:, None] >= 0, profiles.load[np.maximum(feeder.load_profile, 0)[:, None], index], 1.0
    )
    kwh = (feeder.base_kwh_day / SLOTS_PER_DAY)[:, None] * shape
    kwh *= _noise(feeder, streams, slots, calendar)
    with_pv = np.flatnonzero((feeder.pv_kw > 0) & (feeder.pv_profile >= 0))
    if with_pv.size:
        sun = profiles.pv[feeder.pv_profile[with_pv][:, None], calendar.pv_index[None, :]]
        kwh[with_pv] -= feeder.pv_kw[with_pv][:, None] * SLOT_HOURS * sun
    return np.rint(kwh * DWH_PER_KWH).astype(np.int64)


def _noise(
    feeder: FeederMeters, streams: Streams, slots: NDArray[np.int64], calendar: LocalCalendar
) -> NDArray[np.float64]:
    """The multiplicative noise with mean 1: exp(daily N(0, 0.16^2) + AR(1) interval noise), shape (meters, slots)."""
    sigma = np.where(feeder.residential, INTERVAL_SIGMA_RESIDENTIAL, INTERVAL_SIGMA_OTHER)
    numbers = slots // SLOT_US
    lagged = np.arange(numbers[0] - AR_MEMORY, numbers[-1] + 1, dtype=np.int64)
    shocks = normal(draw(streams.interval[:, None], lagged[None, :]))
    level = shocks[:, : len(slots)].copy()
    for lag in range(1, AR_MEMORY + 1):
        level *= AR_RHO
        level += shocks[:, lag : lag + len(slots)]
    level *= (sigma * np.sqrt(1.0 - AR_RHO**2))[:, None]
    days = np.unique(calendar.day_number)
    by_day = normal(draw(streams.day[:, None], days[None, :])) * DAY_SIGMA
    level += by_day[:, np.searchsorted(days, calendar.day_number)]
    level -= ((sigma**2 + DAY_SIGMA**2) / 2.0)[:, None]
    return lognormal_factor(level)


def delivered_energy(
    feeder: FeederMeters, streams: Streams, true_dwh: NDArray[np.int64], slots: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Energy sent out at the feeder's head per quarter hour in dWh, shape (slots,).

    D = C + P0 dt + k C^2 / dt, read by a class 0.2 meter (grid.md 2.3).
    """
    consumed = true_dwh.sum(axis=0) / DWH_PER_KWH
    lost = feeder.noload_kw * SLOT_HOURS + feeder.copper_per_kw * consumed * consumed / SLOT_HOURS
    error = normal(draw(np.full(1, streams.feeder), slots // SLOT_US)) * METERING_SIGMA
    delivered: NDArray[np.int64] = np.rint((consumed + lost) * (1.0 + error) * DWH_PER_KWH).astype(np.int64)
    return delivered


def service_voltage(
    feeder: FeederMeters, streams: Streams, true_dwh: NDArray[np.int64], slots: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Voltage at each meter and quarter hour on the 120 V base, shape (meters, slots), within 112 to 127 V.

    It follows the true load, of the feeder, of the transformer's customers and of the meter itself: a bypass does not
    hide it (grid.md 2.4).
    """
    kw = true_dwh / (DWH_PER_KWH * SLOT_HOURS)
    # Whole numbers are added: fractions would come out by their order, which differs from one slot to many.
    feeder_kw = true_dwh.sum(axis=0) / (DWH_PER_KWH * SLOT_HOURS)
    loading = np.clip(feeder_kw / max(feeder.mean_kw, 1e-6), -1.0, 3.0)
    together = np.argsort(feeder.transformer, kind="stable")
    numbers, heads = np.unique(feeder.transformer[together], return_index=True)
    per_transformer = np.add.reduceat(true_dwh[together], heads, axis=0) / (DWH_PER_KWH * SLOT_HOURS)
    own = np.searchsorted(numbers, feeder.transformer)
    share = per_transformer[own] / np.maximum(feeder.kva, 1.0)[:, None]
    noise = normal(draw(streams.voltage[:, None], (slots // SLOT_US)[None, :])) * NOISE_V
    volts = (
        SUBSTATION_V
        - (FEEDER_DROP_V / 2.0) * feeder.depth[:, None] * loading[None, :]
        - TRANSFORMER_DROP_V * share
        - SERVICE_DROP_V_PER_KW * kw
        + noise
    )
    clipped: NDArray[np.float64] = np.clip(volts, 112.0, 127.0)
    return clipped
