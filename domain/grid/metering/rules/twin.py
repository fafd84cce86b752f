"""The twin of a published window: the very same window without one event, and what the event must have changed in it.

An event is judged by comparing like with like. The twin has the same seed, so the same meters are missing, stuck or
spiking, the head meter errs alike, and every other event stands; only the one event is not there. What is observed is
the figure of the stored reads less the figure of the twin, worked out alike (sql/grid/views/v_gl_event_outcomes.sql).

What is expected comes neither from the stored reads nor from the emulator's run with the event, but from the event's
own parameters, applied to the twin's reads. Per interval t: W the weight of all meters, R of those that send, M what
they metered, D the energy at the head, all of the twin.

- theft, corrected loss: 100 * sum_t (W / R) * sum_m k_mt * r_mt / sum_t D. r: a thief's read, k: the part of it that is
  not recorded, s for a plain reduction. With all reads in hand this is (1 - lambda) * s * q of grid.md 2.8. Raw loss:
  the same without W / R.
- comms outage, with S the weight and E the energy of those meters among the silenced that send in the twin. Coverage:
  -100 * sum_t S / sum_t W. Raw loss: 100 * sum_t E / sum_t D. Corrected loss, 0 if the silenced use what their weight
  says, else what filling in errs: 100 * sum_t (W / R * M - W / (R - S) * (M - E)) / sum_t D.
- voltage sag, mean voltage: 114 - 6 s less the twin's voltage, for the meters that it hits. Losses: 0.

A different severity in the reads, another feeder's energy, reads counted twice: all of them part observed and expected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.dirt import DirtRates
from domain.grid.metering.rules.emulator import FeederWindow, consumed, emulate_feeder
from domain.grid.metering.rules.fleet import SLOT_MINUTES, SLOTS_PER_DAY, FeederMeters, Fleet
from domain.grid.metering.rules.fleet import local_calendar as calendar_of
from domain.grid.metering.rules.reads import CV_PER_VOLT, DWH_PER_KWH
from domain.grid.metering.rules.scenario import HORIZON_US, Kind, Scenario, affected_meters, recorded_share

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """What the event must change, shape (intervals,): less energy metered, less weight that reports, lower voltages.

    Attributes:
        dwh: energy that leaves the metered sum, dWh.
        hat_dwh: energy that leaves the coverage-corrected sum, dWh.
        weight: weight of the meters that no longer report.
        voltage_cv: by how much the sum of voltages falls, hundredths of a volt.
    """

    dwh: Ints
    hat_dwh: Ints
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
    used = consumed(fleet, feeder, touched, others, seed=seed)
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
        effect=_EFFECTS[event.kind](event, fleet, sent, touched, used),
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

    def of(self, table: NDArray[np.float64]) -> Floats:
        """The value of each read in a table of shape (meters, intervals)."""
        found: Floats = table[self.window.reads.meter, self.place]
        return found


def _theft(event: Scenario, fleet: Fleet, sent: _Sent, slots: Ints, used: Ints) -> Effect:
    kept = sent.of(_part_kept(event, fleet, sent.feeder, slots, used, sent.window.ends.size)) * sent.window.reads.kwh
    dwh = sent.sums(kept * DWH_PER_KWH)
    hat = np.rint(dwh * (sent.weights.sum() / np.maximum(sent.received, 1))).astype(np.int64)
    return Effect(dwh, hat, np.zeros_like(dwh), np.zeros_like(dwh))


def _part_kept(event: Scenario, fleet: Fleet, feeder: FeederMeters, slots: Ints, used: Ints, intervals: int) -> Floats:
    """The part of each meter's energy that the theft does not record, shape (meters, intervals)."""
    part = np.zeros((len(feeder), len(slots)))
    block = np.ix_(np.flatnonzero(affected_meters(event, feeder)), np.flatnonzero(event.slots(slots)))
    usual = feeder.base_kwh_day[block[0].ravel()] / SLOTS_PER_DAY
    hours = calendar_of(slots, fleet.timezone).hour[block[1].ravel()]
    # What a meter exports is recorded as it is.
    part[block] = np.where(used[block] > 0, 1.0 - recorded_share(event, used[block] / DWH_PER_KWH, hours, usual), 0.0)
    if intervals == len(slots):
        return part
    whole = used.reshape(len(feeder), intervals, -1).sum(axis=2)
    kept = (used * part).reshape(len(feeder), intervals, -1).sum(axis=2)
    share: Floats = np.divide(kept, whole, out=np.zeros_like(kept), where=whole != 0)
    return share


def _comms(event: Scenario, _: Fleet, sent: _Sent, slots: Ints, __: Ints) -> Effect:
    hit = event.slots(slots).reshape(sent.window.ends.size, -1).max(axis=1)
    silent = sent.of(np.outer(affected_meters(event, sent.feeder), hit).astype(np.float64))
    dwh = sent.sums(silent * sent.window.reads.kwh * DWH_PER_KWH)
    weight = sent.sums(silent * sent.weights[sent.window.reads.meter])
    metered, received = sent.sums(sent.window.reads.kwh * DWH_PER_KWH), sent.received
    left = np.maximum(received - weight, 1)
    hat = sent.weights.sum() * (metered / np.maximum(received, 1) - (metered - dwh) / left)
    return Effect(dwh, np.rint(np.where(received > weight, hat, 0.0)).astype(np.int64), weight, np.zeros_like(dwh))


def _sag(event: Scenario, _: Fleet, sent: _Sent, slots: Ints, __: Ints) -> Effect:
    part = event.slots(slots).reshape(sent.window.ends.size, -1).mean(axis=1)
    hit = sent.of(np.outer(affected_meters(event, sent.feeder), part))
    voltage = sent.sums(hit * (sent.window.reads.voltage - (114.0 - 6.0 * event.severity)) * CV_PER_VOLT)
    none = np.zeros_like(voltage)
    return Effect(none, none, none, voltage)


_EFFECTS = {Kind.THEFT: _theft, Kind.COMMS_OUTAGE: _comms, Kind.VOLTAGE_SAG: _sag}
