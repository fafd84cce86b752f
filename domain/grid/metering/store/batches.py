"""The ledger of loads: one row a batch, the newest first."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.metering.store.kpi import rows


def batches(connection: Connection, limit: int = 25, before: datetime | None = None) -> list[dict[str, Any]]:
    """Batches that were published before `before` (now: None), newest first."""
    return rows(
        connection,
        "SELECT batch_id, source, file_name, write_mode, window_start, window_end, interval_minutes, counts,"
        " published_at FROM read_batches WHERE tenant_id = current_setting('app.tenant')"
        " AND (CAST(:before AS timestamptz) IS NULL OR published_at < :before)"
        " ORDER BY published_at DESC, batch_id LIMIT :n",
        before=before,
        n=limit,
    )
