"""What is needed to make a load again and compare it: its record, the values that gave way, what was archived."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.metering.rules.fingerprint import Line
from domain.grid.metering.store.audits import LocalDay, Row
from domain.kernel.errors import NotFound

Window = tuple[datetime, datetime]
Value = tuple[str, int, float, float | None, int]


@dataclass(frozen=True)
class RecordedBatch:
    """One load as it stands on record."""

    batch_id: uuid.UUID
    digest: str
    source: str
    window_start: datetime
    window_end: datetime
    made_from: dict[str, Any]


def recorded_batch(connection: Connection, batch_id: uuid.UUID) -> RecordedBatch:
    """The load of a run.

    Raises:
        NotFound: its row is gone.
    """
    row = connection.execute(
        text(
            "SELECT batch_id, digest, source, window_start, window_end, made_from FROM read_batches"
            " WHERE tenant_id = current_setting('app.tenant') AND batch_id = :id"
        ),
        {"id": batch_id},
    ).one_or_none()
    if row is None:
        raise NotFound("The ledger names the load, and its record is gone.")
    return RecordedBatch(**row._mapping)


def disposed_days(connection: Connection) -> set[str]:
    """Local days whose reads were archived and removed, and not brought back."""
    found = connection.execute(text("SELECT DISTINCT local_date FROM v_read_archives WHERE is_cold"))
    return {day.isoformat() for day in found.scalars()}


def kept_values(connection: Connection, day: LocalDay) -> set[Value]:
    """Values of the day that did not become, or no longer are, the read."""
    rows = connection.execute(
        text(
            "SELECT meter_id, (extract(epoch FROM read_at) * 1000000)::bigint AS read_us, kwh, voltage, quality_flags"
            " FROM meter_read_versions WHERE tenant_id = :tenant AND read_at >= :from_ts AND read_at < :to_ts"
        ),
        day.binds,
    )
    return {(row.meter_id, row.read_us, row.kwh, row.voltage, row.quality_flags) for row in rows}


def is_alone(connection: Connection, batch: RecordedBatch) -> bool:
    """Whether no other load touches its window."""
    other = connection.execute(
        text(
            "SELECT 1 FROM read_batches WHERE tenant_id = current_setting('app.tenant') AND batch_id <> :id"
            " AND window_start < :until AND window_end > :after LIMIT 1"
        ),
        {"id": batch.batch_id, "after": batch.window_start, "until": batch.window_end},
    ).first()
    return other is None


def line_of(row: Row) -> Line:
    """A stored read as it is hashed."""
    return (row["meter_id"], row["read_us"], row["kwh"], row["voltage"], row["quality_flags"], row["arrived_us"])


def value_of(line: Line) -> Value:
    """A line without its arrival, which a version may have from another load."""
    return line[:5]
