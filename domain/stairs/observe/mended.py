"""Observe: that a fault is mended. What was found stays as it was found."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.principal import Principal
from domain.stairs.store import faults


def mend(connection: Connection, caller: Principal, fault_id: uuid.UUID, how: str, now: datetime) -> dict[str, Any]:
    """Close a reviewed fault; answer it.

    Raises:
        NotFound: no such fault.
        Conflict: NOT_REVIEWED, no person has said yet that it is one; NOT_OPEN.
    """
    fault = faults.load(connection, fault_id, lock=True)
    if fault["status"] != "open":
        raise Conflict(f"The fault is {fault['status']} already; nothing was changed.", code="NOT_OPEN")
    if fault["review_state"] == "proposed":
        raise Conflict(
            "No person has reviewed the fault; nothing was changed.",
            hint="POST /api/v1/faults/{id}/review first.",
            code="NOT_REVIEWED",
        )
    values = {"status": "resolved", "resolved_at": now, "resolved_by": uuid.UUID(caller.id), "resolution": how}
    faults.change(connection, fault_id, values)
    record(
        connection,
        "stairs.fault.resolved",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="fault",
        entity_id=str(fault_id),
        payload={"how": how},
    )
    return faults.load(connection, fault_id)
