"""Events that may be missing for a while: `note`, what is kept where it fails, and how the gap is filled.

A purchase, an export or a job must not fail because the audit cannot be written. What could not be written is kept in
`audit_gaps` under the id that its event will have; a gap is filled when the event stands.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from domain.kernel.clock import utc_now
from domain.kernel.events import insert_event, members_of
from domain.kernel.logs import logger

log = logger("kernel.audit")
failures = Counter("audit_write_failures", "Events that could not be written at once.", ["event_type", "kept"])

_KEEP = text("INSERT INTO audit_gaps (event_id, event, reason) VALUES (:event_id, CAST(:event AS jsonb), :reason)")
_OPEN = (
    "FROM audit_gaps AS g WHERE g.tenant_id = NULLIF(current_setting('app.tenant', true), '')"
    " AND NOT EXISTS (SELECT 1 FROM events AS e WHERE e.event_id = g.event_id)"
)


def note(
    connection: Connection,
    event_type: str,
    *,
    actor_id: str,
    actor_role: str,
    occurred_at: datetime | None = None,
    entity_type: str | None = None,
    entity_id: str | None = None,
    outage_id: str | None = None,
    run_id: uuid.UUID | None = None,
    request_id: str | None = None,
    ip: str | None = None,
    status: str = "ok",
    payload: Mapping[str, Any] | None = None,
) -> uuid.UUID:
    """Append one event if that is possible, and else keep the gap; the caller's act goes on either way.

    Members mean what they do in `events.record`. Answers the id that the event has or will have once the gap is filled.
    Raises nothing: where not even the gap can be kept, `audit_write_failures_total{kept="no"}` and the log tell of it.
    """
    members = members_of(
        event_type,
        actor_id=actor_id,
        actor_role=actor_role,
        occurred_at=occurred_at or utc_now(),
        entity_type=entity_type,
        entity_id=entity_id,
        outage_id=outage_id,
        run_id=run_id,
        request_id=request_id,
        ip=ip,
        status=status,
        payload=payload,
    )
    event_id: uuid.UUID = members["event_id"]
    try:
        with connection.begin_nested():
            insert_event(connection, members)
    except SQLAlchemyError as error:
        is_kept = _keep(connection, members, error)
        failures.labels(event_type, "yes" if is_kept else "no").inc()
        log.error("audit.write_failed", audited=event_type, event_id=str(event_id), kept=is_kept, reason=_why(error))
    return event_id


def _keep(connection: Connection, members: Mapping[str, Any], error: SQLAlchemyError) -> bool:
    """Keep what could not be written; False where not even that is possible."""
    event = {name: value for name, value in members.items() if name != "payload"} | {
        "payload": json.loads(members["payload"])
    }
    storable = json.dumps(event, default=str).replace("\\u0000", "\\ufffd")
    try:
        with connection.begin_nested():
            connection.execute(_KEEP, {"event_id": members["event_id"], "event": storable, "reason": _why(error)})
    except SQLAlchemyError:
        return False
    return True


def _why(error: SQLAlchemyError) -> str:
    """The kind of failure, without the statement or its values."""
    return f"{type(error).__name__} {getattr(getattr(error, 'orig', None), 'sqlstate', None) or ''}".strip()


def open_gaps(connection: Connection, limit: int = 50) -> list[dict[str, Any]]:
    """Events that could not be written and are not yet, oldest first: id, type, when it was noted, and why."""
    rows = connection.execute(
        text(
            f"SELECT g.event_id, g.event ->> 'event_type' AS event_type, g.noted_at, g.reason {_OPEN}"
            " ORDER BY g.noted_at, g.event_id LIMIT :n"
        ),
        {"n": limit},
    )
    return [dict(row) for row in rows.mappings()]


def fill_gaps(connection: Connection, limit: int = 500) -> int:
    """Write the events that are missing, oldest first; answer how many. What still fails stays a gap."""
    filled = 0
    rows = connection.execute(
        text(f"SELECT g.event_id, g.event {_OPEN} ORDER BY g.noted_at, g.event_id LIMIT :n"), {"n": limit}
    ).all()
    for row in rows:
        members = dict(row.event) | {
            "event_id": row.event_id,
            "payload": json.dumps(row.event["payload"] | {"backfilled": True}),
        }
        try:
            with connection.begin_nested():
                insert_event(connection, members)
                filled += 1
        except SQLAlchemyError as error:
            log.warning("audit.gap_stays", event_id=str(row.event_id), reason=_why(error))
    return filled
