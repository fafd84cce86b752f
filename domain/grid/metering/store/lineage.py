"""What GridLens tells Dagster's graph of things that were made without it: a load of reads, a scenario.

A load is told in its own transaction, whichever door it came by: API, page, command or demo. What Dagster itself does
is in its graph already and is not told again.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import psycopg
from sqlalchemy import Connection

from domain.grid.metering.rules.scenario import Scenario
from domain.kernel.db import works_as
from domain.kernel.lineage import enqueue
from domain.kernel.settings import DbRole

ROOM = "grid"
# The tables that one load of reads writes, in one transaction.
READ_TABLES = (
    "read_batches",
    "meter_reads_electric",
    "feeder_delivered",
    "gl_feeder_interval",
    "gl_meter_day",
    "gl_feeder_day",
    "gl_feeder_day_voltage",
)


def tell_of_load(
    connection: psycopg.Connection[Any], tenant_id: str, days: Iterable[date], facts: Mapping[str, Any]
) -> None:
    """Tell of every table that a load wrote, for every local day that it touched, in the load's transaction."""
    if works_as() is DbRole.MACHINE:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO lineage_outbox (asset_key, partition, metadata) VALUES (%s, %s, %s)",
            [
                ([ROOM, table], f"{day}|{tenant_id}", json.dumps(facts, default=str))
                for day in days
                for table in READ_TABLES
            ],
        )


def tell_of_scenario(connection: Connection, scenario: Scenario, expectations: int) -> None:
    """Tell of a scenario and its expectations, in the transaction that stores them."""
    metadata = {"kind": scenario.kind.value, "feeder_id": scenario.feeder_id, "severity": scenario.severity}
    enqueue(connection, (ROOM, "ami_events"), metadata=metadata)
    enqueue(connection, (ROOM, "event_expectations"), metadata={**metadata, "expectations": expectations})
