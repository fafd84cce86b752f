"""Injected scenarios: who is affected and what the meter shows (grid.md 2.4, 2.8 and section 5, rows 5 and 6).

Theft leaves the true consumption, the delivered energy and the voltage as they are and lowers the read. A sag lowers
the voltage and, through conservation voltage reduction, consumption and delivered energy alike. A comms outage
silences reads. Windows are half-open: an interval is affected when it starts within [starts_at, ends_at).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.chance import draw, stream_key, uniform
from domain.grid.metering.rules.fleet import FeederMeters, to_us

DEFAULT_SHARE = 0.12
CVR_FACTOR = 0.8
# What an event must do is worked out, and judged, over its first day.
HORIZON = timedelta(hours=24)
HORIZON_US = 24 * 3_600_000_000


class Kind(StrEnum):
    """What was injected."""

    THEFT = "theft"
    VOLTAGE_SAG = "voltage_sag"
    COMMS_OUTAGE = "comms_outage"


class TheftMode(StrEnum):
    """How a thief's meter shows less than was used."""

    SCALE = "scale"
    OFFPEAK = "offpeak"
    CAP = "cap"
    BYPASS_ZERO = "bypass_zero"


@dataclass(frozen=True)
class Scenario:
    """One injected event, as stored in `ami_events`.

    Attributes:
        severity: theft: fraction not recorded; sag: 0 to 1 over 114 to 108 V; comms: share of meters silenced.
        share: theft on a feeder: the share of its energy that the thieves use.
        meter_ids: the affected meters, when they are named one by one.
    """

    event_id: str
    kind: Kind
    feeder_id: str | None
    meter_ids: frozenset[str]
    severity: float
    starts_at: datetime
    ends_at: datetime
    seed: int = 0
    share: float = DEFAULT_SHARE
    mode: TheftMode = TheftMode.SCALE

    def concerns(self, feeder: FeederMeters) -> bool:
        """Whether any meter of the feeder may be affected."""
        if self.feeder_id is not None and self.feeder_id != feeder.feeder_id:
            return False
        return not self.meter_ids or not self.meter_ids.isdisjoint(feeder.meter_ids)

    @property
    def starts_us(self) -> int:
        """The start in microseconds since 1970."""
        return to_us(self.starts_at)

    @property
    def ends_us(self) -> int:
        """The end in microseconds since 1970."""
        return to_us(self.ends_at)

    def slots(self, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which quarter hours, given by their starts, the event covers."""
        return (starts >= to_us(self.starts_at)) & (starts < to_us(self.ends_at))

    def facts(self) -> dict[str, Any]:
        """What determines the event's effect, as JSON; `of_facts` reads it back."""
        return {
            "id": self.event_id,
            "kind": self.kind.value,
            "feeder": self.feeder_id,
            "meters": sorted(self.meter_ids),
            "severity": self.severity,
            "share": self.share,
            "mode": self.mode.value,
            "seed": self.seed,
            "window": [self.starts_at.isoformat(), self.ends_at.isoformat()],
        }

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any]) -> "Scenario":
        """The event that `facts` was made from."""
        starts_at, ends_at = (datetime.fromisoformat(moment) for moment in facts["window"])
        return cls(
            event_id=facts["id"],
            kind=Kind(facts["kind"]),
            feeder_id=facts["feeder"],
            meter_ids=frozenset(facts["meters"]),
            severity=float(facts["severity"]),
            starts_at=starts_at,
            ends_at=ends_at,
            seed=int(facts["seed"]),
            share=float(facts["share"]),
            mode=TheftMode(facts["mode"]),
        )


def affected_meters(scenario: Scenario, feeder: FeederMeters) -> NDArray[np.bool_]:
    """Which meters of the feeder the event touches, the same for the whole event.

    Named meters are taken as named. Otherwise theft takes meters in an order drawn from the event's seed until `share`
    of the feeder's energy is reached, and a comms outage takes `severity` of the meters; a sag takes all.
    """
    count = len(feeder)
    if scenario.meter_ids:
        return np.array([meter in scenario.meter_ids for meter in feeder.meter_ids], dtype=bool)
    if scenario.kind is Kind.VOLTAGE_SAG:
        return np.ones(count, dtype=bool)
    order = np.argsort(_lots(scenario, feeder), kind="stable")
    chosen = np.zeros(count, dtype=bool)
    if scenario.kind is Kind.COMMS_OUTAGE:
        chosen[order[: int(np.ceil(scenario.severity * count - 1e-9))]] = True
        return chosen
    # Who exports by day is not taken: the effect of a theft there depends on the sun.
    order = order[feeder.pv_kw[order] <= 0] if (feeder.pv_kw <= 0).any() else order
    energy = feeder.base_kwh_day[order]
    before = np.concatenate(([0.0], np.cumsum(energy)[:-1]))
    # A meter joins while its middle still lies below the share: no single large customer overshoots by much.
    chosen[order[before + energy / 2 <= scenario.share * feeder.base_kwh_day.sum()]] = True
    if not chosen.any():
        chosen[order[int(np.argmin(energy))]] = True
    return chosen


def _lots(scenario: Scenario, feeder: FeederMeters) -> NDArray[np.float64]:
    keys = np.array([stream_key("lot", scenario.seed, meter) for meter in feeder.meter_ids], dtype=np.uint64)
    return uniform(draw(keys, np.zeros(1, dtype=np.int64)))


def recorded_share(
    scenario: Scenario, true_kwh: NDArray[np.float64], hour: NDArray[np.float64], usual_kwh: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The part of the true energy that a thief's meter records, shape (meters, slots), each value within [0, 1].

    Args:
        scenario: the theft.
        true_kwh: true consumption of the thieves, shape (meters, slots).
        hour: local hour of each slot.
        usual_kwh: the meters' mean energy per slot, shape (meters,).
    """
    recorded = np.ones_like(true_kwh)
    kept = 1.0 - scenario.severity
    if scenario.mode is TheftMode.SCALE:
        recorded[:] = kept
    elif scenario.mode is TheftMode.OFFPEAK:
        recorded[:, (hour >= 22.0) | (hour < 6.0)] = kept
    elif scenario.mode is TheftMode.CAP:
        ceiling = kept * usual_kwh[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            recorded = np.where(true_kwh > ceiling, ceiling / true_kwh, 1.0)
    else:
        # Whole hours at zero: severity is the share of the hours of a day, spread evenly.
        whole = np.floor(hour)
        recorded[:, np.floor((whole + 1) * scenario.severity) > np.floor(whole * scenario.severity)] = 0.0
    return recorded


def sag_voltage(severity: float, jitter: NDArray[np.float64]) -> NDArray[np.float64]:
    """Voltage during a sag: 114 - 6 * severity + U(-0.3, 0.3), within [108, 114). `jitter` is uniform on [0, 1)."""
    return np.clip(114.0 - 6.0 * severity + (jitter - 0.5) * 0.6, 108.0, 113.99)
