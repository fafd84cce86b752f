"""Find out which tables and columns GridLens works on, and keep what was found by version in `schema_map`.

Cheap when nothing changed: the catalogue's hash is compared with that of the stored mapping, and only another one is
measured anew. Nothing here writes to a table that is not ours.
"""

import json
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from domain.grid.metering.rules.schema import Detection, SchemaMapping
from domain.grid.metering.rules.schema_words import TABLES, Catalogue, Column, Table
from domain.kernel.canonical import content_hash
from domain.kernel.events import record
from domain.kernel.settings import settings
from domain.kernel.sqlfiles import sql_file

Driver = psycopg.Connection[Any]


def driver_of(connection: Connection) -> Driver:
    """The psycopg connection beneath, in the same transaction: identifiers that a utility chose are composed there."""
    found: Driver = connection.connection.driver_connection  # type: ignore[assignment]
    return found


def schema_in_use() -> str:
    """The schema that holds the meters, feeders and reads: an attached one, else our own."""
    return settings().attached_schema or settings().own_schema


def read_catalogue(driver: Driver, schema: str) -> Catalogue:
    """Tables, columns and keys under the names that GridLens knows."""
    values = {"schema": schema, "tables": list(TABLES)}
    columns: dict[str, list[Column]] = {}
    for table, *column in driver.execute(sql_file("grid/schema/columns.sql"), values):
        columns.setdefault(table, []).append(Column(*column))
    keys: dict[str, list[frozenset[str]]] = {}
    for table, key in driver.execute(sql_file("grid/schema/keys.sql"), values):
        keys.setdefault(table, []).append(frozenset(key))
    return Catalogue(
        schema, {name: Table(name, tuple(found), tuple(keys.get(name, ()))) for name, found in columns.items()}
    )


def belongs(column: Column | None, tenant_id: str, alias: str | None = None) -> sql.Composable:
    """The condition that a row is the tenant's; true where the table does not say whose its rows are."""
    if column is None:
        return sql.SQL("true")
    name = sql.Identifier(alias, column.name) if alias else sql.Identifier(column.name)
    return sql.SQL("{} = {}::{}").format(name, sql.Literal(tenant_id), sql.SQL(column.type))


def in_service(tenant: Column | None, active: Column | None, tenant_id: str, alias: str) -> sql.Composable:
    """The condition that a meter is the tenant's and not taken out of service."""
    mine = belongs(tenant, tenant_id, alias)
    if active is None:
        return mine
    return sql.SQL("{} AND coalesce({}, true)").format(mine, sql.Identifier(alias, active.name))


def stored(connection: Connection) -> dict[str, Any] | None:
    """The latest mapping of the tenant as it stands in `schema_map`."""
    row = (
        connection.execute(
            text(
                "SELECT version, mapping, coverage_pct, hash, detected_at FROM schema_map"
                " WHERE tenant_id = current_setting('app.tenant') ORDER BY version DESC LIMIT 1"
            )
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else dict(row)


def known_mapping(driver: Driver, tenant_id: str, catalogue: Catalogue) -> SchemaMapping | None:
    """The stored mapping, when it was made from this very catalogue."""
    row = driver.execute(
        "SELECT mapping FROM schema_map WHERE tenant_id = %s ORDER BY version DESC LIMIT 1", (tenant_id,)
    ).fetchone()
    if row is None or row[0].get("catalogue") != catalogue.digest():
        return None
    return SchemaMapping.from_json(catalogue, row[0])


def keep(connection: Connection, detection: Detection, now: datetime) -> int:
    """Store the mapping as a new version, with its event in the ledger, unless it is the one that stands.

    Answers the version in force.
    """
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('schema|' || current_setting('app.tenant'), 0))")
    )
    mapping = detection.mapping.as_json()
    digest, former = content_hash(mapping), stored(connection)
    if former is not None and former["hash"] == digest:
        return int(former["version"])
    version = 1 if former is None else int(former["version"]) + 1
    connection.execute(
        text(
            "INSERT INTO schema_map (version, mapping, coverage_pct, hash, detected_at)"
            " VALUES (:version, CAST(:mapping AS jsonb), :coverage, :hash, :now)"
        ),
        {
            "version": version,
            "mapping": json.dumps(mapping),
            "coverage": round(detection.chosen.coverage_pct, 4),
            "hash": digest,
            "now": now,
        },
    )
    record(
        connection,
        "grid.schema.detected",
        actor_id="schema detection",
        actor_role="MACHINE",
        occurred_at=now,
        entity_type="schema_map",
        entity_id=str(version),
        payload={"join": mapping["join"], "schema": mapping["schema"], "hash": digest}
        | {"candidates": [str(one) for one in detection.candidates]},
    )
    return version
