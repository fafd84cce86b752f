"""Loading reads: the one way by which rows come into meter_reads_electric.

One transaction a batch: lock each (tenant, local day), answer at once when the same batch stands in the ledger of
batches, copy, roll up, record. A fresh day is copied into a table of its own and attached; new intervals of a day that
has rows are copied beside them; where reads stand already, a row-level load keeps every value that loses. Killed
anywhere, nothing of the batch is there.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

import psycopg
from psycopg import sql

from domain.grid.metering.rules.copy_rows import COLUMNS, HEADER, TRAILER, copy_blocks
from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.rules.schema import SchemaMapping
from domain.grid.metering.rules.twin import EventTwin
from domain.grid.metering.store.attached import Destination, merge_attached, restage_delivered
from domain.grid.metering.store.attachment import attached_mapping, require_key_for
from domain.grid.metering.store.lineage import tell_of_load
from domain.grid.metering.store.retention import refuse_disposed
from domain.grid.metering.store.rollups import Registry, Tee, prepare, roll_up
from domain.grid.metering.store.twins import Window, keep_twins
from domain.kernel.ahead import ahead
from domain.kernel.canonical import derived_id, new_id
from domain.kernel.db import loader_connection, transaction
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.settings import DbRole, WriteMode
from domain.kernel.sqlfiles import sql_file
from domain.kernel.tenancy import Tenant

_COPY = f"({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
# Only into a table of this transaction: its rows are final when they are written, and nothing has to visit them again.
_COPY_FRESH = f"({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY, FREEZE)"
COUNTED = ("reads", "inserted", "updated", "skipped", "kept_versions")


@dataclass(frozen=True)
class Delivered:
    """Energy at feeder heads. Grain: feeder and interval end; kWh."""

    feeder_id: str
    read_at: datetime
    kwh: float
    interval_minutes: int
    source: str
    arrived_at: datetime


@dataclass(frozen=True)
class DayPart:
    """One local day's share of a batch: its reads, in as many parts as the maker likes, and the delivered energy.

    `delivered` is read after `reads` is used up, so that one generator can make both. A part that has no reads at all
    (an empty tuple) leaves the day's table of reads alone. `twins`: what the emulator's window would be without each of
    its events; None where the reads are not the emulator's.
    """

    day: date
    reads: Iterable[Reads] = ()
    delivered: list[Delivered] = field(default_factory=list)
    twins: list[EventTwin] | None = None


@dataclass(frozen=True)
class Batch:
    """What is loaded, and how it is known again.

    Attributes:
        digest: hash of everything that determines the batch's rows; the same digest is not loaded twice.
        source: for example GL_EMULATOR or file:nem12.
        window: first interval's start and last interval's end.
        made_from: what determines the rows, kept with the batch; empty where the rows are not ours to make again.
    """

    digest: str
    source: str
    window: tuple[datetime, datetime]
    interval_minutes: int
    mode: WriteMode
    file_name: str | None = None
    actor: str = "machine"
    made_from: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadResult:
    """What a load did. `already_published`: the same batch stood already and nothing was touched."""

    batch_id: uuid.UUID
    already_published: bool
    counts: Mapping[str, int]


def find_batch(tenant_id: str, digest: str) -> LoadResult | None:
    """The batch with this digest, when it has been loaded; one index look-up, whatever its size."""
    with transaction(tenant_id, DbRole.LOADER) as connection:
        # A pooled connection: making one costs more than the look-up.
        driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        return _find(driver, tenant_id, digest)


def load_reads(tenant: Tenant, batch: Batch, days: Iterable[DayPart], *, now: datetime) -> LoadResult:
    """Load a batch in one transaction.

    Args:
        tenant: the session's tenant.
        batch: how the batch is known, and its write mode.
        days: its local days in ascending order, each once.
        now: the instant that is recorded as the time of publishing.

    Raises:
        Invalid: a read stands twice in the batch, outside its day, or its meter is unknown to PostgreSQL's types.
        Conflict: another load held the same day for too long; DAY_DISPOSED, its reads were archived and removed.
    """
    try:
        with loader_connection(tenant.tenant_id) as connection:
            return _load(connection, tenant, batch, days, now)
    except psycopg.errors.LockNotAvailable as cause:
        raise Conflict(
            "Another load is writing the same day.", hint="Try again in a moment.", code="DAY_LOCKED"
        ) from cause
    except psycopg.errors.UniqueViolation as cause:
        raise Invalid(
            "The batch holds two reads of one meter for one interval; nothing was stored.",
            hint="Keep one of them, or load them in two batches.",
            code="DUPLICATE_READ",
        ) from cause


def _load(
    connection: psycopg.Connection[Any], tenant: Tenant, batch: Batch, days: Iterable[DayPart], now: datetime
) -> LoadResult:
    # Few samples tell the planner enough of the staged reads: how many there are.
    connection.execute(
        "SELECT set_config('lock_timeout', '60s', true), set_config('work_mem', '128MB', true),"
        " set_config('default_statistics_target', '10', true)"
    )
    # One batch of one digest at a time: the second finds the first's entry.
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (f"{tenant.tenant_id}|{batch.digest}",))
    known = _find(connection, tenant.tenant_id, batch.digest)
    if known is not None:
        return known
    batch_id = derived_id("read-batch", tenant.tenant_id, batch.digest)
    registry = prepare(connection)
    mapping = attached_mapping(connection, tenant.tenant_id)
    counts = dict.fromkeys((*COUNTED, *(f"delivered_{name}" for name in COUNTED), "days"), 0)
    touched = []
    for part in days:
        touched.append(part.day)
        for name, value in _load_day(connection, tenant, batch, batch_id, registry, mapping, part).items():
            counts[name] += value
    counts["days"] = len(touched)
    _record(connection, batch, batch_id, counts, now)
    facts = {"run_id": batch_id, "source": batch.source, **counts}
    tell_of_load(connection, tenant.tenant_id, touched, facts)
    return LoadResult(batch_id, already_published=False, counts=counts)


def _find(connection: psycopg.Connection[Any], tenant_id: str, digest: str) -> LoadResult | None:
    row = connection.execute(
        "SELECT batch_id, counts FROM read_batches WHERE tenant_id = %s AND digest = %s", (tenant_id, digest)
    ).fetchone()
    return None if row is None else LoadResult(row[0], already_published=True, counts=row[1])


def _load_day(
    connection: psycopg.Connection[Any],
    tenant: Tenant,
    batch: Batch,
    batch_id: uuid.UUID,
    registry: Registry,
    mapping: SchemaMapping | None,
    part: DayPart,
) -> dict[str, int]:
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"reads|{tenant.tenant_id}|{part.day}",)
    )
    if part.twins is not None:
        window = Window(tenant.timezone, part.day, *batch.window)
        keep_twins(connection, tenant.tenant_id, window, part.twins, batch_id, replace=batch.mode is WriteMode.UPSERT)
    refuse_disposed(connection, tenant.tenant_id, part.day)
    into = None
    if mapping is not None:
        into = Destination(mapping, tenant, part.day, batch.interval_minutes, batch.mode, batch_id)
    if part.reads == ():
        counts = {}
    elif into is None:
        counts = _store_reads(connection, tenant, batch, batch_id, registry, part)
    else:
        counts = _store_attached(connection, into, part.reads)
    delivered = _deliver(connection, tenant.tenant_id, batch, batch_id, part.delivered)
    if into is not None and into.is_recount:
        restage_delivered(connection, into)
    roll_up(connection, tenant, part.day)
    return counts | {f"delivered_{name}": count for name, count in delivered.items()}


def _store_reads(
    connection: psycopg.Connection[Any],
    tenant: Tenant,
    batch: Batch,
    batch_id: uuid.UUID,
    registry: Registry,
    part: DayPart,
) -> dict[str, int]:
    """Store the day's reads, and leave what they move staged for the roll-up."""
    opened = connection.execute("SELECT * FROM day_open(%s, %s)", (tenant.tenant_id, part.day)).fetchone()
    assert opened is not None  # noqa: S101 - a function call answers one row
    table, is_fresh = sql.Identifier(*opened[0].split(".")), opened[1]
    if is_fresh or _is_free(connection, tenant, batch, part.day):
        tee = Tee(tenant, registry)
        how = _COPY_FRESH if is_fresh else _COPY
        rows = _copy(connection, table, tenant.tenant_id, tee.through(ahead(part.reads)), how)
        if is_fresh:
            connection.execute("SELECT day_attach(%s, %s, %s)", (tenant.tenant_id, part.day, tenant.timezone))
        tee.store(connection)
        return {"reads": rows, "inserted": rows}
    counts = _merge(connection, tenant, batch, batch_id, table, part.reads)
    connection.execute(sql_file("grid/load/moved_from_delta.sql"))
    connection.execute("DROP TABLE staged_reads, differing_reads, delta_reads")
    return counts


