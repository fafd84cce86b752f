"""What phones sent, under the ids that they gave it; nothing is overwritten. Grain: one submission."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound


@dataclass(frozen=True)
class Submission:
    """One result as it arrived. outcome: accepted, conflict (a person decides) or locked (came after approval)."""

    submission_id: uuid.UUID
    session_id: uuid.UUID
    instance_id: uuid.UUID
    bundle_hash: str | None
    payload: dict[str, Any]
    payload_sha256: str
    device_clock: datetime | None
    submitted_by: uuid.UUID | None
    received_at: datetime
    outcome: str
    resolution: str | None = None
    resolved_by: uuid.UUID | None = None
    resolved_at: datetime | None = None
    resolution_reason: str | None = None


_COLUMNS = ", ".join(Submission.__dataclass_fields__)
_WRITTEN = [name for name in Submission.__dataclass_fields__ if not name.startswith("resol")]


def load(connection: Connection, submission_id: uuid.UUID, *, lock: bool = False) -> Submission | None:
    """The submission under that id, or None."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM session_submissions WHERE tenant_id = current_setting('app.tenant')"
            f" AND submission_id = :id{' FOR UPDATE' if lock else ''}"
        ),
        {"id": submission_id},
    ).one_or_none()
    return None if row is None else Submission(**row._mapping)


def insert(connection: Connection, one: Submission) -> None:
    """Keep a submission."""
    row: Mapping[str, Any] = {name: getattr(one, name) for name in _WRITTEN} | {"payload": json.dumps(one.payload)}
    values = ", ".join("CAST(:payload AS jsonb)" if name == "payload" else f":{name}" for name in _WRITTEN)
    connection.execute(
        text(f"INSERT INTO session_submissions ({', '.join(_WRITTEN)}) VALUES ({values})"),
        dict(row),
    )


def conflicts(connection: Connection, session_id: uuid.UUID, *, open_only: bool = True) -> list[Submission]:
    """Submissions that wait for a person, oldest first; with the settled ones where asked."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM session_submissions WHERE tenant_id = current_setting('app.tenant')"
            " AND session_id = :id AND outcome = 'conflict'"
            f"{' AND resolution IS NULL' if open_only else ''} ORDER BY received_at, submission_id"
        ),
        {"id": session_id},
    )
    return [Submission(**row._mapping) for row in rows]


def settle(
    connection: Connection, submission_id: uuid.UUID, resolution: str, by: uuid.UUID, at: datetime, reason: str
) -> None:
    """Note what a person decided about a conflict.

    Raises:
        NotFound: there is no such submission, or it is settled.
    """
    done = connection.execute(
        text(
            "UPDATE session_submissions SET resolution = :resolution, resolved_by = :by, resolved_at = :at,"
            " resolution_reason = :reason WHERE tenant_id = current_setting('app.tenant') AND submission_id = :id"
            " AND outcome = 'conflict' AND resolution IS NULL"
        ),
        {"resolution": resolution, "by": by, "at": at, "reason": reason, "id": submission_id},
    )
    if done.rowcount != 1:
        raise NotFound("There is no open conflict under that id.", hint="GET .../conflicts lists those that wait.")
