"""Read feeders and the summary of the current topology version."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class FeederRow:
    """A feeder of the current version with its size and loss model (`rules/losses.py`)."""

    feeder_id: str
    code: str
    name: str
    substation_id: str | None
    base_kv: float | None
    rated_a: float | None
    tech_loss_pct: float
    loss_noload_kw: float
    loss_copper_per_kw: float
    meters: int
    base_kwh_day: float


@dataclass(frozen=True)
class TopologyVersion:
    """One import as it stands in `topology_versions`."""

    topology_version_id: uuid.UUID
    source: str
    source_sha256: str
    imported_at: datetime
    counts: dict[str, int]
    findings: list[dict[str, Any]]


def load_feeders(connection: Connection) -> list[FeederRow]:
    """The feeders that have active meters or belong to the current version, by id."""
    rows = connection.execute(
        text("""
SELECT f.feeder_id, f.code, f.name, f.substation_id, f.base_kv, f.rated_a, f.tech_loss_pct, f.loss_noload_kw,
  f.loss_copper_per_kw, count(m.meter_id) AS meters, COALESCE(sum(m.base_kwh_day), 0) AS base_kwh_day
FROM feeders AS f
LEFT JOIN meters AS m ON m.tenant_id = f.tenant_id AND m.feeder_id = f.feeder_id AND m.is_active
WHERE f.topology_version_id =
  (SELECT topology_version_id FROM topology_versions ORDER BY imported_at DESC, topology_version_id LIMIT 1)
GROUP BY f.tenant_id, f.feeder_id
ORDER BY f.feeder_id COLLATE "C" """)
    )
    return [FeederRow(*row) for row in rows]


def load_versions(connection: Connection, limit: int = 20) -> list[TopologyVersion]:
    """The newest versions first; the first is the current one."""
    rows = connection.execute(
        text("""
SELECT topology_version_id, source, source_sha256, imported_at, counts, findings
FROM topology_versions ORDER BY imported_at DESC, topology_version_id LIMIT :limit"""),
        {"limit": limit},
    )
    return [TopologyVersion(*row) for row in rows]


def load_counts(connection: Connection) -> dict[str, int]:
    """How many rows the tenant's network has now."""
    row = connection.execute(
        text("""
SELECT (SELECT count(*) FROM substations) AS substations, (SELECT count(*) FROM feeders) AS feeders,
  (SELECT count(*) FROM network_nodes) AS nodes, (SELECT count(*) FROM network_edges) AS edges,
  (SELECT count(*) FROM devices) AS devices, (SELECT count(*) FROM devices WHERE assumed) AS assumed_devices,
  (SELECT count(*) FROM devices WHERE normally_open) AS open_ties,
  (SELECT count(*) FROM transformers) AS transformers, (SELECT count(*) FROM meters WHERE is_active) AS meters,
  (SELECT count(*) FROM meters WHERE NOT is_active) AS inactive_meters,
  (SELECT count(*) FROM meters WHERE is_active AND has_pv) AS meters_with_pv,
  (SELECT count(*) FROM load_profiles) AS load_profiles""")
    ).one()
    return dict(row._mapping)
