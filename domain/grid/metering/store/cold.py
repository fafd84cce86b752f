"""Reads of a local day wherever they lie: in its partition, or in the Parquet file that took its place.

What is asked of the roll-ups does not come here. An archived day is answered by DuckDB over its file, whose hash is
checked as a whole first, with the values that the partition had.
"""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.metering.rules.fleet import from_us
from domain.grid.metering.store.day_table import day_limits
from domain.grid.metering.store.retention import COLUMNS
from domain.kernel import artifacts
from domain.kernel.artifacts import Artifact
from domain.kernel.errors import Conflict
from domain.kernel.objects.store import Store
from domain.kernel.tenancy import Tenant

NAMES = tuple(name for name, _ in COLUMNS if name != "tenant_id")
_INSTANTS = {name for name, kind in COLUMNS if kind == "instant"}
GROUP = 20_000
# One caller's question must not take the machine from others.
LIMITS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "256MB",
    "autoinstall_known_extensions": False,
}

Row = dict[str, Any]


@dataclass(frozen=True)
class ColdDay:
    """A local day whose reads are in an archive and not in the database."""

    day: date
    disposal_id: uuid.UUID
    rows: int
    rows_hash: str
    artifact: Artifact


def cold_day(connection: Connection, tenant: Tenant, day: date) -> ColdDay | None:
    """Where the day's reads lie, if they were archived and not brought back."""
    row = connection.execute(
        text(
            "SELECT disposal_id, rows, rows_hash, artifact_id FROM v_read_archives"
            " WHERE tenant_id = :tenant AND local_date = :day AND is_cold ORDER BY disposed_at DESC LIMIT 1"
        ),
        {"tenant": tenant.tenant_id, "day": day},
    ).one_or_none()
    if row is None:
        return None
    return ColdDay(day, row.disposal_id, row.rows, row.rows_hash, artifacts.load(connection, row.artifact_id))


def archived_days(connection: Connection, tenant: Tenant) -> list[Row]:
    """Every archive of the tenant's reads, by day: rows, bytes, hashes, place, who signed, is_cold."""
    found = connection.execute(
        text("SELECT * FROM v_read_archives WHERE tenant_id = :tenant ORDER BY local_date, disposed_at"),
        {"tenant": tenant.tenant_id},
    )
    return [dict(row) for row in found.mappings()]


def reads_of_day(
    connection: Connection, open_store: Callable[[], Store], tenant: Tenant, day: date, meter_id: str | None = None
) -> Iterator[Row]:
    """The reads of a local day, or of one meter on it, by meter and interval end; the same whether archived or not.

    Raises:
        Conflict: OBJECT_DAMAGED, the archive is not what was kept.
        NotFound: OBJECT_MISSING, the object store has lost it.
    """
    archived = cold_day(connection, tenant, day)
    if archived is None:
        yield from _from_table(connection, tenant, day, meter_id)
    else:
        yield from _from_archive(open_store(), tenant, archived, meter_id)


def _from_table(connection: Connection, tenant: Tenant, day: date, meter_id: str | None) -> Iterator[Row]:
    begins, ends = day_limits(tenant, day)
    found = connection.execute(
        text(
            f"SELECT {', '.join(NAMES)} FROM meter_reads_electric WHERE tenant_id = :tenant"
            " AND read_at >= :begins AND read_at < :ends AND (CAST(:meter AS text) IS NULL OR meter_id = :meter)"
            ' ORDER BY meter_id COLLATE "C", read_at'
        ),
        {"tenant": tenant.tenant_id, "begins": begins, "ends": ends, "meter": meter_id},
        execution_options={"stream_results": True, "yield_per": GROUP},
    )
    for row in found.mappings():
        yield dict(row)


def _from_archive(store: Store, tenant: Tenant, archived: ColdDay, meter_id: str | None) -> Iterator[Row]:
    """The tenant is asked for again beside its file: a file that held another's rows would show none of them."""
    columns = ", ".join(f"epoch_us({name})" if name in _INSTANTS else name for name in NAMES)
    with _questioned(store, archived) as (asked, path):
        found = asked.execute(
            f"SELECT {columns} FROM read_parquet($path) WHERE tenant_id = $tenant"
            " AND ($meter::VARCHAR IS NULL OR meter_id = $meter) ORDER BY meter_id, read_at",
            {"path": path, "tenant": tenant.tenant_id, "meter": meter_id},
        )
        while rows := found.fetchmany(GROUP):
            for values in rows:
                yield {
                    name: _instant(value) if name in _INSTANTS else value
                    for name, value in zip(NAMES, values, strict=True)
                }


@contextmanager
def _questioned(store: Store, archived: ColdDay) -> Iterator[tuple[Any, str]]:
    """A DuckDB that sees the checked file and nothing else."""
    import duckdb  # only where an archive is asked: the API has no need of it otherwise

    with tempfile.NamedTemporaryFile(suffix=".parquet") as checked:
        with artifacts.opened(store, archived.artifact) as source:
            shutil.copyfileobj(source, checked)
        checked.flush()
        with duckdb.connect(":memory:", config=LIMITS) as asked:
            asked.execute(f"SET allowed_paths = ['{checked.name}']")
            asked.execute("SET enable_external_access = false")
            asked.execute("SET lock_configuration = true")
            counted = asked.execute("SELECT count(*) FROM read_parquet($path)", {"path": checked.name}).fetchone()
            if counted != (archived.rows,):
                raise Conflict(
                    f"The archive of {archived.day} does not hold the {archived.rows:,} reads that were archived.",
                    hint=f"Tell the auditor: `countersign verify artifact {archived.artifact.artifact_id}` says what it"
                    " holds.",
                    code="ARCHIVE_DIFFERS",
                )
            yield asked, checked.name


def _instant(value: int | None) -> datetime | None:
    return None if value is None else from_us(value)
