"""Bundles that were issued to devices. Grain: one content of one session."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


def issue(
    connection: Connection,
    session_id: uuid.UUID,
    bundle_hash: str,
    manifest: Mapping[str, Any],
    size_bytes: int,
    at: datetime,
) -> None:
    """Note that a bundle was issued; the same content again keeps its first instant."""
    connection.execute(
        text(
            "INSERT INTO session_bundles (bundle_hash, session_id, issued_at, manifest, size_bytes)"
            " VALUES (:hash, :session, :at, CAST(:manifest AS jsonb), :size)"
            " ON CONFLICT (tenant_id, session_id, bundle_hash) DO NOTHING"
        ),
        {"hash": bundle_hash, "session": session_id, "at": at, "manifest": json.dumps(manifest), "size": size_bytes},
    )


def first_issued(connection: Connection, session_id: uuid.UUID) -> datetime | None:
    """When the first bundle of the session was issued, or None.

    A device that fetched a newer one still holds what it measured under an older: before the first, nothing was.
    """
    found: datetime | None = connection.execute(
        text(
            "SELECT min(issued_at) FROM session_bundles"
            " WHERE tenant_id = current_setting('app.tenant') AND session_id = :session"
        ),
        {"session": session_id},
    ).scalar_one()
    return found
