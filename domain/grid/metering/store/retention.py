"""Reads that are old enough to go: which local days, their rows in one order, and the removal of a day."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from domain.kernel.errors import Conflict
from domain.kernel.retention.policy import Cutoff, Piece
from domain.kernel.sqlfiles import sql_file
from domain.kernel.tenancy import Tenant, load_tenant

NAME = "meter_reads"
COLUMNS = (
    ("tenant_id", "text"),
    ("meter_id", "text"),
    ("feeder_id", "text"),
    ("read_at", "instant"),
    ("kwh", "float64"),
    ("voltage", "float64"),
    ("quality_flags", "int32"),
    ("interval_minutes", "int16"),
    ("source", "text"),
    ("arrived_at", "instant"),
    ("updated_at", "instant"),
)


class DayOfReads:
    """How a local day of reads is read for its archive: by meter and interval end."""

    def columns(self) -> Sequence[tuple[str, str]]:
        """The table's columns."""
        return COLUMNS

    def hold(self, connection: Connection, piece: Piece) -> None:
        """The same lock that a load of the day takes."""
        tenant = load_tenant(connection)
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
            {"key": f"reads|{tenant.tenant_id}|{piece.name}"},
        )

    def rows(self, connection: Connection, piece: Piece, group: int) -> Iterator[Sequence[Sequence[Any]]]:
        """The day's reads as they are stored, in groups, without holding the day in memory."""
        names = ", ".join(f"r.{name}" for name, _ in COLUMNS)
        found = connection.execute(
            text(
                f"SELECT {names} FROM meter_reads_electric AS r, day_bounds(:timezone, :day) AS b"
                " WHERE r.tenant_id = :tenant AND r.read_at >= b.from_ts AND r.read_at < b.to_ts"
                ' ORDER BY r.meter_id COLLATE "C", r.read_at'
            ),
            _binds(load_tenant(connection), piece),
            execution_options={"stream_results": True, "yield_per": group},
        )
        for rows in found.partitions(group):
            yield [tuple(row) for row in rows]

    def runs(self, connection: Connection, piece: Piece) -> list[str]:
        """The loads whose window touches the day, oldest first."""
        found = connection.execute(
            text(
                "SELECT batch_id FROM read_batches, day_bounds(:timezone, :day) AS b WHERE tenant_id = :tenant"
                " AND window_start < b.to_ts AND window_end >= b.from_ts ORDER BY published_at, batch_id"
            ),
            _binds(load_tenant(connection), piece),
        )
        return [str(batch_id) for batch_id in found.scalars()]


def old_days(connection: Connection, tenant: Tenant, cutoff: Cutoff, most: int) -> list[Piece]:
    """Whole local days of reads before the cutoff, oldest first."""
    found = connection.execute(
        text(sql_file("grid/queries/retention_days.sql")),
        {"tenant": tenant.tenant_id, "timezone": tenant.timezone, "before": cutoff.day, "n": most},
    )
    return [Piece(row.day.isoformat(), row.reads, row.last_change.isoformat()) for row in found]


def remove_day(connection: Connection, tenant: Tenant, piece: Piece, _cutoff: Cutoff) -> int:
    """Drop the day's partition; the database asks for the disposal that allows it."""
    found = connection.execute(text("SELECT day_dispose(:tenant, :day)"), _binds(tenant, piece))
    return int(found.scalar_one())


def refuse_disposed(connection: psycopg.Connection[Any], tenant_id: str, day: date) -> None:
    """Refuse reads of a day whose reads were archived and removed: its roll-ups stand and hold them already.

    Raises:
        Conflict: DAY_DISPOSED.
    """
    row = connection.execute(
        "SELECT d.artifact_id FROM retention_disposals AS d"
        " WHERE d.tenant_id = %s AND d.subject = %s AND d.piece = %s AND NOT EXISTS ("
        "   SELECT 1 FROM read_restores AS r WHERE r.tenant_id = d.tenant_id AND r.disposal_id = d.disposal_id)"
        " ORDER BY d.disposed_at DESC LIMIT 1",
        (tenant_id, NAME, day.isoformat()),
    ).fetchone()
    if row is not None:
        raise Conflict(
            f"The reads of {day} were archived and removed; nothing of this load was stored.",
            hint=f"They lie in artifact {row[0]}. Leave the day out of the load, or bring it back first with"
            f" `countersign reads restore --tenant {tenant_id} --day {day} --reason WHY` and load again.",
            code="DAY_DISPOSED",
        )


def _binds(tenant: Tenant, piece: Piece) -> dict[str, Any]:
    return {"tenant": tenant.tenant_id, "timezone": tenant.timezone, "day": date.fromisoformat(piece.name)}