def _is_free(connection: psycopg.Connection[Any], tenant: Tenant, batch: Batch, day: date) -> bool:
    """Whether no read of the day lies in the batch's window: then nothing has to be compared, as for a fresh day."""
    values = {"tenant": tenant.tenant_id, "timezone": tenant.timezone, "day": day}
    row = connection.execute(
        sql_file("grid/load/window_is_free.sql"), values | {"after": batch.window[0], "until": batch.window[1]}
    ).fetchone()
    return row == (True,)


def _store_attached(connection: psycopg.Connection[Any], into: Destination, parts: Iterable[Reads]) -> dict[str, int]:
    """Store the day's reads in a utility's own table, and leave what they move staged for the roll-up."""
    require_key_for(into.mapping, into.mode)
    counts = merge_attached(connection, into, _stage(connection, into.tenant.tenant_id, parts))
    connection.execute(sql_file("grid/load/moved_from_delta.sql"))
    connection.execute("DROP TABLE staged_reads, differing_reads, delta_reads")
    return counts


def _copy(
    connection: psycopg.Connection[Any],
    table: sql.Composable,
    tenant_id: str,
    parts: Iterable[Reads],
    how: str = _COPY,
) -> int:
    """COPY the parts into a table; memory stays flat however large the batch is."""
    rows = 0
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} " + how).format(table)) as copy:
        copy.write(HEADER)
        for reads in parts:
            rows += len(reads)
            for block in copy_blocks(tenant_id, reads):
                copy.write(block)
        copy.write(TRAILER)
    return rows


