"""Write one valid row into every table of FireMode."""

from typing import Any

import psycopg

from tests.stairs.planted.registry import core, registry
from tests.stairs.planted.signed import commissioned, published, ruled
from tests.stairs.planted.tested import calibrated, tested
from tests.stairs.planted.tested import records as records_of
from tests.stairs.planted.writing import Rows, insert, key, signed


def plant(connection: psycopg.Connection[Any], tenant: str = "T", *, records: bool = True) -> Rows:
    """Write one row into every table and answer the rows by table.

    With `records` also what is append-only and keeps a building from being removed.
    """
    insert(connection, "tenants", {"tenant_id": tenant, "name": tenant, "timezone": "Australia/Sydney"})
    insert(connection, "users", {"id": key(tenant, "tech"), "email": f"tim@{tenant}.example", "name": "Tim"})
    signature = signed(connection, tenant)
    rows = core(tenant) | registry(tenant) | commissioned(tenant, signature) | published(tenant, signature)
    rows |= ruled(tenant, signature) | calibrated(tenant) | tested(tenant)
    if records:
        rows |= records_of(tenant)
    for table, row in rows.items():
        insert(connection, table, row)
    connection.execute("UPDATE test_instances SET fault_id = %s WHERE tenant_id = %s", (rows["faults"]["id"], tenant))
    rows["test_instances"]["fault_id"] = rows["faults"]["id"]
    return rows
