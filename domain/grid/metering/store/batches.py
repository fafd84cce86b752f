"""The ledger of batches: what was loaded, when, and with which result."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import Invalid


def recent_batches(
    connection: Connection, limit: int, cursor: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of batches, newest first, and the cursor of the next page; None at the end.

    Raises:
        Invalid: a cursor that no page gave.
    """
    before, batch_id = _parse(cursor) if cursor else (None, None)
    found = [
        dict(row)
        for row in connection.execute(
            text(
                "SELECT batch_id, source, write_mode, window_start, window_end, interval_minutes, file_name, counts,"
                " published_at FROM read_batches WHERE tenant_id = current_setting('app.tenant')"
                " AND (CAST(:before AS timestamptz) IS NULL"
                "   OR (published_at, batch_id) < (CAST(:before AS timestamptz), CAST(:batch_id AS uuid)))"
                " ORDER BY published_at DESC, batch_id DESC LIMIT :n"
            ),
            {"before": before, "batch_id": batch_id, "n": limit + 1},
        ).mappings()
    ]
    page = found[:limit]
    following = f"{page[-1]['published_at'].isoformat()}~{page[-1]['batch_id']}" if len(found) > limit else None
    return page, following


def _parse(cursor: str) -> tuple[datetime, str]:
    try:
        moment, batch_id = cursor.split("~")
        return datetime.fromisoformat(moment), batch_id
    except ValueError as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause
