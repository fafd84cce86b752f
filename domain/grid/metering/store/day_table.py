"""The table of one tenant's local day of reads, while a load writes to it.

Partition work needs ownership, so each step is a function of the database that runs as the owner; the loader may touch
the table under its own name from `open_day` to `close_day`, and nobody else ever.
"""

import time
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from domain.grid.metering.rules.fleet import from_us
from domain.grid.metering.rules.local_days import day_number, local_midnight_us
from domain.kernel.tenancy import Tenant

LOCK_TRIES = 8
LOCK_PAUSE_S = 0.25


@dataclass
class DayTable:
    """One day's table.

    Attributes:
        day: the local day.
        name: the table to which rows are written.
        is_fresh: it was made by this transaction and is no part of meter_reads_electric yet.
        replaced_at: a table beside takes the day's place when the day is closed; when its reads were updated.
    """

    day: date
    name: sql.Identifier
    is_fresh: bool
    replaced_at: datetime | None = None


def day_limits(tenant: Tenant, day: date) -> tuple[datetime, datetime]:
    """The instants that bound one local day of reads, half open; those of the database's day_bounds."""
    number = day_number(day)
    first, last = (from_us(local_midnight_us(number + more, tenant.zone)) for more in (0, 1))
    return first + timedelta(microseconds=1), last + timedelta(microseconds=1)


def open_day(connection: psycopg.Connection[Any], tenant: Tenant, day: date) -> DayTable:
    """The day's table, made where there is none. The caller holds the lock of (tenant, day)."""
    row = connection.execute("SELECT * FROM day_open(%s, %s)", (tenant.tenant_id, day)).fetchone()
    assert row is not None  # noqa: S101 - a function call answers one row
    return DayTable(day, _table(row[0]), row[1])


def key_day(connection: psycopg.Connection[Any], tenant: Tenant, day: date, suffix: str = "") -> None:
    """Build the key of a day's new table, once its rows are there; `suffix`: '_beside' for one beside the day's."""
    connection.execute("SELECT day_key(%s, %s, %s, %s)", (tenant.tenant_id, day, tenant.timezone, suffix))


def open_beside(connection: psycopg.Connection[Any], tenant: Tenant, day: date, at: datetime) -> sql.Identifier:
    """A table beside the day's, whose rows were all updated at one instant."""
    row = connection.execute("SELECT day_beside(%s, %s, %s)", (tenant.tenant_id, day, at)).fetchone()
    assert row is not None  # noqa: S101 - a function call answers one row
    return _table(row[0])


def drop_beside(connection: psycopg.Connection[Any], tenant: Tenant, day: date) -> None:
    """Take the table beside the day's away again."""
    connection.execute("SELECT day_drop_beside(%s, %s)", (tenant.tenant_id, day))


def close_day(connection: psycopg.Connection[Any], tenant: Tenant, table: DayTable, batch_id: uuid.UUID) -> None:
    """Attach the day's table where it is new, and take the loader's rights away; the last thing of a load.

    Attaching a fresh day locks the tenant's table until the commit, for other loads though not for readers. Putting a
    table in the place of another waits for readers and holds them off until the commit: it asks for the lock for a
    second, lets those who wait read, and asks again.

    Raises:
        LockNotAvailable: somebody read, or wrote, all the time.
    """
    if table.replaced_at is None:
        connection.execute("SELECT day_close(%s, %s, %s)", (tenant.tenant_id, table.day, tenant.timezone))
        return
    values = (tenant.tenant_id, table.day, tenant.timezone, batch_id, table.replaced_at)
    for left in reversed(range(LOCK_TRIES)):
        try:
            with connection.transaction():
                connection.execute("SELECT day_swap(%s, %s, %s, %s, %s)", values)
        except psycopg.errors.LockNotAvailable:
            if not left:
                raise
            time.sleep(LOCK_PAUSE_S)
        else:
            return


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))
