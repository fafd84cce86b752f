"""Write a network as the tenant's current topology version, in the caller's transaction.

The version's id follows from its content: importing the same content again changes nothing and says so. Substations,
nodes, edges, devices and transformers are replaced; feeders and meters are upserted, because reads point to them. A
meter that the new version no longer has is never deleted: it becomes inactive, and is counted.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection as PsycopgConnection
from psycopg import sql
from sqlalchemy import Connection, text

from domain.grid.network.rules.meters import settled
from domain.grid.network.rules.model import Finding, LoadProfile, Network
from domain.grid.network.tables import ALL, FEEDERS, METERS, REPLACED, NetworkTable
from domain.kernel.canonical import derived_id
from domain.kernel.tenancy import load_tenant


@dataclass(frozen=True)
class Saved:
    """What saving did.

    Attributes:
        is_new: False if this very content was already the current version, and nothing was written.
        retired_meters: ids of meters that the version no longer has, now inactive.
    """

    topology_version_id: uuid.UUID
    is_new: bool
    retired_meters: tuple[str, ...] = ()


def fingerprint(network: Network) -> str:
    """SHA-256 over every row that would be stored, in stored order, and over the shapes of the profiles."""
    digest = hashlib.sha256()
    for table in ALL:
        digest.update(table.name.encode())
        for row in table.rows(network):
            digest.update(repr(row).encode())
    for profile in network.profiles:
        digest.update(f"{profile.profile_id}|{profile.kind}|".encode())
        digest.update(profile.shape.tobytes())
    return digest.hexdigest()


def save_network(connection: Connection, network: Network, imported_at: datetime) -> Saved:
    """Make `network` the current version of the tenant that the transaction is bound to.

    Raises:
        NotFound: the transaction is bound to no tenant that exists.
    """
    tenant = load_tenant(connection)
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('network.import'), hashtext(:t))"), {"t": tenant.tenant_id}
    )
    network = settled(network, standing_meters(connection))
    version = derived_id("topology", tenant.tenant_id, fingerprint(network))
    if version == current_version(connection):
        return Saved(version, is_new=False)
    _version_row(connection, network, version, imported_at)
    for table in REPLACED:
        connection.execute(text(f"DELETE FROM {table.name} WHERE tenant_id = :t"), {"t": tenant.tenant_id})
        _put(connection, table, network, version)
    _put(connection, FEEDERS, network, version)
    _put(connection, METERS, network, version)
    _profiles(connection, network.profiles)
    return Saved(version, is_new=True, retired_meters=_retire(connection, version, tenant.tenant_id))


def standing_meters(connection: Connection) -> dict[str, str]:
    """Meter ids by their name in the source, active or not."""
    rows = connection.execute(text("SELECT external_ref, meter_id FROM meters WHERE external_ref <> ''"))
    return {row.external_ref: row.meter_id for row in rows}


def current_version(connection: Connection) -> uuid.UUID | None:
    """The version that stands; None before the first import."""
    found: uuid.UUID | None = connection.execute(
        text("SELECT topology_version_id FROM topology_versions ORDER BY imported_at DESC, topology_version_id LIMIT 1")
    ).scalar_one_or_none()
    return found


def _version_row(connection: Connection, network: Network, version: uuid.UUID, imported_at: datetime) -> None:
    """The row of this version; one that stood before and returns becomes the newest again."""
    connection.execute(
        text("""
INSERT INTO topology_versions (topology_version_id, source, source_sha256, imported_at, counts, findings)
VALUES (:version, :source, :sha256,
  GREATEST(:imported_at, (SELECT max(imported_at) + interval '1 microsecond' FROM topology_versions)),
  CAST(:counts AS jsonb), CAST(:findings AS jsonb))
ON CONFLICT (tenant_id, topology_version_id) DO UPDATE
SET imported_at = EXCLUDED.imported_at, source = EXCLUDED.source, source_sha256 = EXCLUDED.source_sha256"""),
        {
            "version": version,
            "source": network.source,
            "sha256": network.source_sha256,
            "imported_at": imported_at,
            "counts": json.dumps(network.counts()),
            "findings": json.dumps([as_json(finding) for finding in network.findings]),
        },
    )


def as_json(finding: Finding) -> dict[str, Any]:
    """A finding as it is stored and reported."""
    return {
        "severity": finding.severity,
        "code": finding.code,
        "count": finding.count,
        "text": finding.text,
        "examples": list(finding.examples),
    }


def _put(connection: Connection, table: NetworkTable, network: Network, version: uuid.UUID) -> None:
    """Copy the table's rows to a temporary table and upsert them from there (COPY refuses row-level security)."""
    columns = (*table.columns, "topology_version_id")
    staged = f"staged_{table.name}"
    connection.execute(text(f"CREATE TEMPORARY TABLE {staged} (LIKE {table.name} INCLUDING DEFAULTS) ON COMMIT DROP"))
    _copy(connection, staged, columns, ((*row, version) for row in table.rows(network)))
    names = ", ".join(columns)
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name != table.key)
    if table is METERS:
        changed += ", is_active = true"
    connection.execute(
        text(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staged}"
            f' ORDER BY {table.key} COLLATE "C" ON CONFLICT (tenant_id, {table.key}) DO UPDATE SET {changed}'
        )
    )
    connection.execute(text(f"DROP TABLE {staged}"))


def _copy(connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    raw: PsycopgConnection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _profiles(connection: Connection, profiles: tuple[LoadProfile, ...]) -> None:
    """Upsert the profiles; older ones stay, for what inactive meters name."""
    if not profiles:
        return
    connection.execute(
        text("CREATE TEMPORARY TABLE staged_profiles (LIKE load_profiles INCLUDING DEFAULTS) ON COMMIT DROP")
    )
    rows = ((one.profile_id, one.kind, one.source, one.shape.astype("<f4").tobytes()) for one in profiles)
    _copy(connection, "staged_profiles", ("profile_id", "kind", "source", "shape"), rows)
    connection.execute(
        text("""
INSERT INTO load_profiles (profile_id, kind, source, shape)
SELECT profile_id, kind, source, shape FROM staged_profiles ORDER BY profile_id COLLATE "C"
ON CONFLICT (tenant_id, profile_id) DO UPDATE
SET kind = EXCLUDED.kind, source = EXCLUDED.source, shape = EXCLUDED.shape""")
    )
    connection.execute(text("DROP TABLE staged_profiles"))


def _retire(connection: Connection, version: uuid.UUID, tenant_id: str) -> tuple[str, ...]:
    """Meters of older versions become inactive; feeders that no meter names any more go."""
    retired = connection.execute(
        text(
            "UPDATE meters SET is_active = false WHERE tenant_id = :t AND is_active AND topology_version_id <> :version"
            " RETURNING meter_id"
        ),
        {"t": tenant_id, "version": version},
    ).scalars()
    ids = tuple(sorted(retired))
    connection.execute(
        text(
            "DELETE FROM feeders WHERE tenant_id = :t AND topology_version_id <> :version AND NOT EXISTS"
            " (SELECT 1 FROM meters WHERE meters.tenant_id = :t AND meters.feeder_id = feeders.feeder_id)"
        ),
        {"t": tenant_id, "version": version},
    )
    return ids
