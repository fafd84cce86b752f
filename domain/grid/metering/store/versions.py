"""Keeping the values of reads that lose."""

import uuid
from datetime import date
from typing import Any

import psycopg

from domain.grid.metering.store.day_table import day_limits
from domain.kernel.sqlfiles import sql_file
from domain.kernel.tenancy import Tenant


def keep_versions(connection: psycopg.Connection[Any], tenant: Tenant, day: date, batch_id: uuid.UUID) -> int:
    """Keep what loses among `differing_reads`, unless that value stands as a version already; answer how many."""
    from_ts, to_ts = day_limits(tenant, day)
    values = {"tenant": tenant.tenant_id, "batch_id": batch_id, "from_ts": from_ts, "to_ts": to_ts}
    # Planned each time: the day tells which former days can be left out.
    return connection.execute(sql_file("grid/load/keep_versions.sql"), values, prepare=False).rowcount
