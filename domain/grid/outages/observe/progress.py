"""Follow open outages: who is back, in which step, and when all are; and what the control room reports of its work."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.outages.rules.as_of import in_utc
from domain.grid.outages.rules.restoration import Out, restored, steps
from domain.grid.outages.store import outages, signals
from domain.grid.outages.store.outages import ENDED, Outage
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.redaction import redact

_SUPPLIED = text("""
SELECT i.meter_id, min(e.at) AS at
FROM outage_impacts AS i
INNER JOIN meter_events AS e ON e.tenant_id = i.tenant_id AND e.meter_id = i.meter_id AND e.at > i.out_at
WHERE i.tenant_id = current_setting('app.tenant') AND i.outage_id = :id AND i.restored_at IS NULL
  AND e.type IN ('POWER_ON', 'PING_OK', 'READ_NORMAL', 'CREW_ENERGISED') AND e.arrived_at <= :as_of
  AND NOT EXISTS (
    SELECT 1 FROM meter_events AS again
    WHERE again.tenant_id = e.tenant_id AND again.meter_id = e.meter_id AND again.type = 'POWER_OUT'
      AND again.at >= e.at AND again.at < e.at + interval '60 seconds' AND again.arrived_at <= :as_of
  )
GROUP BY i.meter_id
""")
_DARK = text("""
SELECT DISTINCT ON (e.meter_id) e.meter_id, e.type
FROM meter_events AS e
INNER JOIN outage_impacts AS i ON i.tenant_id = e.tenant_id AND i.meter_id = e.meter_id AND i.outage_id = :id
WHERE e.tenant_id = current_setting('app.tenant') AND e.arrived_at <= :as_of AND e.at > i.out_at
  AND e.type IN ('PING_NO_ANSWER', 'CREW_OUT', 'CALL', 'POWER_ON', 'PING_OK', 'READ_NORMAL', 'CREW_ENERGISED')
