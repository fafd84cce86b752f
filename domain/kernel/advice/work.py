"""Work items: what somebody is to look at because advice was accepted, and what was found; it tells how good advice is.

They are opened by a countersignature and closed by a person who was there.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, text

from domain.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.principal import Principal

Found = Literal["confirmed", "fixed", "meter_fault", "vacant", "clean", "not_found"]
OUTCOMES: tuple[str, ...] = get_args(Found)
_COLUMNS = (
    "w.work_item_id, w.suggestion_id, w.room, w.kind, w.title, w.target_id, w.signal_type, w.reasons, w.ruleset,"
    " w.status, w.outcome, w.note, w.opened_by, w.opened_at, w.closed_by, w.closed_at, w.countersignature_id"
)


@dataclass(frozen=True)
class Wanted:
    """Which work items are wanted; what is None does not matter."""

    room: str | None = None
    status: str | None = None
    outcome: str | None = None
    kind: str | None = None
    suggestion_id: uuid.UUID | None = None

    def condition(self) -> tuple[str, dict[str, Any]]:
        """As SQL with its parameters."""
        asked = {
            name: value
            for name in ("room", "status", "outcome", "kind", "suggestion_id")
            if (value := getattr(self, name)) is not None
        }
        return " AND ".join(["true", *(f"w.{name} = :{name}" for name in asked)]), asked


def listed(
    connection: Connection, wanted: Wanted, *, beyond: str = "true", order: str, values: dict[str, Any], limit: int
) -> list[dict[str, Any]]:
    """A page of work items in the order asked for, at most `limit`. Grain: work item.

    `beyond`, `order` and `values` are what a `Keyset` gives: SQL of the code, never of a caller.
    """
    condition, given = wanted.condition()
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM work_items AS w WHERE {condition} AND {beyond} ORDER BY {order} LIMIT :n"),
        given | values | {"n": limit},
    )
    return [dict(row._mapping) for row in rows]


def load(connection: Connection, work_item_id: uuid.UUID) -> dict[str, Any]:
    """The work item under that id.

    Raises:
        NotFound: the tenant has none.
    """
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM work_items AS w WHERE w.work_item_id = :id"), {"id": work_item_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such work item.", hint="GET /v1/advice/work-items lists them.")
    return dict(row._mapping)


def close(
    connection: Connection, principal: Principal, work_item_id: uuid.UUID, outcome: str, note: str | None, now: datetime
) -> dict[str, Any]:
    """Say what was found. It is said once.

    Raises:
        Forbidden: PERSON_REQUIRED, a machine was not there.
        Invalid: an outcome that is none.
        NotFound: no such work item.
        Conflict: ALREADY_CLOSED.
    """
    if not principal.is_person:
        raise Forbidden("A person says what was found; nothing was changed.", code="PERSON_REQUIRED")
    if outcome not in OUTCOMES:
        raise Invalid(f"There is no outcome {outcome!r}.", hint=f"There are {', '.join(OUTCOMES)}.")
    standing = load(connection, work_item_id)
    closed = connection.execute(
        text(
            "UPDATE work_items SET status = 'CLOSED', outcome = :outcome, note = :note, closed_by = :who,"
            " closed_at = :now WHERE work_item_id = :id AND status = 'OPEN'"
        ),
        {"outcome": outcome, "note": note, "who": uuid.UUID(principal.id), "now": now, "id": work_item_id},
    )
    if not closed.rowcount:
        raise Conflict(
            f"The work item is closed already as {standing['outcome'] or 'somebody else said'}; nothing was changed.",
            hint="An outcome is said once; what is noticed anew is a new suggestion.",
            code="ALREADY_CLOSED",
        )
    record(
        connection,
        "advice.work_item.closed",
        actor_id=principal.id,
        actor_role=principal.actor_role,
        occurred_at=now,
        entity_type="work_item",
        entity_id=str(work_item_id),
        payload={"outcome": outcome, "note": note, "suggestion_id": str(standing["suggestion_id"])},
    )
    return load(connection, work_item_id)


def precision(connection: Connection, room: str | None = None) -> list[dict[str, Any]]:
    """How often accepted advice found something, by signal type, reason and ruleset."""
    rows = connection.execute(
        text(
            "SELECT room, signal_type, reason, ruleset, open_items, closed_items, found, confirmed, fixed, meter_fault,"
            " vacant, clean, not_found FROM v_advice_precision"
            " WHERE CAST(:room AS text) IS NULL OR room = :room"
            ' ORDER BY room COLLATE "C", signal_type COLLATE "C", reason COLLATE "C", ruleset COLLATE "C"'
        ),
        {"room": room},
    )
    return [dict(row._mapping) for row in rows]
