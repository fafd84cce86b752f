"""The ledger: what was done, by whom, when. Append-only; telemetry is not in it.

Two classes. `record` is fail-closed: it writes in the caller's transaction, and what it tells of and its event stand or
fall together. `note` is fail-open, for reads of consequence, exports, jobs and triggers: where it cannot be written the
act goes on, and the gap is counted, logged, kept and filled later (`gaps.py`).
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from domain.kernel.canonical import new_id
from domain.kernel.errors import Unavailable
from domain.kernel.redaction import REDACTED, as_text, redact

__all__ = ["REDACTED", "insert_event", "members_of", "record", "redact"]

_INSERT = text("""
INSERT INTO events (event_id, event_type, occurred_at, actor_id, actor_role, entity_type, entity_id,
  outage_id, canon_outage_id, prov_outage_id, run_id, replay_id, request_id, ip, status, payload)
VALUES (:event_id, :event_type, COALESCE(:occurred_at, clock_timestamp()), :actor_id, :actor_role, :entity_type,
  :entity_id, :outage_id, :canon_outage_id, :prov_outage_id, :run_id, :replay_id, :request_id, CAST(:ip AS inet),
  :status, CAST(:payload AS jsonb))
""")


def record(
    connection: Connection,
    event_type: str,
    *,
    actor_id: str,
    actor_role: str,
    occurred_at: datetime | None = None,
    entity_type: str | None = None,
    entity_id: str | None = None,
    outage_id: str | None = None,
    prov_outage_id: str | None = None,
    run_id: uuid.UUID | None = None,
    replay_id: uuid.UUID | None = None,
    request_id: str | None = None,
    ip: str | None = None,
    status: str = "ok",
    payload: Mapping[str, Any] | None = None,
) -> uuid.UUID:
    """Append one event for the tenant that the transaction is bound to; answer its id. Grain: one act.

    For what must not happen without its event; where the act goes on all the same, `gaps.note` keeps the gap.

    Args:
        connection: of the act itself, so that act and event stand or fall together.
        event_type: room.thing.past_tense, or as the specifications name it.
        actor_id: user id, key id or the name of a process.
        actor_role: the role acted in; of several, joined by commas.
        occurred_at: an instant in UTC; None: now, by the database's clock.
        entity_type: what kind of thing it was done to.
        entity_id: which one.
        outage_id: of a promoted outage.
        prov_outage_id: of a provisional one.
        run_id: of the calculation that it belongs to.
        replay_id: of the replay that it belongs to.
        request_id: of the request that it came by.
        ip: the caller's address.
        status: `ok`, or what went wrong.
        payload: members that JSON can hold; secrets are taken out before it is written.

    Raises:
        Unavailable: LEDGER_UNAVAILABLE, the event cannot be written, so what it tells of must not happen.
    """
    members = members_of(
        event_type,
        actor_id=actor_id,
        actor_role=actor_role,
        occurred_at=occurred_at,
        entity_type=entity_type,
        entity_id=entity_id,
        outage_id=outage_id,
        canon_outage_id=outage_id,
        prov_outage_id=prov_outage_id,
        run_id=run_id,
        replay_id=replay_id,
        request_id=request_id,
        ip=ip,
        status=status,
        payload=payload,
    )
    try:
        return insert_event(connection, members)
    except (OperationalError, ProgrammingError, InternalError) as cause:
        raise Unavailable(
            "The ledger cannot be written now; nothing was done.", hint="Try again shortly.", code="LEDGER_UNAVAILABLE"
        ) from cause


def members_of(event_type: str, **given: Any) -> dict[str, Any]:
    """An event's members as they are stored, without secrets, under a new id."""
    plain = {
        name: redact(value) if isinstance(value, str) else value for name, value in given.items() if name != "payload"
    }
    payload = json.dumps(redact(dict(given.get("payload") or {})), default=as_text)
    return {"event_id": new_id(), "event_type": event_type} | plain | {"payload": payload}


def insert_event(connection: Connection, members: Mapping[str, Any]) -> uuid.UUID:
    """Append the event that `members_of` made; answer its id."""
    # A gap that an earlier version kept does not name every member that there is by now.
    unnamed = dict.fromkeys(("canon_outage_id", "prov_outage_id", "replay_id"))
    connection.execute(_INSERT, unnamed | dict(members))
    event_id: uuid.UUID = members["event_id"]
    return event_id
