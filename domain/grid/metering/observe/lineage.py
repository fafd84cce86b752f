"""What GridLens tells Dagster's graph of things that were made without it: a publish, an upload, a scenario."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.metering.rules.fleet import local_days
from domain.grid.metering.rules.scenario import Scenario
from domain.kernel.db import transaction
from domain.kernel.lineage import enqueue
from domain.kernel.tenancy import load_tenant

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


def reads_loaded(
    tenant_id: str, window: tuple[datetime, datetime], *, run_id: uuid.UUID | str, counts: Mapping[str, Any]
) -> None:
    """Tell of a load that the API or a command did: every table that it wrote, for every local day that it touched.

    It is told after the load, in a transaction of its own: a process that dies in between leaves the reads in their
    place and the graph one materialisation short.
    """
    metadata = {"run_id": str(run_id), **counts}
    with transaction(tenant_id) as connection:
        for day, _, _ in local_days(*window, load_tenant(connection).zone):
            for table in READ_TABLES:
                enqueue(connection, (ROOM, table), partition=f"{day}|{tenant_id}", metadata=metadata)


def scenario_injected(connection: Connection, scenario: Scenario, expectations: int) -> None:
    """Tell of a scenario and its expectations, in the transaction that stores them."""
    metadata = {"kind": scenario.kind.value, "feeder_id": scenario.feeder_id, "severity": scenario.severity}
    enqueue(connection, (ROOM, "ami_events"), metadata=metadata)
    enqueue(connection, (ROOM, "event_expectations"), metadata={**metadata, "expectations": expectations})
