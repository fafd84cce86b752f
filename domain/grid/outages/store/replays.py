"""Replays: what is told of an outage afterwards. The summary never changes; where its files lie is added to it."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.errors import NotFound

_MINE = "tenant_id = current_setting('app.tenant')"


@dataclass(frozen=True)
class Replay:
    """One row of `outage_replays`. `report_blob_ref` names files by artifact and key, never by a signed link."""

    replay_id: uuid.UUID
    outage_id: uuid.UUID
    generated_at: datetime
    as_of: datetime
    run_ids: tuple[uuid.UUID, ...]
    run_id: uuid.UUID
    input_hash: str
    content_hash: str
    summary: dict[str, Any]
    report_blob_ref: dict[str, Any]
    status: str
    countersignature_id: uuid.UUID | None


def insert(
    connection: Connection,
    *,
    replay_id: uuid.UUID,
    outage_id: uuid.UUID,
    as_of: datetime,
    run_ids: Sequence[uuid.UUID],
    run_id: uuid.UUID,
    input_hash: str,
    content_hash: str,
    summary: dict[str, Any],
) -> None:
    """Keep a replay; the same one again changes nothing. Grain: outage, instant and inputs.

    `generated_at` is `as_of`, not the wall clock, so that its bytes stay; `content_hash` is the SHA-256 that is signed.
    """
    connection.execute(
        text(
            "INSERT INTO outage_replays (replay_id, outage_id, generated_at, as_of, run_ids, run_id, input_hash,"
            " content_hash, summary) VALUES (:replay_id, :outage_id, :as_of, :as_of, :run_ids, :run_id, :input_hash,"
            " :content_hash, CAST(:summary AS jsonb)) ON CONFLICT (tenant_id, replay_id) DO NOTHING"
        ),
        {
            "replay_id": replay_id,
            "outage_id": outage_id,
            "as_of": as_of,
            "run_ids": list(run_ids),
            "run_id": run_id,
            "input_hash": input_hash,
            "content_hash": content_hash,
            "summary": json.dumps(summary),
        },
    )


def load(connection: Connection, replay_id: uuid.UUID) -> Replay:
    """The replay under that id.

    Raises:
        NotFound: the tenant has no such replay.
    """
    row = connection.execute(
        text(f"SELECT * FROM outage_replays WHERE {_MINE} AND replay_id = :id"), {"id": replay_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such replay.", hint="POST /v1/replays/after-action/generate makes one.")
    return _of_row(row)


def of_outage(connection: Connection, outage_id: uuid.UUID) -> list[Replay]:
    """The replays of an outage, the newest first."""
    rows = connection.execute(
        text(f"SELECT * FROM outage_replays WHERE {_MINE} AND outage_id = :id ORDER BY generated_at DESC, replay_id"),
        {"id": outage_id},
    )
    return [_of_row(row) for row in rows]


def newest(connection: Connection) -> Replay | None:
    """The replay of the latest story, a signed one before others of it; None where nothing was replayed."""
    row = connection.execute(
        text(
            f"SELECT * FROM outage_replays WHERE {_MINE}"
            " ORDER BY as_of DESC, (countersignature_id IS NULL), replay_id LIMIT 1"
        )
    ).one_or_none()
    return None if row is None else _of_row(row)


def refer(
    connection: Connection,
    replay_id: uuid.UUID,
    edition: str,
    files: dict[str, Any],
    countersignature_id: uuid.UUID | None = None,
) -> None:
    """Name the files of an edition, draft or signed."""
    connection.execute(
        text(
            "UPDATE outage_replays SET report_blob_ref = report_blob_ref || CAST(:ref AS jsonb),"
            " status = CASE WHEN CAST(:signature AS uuid) IS NOT NULL THEN 'SIGNED' WHEN status = 'SIGNED'"
            " THEN 'SIGNED' ELSE 'EXPORTED' END,"
            " countersignature_id = COALESCE(CAST(:signature AS uuid), countersignature_id)"
            f" WHERE {_MINE} AND replay_id = :id"
        ),
        {"id": replay_id, "ref": json.dumps({edition: files}), "signature": countersignature_id},
    )


def _of_row(row: Row[Any]) -> Replay:
    members = {name: value for name, value in row._mapping.items() if name != "tenant_id"}
    return Replay(**members | {"run_ids": tuple(members["run_ids"])})
