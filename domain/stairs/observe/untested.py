"""Observe: say of a test why it has no result. It waits for another try, is taken up again, or is left out for good.

Each is one or two of the steps of `results.step`, in one transaction: whoever says it at a desk has not pressed "begin"
before, and what could not be carried out is put back before it is left out.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.kernel.principal import Principal
from domain.stairs.observe.results import step
from domain.stairs.observe.sessions import started
from domain.stairs.store import instances


def not_carried_out(
    connection: Connection,
    caller: Principal,
    session_id: uuid.UUID,
    instance_id: uuid.UUID,
    *,
    now: datetime,
    reason: str,
) -> dict[str, Any]:
    """Say that a test could not be carried out; answer its row. Whoever found that out had begun it.

    Raises:
        Conflict: SESSION_CLOSED; INSTANCE_STATE, it has a result, is left out, or was said to be so before.
    """
    if _status(connection, caller, session_id, instance_id, now) == "pending":
        step(connection, caller, session_id, instance_id, "in_progress", now=now)
    return step(connection, caller, session_id, instance_id, "failed", now=now, reason=reason)


def taken_up(
    connection: Connection, caller: Principal, session_id: uuid.UUID, instance_id: uuid.UUID, *, now: datetime
) -> dict[str, Any]:
    """Put a test that could not be carried out back among those to do; answer its row.

    Raises:
        Conflict: SESSION_CLOSED; INSTANCE_STATE, nobody said that it could not be carried out.
    """
    return step(connection, caller, session_id, instance_id, "pending", now=now)


def left_out(
    connection: Connection,
    caller: Principal,
    session_id: uuid.UUID,
    instance_id: uuid.UUID,
    *,
    now: datetime,
    reason: str,
) -> dict[str, Any]:
    """Leave a test out for good; answer its row.

    Raises:
        Conflict: SESSION_CLOSED; INSTANCE_STATE, it has a result or is left out already.
    """
    if _status(connection, caller, session_id, instance_id, now) == "failed":
        taken_up(connection, caller, session_id, instance_id, now=now)
    return step(connection, caller, session_id, instance_id, "skipped", now=now, reason=reason)


def _status(
    connection: Connection, caller: Principal, session_id: uuid.UUID, instance_id: uuid.UUID, now: datetime
) -> str:
    """How the test stands; the session is held first, as every step holds it."""
    started(connection, caller, session_id, now)
    return str(instances.load(connection, session_id, instance_id, lock=True)["status"])