ORDER BY e.meter_id, e.at DESC, e.type
""")
_STILL_OUT = {"PING_NO_ANSWER", "CREW_OUT"}
ORDER = ("OPEN", "DISPATCHED", "ARRIVED", "RESTORED", "CLOSED")
# In the order in which they happen; what is told later than it happened is told all the same.
TIMES = ("dispatched_at", "arrived_at", "fault_found_at", "isolated_at", "closed_at")
_STATUS = {"dispatched_at": "DISPATCHED", "arrived_at": "ARRIVED", "closed_at": "CLOSED"}
# Stamps of meters are not exact: what was said just before the first evidence is of the same outage.
EARLIER = timedelta(minutes=2)
# Crews may have been on their way before the first meter told.
EARLY = timedelta(days=1)


def follow(connection: Connection, as_of: datetime, *, actor_id: str) -> dict[str, int]:
    """Bring every open outage up to what had been reported by `as_of`; answer counts."""
    counts = {"outages": 0, "customers_restored": 0, "restored": 0}
    for outage in outages.listed(connection, ("OPEN", "DISPATCHED", "ARRIVED")):
        counts["outages"] += 1
        came_back, is_over = _follow(connection, outage, as_of, actor_id)
        counts["customers_restored"] += came_back
        counts["restored"] += is_over
    if counts["customers_restored"]:
        enqueue(connection, ("grid", "outage_impacts"), metadata=counts)
    return counts


def _follow(connection: Connection, outage: Outage, as_of: datetime, actor_id: str) -> tuple[int, bool]:
    asked = {"id": outage.outage_id, "as_of": as_of}
    beside = _beside(connection, outage.outage_id)
    impacts = outages.impacts(connection, outage.outage_id)
    meters = [one.meter_id for one in impacts]
    signals.link(connection, meters, outage.started_at - EARLIER, as_of, canon_outage_id=outage.outage_id)
    supplied = {row.meter_id: row.at for row in connection.execute(_SUPPLIED, asked)}
    dark = frozenset(row.meter_id for row in connection.execute(_DARK, asked) if row.type in _STILL_OUT)
    back = restored(
        [Out(one.meter_id, one.out_at, beside.get(one.meter_id)) for one in impacts if one.restored_at is None],
        supplied,
        as_of,
        standing=[(beside.get(one.meter_id), one.restored_at) for one in impacts if one.restored_at is not None],
        dark=dark,
    )
    count = outages.restore(connection, outage.outage_id, [(one.meter_id, one.restored_at, one.source) for one in back])
    if not count:
        return 0, False
    impacts = outages.impacts(connection, outage.outage_id)
    outages.number_steps(
        connection, outage.outage_id, steps([one.restored_at for one in impacts if one.restored_at is not None])
    )
    if any(one.restored_at is None for one in impacts):
        return count, False
    last = max(one.restored_at for one in impacts if one.restored_at is not None)
    outages.progress(connection, outage.outage_id, {"restored_at": last, "status": "RESTORED"})
    _tell(connection, outage.outage_id, "restored", last, actor_id, "MACHINE", {"customers": len(impacts)})
    return count, True


def _beside(connection: Connection, outage_id: uuid.UUID) -> dict[str, str | None]:
    rows = connection.execute(
        text(
            "SELECT m.meter_id, COALESCE(m.transformer_id, m.device_id) AS device FROM meters AS m"
            " INNER JOIN outage_impacts AS i ON i.tenant_id = m.tenant_id AND i.meter_id = m.meter_id"
            " WHERE m.tenant_id = current_setting('app.tenant') AND i.outage_id = :id"
        ),
        {"id": outage_id},
    )
    return {row.meter_id: row.device for row in rows}


def note_progress(
    connection: Connection,
    outage_id: uuid.UUID,
    told: Mapping[str, Any],
    *,
    now: datetime,
    actor_id: str,
    actor_role: str,
) -> Outage:
    """Write down what the control room reports: times of the work, cause, where the fault was found.

    Raises:
        NotFound: no such outage.
        Invalid: nothing told, a time that has not come or lies long before the outage, a device that is not there.
        Conflict: NOT_RESTORED, it cannot be closed while customers are out.
    """
    outage = outages.load(connection, outage_id, lock=True)
    changes = {name: value for name, value in redact(dict(told)).items() if value is not None}
    changes |= {name: _time(name, changes[name], outage, now) for name in TIMES if name in changes}
    _check(connection, changes)
    if "closed_at" in changes and outage.status not in ENDED:
        raise Conflict(
            "Customers are still out; the outage was not closed.",
            hint="GET /v1/outages/{outage_id} shows who. Report restorations first.",
            code="NOT_RESTORED",
        )
    status = next((_STATUS[name] for name in reversed(TIMES) if name in changes and name in _STATUS), outage.status)
    # A time that is told late does not lead back.
    changes["status"] = max(status, outage.status, key=ORDER.index)
    outages.progress(connection, outage_id, changes)
    for name in TIMES:
        if name in changes:
            step = name.removesuffix("_at")
            _tell(connection, outage_id, step, changes[name], actor_id, actor_role, _plain(changes))
    if not set(TIMES) & set(changes):
        _tell(connection, outage_id, "described", None, actor_id, actor_role, _plain(changes))
    return outages.load(connection, outage_id)


def _time(name: str, at: datetime, outage: Outage, now: datetime) -> datetime:
    told, earliest = in_utc(at, now, name), outage.started_at - EARLY
    if name == "closed_at" and outage.restored_at is not None:
        earliest = outage.restored_at
    if told < earliest:
        raise Invalid(
            f"{name} lies before what it follows; nothing was written down.",
            hint=f"The earliest is {earliest.astimezone(UTC).isoformat()}.",
            errors=[{"field": name, "message": "too early"}],
        )
    return told


def _check(connection: Connection, changes: Mapping[str, Any]) -> None:
    if not changes:
        raise Invalid("Nothing was told; nothing was written down.", hint="Send at least one member.")
    device = changes.get("true_device_id")
    if device is not None and device not in signals.known_devices(connection, [device]):
        raise Invalid(
            "The network has no such device; nothing was written down.",
            errors=[{"field": "true_device_id", "message": "unknown"}],
        )


def _plain(changes: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in sorted(changes.items()) if name != "status"}


def _tell(
    connection: Connection,
    outage_id: uuid.UUID,
    what: str,
    at: datetime | None,
    actor_id: str,
    actor_role: str,
    payload: Mapping[str, Any],
) -> None:
    record(
        connection,
        f"grid.outage.{what}",
        actor_id=actor_id,
        actor_role=actor_role,
        occurred_at=at,
        entity_type="outage",
        entity_id=str(outage_id),
        outage_id=str(outage_id),
        payload=payload,
    )
