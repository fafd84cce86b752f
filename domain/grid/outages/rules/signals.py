"""What meters, customers, switches and crews report: one signal is one statement about one meter or device.

`at` is when it was true by the reporter's clock, `arrived_at` when it came in: advice for a moment reads only what had
arrived by then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

POWER_OUT = "POWER_OUT"
POWER_ON = "POWER_ON"
PING_OK = "PING_OK"
PING_NO_ANSWER = "PING_NO_ANSWER"
CALL = "CALL"
READ_NORMAL = "READ_NORMAL"
SCADA_OPEN = "SCADA_OPEN"
SCADA_CLOSED = "SCADA_CLOSED"
FAULT_INDICATOR = "FAULT_INDICATOR"
CREW_OUT = "CREW_OUT"
CREW_ENERGISED = "CREW_ENERGISED"

METER_TYPES = (POWER_OUT, POWER_ON, PING_OK, PING_NO_ANSWER, CALL, READ_NORMAL, CREW_OUT, CREW_ENERGISED)
DEVICE_TYPES = (SCADA_OPEN, SCADA_CLOSED, FAULT_INDICATOR, CREW_OUT, CREW_ENERGISED)
TYPES = (*METER_TYPES, SCADA_OPEN, SCADA_CLOSED, FAULT_INDICATOR)


@dataclass(frozen=True, slots=True)
class Signal:
    """One statement. Signals of devices name `device_id` and leave `meter_id` empty."""

    meter_id: str
    type: str
    at: datetime
    arrived_at: datetime
    source: str = ""
    device_id: str | None = None
    value: float | None = None
    signal_id: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """Work that was announced: these meters are dark on purpose."""

    planned_id: str
    meter_ids: frozenset[str]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """An outage that people know of already; `ended_at` None while it lasts."""

    outage_id: str
    device_id: str
    meter_ids: frozenset[str]
    started_at: datetime
    ended_at: datetime | None = None


def known_by(signals: Iterable[Signal], as_of: datetime) -> list[Signal]:
    """What had arrived by `as_of`, each statement once, in an order that depends on nothing but the signals."""
    first: dict[tuple[datetime, str, str, str], Signal] = {}
    for one in signals:
        if one.arrived_at > as_of:
            continue
        key = (one.at, one.type, one.meter_id, one.device_id or "")
        standing = first.setdefault(key, one)
        if standing is not one and (one.arrived_at, one.signal_id) < (standing.arrived_at, standing.signal_id):
            first[key] = one
    return [pair[1] for pair in sorted(first.items(), key=itemgetter(0))]
