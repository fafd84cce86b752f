"""The table of one tenant's local day of reads, while a load writes to it.

Partition work needs ownership, so each step is a function of the database that runs as the owner; the loader may touch
the table under its own name from `open_day` to `close_day`, and nobody else ever.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from domain.kernel.tenancy import Tenant


@dataclass(frozen=True)
class DayTable:
    """One day's table. `is_fresh`: it was made by this transaction and is no part of meter_reads_electric yet."""

    day: date
    name: sql.Identifier
    is_fresh: bool


def open_day(connection: psycopg.Connection[Any], tenant: Tenant, day: date) -> DayTable:
    """The day's table, made where there is none. The caller holds the lock of (tenant, day)."""
    row = connection.execute("SELECT * FROM day_open(%s, %s)", (tenant.tenant_id, day)).fetchone()
    assert row is not None  # noqa: S101 - a function call answers one row
    return DayTable(day, sql.Identifier(*row[0].split(".")), row[1])


def key_day(connection: psycopg.Connection[Any], tenant: Tenant, day: date) -> None:
    """Build the key of a fresh day's table, once its rows are there."""
    connection.execute("SELECT day_key(%s, %s, %s, '')", (tenant.tenant_id, day, tenant.timezone))


def close_day(connection: psycopg.Connection[Any], tenant: Tenant, day: date) -> None:
    """Attach the day's table where it is fresh, and take the loader's rights away; the last thing of a load.

    Attaching locks the tenant's table until the commit, for other loads though not for readers.
    """
    connection.execute("SELECT day_close(%s, %s, %s)", (tenant.tenant_id, day, tenant.timezone))
