"""Reads into a day that has some, row by row: add what is new, keep or replace what stands, lose no value."""

from collections.abc import Iterable

from psycopg import sql

from domain.grid.metering.rules.copy_rows import COLUMNS
from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.store.batch import Load
from domain.grid.metering.store.copying import stage_reads
from domain.grid.metering.store.day_table import DayTable
from domain.grid.metering.store.versions import keep_versions
from domain.kernel.sqlfiles import sql_file


def merge(load: Load, table: DayTable, parts: Iterable[Reads]) -> dict[str, int]:
    """Add rows to a day that has some, by the batch's mode, and leave what they move staged for the roll-up.

    An estimate, or the zero of an outage, gives way to the read that it stands in for in either mode.
    """
    return merge_staged(load, table, stage_reads(load.connection, load.tenant_id, parts))


def merge_staged(load: Load, table: DayTable, rows: int) -> dict[str, int]:
    """Merge what lies in `staged_reads`."""
    connection = load.connection
    connection.execute(
        sql.SQL(sql_file("grid/load/new_and_changed.sql")).format(day_table=table.name), {"replace": load.replaces}
    )
    # A read that stands twice in the batch is found here.
    connection.execute("ALTER TABLE differing_reads ADD PRIMARY KEY (meter_id, read_at)")
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    inserted = connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM differing_reads WHERE is_new").format(table.name, columns, columns)
    ).rowcount
    kept = keep_versions(connection, load.tenant, table.day, load.batch_id)
    updated = connection.execute(
        sql.SQL(sql_file("grid/load/replace_changed.sql")).format(day_table=table.name)
    ).rowcount
    connection.execute(sql_file("grid/load/delta.sql"))
    connection.execute(sql_file("grid/load/moved_from_delta.sql"))
    connection.execute("DROP TABLE staged_reads, differing_reads, delta_reads")
    return {
        "reads": rows,
        "inserted": inserted,
        "updated": updated,
        "skipped": rows - inserted - updated,
        "kept_versions": kept,
    }
