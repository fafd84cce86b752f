"""Canonical outages and whom they touched. Rows begin with a countersignature; how they go on is observed."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.errors import NotFound

_MINE = "tenant_id = current_setting('app.tenant')"
ENDED = ("RESTORED", "CLOSED")
_INSERT = text("""
INSERT INTO outages (outage_id, canon_key, feeder_id, device_id, device_ids, status, started_at, detected_at,
  confirmed_at, customers_out_peak, run_id, countersignature_id)
VALUES (:outage_id, :canon_key, :feeder_id, :device_id, :device_ids, 'OPEN', :started_at, :detected_at, :confirmed_at,
  :customers, :run_id, :signature)
ON CONFLICT (tenant_id, canon_key) DO NOTHING
""")
_IMPACTS = text("""
INSERT INTO outage_impacts (outage_id, meter_id, out_at, source, critical)
SELECT :outage_id, m.meter_id, COALESCE(e.at, :out_at), CASE WHEN e.at IS NULL THEN 'inferred' ELSE 'last_gasp' END,
  m.critical_flag
FROM meters AS m
LEFT JOIN LATERAL (
  SELECT min(s.at) AS at FROM meter_events AS s
  WHERE s.tenant_id = m.tenant_id AND s.meter_id = m.meter_id AND s.type = 'POWER_OUT'
    AND s.at BETWEEN :since AND :until
) AS e ON TRUE
WHERE m.tenant_id = current_setting('app.tenant') AND m.meter_id = ANY(:meters)
  AND NOT EXISTS (
    SELECT 1 FROM outage_impacts AS i
    WHERE i.tenant_id = m.tenant_id AND i.outage_id = :outage_id AND i.meter_id = m.meter_id AND i.restored_at IS NULL
  )
ON CONFLICT (tenant_id, outage_id, meter_id, out_at) DO NOTHING
""")


@dataclass(frozen=True)
class Outage:
    """One row of `outages`: one canonical outage, promoted by the countersignature that it names."""

    outage_id: uuid.UUID
    canon_key: str
    feeder_id: str
    device_id: str
    device_ids: tuple[str, ...]
    cause: str | None
    status: str
    started_at: datetime
    detected_at: datetime | None
    confirmed_at: datetime | None
    dispatched_at: datetime | None
    arrived_at: datetime | None
    fault_found_at: datetime | None
    isolated_at: datetime | None
    restored_at: datetime | None
    closed_at: datetime | None
    customers_out_peak: int
    etr_first: datetime | None
    etr_current: datetime | None
    etr_p90: datetime | None
    planned: bool
    excluded_reason: str | None
    true_device_id: str | None
    true_zone_id: str | None
    run_id: uuid.UUID
    countersignature_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands over all: outages that are open, customers without supply, provisional outages that wait."""

    open_outages: int
    customers_out: int
    waiting: int
    at_stake: float


@dataclass(frozen=True, slots=True)
class Impact:
    """One customer's interruption. Grain: outage, meter and the instant it went out."""

    meter_id: str
    out_at: datetime
    restored_at: datetime | None
    step: int | None
    source: str
    critical: bool


def insert(connection: Connection, row: Mapping[str, Any]) -> bool:
    """The row of a new outage; the caller holds the countersignature that it names. False where it stands already."""
    return connection.execute(_INSERT, dict(row)).rowcount > 0


def impacts_insert(
    connection: Connection,
    outage_id: uuid.UUID,
    meters: Sequence[str],
    out_at: datetime,
    since: datetime,
    until: datetime,
) -> int:
    """Whom it touches, each since its own last gasp in the window or else since `out_at`; answer how many are new."""
    done = connection.execute(
        _IMPACTS,
        {"outage_id": outage_id, "meters": list(meters), "out_at": out_at, "since": since, "until": until},
    )
    return done.rowcount


def load(connection: Connection, outage_id: uuid.UUID, *, lock: bool = False) -> Outage:
    """The outage under that id; locked for the caller where it is to go on from how it stands.

    Raises:
        NotFound: the tenant has no such outage.
    """
    row = connection.execute(
        text(f"SELECT * FROM outages WHERE {_MINE} AND outage_id = :id{' FOR NO KEY UPDATE' if lock else ''}"),
        {"id": outage_id},
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such outage.", hint="GET /v1/outages lists what was promoted.")
    return _of_row(row)


def standing(connection: Connection) -> Standing:
    """How it stands over all; `at_stake` is customers by the probability that they are out."""
    row = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM outages"
            f"   WHERE {_MINE} AND status IN ('OPEN', 'DISPATCHED', 'ARRIVED')) AS open_outages,"
            " (SELECT count(*) FROM outage_impacts AS i INNER JOIN outages AS o"
            "   ON o.tenant_id = i.tenant_id AND o.outage_id = i.outage_id"
            "   WHERE i.tenant_id = current_setting('app.tenant') AND i.restored_at IS NULL"
            "     AND o.status IN ('OPEN', 'DISPATCHED', 'ARRIVED')) AS customers_out, w.waiting, w.at_stake"
            " FROM (SELECT count(*) AS waiting, COALESCE(sum(posterior * meters_predicted), 0) AS at_stake"
            f"   FROM provisional_outages WHERE {_MINE} AND status IN ('CANDIDATE', 'PROBABLE', 'VERIFY')) AS w"
        )
    ).one()
    return Standing(*row)


def listed(
    connection: Connection,
    statuses: Sequence[str],
    limit: int = 500,
    after: tuple[datetime, uuid.UUID] | None = None,
) -> list[Outage]:
    """In these states, the newest first; those `after`."""
    began, own = after or (None, None)
    rows = connection.execute(
        text(
            f"SELECT * FROM outages WHERE {_MINE} AND status = ANY(:statuses)"
            " AND (CAST(:began AS timestamptz) IS NULL OR started_at < :began"
            "   OR (started_at = :began AND outage_id > CAST(:id AS uuid)))"
            " ORDER BY started_at DESC, outage_id LIMIT :n"
        ),
        {"statuses": list(statuses), "n": limit, "began": began, "id": own},
    )
    return [_of_row(row) for row in rows]


def impacts(connection: Connection, outage_id: uuid.UUID) -> list[Impact]:
    """Whom it touched, by meter and time."""
    rows = connection.execute(
        text(
            f"SELECT meter_id, out_at, restored_at, step, source, critical FROM outage_impacts WHERE {_MINE}"
            ' AND outage_id = :id ORDER BY meter_id COLLATE "C", out_at'
        ),
        {"id": outage_id},
    )
    return [Impact(*row) for row in rows]


def progress(connection: Connection, outage_id: uuid.UUID, changes: Mapping[str, Any]) -> None:
    """How an outage goes on: columns that are observed, never what was signed."""
    if not changes:
        return
    assigned = ", ".join(f"{name} = :{name}" for name in sorted(changes))
    connection.execute(
        text(f"UPDATE outages SET {assigned} WHERE {_MINE} AND outage_id = :id"), {"id": outage_id, **changes}
    )


def restore(connection: Connection, outage_id: uuid.UUID, restored: Iterable[tuple[str, datetime, str]]) -> int:
    """Write down when customers came back: (meter, instant, source). What is restored already is left as it is."""
    rows = list(restored)
    if not rows:
        return 0
    done = connection.execute(
        text(
            "UPDATE outage_impacts AS i SET restored_at = GREATEST(r.at, i.out_at), source = r.source"
            " FROM unnest(CAST(:meters AS text[]), CAST(:ats AS timestamptz[]), CAST(:sources AS text[]))"
            " AS r (meter_id, at, source)"
            " WHERE i.tenant_id = current_setting('app.tenant') AND i.outage_id = :id AND i.meter_id = r.meter_id"
            " AND i.restored_at IS NULL"
        ),
        {
            "id": outage_id,
            "meters": [row[0] for row in rows],
            "ats": [row[1] for row in rows],
            "sources": [row[2] for row in rows],
        },
    )
    return done.rowcount


def number_steps(connection: Connection, outage_id: uuid.UUID, numbers: Mapping[datetime, int]) -> None:
    """Write down which step of the restoration brought each customer back."""
    connection.execute(
        text(
            "UPDATE outage_impacts AS i SET step = s.step"
            " FROM unnest(CAST(:ats AS timestamptz[]), CAST(:steps AS integer[])) AS s (at, step)"
            " WHERE i.tenant_id = current_setting('app.tenant') AND i.outage_id = :id AND i.restored_at = s.at"
            " AND i.step IS DISTINCT FROM s.step"
        ),
        {"id": outage_id, "ats": list(numbers), "steps": list(numbers.values())},
    )


def _of_row(row: Row[Any]) -> Outage:
    members = {name: value for name, value in row._mapping.items() if name != "tenant_id"}
    return Outage(**members | {"device_ids": tuple(members["device_ids"])})
