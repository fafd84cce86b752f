"""The twin of a published window: the very same window without one event, and what the event must have changed in it.

An event is judged by comparing like with like. The twin has the same seed, so the same meters are missing, stuck or
spiking, the head meter errs alike, and every other event stands; only the one event is not there. What is observed is
the figure of the stored reads less the figure of the twin, worked out alike (sql/grid/views/v_gl_event_outcomes.sql).

What is expected comes neither from the stored reads nor from the emulator's run with the event, but from the event's
own parameters, applied to the twin's reads. Per interval t: W the weight of all meters, R of those that send, M what
they metered, D the energy at the head, all of the twin.

- theft, corrected loss: 100 * sum_t (W / R) * sum_m k_mt * r_mt / sum_t D. r: a thief's read, k: the part of it that is
  not recorded, s for a plain reduction. With all reads in hand this is (1 - lambda) * s * q of grid.md 2.8. Raw loss:
  the same without W / R. Delivered energy: as in the twin.
- comms outage, with S the weight and E the energy of those meters among the silenced that send in the twin. Coverage:
  -100 * sum_t S / sum_t W. Raw loss: 100 * sum_t E / sum_t D. Corrected loss, 0 if the silenced use what their weight
  says, else what filling in errs: 100 * sum_t (W / R * M - W / (R - S) * (M - E)) / sum_t D.
- voltage sag, mean voltage: 114 - 6 s less the twin's voltage V, for the meters that it hits. Each draws, and records,
  0.8 * (V - 114 + 6 s) / V less; D falls as the loss model says. Corrected loss: next to 0, where the sun does not make
  D small.

A different severity in the reads, another feeder's energy, reads counted twice: all of them part observed and expected.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.consumption import SLOT_HOURS
from domain.grid.metering.rules.dirt import DirtRates
from domain.grid.metering.rules.emulator import FeederWindow, Truth, emulate_feeder, truth_of
from domain.grid.metering.rules.fleet import SLOT_MINUTES, SLOTS_PER_DAY, FeederMeters, Fleet
from domain.grid.metering.rules.fleet import local_calendar as calendar_of
from domain.grid.metering.rules.loss import delivered_from_consumption
from domain.grid.metering.rules.reads import CV_PER_VOLT, DWH_PER_KWH
from domain.grid.metering.rules.scenario import (
    CVR_FACTOR,
    HORIZON_US,
    Kind,
    Scenario,
    affected_meters,
    recorded_share,
    sag_voltage,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """What the event must change, shape (intervals,): less energy metered, less weight that reports, lower voltages.

    Attributes:
        dwh: energy that leaves the metered sum, dWh.
        hat_dwh: energy that leaves the coverage-corrected sum, dWh.
        delivered_dwh: energy that is no longer sent out, dWh.
        weight: weight of the meters that no longer report.
        voltage_cv: by how much the sum of voltages falls, hundredths of a volt.
    """

    dwh: Ints
    hat_dwh: Ints
    delivered_dwh: Ints
    weight: Ints
    voltage_cv: Ints


@dataclass(frozen=True)
class EventTwin:
    """One feeder's intervals that an event touches, as they would be without it; shape (intervals,) each.

    The sums are those of gl_feeder_interval: dWh, cV, weights in hundredths of a kWh a day.
    """

    event_id: str
    feeder_id: str
    interval_minutes: int
    ends: Ints
    delivered_dwh: Ints
    metered_dwh: Ints
    weight_expected: Ints
    weight_received: Ints
    voltage_reads: Ints
    voltage_sum_cv: Ints
    effect: Effect


def twin_without(
    event: Scenario,
    fleet: Fleet,
    feeder: FeederMeters,
    slots: Ints,
    scenarios: Sequence[Scenario],
    *,
    seed: int,
    interval_minutes: int,
    rates: DirtRates,
) -> EventTwin | None:
    """The twin of a publish's intervals that the event touches within its first 24 hours; None where there are none.

    Args:
        event: the event that the twin is free of.
        fleet: that of the publish.
        feeder: one of its feeders.
        slots: starts of the publish's quarter hours.
        scenarios: all events of the publish, `event` among them.
        seed: that of the publish.
        interval_minutes: that of the publish.
        rates: those of the publish.
    """
    touched = _touched(event, slots, interval_minutes // SLOT_MINUTES) if event.concerns(feeder) else slots[:0]
    if not touched.size:
        return None
    others = [s for s in scenarios if s.event_id != event.event_id]
    window = emulate_feeder(fleet, feeder, touched, others, seed=seed, interval_minutes=interval_minutes, rates=rates)
    truth = truth_of(fleet, feeder, touched, others, seed=seed)
    sent = _Sent(feeder, window)
    return EventTwin(
        event_id=event.event_id,
        feeder_id=feeder.feeder_id,
        interval_minutes=interval_minutes,
        ends=window.ends,
        delivered_dwh=window.delivered_dwh,
        metered_dwh=sent.sums(window.reads.kwh * DWH_PER_KWH),
        weight_expected=np.full(window.ends.size, sent.weights.sum(), dtype=np.int64),
        weight_received=sent.received,
        voltage_reads=sent.sums(np.ones_like(window.reads.kwh)),
        voltage_sum_cv=sent.sums(window.reads.voltage * CV_PER_VOLT),
        effect=_EFFECTS[event.kind](event, fleet, sent, touched, truth),
    )


def _touched(event: Scenario, slots: Ints, per_interval: int) -> Ints:
    """The quarter hours of the whole intervals that the event's first 24 hours touch."""
    hit = event.slots(slots) & (slots < event.starts_us + HORIZON_US)
    return slots.reshape(-1, per_interval)[hit.reshape(-1, per_interval).any(axis=1)].ravel()


