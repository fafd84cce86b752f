"""Signals of meters and devices: what was reported, when it was so, when it reached us. Insert-only but for links."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.grid.outages.rules.signals import Signal

_INSERT = text("""
INSERT INTO meter_events (meter_event_id, meter_id, device_id, type, at, arrived_at, source, value, scenario_event_id)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:meters AS text[]), CAST(:devices AS text[]), CAST(:types AS text[]),
  CAST(:ats AS timestamptz[]), CAST(:arrived AS timestamptz[]), CAST(:sources AS text[]),
  CAST(:values AS double precision[]), CAST(:scenarios AS text[]))
ON CONFLICT (tenant_id, meter_event_id) DO NOTHING
""")
_BETWEEN = text("""
SELECT meter_event_id, meter_id, device_id, type, at, arrived_at, source, value
FROM meter_events
WHERE tenant_id = current_setting('app.tenant') AND at >= :since AND at <= :as_of AND arrived_at <= :as_of
ORDER BY at, meter_event_id
""")


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """One row of `meter_events`. `value`: volts or amperes, where the type has one."""

    meter_event_id: uuid.UUID
    meter_id: str | None
    device_id: str | None
    type: str
    at: datetime
    arrived_at: datetime
    source: str
    value: float | None = None
    scenario_event_id: str | None = None


def insert(connection: Connection, signals: Sequence[StoredSignal]) -> int:
    """Insert those that are not there yet; answer how many were new."""
    if not signals:
        return 0
    done = connection.execute(
        _INSERT,
        {
            "ids": [one.meter_event_id for one in signals],
            "meters": [one.meter_id for one in signals],
            "devices": [one.device_id for one in signals],
            "types": [one.type for one in signals],
            "ats": [one.at for one in signals],
            "arrived": [one.arrived_at for one in signals],
            "sources": [one.source for one in signals],
            "values": [one.value for one in signals],
            "scenarios": [one.scenario_event_id for one in signals],
        },
    )
    return done.rowcount


def known_meters(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of the ids are active meters."""
    return _known(connection, "SELECT meter_id FROM meters WHERE is_active AND meter_id", ids)


def known_devices(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of the ids are devices of the current network."""
    return _known(connection, "SELECT device_id FROM devices WHERE device_id", ids)


def _known(connection: Connection, asked: str, ids: Sequence[str]) -> set[str]:
    if not ids:
        return set()
    statement = text(f"{asked} = ANY(:ids) AND tenant_id = current_setting('app.tenant')")
    return set(connection.execute(statement, {"ids": list(ids)}).scalars())


def between(connection: Connection, since: datetime, as_of: datetime) -> list[StoredSignal]:
    """What was so from `since` on and had arrived by `as_of`, in order of time and id."""
    rows = connection.execute(_BETWEEN, {"since": since, "as_of": as_of})
    return [StoredSignal(*row) for row in rows]


def watermark(connection: Connection) -> datetime | None:
    """When the newest signal arrived: the default as-of time; None where there is none."""
    found: datetime | None = connection.execute(
        text("SELECT max(arrived_at) FROM meter_events WHERE tenant_id = current_setting('app.tenant')")
    ).scalar_one()
    return found


def link(
    connection: Connection, meter_ids: Sequence[str], since: datetime, until: datetime, **ids: uuid.UUID | None
) -> int:
    """Name the outage that explains the signals of the meters in the window; answer how many were linked.

    Args:
        connection: bound to the tenant.
        meter_ids: whose.
        since: from when on.
        until: until when.
        ids: prov_outage_id, canon_outage_id.
    """
    changes = ", ".join(f"{name} = :{name}" for name in sorted(ids))
    done = connection.execute(
        text(
            f"UPDATE meter_events SET {changes} WHERE tenant_id = current_setting('app.tenant')"
            " AND meter_id = ANY(:meters) AND at BETWEEN :since AND :until AND canon_outage_id IS NULL"
        ),
        {"meters": list(meter_ids), "since": since, "until": until, **ids},
    )
    return done.rowcount


def as_signal(one: StoredSignal) -> Signal:
    """A stored signal as the rules read it."""
    return Signal(
        one.meter_id or "",
        one.type,
        one.at,
        one.arrived_at,
        one.source,
        one.device_id,
        one.value,
        str(one.meter_event_id),
    )
