"""What goes into options and what comes out, as plain data. Minutes count from `as_of`; powers are kW."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class OutageContext:
    """One outage as it is known at `as_of`.

    Attributes:
        device_ids: the devices that may have opened, best first.
        out_meter_ids: meters taken for dead; empty: all that lie below the device.
        repair_min: P50 of the repair in minutes from `as_of`.
        load_kw: the highest forecast of each meter over the time until repair; others are reckoned from their energy.
        open_devices, closed_devices: the switching state beyond the normal one, as observed.
        travel_min: minutes until a crew is at the first device; None takes the settings'.
    """

    outage_id: str
    feeder_id: str
    device_ids: tuple[str, ...]
    started_at: datetime
    as_of: datetime
    repair_min: float
    out_meter_ids: tuple[str, ...] = ()
    load_kw: Mapping[str, float] = field(default_factory=dict)
    open_devices: tuple[str, ...] = ()
    closed_devices: tuple[str, ...] = ()
    topology_age_days: float = 0.0
    travel_min: float | None = None

    @property
    def out_min(self) -> float:
        """Minutes since the lights went out."""
        return max((self.as_of - self.started_at).total_seconds() / 60.0, 0.0)


@dataclass(frozen=True)
class Step:
    """One step in advisory words. `proposed` is the state in which the device could be put: open or closed."""

    no: int
    text: str
    device_id: str | None
    proposed: str
    is_remote: bool
    minutes: float
    precondition: str


@dataclass(frozen=True)
class Group:
    """Meters that would have supply again `at_min` minutes after `as_of`."""

    meter_ids: tuple[str, ...]
    at_min: float


@dataclass(frozen=True)
class Option:
    """One option; a rejected one has rank 0, score 0 and says why in `infeasible_reasons`.

    Attributes:
        cmr: customer-minutes restored early against repair alone, if the fault lies in `zone_id`.
        expected_cmr: the same over all zones by their probability; closing onto the fault counts against it.
        est_minutes: until the last group has supply.
        risk_items: code, probability and why; `risk` is one less the product of their complements.
        checks: code, status (ok, warn, fail), value, limit and words.
    """

    option_id: str
    option_type: str
    zone_id: str
    rank: int
    score: float
    cmr: float
    expected_cmr: float
    customers_restored: int
    critical_restored: int
    kw_restored: float
    est_minutes: float
    steps: tuple[Step, ...]
    tie_device_id: str | None
    tie_device_ids: tuple[str, ...]
    supply_feeder_ids: tuple[str, ...]
    dropped_device_ids: tuple[str, ...]
    groups: tuple[Group, ...]
    loading_pct_max: float | None
    v_min_pu: float | None
    clpu_factor: float
    risk: float
    risk_items: tuple[Mapping[str, Any], ...]
    checks: tuple[Mapping[str, Any], ...]
    infeasible_reasons: tuple[str, ...]
    narrative: str


@dataclass(frozen=True)
class Options:
    """Accepted options best first, rejected ones by zone, type and id."""

    accepted: tuple[Option, ...]
    rejected: tuple[Option, ...]
