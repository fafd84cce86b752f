"""Facts that a replay needs beside the outage's own rows: the ledger, customers, calls, daily reliability."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

_MINE = "tenant_id = current_setting('app.tenant')"
_FIRST_SIGNALS = text(f"""
SELECT type, min(at) AS at, count(*) AS n FROM meter_events
WHERE {_MINE} AND canon_outage_id = :id AND arrived_at <= :as_of GROUP BY type
""")
_LEDGER = text(f"""
SELECT event_type, occurred_at, event_id, actor_role, run_id FROM events
WHERE {_MINE} AND occurred_at <= :as_of
  AND (canon_outage_id = :id OR prov_outage_id = ANY(:provisionals)) ORDER BY occurred_at, event_id
""")
_APPROVALS = text(f"""
SELECT c.kind, u.name, c.signer_role, c.signed_at, c.content_hash, c.countersignature_id, c.reason
FROM countersignatures AS c
INNER JOIN users AS u ON u.id = c.signer_id
WHERE c.{_MINE} AND c.decision = 'APPROVED' AND c.signed_at <= :as_of AND c.countersignature_id = ANY(:ids)
ORDER BY c.signed_at, c.countersignature_id
""")
_DAYS = text(f"""
SELECT local_date, cmi / customers_served AS saidi_min FROM reliability_days
WHERE {_MINE} AND local_date >= :since AND local_date < :until ORDER BY local_date
""")


@dataclass(frozen=True)
class Told:
    """One event of the ledger about an outage."""

    event_type: str
    at: datetime
    event_id: uuid.UUID
    actor_role: str
    run_id: uuid.UUID | None


_CLOSED = text("""
SELECT o.outage_id::text AS outage_id, o.restored_at AS closed_at, d.type AS device_level,
  EXTRACT(EPOCH FROM e.p50_at - e.given_at) / 60.0 AS p50_min,
  EXTRACT(EPOCH FROM e.p90_at - e.given_at) / 60.0 AS p90_min,
  EXTRACT(EPOCH FROM o.restored_at - e.given_at) / 60.0 AS actual_min
FROM outages AS o
INNER JOIN outage_etrs AS e ON e.tenant_id = o.tenant_id AND e.outage_id = o.outage_id
INNER JOIN devices AS d ON d.tenant_id = o.tenant_id AND d.device_id = o.device_id
WHERE o.tenant_id = current_setting('app.tenant') AND o.restored_at <= :as_of AND e.given_at < o.restored_at
ORDER BY o.restored_at, o.outage_id, e.given_at
""")


@dataclass(frozen=True)
class Closed:
    """An estimate whose outage is over. Minutes from when it was given."""

    outage_id: str
    closed_at: datetime
    device_level: str
    p50_min: float
    p90_min: float
    actual_min: float


def closed_estimates(connection: Connection, as_of: datetime) -> list[Closed]:
    """Estimates of outages that were over by then, oldest first."""
    rows = connection.execute(_CLOSED, {"as_of": as_of})
    return [Closed(r.outage_id, r.closed_at, r.device_level, *map(float, r[3:])) for r in rows]


def first_signals(connection: Connection, outage_id: uuid.UUID, as_of: datetime) -> dict[str, tuple[datetime, int]]:
    """By type the first signal that the outage explains, and how many."""
    rows = connection.execute(_FIRST_SIGNALS, {"id": outage_id, "as_of": as_of})
    return {row.type: (row.at, row.n) for row in rows}


def gasped(connection: Connection, outage_id: uuid.UUID, as_of: datetime) -> int:
    """How many of the outage's meters sent a last gasp that arrived."""
    found = connection.execute(
        text(
            f"SELECT count(DISTINCT meter_id) FROM meter_events WHERE {_MINE} AND canon_outage_id = :id"
            " AND type = 'POWER_OUT' AND arrived_at <= :as_of"
        ),
        {"id": outage_id, "as_of": as_of},
    )
    return int(found.scalar_one())


def ledger(connection: Connection, outage_id: uuid.UUID, provisionals: list[uuid.UUID], as_of: datetime) -> list[Told]:
    """What the ledger tells of an outage and of the provisional ones that became it, oldest first."""
    asked = {"id": str(outage_id), "provisionals": [str(one) for one in provisionals], "as_of": as_of}
    return [Told(*row) for row in connection.execute(_LEDGER, asked)]


def first_believed(connection: Connection, prov_outage_id: uuid.UUID) -> datetime | None:
    """When the machine first held it to be out: the as-of time of the inference that created it."""
    found: datetime | None = connection.execute(
        text(
            f"SELECT min(occurred_at) FROM events WHERE {_MINE} AND prov_outage_id = :id"
            " AND event_type = 'grid.provisional.created'"
        ),
        {"id": str(prov_outage_id)},
    ).scalar_one()
    return found


def provisionals_of(connection: Connection, outage_id: uuid.UUID) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """The provisional outages that became it, each with the countersignature, by id."""
    rows = connection.execute(
        text(
            f"SELECT prov_outage_id, countersignature_id FROM provisional_outages WHERE {_MINE}"
            " AND canon_outage_id = :id AND countersignature_id IS NOT NULL ORDER BY prov_outage_id"
        ),
        {"id": outage_id},
    )
    return [(row.prov_outage_id, row.countersignature_id) for row in rows]


def approvals(connection: Connection, ids: list[uuid.UUID], as_of: datetime) -> list[dict[str, Any]]:
    """The acts of people among these countersignatures."""
    rows = connection.execute(_APPROVALS, {"ids": ids, "as_of": as_of})
    return [dict(row._mapping) for row in rows]


def customers_served(connection: Connection) -> int:
    """N_T: the tenant's active meters, at least 1."""
    found = connection.execute(text(f"SELECT count(*) FROM meters WHERE {_MINE} AND is_active")).scalar_one()
    return max(1, int(found))


def feeder_names(connection: Connection) -> dict[str, str]:
    """The names of the feeders by id."""
    rows = connection.execute(text(f"SELECT feeder_id, name FROM feeders WHERE {_MINE}"))
    return {row.feeder_id: row.name for row in rows}


def mean_kw(connection: Connection, outage_id: uuid.UUID) -> dict[str, float]:
    """What each customer of the outage draws on the mean of a year, in kW."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT m.meter_id, m.base_kwh_day / 24 AS kw FROM meters AS m"
            " INNER JOIN outage_impacts AS i ON i.tenant_id = m.tenant_id AND i.meter_id = m.meter_id"
            " WHERE i.tenant_id = current_setting('app.tenant') AND i.outage_id = :id"
        ),
        {"id": outage_id},
    )
    return {row.meter_id: row.kw for row in rows}


def saidi_days(connection: Connection, since: date, until: date) -> dict[date, float]:
    """SAIDI minutes of the days on record, for the major event threshold."""
    return {row.local_date: row.saidi_min for row in connection.execute(_DAYS, {"since": since, "until": until})}
