"""The AMI emulator: what a feeder's meters and its head meter report for a window, scenarios and dirt applied.

Pure: the same fleet, seed, window and scenarios give the same bytes, whichever process asks, and a window cut in two
gives the same reads as the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.chance import draw, uniform
from domain.grid.metering.rules.consumption import (
    Streams,
    delivered_energy,
    service_voltage,
    streams_of,
    true_consumption,
)
from domain.grid.metering.rules.dirt import Dirt, DirtRates, soil
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.fleet import SLOT_MINUTES, SLOT_US, SLOTS_PER_DAY, FeederMeters, Fleet, LocalCalendar
from domain.grid.metering.rules.fleet import local_calendar as calendar_of
from domain.grid.metering.rules.reads import DWH_PER_KWH, Reads, round_voltage
from domain.grid.metering.rules.scenario import (
    CVR_FACTOR,
    Kind,
    Scenario,
    affected_meters,
    recorded_share,
    sag_voltage,
)

# 2: reads that arrive twice, late ones by a lognormal delay, spikes and stuck meters flagged.
VERSION = "emulator-2"
SOURCE = "GL_EMULATOR"
RANGE_A = (114.0, 126.0)


@dataclass(frozen=True)
class FeederWindow:
    """One feeder's part of a publish.

    Attributes:
        reads: what the meters report, meter-major.
        ends: interval ends, microseconds since 1970, shape (intervals,).
        delivered_dwh: energy at the feeder's head, shape (intervals,).
        true_dwh: what was really consumed, shape (intervals,).
        unrecorded_dwh: true energy that thieves kept out of their reads, shape (intervals,).
        silenced: reads that a comms outage kept from arriving.
        missing: reads lost to dirt.
        repeated: reads that arrived a second time, alike.
        disputed: what came the second time for reads that arrived twice and differ; `reads` has what came first.
    """

    reads: Reads
    ends: NDArray[np.int64]
    delivered_dwh: NDArray[np.int64]
    true_dwh: NDArray[np.int64]
    unrecorded_dwh: NDArray[np.int64]
    silenced: int
    missing: int
    repeated: int
    disputed: Reads


@dataclass(frozen=True)
class Truth:
    """What happens on the feeder, before any meter reports it; shapes (meters, slots) and (slots,). dWh, volts."""

    used_dwh: NDArray[np.int64]
    delivered_dwh: NDArray[np.int64]
    volts: NDArray[np.float64]


def emulate_feeder(
    fleet: Fleet,
    feeder: FeederMeters,
    slots: NDArray[np.int64],
    scenarios: Sequence[Scenario],
    *,
    seed: int,
    interval_minutes: int,
    rates: DirtRates,
) -> FeederWindow:
    """Generate one feeder for whole intervals that cover the quarter hours `slots`.

    Raises:
        ValueError: the quarter hours do not make whole intervals.
    """
    per_interval = interval_minutes // SLOT_MINUTES
    if interval_minutes % SLOT_MINUTES or len(slots) % per_interval:
        raise ValueError(f"{len(slots)} quarter hours do not make whole intervals of {interval_minutes} minutes")
    calendar = calendar_of(slots, fleet.timezone)
    streams = streams_of(fleet.tenant_id, seed, feeder)
    active = [s for s in scenarios if s.concerns(feeder) and s.slots(slots).any()]
    truth = _truth(fleet, feeder, streams, slots, calendar, active)
    recorded_dwh = _recorded(feeder, truth.used_dwh, slots, calendar, active)
    silent = _silent(feeder, slots, active).reshape(len(feeder), -1, per_interval).max(axis=2)
    ends = slots[per_interval - 1 :: per_interval] + SLOT_US
    dirt = soil(streams.dirt, ends, interval_minutes * 60_000_000, calendar.day_number[::per_interval], rates)
    reads, disputed = _report(
        feeder,
        _sum(recorded_dwh, per_interval),
        truth.volts.reshape(len(feeder), -1, per_interval).mean(axis=2),
        silent,
        ends,
        dirt,
        interval_minutes,
    )
    return FeederWindow(
        reads=reads,
        ends=ends,
        delivered_dwh=_sum(truth.delivered_dwh[None, :], per_interval)[0],
        true_dwh=_sum(truth.used_dwh, per_interval).sum(axis=0),
        unrecorded_dwh=_sum(truth.used_dwh - recorded_dwh, per_interval).sum(axis=0),
        silenced=int(silent.sum()),
        missing=int((dirt.lost & ~silent).sum()),
        repeated=int((dirt.repeated & ~silent).sum()),
        disputed=disputed,
    )


def truth_of(
    fleet: Fleet, feeder: FeederMeters, slots: NDArray[np.int64], scenarios: Sequence[Scenario], *, seed: int
) -> Truth:
    """What each customer really uses per quarter hour, and what is sent out for it: the truth behind the reads."""
    active = [s for s in scenarios if s.concerns(feeder) and s.slots(slots).any()]
    streams, calendar = streams_of(fleet.tenant_id, seed, feeder), calendar_of(slots, fleet.timezone)
    return _truth(fleet, feeder, streams, slots, calendar, active)


def _sum(values: NDArray[np.int64], per_interval: int) -> NDArray[np.int64]:
    summed: NDArray[np.int64] = values.reshape(values.shape[0], -1, per_interval).sum(axis=2)
    return summed


def _truth(
    fleet: Fleet,
    feeder: FeederMeters,
    streams: Streams,
    slots: NDArray[np.int64],
    calendar: LocalCalendar,
    scenarios: Sequence[Scenario],
) -> Truth:
    """True consumption, voltage and delivered energy; a sag lowers all three."""
    used = true_consumption(feeder, fleet.profiles, streams, slots, calendar)
    volts = service_voltage(feeder, streams, used, slots)
    for sag in (s for s in scenarios if s.kind is Kind.VOLTAGE_SAG):
        hit = affected_meters(sag, feeder)[:, None] & sag.slots(slots)[None, :]
        jitter = uniform(draw(streams.voltage[:, None] ^ np.uint64(0x5A6), (slots // SLOT_US)[None, :]))
        sagged = sag_voltage(sag.severity, jitter)
        reduced = used * (1.0 - CVR_FACTOR * (volts - sagged) / volts)
        used = np.where(hit & (used > 0), np.rint(reduced).astype(np.int64), used)
        volts = np.where(hit, sagged, volts)
    return Truth(used, delivered_energy(feeder, streams, used, slots), volts)


def _recorded(
    feeder: FeederMeters,
    used: NDArray[np.int64],
    slots: NDArray[np.int64],
    calendar: LocalCalendar,
    scenarios: Sequence[Scenario],
) -> NDArray[np.int64]:
    """What the meters record of the true consumption. Exported PV energy is recorded as it is."""
    recorded = used
    for theft in (s for s in scenarios if s.kind is Kind.THEFT):
        thieves, when = np.flatnonzero(affected_meters(theft, feeder)), np.flatnonzero(theft.slots(slots))
        block = np.ix_(thieves, when)
        usual = feeder.base_kwh_day[thieves] / SLOTS_PER_DAY
        part = recorded_share(theft, used[block] / DWH_PER_KWH, calendar.hour[when], usual)
        recorded = recorded.copy()
        shown = np.rint(recorded[block] * part).astype(np.int64)
        recorded[block] = np.where(used[block] > 0, shown, used[block])
    return recorded


def _silent(feeder: FeederMeters, slots: NDArray[np.int64], scenarios: Sequence[Scenario]) -> NDArray[np.bool_]:
    silent = np.zeros((len(feeder), len(slots)), dtype=bool)
    for outage in (s for s in scenarios if s.kind is Kind.COMMS_OUTAGE):
        silent |= affected_meters(outage, feeder)[:, None] & outage.slots(slots)[None, :]
    return silent


def _report(
    feeder: FeederMeters,
    recorded_dwh: NDArray[np.int64],
    volts: NDArray[np.float64],
    silent: NDArray[np.bool_],
    ends: NDArray[np.int64],
    dirt: Dirt,
    interval_minutes: int,
) -> tuple[Reads, Reads]:
    """The reads that arrive, flagged; and what arrives a second time for some of them, with a tenth more energy."""
    arrives = ~(silent | dirt.lost)
    clean = dirt.factor == 1.0
    energy = np.where(clean, recorded_dwh, np.rint(recorded_dwh * dirt.factor).astype(np.int64)) / DWH_PER_KWH
    volts = round_voltage(volts)
    outside = (volts < RANGE_A[0]) | (volts > RANGE_A[1])
    flags = dirt.flags | int(Flag.ACTUAL) | np.where(outside, int(Flag.VOLTAGE), 0).astype(np.int32)
    meter = np.repeat(np.arange(len(feeder), dtype=np.int32), arrives.sum(axis=1))
    when = np.broadcast_to(ends[None, :], arrives.shape)
    reads = Reads(
        meters=feeder.meter_ids,
        feeders=[feeder.feeder_id] * len(feeder),
        meter=meter,
        read_at=when[arrives],
        kwh=energy[arrives],
        voltage=volts[arrives],
        flags=flags[arrives],
        arrived_at=(when + dirt.delay_us)[arrives],
        interval_minutes=interval_minutes,
        source=SOURCE,
    )
    again = reads.take(np.flatnonzero(dirt.disputed[arrives]))
    more = (again.kwh * 1.1 * DWH_PER_KWH).astype(np.int64) + np.where(again.kwh < 0.0, -1, 1)
    return reads, replace(again, kwh=more / DWH_PER_KWH)
