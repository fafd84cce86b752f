"""A tenant's own rates of the dirty-data processes: what differs from the usual ones."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, text


def stored_rates(connection: Connection) -> dict[str, float]:
    """The rates that were set for the bound tenant, by name; empty where all are the usual ones."""
    found = connection.execute(
        text("SELECT fault_rates FROM publish_schedules WHERE tenant_id = current_setting('app.tenant')")
    ).scalar()
    return {name: float(rate) for name, rate in sorted((found or {}).items())}


def store_rates(connection: Connection, rates: Mapping[str, float], *, by: str, at: datetime) -> None:
    """Keep them in place of what was set before; whether the tenant publishes by itself is not touched."""
    connection.execute(
        text(
            "INSERT INTO publish_schedules (is_on, interval_minutes, changed_at, changed_by, fault_rates)"
            " VALUES (false, 15, :at, :by, CAST(:rates AS jsonb))"
            " ON CONFLICT (tenant_id) DO UPDATE SET fault_rates = EXCLUDED.fault_rates"
        ),
        {"rates": json.dumps(dict(rates), sort_keys=True), "at": at, "by": by},
    )