class _Sent:
    """What the meters send in the twin, and sums of it by interval."""

    def __init__(self, feeder: FeederMeters, window: FeederWindow) -> None:
        self.feeder, self.window = feeder, window
        # The weight of a meter as the loader has it; see sql/grid/load/moved_tables.sql.
        self.weights = np.maximum(1, np.rint(feeder.base_kwh_day * 100)).astype(np.int64)
        self.place = np.searchsorted(window.ends, window.reads.read_at)
        self.received = self.sums(self.weights[window.reads.meter])

    def sums(self, values: Ints | Floats) -> Ints:
        """The sum of a value of each read, by interval, in whole numbers."""
        return np.rint(np.bincount(self.place, values, minlength=self.window.ends.size)).astype(np.int64)

    def without(self, part: Floats, truth: Truth) -> Effect:
        """The effect when this part of what each meter draws, shape (meters, slots), is not in its reads.

        What a meter exports is in them as it is.
        """
        shape = (len(self.feeder), self.window.ends.size, -1)
        drawn = (np.maximum(truth.used_dwh, 0) * part).reshape(shape).sum(axis=2)
        whole = truth.used_dwh.reshape(shape).sum(axis=2)
        share = self.of(np.divide(drawn, whole, out=np.zeros_like(drawn), where=whole != 0))
        dwh = self.sums(share * self.window.reads.kwh * DWH_PER_KWH)
        hat = np.rint(dwh * (self.weights.sum() / np.maximum(self.received, 1))).astype(np.int64)
        return Effect(dwh, hat, *[np.zeros_like(dwh)] * 3)

    def of(self, table: NDArray[np.float64]) -> Floats:
        """The value of each read in a table of shape (meters, intervals)."""
        found: Floats = table[self.window.reads.meter, self.place]
        return found


def _theft(event: Scenario, fleet: Fleet, sent: _Sent, slots: Ints, truth: Truth) -> Effect:
    part = np.zeros(truth.used_dwh.shape)
    block = np.ix_(np.flatnonzero(affected_meters(event, sent.feeder)), np.flatnonzero(event.slots(slots)))
    usual = sent.feeder.base_kwh_day[block[0].ravel()] / SLOTS_PER_DAY
    hours = calendar_of(slots, fleet.timezone).hour[block[1].ravel()]
    part[block] = 1.0 - recorded_share(event, truth.used_dwh[block] / DWH_PER_KWH, hours, usual)
    return sent.without(part, truth)


def _comms(event: Scenario, _: Fleet, sent: _Sent, slots: Ints, __: Truth) -> Effect:
    hit = event.slots(slots).reshape(sent.window.ends.size, -1).max(axis=1)
    silent = sent.of(np.outer(affected_meters(event, sent.feeder), hit).astype(np.float64))
    dwh = sent.sums(silent * sent.window.reads.kwh * DWH_PER_KWH)
    weight = sent.sums(silent * sent.weights[sent.window.reads.meter])
    metered, received = sent.sums(sent.window.reads.kwh * DWH_PER_KWH), sent.received
    left = np.maximum(received - weight, 1)
    hat = sent.weights.sum() * (metered / np.maximum(received, 1) - (metered - dwh) / left)
    none = np.zeros_like(dwh)
    return Effect(dwh, np.rint(np.where(received > weight, hat, 0.0)).astype(np.int64), none, weight, none)


def _sag(event: Scenario, _: Fleet, sent: _Sent, slots: Ints, truth: Truth) -> Effect:
    hit = np.outer(affected_meters(event, sent.feeder), event.slots(slots))
    sagged = float(sag_voltage(event.severity, np.array([0.5]))[0])
    part = hit * CVR_FACTOR * (truth.volts - sagged) / truth.volts
    effect = sent.without(part, truth)
    hit_part = sent.of(hit.reshape(len(sent.feeder), sent.window.ends.size, -1).mean(axis=2))
    voltage = sent.sums(hit_part * (sent.window.reads.voltage - sagged) * CV_PER_VOLT)
    return replace(effect, delivered_dwh=_less_delivered(sent, part, truth), voltage_cv=voltage)


def _less_delivered(sent: _Sent, part: Floats, truth: Truth) -> Ints:
    """How much less is sent out when this part of what each meter draws is not used, dWh."""
    feeder, used = sent.feeder, truth.used_dwh
    before, after = (
        delivered_from_consumption(drawn.sum(axis=0) / DWH_PER_KWH, feeder.noload_kw, feeder.copper_per_kw, SLOT_HOURS)
        for drawn in (used, used - np.maximum(used, 0) * part)
    )
    # The head meter errs by the same part.
    less: Floats = truth.delivered_dwh * (1.0 - np.divide(after, before, out=np.ones_like(after), where=before != 0))
    summed: Ints = np.rint(less.reshape(sent.window.ends.size, -1).sum(axis=1)).astype(np.int64)
    return summed


_EFFECTS = {Kind.THEFT: _theft, Kind.COMMS_OUTAGE: _comms, Kind.VOLTAGE_SAG: _sag}
