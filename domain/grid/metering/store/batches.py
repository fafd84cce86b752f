"""The ledger of batches: what was loaded, when, and with which result."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from domain.kernel.errors import Invalid


def recent_batches(
    connection: Connection, limit: int, cursor: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of batches, newest first, and the cursor of the next page; None at the end.

    What was loaded at the same instant, as the days of a history are, stands with the latest window first.

    Raises:
        Invalid: a cursor that no page gave.
    """
    before, window_end, batch_id = _parse(cursor) if cursor else (None, None, None)
    found = [
        dict(row)
        for row in connection.execute(
            text(
                "SELECT batch_id, source, write_mode, window_start, window_end, interval_minutes, file_name, counts,"
                " published_at FROM read_batches WHERE tenant_id = current_setting('app.tenant')"
                " AND (CAST(:before AS timestamptz) IS NULL"
                "   OR (published_at, window_end, batch_id)"
                "     < (CAST(:before AS timestamptz), CAST(:window_end AS timestamptz), CAST(:batch_id AS uuid)))"
                " ORDER BY published_at DESC, window_end DESC, batch_id DESC LIMIT :n"
            ),
            {"before": before, "window_end": window_end, "batch_id": batch_id, "n": limit + 1},
        ).mappings()
    ]
    page = found[:limit]
    following = _cursor(page[-1]) if len(found) > limit else None
    return page, following


def _cursor(row: dict[str, Any]) -> str:
    return f"{row['published_at'].isoformat()}~{row['window_end'].isoformat()}~{row['batch_id']}"


def _parse(cursor: str) -> tuple[datetime, datetime, str]:
    try:
        published_at, window_end, batch_id = cursor.split("~")
        return datetime.fromisoformat(published_at), datetime.fromisoformat(window_end), str(UUID(batch_id))
    except ValueError as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause
