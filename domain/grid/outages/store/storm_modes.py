"""Declarations of storm mode: what people said, from when to when. Insert-only; the newest by a time is what holds."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_NEWEST = text("""
SELECT storm_mode_id, declared_at, mode, ends_at, reason, declared_by FROM storm_modes
WHERE tenant_id = current_setting('app.tenant') AND declared_at <= :at
ORDER BY declared_at DESC, storm_mode_id DESC LIMIT 1
""")
_INSERT = text("""
INSERT INTO storm_modes (storm_mode_id, declared_at, mode, ends_at, reason, declared_by)
VALUES (:storm_mode_id, :declared_at, :mode, :ends_at, :reason, :declared_by)
""")


@dataclass(frozen=True)
class StormMode:
    """One declaration. `mode` is ON, OFF or AUTOMATIC; `ends_at` is None for AUTOMATIC."""

    storm_mode_id: uuid.UUID
    declared_at: datetime
    mode: str
    ends_at: datetime | None
    reason: str
    declared_by: str


def put(connection: Connection, declared: StormMode) -> None:
    """Keep a declaration."""
    connection.execute(_INSERT, vars(declared))


def holding(connection: Connection, at: datetime) -> StormMode | None:
    """The declaration that holds at a time; None where storm mode comes and goes by itself."""
    row = connection.execute(_NEWEST, {"at": at}).one_or_none()
    if row is None or row.ends_at is None or row.ends_at <= at:
        return None
    return StormMode(**row._mapping)


def declared(connection: Connection, at: datetime) -> bool | None:
    """Whether a person's word says that it is a storm at a time; None where nobody's does."""
    found = holding(connection, at)
    return None if found is None else found.mode == "ON"
