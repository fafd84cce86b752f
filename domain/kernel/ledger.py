"""The ledger as it is read: filtered lists, one event, its export. What is written into it stands in `events.py`."""

import csv
import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.asked import conditions
from domain.kernel.spreadsheet import inert

_EXPORTED = (
    "event_id seq event_type occurred_at recorded_at actor_id actor_role entity_type entity_id outage_id"
    " canon_outage_id prov_outage_id run_id replay_id request_id ip status payload"
)
EXPORTED = _EXPORTED.split()
_COLUMNS = ", ".join(f"e.{name}" for name in EXPORTED if name != "ip") + ", host(e.ip) AS ip"
_SEALED = " LEFT JOIN seal_leaves AS l ON l.event_id = e.event_id LEFT JOIN seals AS s ON s.seal_id = l.seal_id"
BATCH_ROWS = 1000


@dataclass(frozen=True)
class Wanted:
    """Which events are wanted; what is None does not matter.

    Attributes:
        event_type: how the type begins, such as `kernel.proposal.`.
        entity: an entity's id, its type, or `type/id`.
        actor: an actor's id.
        since, until: instants of occurrence, the second one excluded.
    """

    event_type: str | None = None
    entity: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    run_id: uuid.UUID | None = None

    def condition(self) -> tuple[str, dict[str, Any]]:
        """As SQL with its parameters; row-level security keeps other tenants out, the literal helps the planner."""
        parts = {
            "starts_with(e.event_type, :event_type)": ("event_type", self.event_type),
            ":entity IN (e.entity_id, e.entity_type, e.entity_type || '/' || e.entity_id)": ("entity", self.entity),
            "e.actor_id = :actor": ("actor", self.actor),
            "e.occurred_at >= :since": ("since", self.since),
            "e.occurred_at < :until": ("until", self.until),
            "e.run_id = :run_id": ("run_id", self.run_id),
        }
        said, values = conditions(parts)
        return f"e.tenant_id = NULLIF(current_setting('app.tenant', true), '') AND {said}", values


@dataclass(frozen=True)
class Place:
    """Where a page of the list ended."""

    occurred_at: datetime
    event_id: uuid.UUID


def events(connection: Connection, wanted: Wanted, *, after: Place | None, limit: int) -> list[Row[Any]]:
    """Events, the newest first, each with the number of its seal (None while it is not sealed)."""
    condition, given = wanted.condition()
    if after is not None:
        condition += " AND e.occurred_at <= :at AND (e.occurred_at < :at OR e.event_id > :id)"
        given |= {"at": after.occurred_at, "id": after.event_id}
    query = (
        f"SELECT {_COLUMNS}, s.seal_number FROM events AS e{_SEALED} WHERE {condition}"
        " ORDER BY e.occurred_at DESC, e.event_id LIMIT :limit"
    )
    return list(connection.execute(text(query), given | {"limit": limit}))


def event(connection: Connection, event_id: uuid.UUID) -> Row[Any] | None:
    """One event with its seal; None where the tenant has none of that id."""
    query = (
        f"SELECT {_COLUMNS}, s.seal_number, s.seal_id, s.sealed_at, s.root, l.leaf_index FROM events AS e{_SEALED}"
        " WHERE e.event_id = :id"
    )
    return connection.execute(text(query), {"id": event_id}).one_or_none()


def count(connection: Connection, wanted: Wanted, most: int) -> int:
    """How many events there are, counted to `most`."""
    condition, given = wanted.condition()
    query = f"SELECT count(*) FROM (SELECT 1 FROM events AS e WHERE {condition} LIMIT :most) AS c"
    return int(connection.execute(text(query), given | {"most": most}).scalar_one())


def csv_lines(connection: Connection, wanted: Wanted) -> Iterator[str]:
    """The events as CSV, oldest first, a batch at a time; memory stays flat."""
    condition, given = wanted.condition()
    query = text(f"SELECT {_COLUMNS} FROM events AS e WHERE {condition} ORDER BY e.occurred_at, e.event_id")
    rows = connection.execute(query, given, execution_options={"stream_results": True, "max_row_buffer": BATCH_ROWS})
    yield _written([EXPORTED])
    for batch in rows.partitions(BATCH_ROWS):
        yield _written([[_cell(row._mapping[name]) for name in EXPORTED] for row in batch])


def _written(lines: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(lines)
    return stream.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return inert(str(value))
