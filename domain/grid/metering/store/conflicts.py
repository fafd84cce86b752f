"""Reads that were kept out because another value came first for the same interval."""

import uuid
from collections.abc import Iterable
from typing import Any

import psycopg

from domain.grid.metering.rules.intervals import as_instant
from domain.grid.metering.rules.reads import Reads
from domain.kernel.db import loader_connection

_INSERT = (
    "INSERT INTO meter_read_versions"
    " (meter_id, read_at, kind, kwh, voltage, quality_flags, source, arrived_at, batch_id)"
    " VALUES (%s, %s, 'conflict', %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


def record_conflicts(tenant_id: str, conflicts: Iterable[Reads], batch_id: uuid.UUID) -> int:
    """Keep the values beside the reads that count; recording them again changes nothing. Answers how many are new."""
    with loader_connection(tenant_id) as connection:
        return keep_conflicts(connection, conflicts, batch_id)


def keep_conflicts(connection: psycopg.Connection[Any], conflicts: Iterable[Reads], batch_id: uuid.UUID) -> int:
    """The same in the transaction of a load that is under way."""
    with connection.cursor() as cursor:
        recorded = 0
        for reads in conflicts:
            for row in range(len(reads)):
                voltage = float(reads.voltage[row])
                cursor.execute(
                    _INSERT,
                    (
                        reads.meters[int(reads.meter[row])],
                        as_instant(int(reads.read_at[row])),
                        float(reads.kwh[row]),
                        None if voltage != voltage else voltage,
                        int(reads.flags[row]),
                        reads.source,
                        as_instant(int(reads.arrived_at[row])),
                        batch_id,
                    ),
                )
                recorded += cursor.rowcount
    return recorded
