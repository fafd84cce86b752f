"""Take in what meters, devices, callers and crews report about supply, row by row: a bad one stops no other.

The same report twice is one report: its id follows from who, what and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection

from domain.grid.outages.rules.as_of import CLOCK_TOLERANCE, EARLIEST
from domain.grid.outages.store import signals
from domain.grid.outages.store.signals import StoredSignal
from domain.kernel.canonical import derived_id
from domain.kernel.lineage import enqueue

OF_METERS = (
    "POWER_OUT",
    "POWER_ON",
    "PING_OK",
    "PING_NO_ANSWER",
    "CALL",
    "READ_NORMAL",
    "CREW_OUT",
    "CREW_ENERGISED",
)
OF_DEVICES = ("SCADA_OPEN", "SCADA_CLOSED", "FAULT_INDICATOR")
MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Report:
    """One report as it came in. A meter reports for itself, SCADA and fault indicators for a device."""

    type: str
    at: datetime
    source: str
    meter_id: str | None = None
    device_id: str | None = None
    arrived_at: datetime | None = None
    value: float | None = None
    scenario_event_id: str | None = None


@dataclass
class Taken:
    """What became of a batch. `rejected` names row (from 0), code and reason; at most a hundred are named."""

    accepted: int = 0
    duplicates: int = 0
    rejected_count: int = 0
    rejected: list[dict[str, object]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers by name, as answers carry them."""
        return {"accepted": self.accepted, "duplicates": self.duplicates, "rejected": self.rejected_count}

    def refuse(self, row: int, code: str, why: str) -> None:
        """Count a row that was refused, and say why."""
        self.rejected_count += 1
        if len(self.rejected) < MOST_TOLD:
            self.rejected.append({"row": row, "code": code, "reason": why})


def take_in(connection: Connection, tenant_id: str, reports: Sequence[Report], now: datetime) -> Taken:
    """Store what is sound of a batch, in the caller's transaction; `now` is when it arrived, where it does not say."""
    taken = Taken()
    meters = signals.known_meters(connection, sorted({one.meter_id for one in reports if one.meter_id}))
    devices = signals.known_devices(connection, sorted({one.device_id for one in reports if one.device_id}))
    sound: dict[object, StoredSignal] = {}
    for row, report in enumerate(reports):
        refused = _refusal(report, meters, devices, now)
        if refused is not None:
            taken.refuse(row, *refused)
            continue
        stored = _stored(tenant_id, report, now)
        sound.setdefault(stored.meter_event_id, stored)
    taken.accepted = signals.insert(connection, list(sound.values()))
    taken.duplicates = len(reports) - taken.rejected_count - taken.accepted
    if taken.accepted:
        enqueue(connection, ("grid", "meter_events"), metadata=taken.counts)
    return taken


def _refusal(report: Report, meters: set[str], devices: set[str], now: datetime) -> tuple[str, str] | None:
    if report.type not in OF_METERS and report.type not in OF_DEVICES:
        return "UNKNOWN_TYPE", f"{report.type!r} is none of {', '.join((*OF_METERS, *OF_DEVICES))}."
    if report.type in OF_DEVICES:
        if report.device_id is None or report.meter_id is not None:
            return "DEVICE_EXPECTED", f"{report.type} is reported for a device_id, and for no meter_id."
        if report.device_id not in devices:
            return "UNKNOWN_DEVICE", f"The network has no device {report.device_id!r}."
    elif report.meter_id is None or report.device_id is not None:
        return "METER_EXPECTED", f"{report.type} is reported for a meter_id, and for no device_id."
    elif report.meter_id not in meters:
        return "UNKNOWN_METER", f"No active meter is called {report.meter_id!r}."
    arrived = report.arrived_at or now
    if arrived > now + CLOCK_TOLERANCE:
        return "NOT_ARRIVED_YET", "arrived_at lies in the future."
    # Clocks of meters drift; what says to be later than this after its arrival is refused.
    if report.at > arrived + CLOCK_TOLERANCE:
        return "AFTER_ARRIVAL", "at is later than the report's arrival."
    if report.at < EARLIEST:
        return "TOO_OLD", f"at lies before {EARLIEST:%Y}."
    return None


def _stored(tenant_id: str, report: Report, now: datetime) -> StoredSignal:
    who = report.meter_id or report.device_id or ""
    # The same instant is the same report, in whatever zone it was written.
    at, arrived_at = report.at.astimezone(UTC), (report.arrived_at or now).astimezone(UTC)
    made = derived_id("grid.signal", tenant_id, report.type, who, at.isoformat(), report.source)
    return StoredSignal(
        made,
        report.meter_id,
        report.device_id,
        report.type,
        at,
        arrived_at,
        report.source,
        report.value,
        report.scenario_event_id,
    )