def _stage(connection: psycopg.Connection[Any], tenant_id: str, parts: Iterable[Reads]) -> int:
    """COPY the parts into `staged_reads`, which lives as long as the transaction."""
    connection.execute(
        "CREATE TEMPORARY TABLE staged_reads (LIKE meter_reads_electric INCLUDING DEFAULTS) ON COMMIT DROP"
    )
    rows = _copy(connection, sql.Identifier("staged_reads"), tenant_id, parts)
    connection.execute("ANALYZE staged_reads (meter_id, read_at)")
    return rows


def _merge(
    connection: psycopg.Connection[Any],
    tenant: Tenant,
    batch: Batch,
    batch_id: uuid.UUID,
    table: sql.Composable,
    parts: Iterable[Reads],
) -> dict[str, int]:
    """Add rows to a day that has some; keep or replace what stands, by the batch's mode.

    An estimate, or the zero of an outage, gives way to the read that it stands in for in either mode.
    """
    rows = _stage(connection, tenant.tenant_id, parts)
    replace = batch.mode is WriteMode.UPSERT
    connection.execute(sql.SQL(sql_file("grid/load/new_and_changed.sql")).format(day_table=table), {"replace": replace})
    # A read that stands twice in the batch is found here.
    connection.execute("ALTER TABLE differing_reads ADD PRIMARY KEY (meter_id, read_at)")
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    inserted = connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM differing_reads WHERE is_new").format(table, columns, columns)
    ).rowcount
    kept = connection.execute(sql_file("grid/load/keep_versions.sql"), {"batch_id": batch_id}).rowcount
    updated = connection.execute(sql.SQL(sql_file("grid/load/replace_changed.sql")).format(day_table=table)).rowcount
    connection.execute(sql_file("grid/load/delta.sql"))
    return {
        "reads": rows,
        "inserted": inserted,
        "updated": updated,
        "skipped": rows - inserted - updated,
        "kept_versions": kept,
    }


def _deliver(
    connection: psycopg.Connection[Any], tenant_id: str, batch: Batch, batch_id: uuid.UUID, delivered: list[Delivered]
) -> dict[str, int]:
    """Store the energy at the feeders' heads by the batch's mode, and leave its intervals staged for the roll-up."""
    with connection.cursor() as cursor, cursor.copy("COPY staged_delivered FROM STDIN") as copy:
        for row in delivered:
            copy.write_row((row.feeder_id, row.read_at, row.interval_minutes, row.kwh, row.source, row.arrived_at))
    replace = batch.mode is WriteMode.UPSERT
    values = {"tenant": tenant_id, "kind": "replaced" if replace else "offered", "batch_id": batch_id}
    kept = connection.execute(sql_file("grid/load/delivered_keep_versions.sql"), values).rowcount
    inserted = connection.execute(sql_file("grid/load/delivered_insert.sql"), values).rowcount
    updated = connection.execute(sql_file("grid/load/delivered_replace.sql"), values).rowcount if replace else 0
    return {
        "reads": len(delivered),
        "inserted": inserted,
        "updated": updated,
        "skipped": len(delivered) - inserted - updated,
        "kept_versions": kept,
    }


def _record(
    connection: psycopg.Connection[Any], batch: Batch, batch_id: uuid.UUID, counts: dict[str, int], now: datetime
) -> None:
    connection.execute(
        "INSERT INTO read_batches (batch_id, digest, source, write_mode, window_start, window_end, interval_minutes,"
        " file_name, made_from, counts, published_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            batch_id,
            batch.digest,
            batch.source,
            batch.mode.value,
            *batch.window,
            batch.interval_minutes,
            batch.file_name,
            json.dumps(dict(batch.made_from)),
            json.dumps(counts),
            now,
        ),
    )
    connection.execute(
        "INSERT INTO events (event_id, event_type, occurred_at, actor_id, actor_role, entity_type, entity_id, run_id,"
        " payload) VALUES (%s, 'grid.reads.published', %s, %s, 'MACHINE', 'read_batch', %s, %s, %s)",
        (new_id(), now, batch.actor, str(batch_id), batch_id, json.dumps(counts | {"source": batch.source})),
    )
