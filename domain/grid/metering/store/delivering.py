"""Storing the energy at the feeders' heads, beside the reads of the same local day."""

from domain.grid.metering.store.batch import Delivered, Load
from domain.kernel.sqlfiles import sql_file


def deliver(load: Load, delivered: list[Delivered]) -> dict[str, int]:
    """Store the energy by the batch's mode, and leave its intervals staged for the roll-up."""
    with load.connection.cursor() as cursor, cursor.copy("COPY staged_delivered FROM STDIN") as copy:
        for row in delivered:
            copy.write_row((row.feeder_id, row.read_at, row.interval_minutes, row.kwh, row.source, row.arrived_at))
    values = {
        "tenant": load.tenant_id,
        "kind": "replaced" if load.replaces else "offered",
        "batch_id": load.batch_id,
    }
    kept = load.connection.execute(sql_file("grid/load/delivered_keep_versions.sql"), values).rowcount
    inserted = load.connection.execute(sql_file("grid/load/delivered_insert.sql"), values).rowcount
    updated = 0
    if load.replaces:
        updated = load.connection.execute(sql_file("grid/load/delivered_replace.sql"), values).rowcount
    return {
        "reads": len(delivered),
        "inserted": inserted,
        "updated": updated,
        "skipped": len(delivered) - inserted - updated,
        "kept_versions": kept,
    }
