"""Provisional outages: what the machine holds to be out, until a person has decided. Grain: one belief."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

OPEN = ("CANDIDATE", "PROBABLE", "VERIFY")

_UPSERT = text("""
INSERT INTO provisional_outages (prov_outage_id, feeder_id, device_id, device_ids, eq_class_id, window_start,
  window_end, first_evidence_at, meters_predicted, meters_reported, meter_ids, posterior, posterior_meters_out,
  evidence, credible, next_pings, status, hold_until, nested_of, run_id)
VALUES (:prov_outage_id, :feeder_id, :device_id, :device_ids, :eq_class_id, :window_start, :window_end,
  :first_evidence_at, :meters_predicted, :meters_reported, :meter_ids, :posterior, :posterior_meters_out,
  CAST(:evidence AS jsonb), CAST(:credible AS jsonb), CAST(:next_pings AS jsonb), :status, :hold_until, :nested_of,
  :run_id)
ON CONFLICT (tenant_id, prov_outage_id) DO UPDATE SET
  device_id = EXCLUDED.device_id, device_ids = EXCLUDED.device_ids, eq_class_id = EXCLUDED.eq_class_id,
  window_end = EXCLUDED.window_end, meters_predicted = EXCLUDED.meters_predicted,
  meters_reported = EXCLUDED.meters_reported, meter_ids = EXCLUDED.meter_ids, posterior = EXCLUDED.posterior,
  posterior_meters_out = EXCLUDED.posterior_meters_out, evidence = EXCLUDED.evidence, credible = EXCLUDED.credible,
  next_pings = EXCLUDED.next_pings, status = EXCLUDED.status, hold_until = EXCLUDED.hold_until,
  nested_of = EXCLUDED.nested_of, run_id = EXCLUDED.run_id
WHERE provisional_outages.status NOT IN ('PROMOTED', 'REJECTED', 'MERGED')
  AND (SELECT as_of_ts FROM recommendation_runs
    WHERE tenant_id = EXCLUDED.tenant_id AND run_id = provisional_outages.run_id)
  <= (SELECT as_of_ts FROM recommendation_runs WHERE tenant_id = EXCLUDED.tenant_id AND run_id = EXCLUDED.run_id)
""")
_MINE = "tenant_id = current_setting('app.tenant')"
# Customers by the probability that they are out; lists begin with the most.
AT_STAKE = "posterior * meters_predicted"


@dataclass(frozen=True)
class Provisional:
    """One row of `provisional_outages`.

    Attributes:
        device_ids: the devices that no meter can tell apart, the likeliest first.
        meter_ids: the meters below, which are out if it is true.
        posterior: that one of device_ids is the topmost open device.
        evidence: facts with their log-likelihood ratios.
        credible: device classes with their posteriors, the smallest prefix of at least 0.9.
        next_pings: meters whose ping would tell most, with the expected gain in bits.
    """

    prov_outage_id: uuid.UUID
    feeder_id: str
    device_id: str
    device_ids: tuple[str, ...]
    eq_class_id: str
    window_start: datetime
    window_end: datetime
    first_evidence_at: datetime
    meters_predicted: int
    meters_reported: int
    meter_ids: tuple[str, ...]
    posterior: float
    posterior_meters_out: float
    evidence: list[dict[str, Any]]
    credible: list[dict[str, Any]]
    next_pings: list[dict[str, Any]]
    status: str
    hold_until: datetime | None
    nested_of: uuid.UUID | None
    run_id: uuid.UUID
    canon_outage_id: uuid.UUID | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    countersignature_id: uuid.UUID | None = None

    @property
    def at_stake(self) -> float:
        """Customers by the probability that they are out, as lists are ordered by it."""
        return self.posterior * self.meters_predicted

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided and nothing has explained it."""
        return self.status in OPEN


def put(connection: Connection, rows: Sequence[Provisional]) -> None:
    """Insert or bring up to date; what a person has decided, or a run of a later time has written, stays."""
    for one in rows:
        plain = {name: getattr(one, name) for name in _PLAIN}
        lists = {name: list(getattr(one, name)) for name in ("device_ids", "meter_ids")}
        told = {name: json.dumps(getattr(one, name)) for name in ("evidence", "credible", "next_pings")}
        connection.execute(_UPSERT, plain | lists | told)


