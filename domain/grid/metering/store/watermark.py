"""How far a tenant's reads go, by source: the ingest watermark that stands in for a clock."""

from datetime import datetime

from sqlalchemy import Connection, text


def ingest_watermark(connection: Connection, source: str | None = None) -> datetime | None:
    """The latest interval end that any batch of reads (of `source`, when given) covers; None before the first.

    A file of delivered energy says nothing of how far the reads go.
    """
    found: datetime | None = connection.execute(
        text(
            "SELECT max(window_end) FROM read_batches WHERE tenant_id = current_setting('app.tenant')"
            " AND source = COALESCE(CAST(:source AS text), source)"
            " AND (CAST(:source AS text) IS NOT NULL OR source NOT LIKE 'file:%delivered')"
        ),
        {"source": source},
    ).scalar()
    return found


def last_arrival(connection: Connection) -> datetime | None:
    """When the last batch was written."""
    found: datetime | None = connection.execute(
        text("SELECT max(published_at) FROM read_batches WHERE tenant_id = current_setting('app.tenant')")
    ).scalar()
    return found
