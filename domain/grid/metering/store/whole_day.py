"""Replacing a local day as a whole: where a batch brings the day anew and nearly every value differs.

Row by row each replaced read is written twice more, once as the new row and once as the version that is kept, with
three indexes. Here the batch is loaded into a table beside the day's, as a fresh day is; the two are compared as sets;
what stands and was not replaced is carried over; and at the load's end the tables change places. The former one stays
as it lies, as a partition of meter_read_versions. Rows, versions, counts and roll-ups are those of the row-level way.

Which way a batch goes is guessed from a few reads of its first part; where the guess was wrong the rows are merged one
by one after all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

import numpy as np
from psycopg import sql

from domain.grid.metering.rules.copy_rows import COLUMNS
from domain.grid.metering.rules.fleet import from_us
from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.store.batch import Load
from domain.grid.metering.store.copying import copy_reads
from domain.grid.metering.store.day_table import DayTable, day_limits, drop_beside, key_day, open_beside
from domain.grid.metering.store.rollups import Tee
from domain.grid.metering.store.row_level import merge, merge_staged
from domain.kernel.ahead import ahead
from domain.kernel.sqlfiles import sql_file

# Below it a day is merged row by row: a former day that is kept as a whole is a table of its own.
LEAST_READS = 10_000
SAMPLE = 500


@dataclass(frozen=True)
class Compared:
    """How a whole new day differs from the one that stands; counts of reads. `is_fit`: the tables may change places."""

    new: int
    same: int
    gone: int
    is_fit: bool


def merge_or_replace(load: Load, table: DayTable, parts: Iterable[Reads]) -> dict[str, int]:
    """Bring reads into a day that has some, in whichever of the two ways is the cheaper."""
    if not load.replaces or not _covers(load, table):
        return merge(load, table, parts)
    iterator = iter(parts)
    first = next(iterator, None)
    if first is None:
        return merge(load, table, ())
    every = chain((first,), iterator)
    return _replace(load, table, every) if _mostly_differs(load, table, first) else merge(load, table, every)


def _covers(load: Load, table: DayTable) -> bool:
    """Whether the batch brings the whole local day, and the day is large enough to become a table of versions."""
    first, last = (limit - timedelta(microseconds=1) for limit in day_limits(load.tenant, table.day))
    after, until = load.batch.window
    if after > first or until < last:
        return False
    row = load.connection.execute(
        "SELECT coalesce(sum(reads_received + reads_estimated), 0) >= %s FROM gl_feeder_interval"
        " WHERE tenant_id = %s AND read_at > %s AND read_at <= %s",
        (LEAST_READS, load.tenant_id, first, last),
    ).fetchone()
    return row == (True,)


def _mostly_differs(load: Load, table: DayTable, reads: Reads) -> bool:
    """A guess from reads spread over one part: most of them stand already with another value."""
    if not len(reads):
        return False
    rows = np.unique(np.linspace(0, len(reads) - 1, SAMPLE).astype(np.intp))
    some = reads.take(rows)
    values = {
        "tenant": load.tenant_id,
        "meters": [some.meters[i] for i in some.meter],
        "read_at": [from_us(us).astimezone(UTC) for us in some.read_at.tolist()],
        "kwh": some.kwh.tolist(),
        "voltage": [None if volts != volts else volts for volts in some.voltage.tolist()],
        "flags": some.flags.tolist(),
    }
    query = sql.SQL(sql_file("grid/load/sample_differs.sql")).format(day_table=table.name)
    row = load.connection.execute(query, values).fetchone()
    return row is not None and 2 * row[0] >= len(rows)


def _replace(load: Load, table: DayTable, parts: Iterator[Reads]) -> dict[str, int]:
    connection, tenant, day = load.connection, load.tenant, table.day
    at = _clock(load)
    beside = open_beside(connection, tenant, day, at)
    tee = Tee(tenant, load.registry)
    rows = copy_reads(connection, beside, load.tenant_id, tee.through(ahead(parts)), is_fresh=True)
    key_day(connection, tenant, day, "_beside")
    compared = _compare(load, table, beside)
    replaced = rows - compared.new - compared.same
    if not compared.is_fit or 2 * replaced < rows:
        return _merge_after_all(load, table, beside, rows)
    _carry_over(load, table, beside)
    tee.store(connection)
    _move_former(load, table, beside, compared)
    kept = replaced - _leave_replaced(load, table)
    connection.execute("DROP TABLE beside_exceptions")
    table.replaced_at = at
    return {
        "reads": rows,
        "inserted": compared.new,
        "updated": replaced,
        "skipped": compared.same,
        "kept_versions": kept,
    }


def _clock(load: Load) -> datetime:
    row = load.connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - it always answers
    at: datetime = row[0]
    return at


def _query(name: str, table: DayTable, beside: sql.Identifier) -> sql.Composed:
    return sql.SQL(sql_file(f"grid/load/{name}.sql")).format(day_table=table.name, beside=beside)


def _compare(load: Load, table: DayTable, beside: sql.Identifier) -> Compared:
    """Leave every read that is not simply replaced in `beside_exceptions`."""
    # By one process, side by side along the two keys: a hash of a day, or helpers, take up to twice the processor's
    # time, and another load needs that.
    load.connection.execute("SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL enable_hashjoin = off")
    load.connection.execute(_query("whole_day_exceptions", table, beside))
    load.connection.execute("RESET max_parallel_workers_per_gather; RESET enable_hashjoin")
    row = load.connection.execute(
        "SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_same), count(*) FILTER (WHERE is_gone),"
        " coalesce(bool_and(is_fit), true) FROM beside_exceptions"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate answers one row
    return Compared(*row)


def _merge_after_all(load: Load, table: DayTable, beside: sql.Identifier, rows: int) -> dict[str, int]:
    """The guess was wrong, or the two days differ in more than values: merge what was loaded beside, row by row."""
    connection = load.connection
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE staged_reads ON COMMIT DROP AS SELECT {} FROM {}").format(columns, beside)
    )
    connection.execute("ANALYZE staged_reads (meter_id, read_at)")
    connection.execute("DROP TABLE beside_exceptions")
    drop_beside(connection, load.tenant, table.day)
    return merge_staged(load, table, rows)


def _carry_over(load: Load, table: DayTable, beside: sql.Identifier) -> None:
    load.connection.execute(_query("whole_day_carry_over", table, beside))


def _move_former(load: Load, table: DayTable, beside: sql.Identifier, compared: Compared) -> None:
    """Stage for the roll-ups what leaves them, and what stays although the batch does not bring it."""
    connection = load.connection
    from_ts, to_ts = day_limits(load.tenant, table.day)
    values = {"tenant": load.tenant_id, "day": table.day, "from_ts": from_ts, "to_ts": to_ts}
    if compared.gone:
        connection.execute(sql_file("grid/load/whole_day_gone.sql"))
        connection.execute(sql_file("grid/load/moved_from_delta.sql"))
        connection.execute("DROP TABLE delta_reads")
    if compared.same:
        connection.execute(_query("whole_day_arrivals", table, beside))
    for statement in sql_file("grid/load/whole_day_moved.sql").split(";\n"):
        connection.execute(statement, values)


def _leave_replaced(load: Load, table: DayTable) -> int:
    """Leave in the former day what is kept as replaced; answer how many replaced values had been kept before."""
    from_ts, to_ts = day_limits(load.tenant, table.day)
    values = {"tenant": load.tenant_id, "from_ts": from_ts, "to_ts": to_ts}
    load.connection.execute(_query("whole_day_not_replaced", table, table.name))
    # Planned each time: the day tells which former days can be left out.
    return load.connection.execute(_query("whole_day_kept_before", table, table.name), values, prepare=False).rowcount