_PLAIN = (
    "prov_outage_id",
    "feeder_id",
    "device_id",
    "eq_class_id",
    "window_start",
    "window_end",
    "first_evidence_at",
    "meters_predicted",
    "meters_reported",
    "posterior",
    "posterior_meters_out",
    "status",
    "hold_until",
    "nested_of",
    "run_id",
)


def load(connection: Connection, ids: Sequence[uuid.UUID], *, lock: bool = False) -> list[Provisional]:
    """Those of the ids that the tenant has, by id; locked for the caller where it is to decide."""
    ending = " FOR UPDATE" if lock else ""
    rows = connection.execute(
        text(
            f"SELECT * FROM provisional_outages WHERE {_MINE} AND prov_outage_id = ANY(:ids)"
            f" ORDER BY prov_outage_id{ending}"
        ),
        {"ids": list(ids)},
    )
    return [_of_row(row) for row in rows]


def listed(
    connection: Connection,
    statuses: Sequence[str],
    limit: int = 500,
    outage_id: uuid.UUID | None = None,
    after: tuple[float, uuid.UUID] | None = None,
) -> list[Provisional]:
    """In these states, the most customer-probability first (posterior times meters), then by id; those `after`."""
    stake, own = after or (None, None)
    rows = connection.execute(
        text(
            f"SELECT * FROM provisional_outages WHERE {_MINE} AND status = ANY(:statuses)"
            " AND (CAST(:outage AS uuid) IS NULL OR canon_outage_id = :outage)"
            f" AND (CAST(:stake AS float8) IS NULL OR {AT_STAKE} < :stake"
            f"   OR ({AT_STAKE} = :stake AND prov_outage_id > CAST(:id AS uuid)))"
            f" ORDER BY {AT_STAKE} DESC, prov_outage_id LIMIT :n"
        ),
        {"statuses": list(statuses), "n": limit, "outage": outage_id, "stake": stake, "id": own},
    )
    return [_of_row(row) for row in rows]


def in_order(connection: Connection, ids: Sequence[uuid.UUID]) -> list[Provisional]:
    """Those of the ids that the tenant has, in the order of lists."""
    rows = connection.execute(
        text(
            f"SELECT * FROM provisional_outages WHERE {_MINE} AND prov_outage_id = ANY(:ids)"
            f" ORDER BY {AT_STAKE} DESC, prov_outage_id"
        ),
        {"ids": list(ids)},
    )
    return [_of_row(row) for row in rows]


def lock(connection: Connection) -> None:
    """Let nobody else bring the tenant's provisional outages up to date until this transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('infer|' || current_setting('app.tenant'), 0))")
    )


def expire(connection: Connection, inferred: Sequence[uuid.UUID], before: datetime) -> int:
    """Let go of what the newest run no longer infers and nothing has confirmed since; answer how many."""
    done = connection.execute(
        text(
            f"UPDATE provisional_outages SET status = 'EXPIRED' WHERE {_MINE} AND status = ANY(:open)"
            " AND window_end < :before AND prov_outage_id <> ALL(:inferred)"
        ),
        {"open": list(OPEN), "before": before, "inferred": list(inferred)},
    )
    return done.rowcount


def decide(
    connection: Connection,
    prov_outage_id: uuid.UUID,
    status: str,
    *,
    outage_id: uuid.UUID | None,
    by: str,
    at: datetime,
    reason: str | None,
    countersignature_id: uuid.UUID,
) -> None:
    """Write a person's decision on a provisional outage down, with the signature that it rests on.

    Args:
        connection: the signing transaction.
        prov_outage_id: which one.
        status: what it is from now on.
        outage_id: the promoted outage that it became part of; None where it was refused.
        by: the person's id.
        at: when it was signed, UTC.
        reason: what the person wrote.
        countersignature_id: of the decision.
    """
    connection.execute(
        text(
            "UPDATE provisional_outages SET status = :status, canon_outage_id = :outage, decided_by = :by,"
            " decided_at = :at, reason = :reason, countersignature_id = :signature"
            f" WHERE {_MINE} AND prov_outage_id = :id"
        ),
        {
            "id": prov_outage_id,
            "status": status,
            "outage": outage_id,
            "by": by,
            "at": at,
            "reason": reason,
            "signature": countersignature_id,
        },
    )


def _of_row(row: Row[Any]) -> Provisional:
    members = {name: value for name, value in row._mapping.items() if name != "tenant_id"}
    members |= {name: tuple(members[name]) for name in ("device_ids", "meter_ids")}
    return Provisional(**members)
