"""COPY of reads into a table; memory stays flat however large the batch is."""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from domain.grid.metering.rules.copy_rows import COLUMNS, HEADER, TRAILER, copy_blocks
from domain.grid.metering.rules.reads import Reads

_COPY = f"({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
# Only into a table of this transaction: its rows are final when they are written, and nothing has to visit them again.
_COPY_FRESH = f"({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY, FREEZE)"


def copy_reads(
    connection: psycopg.Connection[Any],
    table: sql.Composable,
    tenant_id: str,
    parts: Iterable[Reads],
    *,
    is_fresh: bool = False,
) -> int:
    """COPY the parts into a table; answer their number. `is_fresh`: the table was made in this transaction."""
    rows = 0
    how = _COPY_FRESH if is_fresh else _COPY
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} " + how).format(table)) as copy:
        copy.write(HEADER)
        for reads in parts:
            rows += len(reads)
            for block in copy_blocks(tenant_id, reads):
                copy.write(block)
        copy.write(TRAILER)
    return rows


def stage_reads(connection: psycopg.Connection[Any], tenant_id: str, parts: Iterable[Reads]) -> int:
    """COPY the parts into `staged_reads`, which lives as long as the transaction."""
    connection.execute(
        "CREATE TEMPORARY TABLE staged_reads (LIKE meter_reads_electric INCLUDING DEFAULTS) ON COMMIT DROP"
    )
    rows = copy_reads(connection, sql.Identifier("staged_reads"), tenant_id, parts)
    connection.execute("ANALYZE staged_reads (meter_id, read_at)")
    return rows
