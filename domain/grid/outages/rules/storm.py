"""A storm for demo tenants: from faults that are known to the reports that meters and customers would send.

The truth is said first, the reports follow from it: last gasps get lost, more of them in a large outage, some meters
report what is not so, customers call, restoration messages get lost too. The same seed gives the same storm.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.grid.outages.rules.signals import CALL, POWER_ON, POWER_OUT, SCADA_CLOSED, SCADA_OPEN, Signal

VERSION = "storm/1"


@dataclass(frozen=True)
class StormSettings:
    """Shares and times. [M]

    Attributes:
        delivery: of last gasps in a small outage; `collapse_meters` is the size at which a mesh has lost 1/e of it.
        call_share: of customers who call, between `call_from_min` and `call_until_min`.
    """

    delivery: float = 0.8
    collapse_meters: float = 1500.0
    power_on_delivery: float = 0.85
    call_share: float = 0.06
    call_from_min: float = 3.0
    call_until_min: float = 25.0
    longest_way_s: float = 55.0


@dataclass(frozen=True)
class Fault:
    """One device that opens.

    Attributes:
        meter_ids: those that lose supply.
        back: for each of them when it has supply again.
        is_telecontrolled: whether SCADA sees the device open and close.
        distance_mi: where the relay puts the fault, miles from the feeder's head, if it says so.
    """

    device_id: str
    began_at: datetime
    meter_ids: tuple[str, ...]
    back: Mapping[str, datetime]
    is_telecontrolled: bool = False
    distance_mi: float | None = None


def reports_of(
    faults: Sequence[Fault], bystanders: Sequence[str], seed: int, settings: StormSettings | None = None
) -> list[Signal]:
    """All reports of the night in the order of their arrival; `bystanders` report falsely once, in the first minute."""
    settings = settings or StormSettings()
    found: list[Signal] = []
    for fault in faults:
        found += _of_fault(fault, seed, settings)
    for meter in bystanders:
        at = faults[0].began_at + timedelta(seconds=round(60 * _chance(seed, "stray", meter)))
        found.append(_signal(meter, POWER_OUT, at, _way(seed, "stray", meter, settings), "ami"))
    return sorted(found, key=lambda one: (one.arrived_at, one.at, one.type, one.meter_id, one.device_id or ""))


def _of_fault(fault: Fault, seed: int, settings: StormSettings) -> list[Signal]:
    delivery = settings.delivery * math.exp(-len(fault.meter_ids) / settings.collapse_meters)
    found = []
    for meter in sorted(fault.meter_ids):
        if _chance(seed, "gasp", meter) < delivery:
            at = fault.began_at + timedelta(seconds=round(3 * _chance(seed, "stamp", meter)))
            found.append(_signal(meter, POWER_OUT, at, _way(seed, "out", meter, settings), "ami"))
        if _chance(seed, "calls", meter) < settings.call_share:
            span = settings.call_until_min - settings.call_from_min
            minute = settings.call_from_min + span * _chance(seed, "when", meter)
            at = fault.began_at + timedelta(seconds=round(60 * minute))
            if at < fault.back.get(meter, at + timedelta(seconds=1)):
                found.append(_signal(meter, CALL, at, 20.0, "call"))
        back = fault.back.get(meter)
        if back is not None and _chance(seed, "on", meter) < settings.power_on_delivery:
            at = back + timedelta(seconds=round(5 * _chance(seed, "return", meter)))
            found.append(_signal(meter, POWER_ON, at, _way(seed, "back", meter, settings), "ami"))
    if fault.is_telecontrolled:
        found += [
            _device(fault.device_id, SCADA_OPEN, fault.began_at, fault.distance_mi),
            _device(fault.device_id, SCADA_CLOSED, max(fault.back.values())),
        ]
    return found


def _signal(meter: str, kind: str, at: datetime, way_s: float, source: str) -> Signal:
    return Signal(meter, kind, at, at + timedelta(seconds=round(way_s)), source)


def _device(device_id: str, kind: str, at: datetime, value: float | None = None) -> Signal:
    return Signal("", kind, at, at + timedelta(seconds=2), "scada", device_id, value)


def _way(seed: int, what: str, meter: str, settings: StormSettings) -> float:
    return 5.0 + (settings.longest_way_s - 5.0) * _chance(seed, f"way-{what}", meter)


def _chance(seed: int, what: str, meter: str) -> float:
    """A number from 0 to 1 that depends on nothing but seed, question and meter."""
    digest = hashlib.sha256(f"{VERSION}|{seed}|{what}|{meter}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64
