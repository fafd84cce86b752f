"""The ledger: what was done, by whom, when. Append-only; telemetry is not in it.

`record` writes in the caller's transaction: what it tells of and its event stand or fall together.
"""

import json
import re
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import new_id

SECRET_NAME = re.compile(r"pass(word|wd)?$|secret|token|authorization|api_?key|credential|private_?key|cookie", re.I)
SECRET_VALUE = re.compile(
    r"(?P<keep>://[^:/@\s]+:)[^@\s]+(?=@)"  # password in an address
    r"|(?P<query>[?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|signature|sig|token)=)[^&\s\"']+"
    r"|(?P<bearer>\bBearer\s+)[A-Za-z0-9._~+/=-]+"
    r"|\bcsk_[A-Za-z0-9]+_[A-Za-z0-9_-]+"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"
    r"|\bAKIA[0-9A-Z]{16}\b",
    re.I,
)
REDACTED = "[redacted]"

_INSERT = text("""
INSERT INTO events (event_id, event_type, occurred_at, actor_id, actor_role, entity_type, entity_id,
  outage_id, run_id, request_id, ip, status, payload)
VALUES (:event_id, :event_type, COALESCE(:occurred_at, clock_timestamp()), :actor_id, :actor_role, :entity_type,
  :entity_id, :outage_id, :run_id, :request_id, CAST(:ip AS inet), :status, CAST(:payload AS jsonb))
""")


def redact(value: Any) -> Any:
    """`value` without secrets: members with a secret's name, and secrets inside text, are replaced."""
    if isinstance(value, dict):
        return {k: REDACTED if SECRET_NAME.search(str(k)) else redact(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    if isinstance(value, str):
        return SECRET_VALUE.sub(
            lambda m: (m.group("keep") or m.group("query") or m.group("bearer") or "") + REDACTED, value
        )
    return value


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
    run_id: uuid.UUID | None = None,
    request_id: str | None = None,
    ip: str | None = None,
    status: str = "ok",
    payload: dict[str, Any] | None = None,
) -> uuid.UUID:
    """Append one event for the tenant that the transaction is bound to; answer its id."""
    event_id = new_id()
    connection.execute(
        _INSERT,
        {
            "event_id": event_id,
            "event_type": event_type,
            "occurred_at": occurred_at,
            "actor_id": actor_id,
            "actor_role": actor_role,
            "entity_type": entity_type,
            "entity_id": entity_id,
            "outage_id": outage_id,
            "run_id": run_id,
            "request_id": request_id,
            "ip": ip,
            "status": status,
            "payload": json.dumps(redact(payload or {}), default=str),
        },
    )
    return event_id
