"""The outbox of lineage: what was made outside Dagster, told to Dagster's graph afterwards.

The API and the commands do not import Dagster. They write a row here in the transaction of the thing itself; a
sensor of the orchestration reads what waits, reports it as a runless materialisation and marks it sent. A row that
was reported but not marked, because the process died between, is reported twice: harmless, and its id tells.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.redaction import as_text, redact


@dataclass(frozen=True)
class Made:
    """One thing that was made. Grain: asset and partition.

    Attributes:
        outbox_id: the row's id.
        asset_key: as in the graph, for example ("grid", "meter_reads_electric").
        partition: a tenant id, or `2026-11-21|TENANT` for a local day of a tenant.
        metadata: what to show with it; no secret and no personal data.
    """

    outbox_id: int
    asset_key: tuple[str, ...]
    partition: str
    metadata: dict[str, Any]


def enqueue(
    connection: Connection,
    asset_key: Sequence[str],
    *,
    partition: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write down, in the caller's transaction, that `asset_key` was made; the partition is by default the tenant's."""
    connection.execute(
        text(
            "INSERT INTO lineage_outbox (asset_key, partition, metadata)"
            " VALUES (:asset_key, COALESCE(:partition, current_setting('app.tenant')), CAST(:metadata AS jsonb))"
        ),
        {
            "asset_key": list(asset_key),
            "partition": partition,
            "metadata": json.dumps(redact(dict(metadata or {})), default=as_text),
        },
    )


def waiting(connection: Connection, limit: int = 500) -> list[Made]:
    """What has not been reported yet, oldest first, locked for the caller; rows that another drain holds are left."""
    rows = connection.execute(
        text(
            "SELECT id, asset_key, partition, metadata FROM lineage_outbox"
            " WHERE tenant_id = current_setting('app.tenant') AND sent_at IS NULL"
            " ORDER BY id LIMIT :n FOR UPDATE SKIP LOCKED"
        ),
        {"n": limit},
    )
    return [Made(row.id, tuple(row.asset_key), row.partition, row.metadata) for row in rows]


def mark_sent(connection: Connection, sent: Sequence[Made]) -> None:
    """The rows were reported."""
    connection.execute(
        text(
            "UPDATE lineage_outbox SET sent_at = clock_timestamp(), attempts = attempts + 1"
            " WHERE tenant_id = current_setting('app.tenant') AND id = ANY(:ids)"
        ),
        {"ids": [made.outbox_id for made in sent]},
    )
