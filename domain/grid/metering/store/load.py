"""Loading reads: the one way by which rows come into meter_reads_electric.

One transaction a batch: lock each (tenant, local day), answer at once when the same batch stands in the ledger of
batches, copy, roll up, record. A fresh day is copied into a table of its own and attached; new intervals of a day that
has rows are copied beside them; where reads stand already, every value that loses is kept: row by row, or the whole
former day as it lies where a batch brings the day anew. Killed anywhere, nothing of the batch is there.
"""

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast

import psycopg

from domain.grid.metering.store.attached import Destination, merge_attached, restage_delivered
from domain.grid.metering.store.attachment import attached_mapping, require_key_for
from domain.grid.metering.store.batch import Batch, DayPart, Load, LoadResult
from domain.grid.metering.store.conflicts import keep_conflicts
from domain.grid.metering.store.copying import copy_reads, stage_reads
from domain.grid.metering.store.day_table import DayTable, close_day, key_day, open_day
from domain.grid.metering.store.delivering import deliver
from domain.grid.metering.store.lineage import tell_of_load
from domain.grid.metering.store.retention import refuse_disposed
from domain.grid.metering.store.rollups import Tee, prepare, roll_up
from domain.grid.metering.store.twins import Window, keep_twins
from domain.grid.metering.store.whole_day import merge_or_replace
from domain.kernel.ahead import ahead
from domain.kernel.canonical import derived_id, new_id
from domain.kernel.db import loader_connection, transaction
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.settings import DbRole
from domain.kernel.sqlfiles import sql_file
from domain.kernel.tenancy import Tenant

COUNTED = ("reads", "inserted", "updated", "skipped", "kept_versions")


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
    mapping = attached_mapping(connection, tenant.tenant_id)
    load = Load(connection, tenant, batch, batch_id, prepare(connection), mapping)
    counts = dict.fromkeys((*COUNTED, *(f"delivered_{name}" for name in COUNTED), "days"), 0)
    touched, opened = [], []
    for part in days:
        touched.append(part.day)
        of_day, table = _load_day(load, part)
        for name, value in of_day.items():
            counts[name] += value
        if table is not None:
            opened.append(table)
    counts["days"] = len(touched)
    _record(load, counts, now)
    tell_of_load(connection, tenant.tenant_id, touched, {"run_id": batch_id, "source": batch.source, **counts})
    for table in opened:
        close_day(connection, tenant, table, batch_id)
    return LoadResult(batch_id, already_published=False, counts=counts)


def _find(connection: psycopg.Connection[Any], tenant_id: str, digest: str) -> LoadResult | None:
    row = connection.execute(
        "SELECT batch_id, counts FROM read_batches WHERE tenant_id = %s AND digest = %s", (tenant_id, digest)
    ).fetchone()
    return None if row is None else LoadResult(row[0], already_published=True, counts=row[1])


def _load_day(load: Load, part: DayPart) -> tuple[dict[str, int], DayTable | None]:
    """Load one local day; answer its counts, and its table where that is to be closed."""
    connection, tenant, batch = load.connection, load.tenant, load.batch
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"reads|{tenant.tenant_id}|{part.day}",)
    )
    if part.twins is not None:
        window = Window(tenant.timezone, part.day, *batch.window)
        keep_twins(connection, tenant.tenant_id, window, part.twins, load.batch_id, replace=load.replaces)
    refuse_disposed(connection, tenant.tenant_id, part.day)
    counts: dict[str, int] = {}
    table, into = None, None
    if load.mapping is not None:
        into = Destination(load.mapping, tenant, part.day, batch.interval_minutes, batch.mode, load.batch_id)
    if into is not None and part.reads != ():
        counts = _store_attached(load, into, part)
    elif part.reads != ():
        table = open_day(connection, tenant, part.day)
        counts = _store_reads(load, table, part)
    keep_conflicts(connection, part.disputed, load.batch_id)
    delivered = deliver(load, part.delivered)
    if into is not None and into.is_recount:
        restage_delivered(connection, into)
    roll_up(connection, tenant, part.day)
    return counts | {f"delivered_{name}": count for name, count in delivered.items()}, table


def _store_reads(load: Load, table: DayTable, part: DayPart) -> dict[str, int]:
    """Store the day's reads, and leave what they move staged for the roll-up."""
    if not table.is_fresh and not _is_free(load, part.day):
        return merge_or_replace(load, table, part.reads)
    tee = Tee(load.tenant, load.registry)
    parts = tee.through(ahead(part.reads))
    rows = copy_reads(load.connection, table.name, load.tenant_id, parts, is_fresh=table.is_fresh)
    if table.is_fresh:
        key_day(load.connection, load.tenant, part.day)
    tee.store(load.connection)
    return {"reads": rows, "inserted": rows}


def _is_free(load: Load, day: date) -> bool:
    """Whether no read of the day lies in the batch's window: then nothing has to be compared, as for a fresh day."""
    values = {"tenant": load.tenant_id, "timezone": load.tenant.timezone, "day": day}
    after, until = load.batch.window
    row = load.connection.execute(
        sql_file("grid/load/window_is_free.sql"), values | {"after": after, "until": until}
    ).fetchone()
    return row == (True,)


def _store_attached(load: Load, into: Destination, part: DayPart) -> dict[str, int]:
    """Store the day's reads in a utility's own table, and leave what they move staged for the roll-up."""
    require_key_for(into.mapping, into.mode)
    counts = merge_attached(load.connection, into, stage_reads(load.connection, load.tenant_id, part.reads))
    load.connection.execute(sql_file("grid/load/moved_from_delta.sql"))
    load.connection.execute("DROP TABLE staged_reads, differing_reads, delta_reads")
    return counts


def _record(load: Load, counts: dict[str, int], now: datetime) -> None:
    batch = load.batch
    load.connection.execute(
        "INSERT INTO read_batches (batch_id, digest, source, write_mode, window_start, window_end, interval_minutes,"
        " file_name, made_from, counts, published_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            load.batch_id,
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
    load.connection.execute(
        "INSERT INTO events (event_id, event_type, occurred_at, actor_id, actor_role, entity_type, entity_id, run_id,"
        " payload) VALUES (%s, 'grid.reads.published', %s, %s, 'MACHINE', 'read_batch', %s, %s, %s)",
        (
            new_id(),
            now,
            batch.actor,
            str(load.batch_id),
            load.batch_id,
            json.dumps(counts | {"source": batch.source}),
        ),
    )
