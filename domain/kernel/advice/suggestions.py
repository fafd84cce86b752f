"""Suggestions as they are kept and read: insert-only, and a status that one decision of a person moves."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.advice.model import Advice, Signal, suggestion_id_of
from domain.kernel.asked import conditions
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict, NotFound

SUBJECT = "suggestion"
_COLUMNS = (
    "suggestion_id, room, source_signal_id, evaluation_id, scope, suggestion_type, target_id, context, severity,"
    " message, reasons, ruleset, evidence, content_hash, opens, status, created_at"
)


@dataclass(frozen=True)
class Suggestion:
    """One suggestion. Grain: episode, type and target.

    Attributes:
        content_hash: of everything but the status: what a person signs.
        opens: what accepting it opens.
    """

    suggestion_id: uuid.UUID
    room: str
    source_signal_id: uuid.UUID
    evaluation_id: uuid.UUID
    scope: str
    suggestion_type: str
    target_id: str
    context: str
    severity: str
    message: str
    reasons: tuple[str, ...]
    ruleset: str
    evidence: dict[str, Any]
    content_hash: str
    opens: str | None
    status: str
    created_at: datetime | None

    def content(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "suggestion_id": str(self.suggestion_id),
            "room": self.room,
            "source_signal_id": str(self.source_signal_id),
            "evaluation_id": str(self.evaluation_id),
            "scope": self.scope,
            "type": self.suggestion_type,
            "target_id": self.target_id,
            "context": self.context,
            "severity": self.severity,
            "message": self.message,
            "reasons": list(self.reasons),
            "ruleset": self.ruleset,
            "evidence": self.evidence,
            "opens": self.opens,
        }


def insert(connection: Connection, signal: Signal, evaluation_id: uuid.UUID, advice: Advice) -> Suggestion | None:
    """Keep the suggestion; None where the episode has one of that type and target already."""
    suggestion_id = suggestion_id_of(signal.signal_id, advice)
    made = Suggestion(
        suggestion_id,
        signal.about.room,
        signal.signal_id,
        evaluation_id,
        advice.scope,
        advice.suggestion_type,
        advice.target_id,
        signal.about.context,
        advice.severity.value,
        advice.message,
        tuple(advice.reasons),
        signal.ruleset,
        dict(advice.evidence),
        "",
        advice.opens,
        "OPEN",
        None,
    )
    is_new = connection.execute(
        text(
            "INSERT INTO suggestions (suggestion_id, room, source_signal_id, evaluation_id, scope, suggestion_type,"
            " target_id, context, severity, message, reasons, ruleset, evidence, content_hash, opens) VALUES"
            " (:suggestion_id, :room, :source_signal_id, :evaluation_id, :scope, :suggestion_type, :target_id,"
            " :context, :severity, :message, :reasons, :ruleset, CAST(:evidence AS jsonb), :content_hash, :opens)"
            " ON CONFLICT (tenant_id, source_signal_id, suggestion_type, target_id) DO NOTHING"
        ),
        vars(made)
        | {
            "evidence": json.dumps(made.evidence),
            "reasons": list(made.reasons),
            "content_hash": content_hash(made.content()),
        },
    ).rowcount
    return load(connection, suggestion_id) if is_new else None


def load(connection: Connection, suggestion_id: uuid.UUID) -> Suggestion:
    """The suggestion under that id.

    Raises:
        NotFound: the tenant has none.
        Conflict: CONTENT_CHANGED, somebody changed the row behind the triggers.
    """
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM suggestions WHERE suggestion_id = :id"), {"id": suggestion_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such suggestion.", hint="GET /v1/advice/suggestions lists them.")
    found = _of_row(row)
    if content_hash(found.content()) != found.content_hash:
        raise Conflict(
            f"Suggestion {suggestion_id} is not what its hash says; nothing was done.",
            hint="Somebody changed it behind the triggers. `countersign verify ledger` says what else was touched.",
            code="CONTENT_CHANGED",
        )
    return found


@dataclass(frozen=True)
class Wanted:
    """Which suggestions are wanted; what is None does not matter. course_id: of the room courses, any version."""

    room: str | None = None
    status: str | None = None
    severity: str | None = None
    scope: str | None = None
    suggestion_type: str | None = None
    course_id: str | None = None
    signal_id: uuid.UUID | None = None

    def condition(self) -> tuple[str, dict[str, Any]]:
        """As SQL with its parameters."""
        parts = {
            "s.room = :room": ("room", self.room),
            "s.status = :status": ("status", self.status),
            "s.severity = :severity": ("severity", self.severity),
            "s.scope = :scope": ("scope", self.scope),
            "s.suggestion_type = :type": ("type", self.suggestion_type),
            "s.room = 'courses' AND split_part(s.context, '@', 1) = :course_id": ("course_id", self.course_id),
            "s.source_signal_id = :signal_id": ("signal_id", self.signal_id),
        }
        return conditions(parts)


def listed(
    connection: Connection, wanted: Wanted, *, beyond: str = "true", order: str, values: dict[str, Any], limit: int
) -> list[dict[str, Any]]:
    """Suggestions with the numbers that they rest on and the decision on them. Grain: suggestion; at most `limit`.

    `beyond`, `order` and `values` are what a `Keyset` gives: SQL of the code, never of a caller.
    """
    condition, given = wanted.condition()
    rows = connection.execute(
        text(
            "SELECT s.*, g.signal_type, e.value, e.k, e.n, e.low, e.high, e.thresholds, d.decision,"
            " d.reason AS decision_reason, d.decided_by, d.decided_at, d.countersignature_id"
            " FROM suggestions AS s"
            " JOIN signals AS g ON g.tenant_id = s.tenant_id AND g.signal_id = s.source_signal_id"
            " JOIN signal_evaluations AS e ON e.tenant_id = s.tenant_id AND e.evaluation_id = s.evaluation_id"
            " LEFT JOIN suggestion_decisions AS d ON d.tenant_id = s.tenant_id AND d.suggestion_id = s.suggestion_id"
            f" WHERE {condition} AND {beyond} ORDER BY {order} LIMIT :n"
        ),
        given | values | {"n": limit},
    )
    return [dict(row._mapping) for row in rows]


def one(connection: Connection, suggestion_id: uuid.UUID) -> dict[str, Any]:
    """One suggestion as `listed` tells it.

    Raises:
        NotFound: the tenant has none.
    """
    load(connection, suggestion_id)
    found = listed(
        connection,
        Wanted(),
        beyond="s.suggestion_id = :asked",
        order="s.suggestion_id",
        values={"asked": suggestion_id},
        limit=1,
    )
    return found[0]


def open_count(connection: Connection, room: str | None = None) -> int:
    """How many suggestions nobody has decided on."""
    found = connection.execute(
        text(
            "SELECT count(*) FROM suggestions WHERE status = 'OPEN' AND (CAST(:room AS text) IS NULL OR room = :room)"
        ),
        {"room": room},
    )
    return int(found.scalar_one())


def _of_row(row: Row[Any]) -> Suggestion:
    return Suggestion(**{**row._mapping, "reasons": tuple(row.reasons)})
