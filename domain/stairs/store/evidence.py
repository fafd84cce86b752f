"""Evidence records: what was captured at an instance, and what of its bytes has arrived. Grain: one file."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound

_JSON = {"gps_coordinates", "metadata"}


def insert(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Write a record; whether it is new. The same id again changes nothing."""
    columns = sorted(row)
    values = ", ".join(f"CAST(:{name} AS jsonb)" if name in _JSON else f":{name}" for name in columns)
    given = {name: json.dumps(value) if name in _JSON and value is not None else value for name, value in row.items()}
    done = connection.execute(
        text(
            f"INSERT INTO evidence_records ({', '.join(columns)}) VALUES ({values})"
            " ON CONFLICT (tenant_id, evidence_id) DO NOTHING"
        ),
        given,
    )
    return done.rowcount == 1


def load(connection: Connection, evidence_id: uuid.UUID, *, lock: bool = False) -> dict[str, Any]:
    """One record with the state of its session.

    Raises:
        NotFound: the tenant has no such record.
    """
    row = connection.execute(
        text(
            "SELECT e.*, s.status AS session_status FROM evidence_records AS e"
            " JOIN test_sessions AS s ON s.tenant_id = e.tenant_id AND s.id = e.session_id"
            " WHERE e.tenant_id = current_setting('app.tenant') AND e.evidence_id = :id"
            f"{' FOR UPDATE OF e' if lock else ''}"
        ),
        {"id": evidence_id},
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no evidence {evidence_id}.", hint="Register it first: POST .../instances/{id}/evidence."
        )
    return dict(row._mapping)


def arrived(connection: Connection, evidence_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    """Note what of the bytes has arrived."""
    told = ", ".join(f"{name} = :{name}" for name in sorted(values))
    connection.execute(
        text(
            f"UPDATE evidence_records SET {told} WHERE tenant_id = current_setting('app.tenant') AND evidence_id = :id"
        ),
        {**values, "id": evidence_id},
    )


def of_instance(connection: Connection, instance_id: uuid.UUID) -> list[dict[str, Any]]:
    """The records of an instance in the order of capture."""
    rows = connection.execute(
        text(
            "SELECT * FROM evidence_records WHERE tenant_id = current_setting('app.tenant') AND instance_id = :id"
            " ORDER BY captured_at, evidence_id"
        ),
        {"id": instance_id},
    )
    return [dict(row._mapping) for row in rows]


def of_session(connection: Connection, session_id: uuid.UUID) -> list[dict[str, Any]]:
    """The records of a session, by instance and capture."""
    rows = connection.execute(
        text(
            "SELECT * FROM evidence_records WHERE tenant_id = current_setting('app.tenant') AND session_id = :id"
            " ORDER BY instance_id, captured_at, evidence_id"
        ),
        {"id": session_id},
    )
    return [dict(row._mapping) for row in rows]


def measured(connection: Connection, evidence_id: uuid.UUID, resolution: str) -> None:
    """Note the resolution that the bytes themselves have, in place of what the device said."""
    connection.execute(
        text(
            "UPDATE evidence_records SET metadata = COALESCE(metadata, '{}') || jsonb_build_object('resolution',"
            " CAST(:resolution AS text)) WHERE tenant_id = current_setting('app.tenant') AND evidence_id = :id"
        ),
        {"resolution": resolution, "id": evidence_id},
    )
