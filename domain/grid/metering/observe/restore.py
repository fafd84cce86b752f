"""An archived day of reads brought back into the database, so that late reads can be loaded into it.

The rows go back as they were, the instants of their arrival and change with them. Roll-ups are not touched: they never
left. The day is archived anew when its time comes, on a signature or an order like any other.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pyarrow.parquet as pq
from sqlalchemy import Connection

from domain.grid.metering.store.cold import ColdDay, archived_days, cold_day
from domain.grid.metering.store.day_figures import has_reads
from domain.grid.metering.store.day_table import close_day, day_limits, key_day, open_day
from domain.grid.metering.store.retention import COLUMNS
from domain.kernel import artifacts
from domain.kernel.canonical import derived_id, new_id
from domain.kernel.db import loader_connection, transaction
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.objects.store import Store
from domain.kernel.retention import archive
from domain.kernel.tenancy import Tenant, load_tenant

TYPES = {"text": "text", "instant": "timestamptz", "float64": "float8", "int16": "int2", "int32": "int4"}
NAMES = [name for name, _ in COLUMNS]
_COPY = "COPY {} (" + ", ".join(NAMES) + ") FROM STDIN (FORMAT BINARY, FREEZE)"


@dataclass(frozen=True)
class Restored:
    """What came back; `is_new` is False where an earlier call had brought it back already."""

    day: date
    rows: int
    artifact_id: str
    is_new: bool = True


def restore_day(tenant_id: str, day: date, store: Store, *, actor: str, reason: str) -> Restored:
    """Bring one archived day back, in one transaction; a day that was brought back already is left as it is.

    Raises:
        NotFound: DAY_NOT_ARCHIVED, there are no reads of it, in the database or in an archive.
        Conflict: DAY_STANDS, its reads never left the database; OBJECT_DAMAGED or ARCHIVE_DIFFERS, the file is not
            what was archived; DAY_LOCKED.
    """
    with transaction(tenant_id) as connection:
        tenant = load_tenant(connection)
        archived = cold_day(connection, tenant, day)
        if archived is None:
            return _not_cold(connection, tenant, day)
    try:
        with artifacts.opened(store, archived.artifact) as file, loader_connection(tenant_id) as loader:
            _bring_back(loader, tenant, archived, file, actor, reason)
    except psycopg.errors.LockNotAvailable as cause:
        raise Conflict(
            "Somebody else is writing to that day; nothing was brought back.", hint="Try again.", code="DAY_LOCKED"
        ) from cause
    return Restored(day, archived.rows, str(archived.artifact.artifact_id))


def _not_cold(connection: Connection, tenant: Tenant, day: date) -> Restored:
    came_back = [one for one in archived_days(connection, tenant) if one["local_date"] == day]
    if came_back:
        return Restored(day, came_back[-1]["rows"], str(came_back[-1]["artifact_id"]), is_new=False)
    if has_reads(connection, day):
        raise Conflict(
            f"The reads of {day} stand in the database and were not archived; nothing was brought back.",
            hint="Nothing is left to do: load into the day, or ask it, as it is.",
            code="DAY_STANDS",
        )
    raise NotFound(
        f"There are no reads of {day}, in the database or in an archive; nothing was brought back.",
        hint=f"`countersign reads archives --tenant {tenant.tenant_id}` lists the days that are archived.",
        code="DAY_NOT_ARCHIVED",
    )


def _bring_back(
    connection: psycopg.Connection[Any], tenant: Tenant, archived: ColdDay, file: Any, actor: str, reason: str
) -> None:
    connection.execute("SELECT set_config('lock_timeout', '60s', true)")
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"reads|{tenant.tenant_id}|{archived.day}",)
    )
    written = archive.look(file)
    if (written.rows, written.rows_hash) != (archived.rows, archived.rows_hash):
        raise _differs(archived, "its rows are not those that were archived")
    table = open_day(connection, tenant, archived.day)
    if not table.is_fresh or _was_restored(connection, archived):
        raise Conflict(f"{archived.day} was brought back meanwhile.", hint="Nothing is left to do.", code="DAY_STANDS")
    with connection.cursor() as cursor, cursor.copy(psycopg.sql.SQL(_COPY).format(table.name)) as copy:
        copy.set_types([TYPES[kind] for _, kind in COLUMNS])
        for row in _rows(file, tenant, archived):
            copy.write_row(row)
    key_day(connection, tenant, archived.day)
    _record(connection, archived, actor, reason)
    close_day(connection, tenant, table, archived.disposal_id)


def _rows(file: Any, tenant: Tenant, archived: ColdDay) -> Iterator[tuple[Any, ...]]:
    """The archive's rows, each of this tenant and this day."""
    begins, ends = day_limits(tenant, archived.day)
    file.seek(0)
    for batch in pq.ParquetFile(file).iter_batches(columns=NAMES):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if row[0] != tenant.tenant_id or not begins <= row[3] < ends:
                raise _differs(archived, "it holds a read of another tenant or day")
            yield row


def _was_restored(connection: psycopg.Connection[Any], archived: ColdDay) -> bool:
    query = "SELECT 1 FROM read_restores WHERE disposal_id = %s"
    return connection.execute(query, (archived.disposal_id,)).fetchone() is not None


def _record(connection: psycopg.Connection[Any], archived: ColdDay, actor: str, reason: str) -> None:
    restore_id = derived_id("read-restore", str(archived.disposal_id))
    connection.execute(
        "INSERT INTO read_restores (restore_id, local_date, disposal_id, rows, rows_hash, restored_by, reason)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (restore_id, archived.day, archived.disposal_id, archived.rows, archived.rows_hash, actor, reason),
    )
    told = {
        "rows": archived.rows,
        "artifact_id": str(archived.artifact.artifact_id),
        "sha256": archived.artifact.sha256,
        "reason": reason,
    }
    connection.execute(
        "INSERT INTO events (event_id, event_type, occurred_at, actor_id, actor_role, entity_type, entity_id, payload)"
        " VALUES (%s, 'grid.reads.restored', clock_timestamp(), %s, 'MACHINE', 'retention', %s, %s)",
        (new_id(), actor, f"meter_reads/{archived.day}", json.dumps(told)),
    )


def _differs(archived: ColdDay, why: str) -> Conflict:
    return Conflict(
        f"The archive of {archived.day} cannot be brought back: {why}. Nothing was stored.",
        hint=f"Tell the auditor: `countersign verify artifact {archived.artifact.artifact_id}` says what it holds.",
        code="ARCHIVE_DIFFERS",
    )
