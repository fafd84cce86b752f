"""Signals and their evaluations as they are kept and read."""

import json
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.advice.episode import Change
from domain.kernel.advice.model import About, Evaluation, Severity, Signal
from domain.kernel.asked import conditions
from domain.kernel.canonical import derived_id
from domain.kernel.errors import NotFound

_ABOUT = "room, signal_type, subject_type, subject_id, context"
_SIGNAL = f"signal_id, {_ABOUT}, number, state, severity, ruleset, opened_on, last_evaluated_on, opened_at, closed_at"
_SAME = (
    "room = :room AND signal_type = :signal_type AND subject_type = :subject_type AND subject_id = :subject_id"
    " AND context = :context"
)
_EVALUATION = (
    f"evaluation_id, {_ABOUT}, signal_id, evaluated_on, inputs_hash, verdict, change, severity, value, k, n, low, high,"
    " period, ruleset, thresholds, evidence, evaluated_at"
)


def lock_about(connection: Connection, about: About) -> None:
    """Let nobody else evaluate the same thing until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(current_setting('app.tenant') || '|signal|' || :key, 0))"),
        {"key": "|".join(_values(about).values())},
    )


def last_episode(connection: Connection, about: About) -> Signal | None:
    """The newest episode about it, open or not."""
    row = connection.execute(
        text(f"SELECT {_SIGNAL} FROM signals WHERE {_SAME} ORDER BY number DESC LIMIT 1"), _values(about)
    ).one_or_none()
    return None if row is None else _of_row(row)


def open_about(connection: Connection, room: str) -> list[About]:
    """What the open episodes of a room are about, in a fixed order."""
    rows = connection.execute(
        text(
            f"SELECT {_ABOUT} FROM signals WHERE room = :room AND state = 'OPEN'"
            ' ORDER BY signal_type COLLATE "C", subject_id COLLATE "C", context COLLATE "C", signal_id'
        ),
        {"room": room},
    )
    return [About(*row) for row in rows]


def load(connection: Connection, signal_id: uuid.UUID) -> Signal:
    """The episode under that id.

    Raises:
        NotFound: the tenant has none.
    """
    row = connection.execute(
        text(f"SELECT {_SIGNAL} FROM signals WHERE signal_id = :id"), {"id": signal_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such signal.", hint="GET /v1/advice/signals lists them.")
    return _of_row(row)


def keep(connection: Connection, signal: Signal, change: Change) -> None:
    """Write the episode as it now stands: a new row where it opened, else its severity, last look and end.

    Grain: episode. A look that changes nothing writes nothing.
    """
    values = {
        **_values(signal.about),
        "id": signal.signal_id,
        "number": signal.number,
        "severity": signal.severity.value,
        "ruleset": signal.ruleset,
        "opened_on": signal.opened_on,
        "last": signal.last_evaluated_on,
    }
    if change == "OPENED":
        connection.execute(
            text(
                f"INSERT INTO signals (signal_id, {_ABOUT}, number, severity, ruleset, opened_on, last_evaluated_on)"
                " VALUES (:id, :room, :signal_type, :subject_type, :subject_id, :context, :number, :severity,"
                " :ruleset, :opened_on, :last)"
            ),
            values,
        )
        return
    closing = ", state = 'CLOSED', closed_on = :last, closed_at = clock_timestamp()" if change == "CLOSED" else ""
    connection.execute(
        text(
            f"UPDATE signals SET severity = :severity, last_evaluated_on = :last{closing}"
            " WHERE signal_id = :id AND (severity, last_evaluated_on, state)"
            f" IS DISTINCT FROM (:severity, CAST(:last AS date), '{'CLOSED' if closing else 'OPEN'}')"
        ),
        values,
    )


def known_evaluation(connection: Connection, inputs_hash: str) -> uuid.UUID | None:
    """The evaluation with these inputs, where one was kept."""
    return connection.execute(
        text("SELECT evaluation_id FROM signal_evaluations WHERE inputs_hash = :hash"), {"hash": inputs_hash}
    ).scalar_one_or_none()


def keep_evaluation(
    connection: Connection, evaluation: Evaluation, inputs_hash: str, signal: Signal | None, change: Change
) -> uuid.UUID:
    """Insert the evaluation under the id that follows from its inputs."""
    tenant = connection.execute(text("SELECT current_setting('app.tenant')")).scalar_one()
    evaluation_id = derived_id("advice.evaluation", tenant, inputs_hash)
    connection.execute(
        text(
            f"INSERT INTO signal_evaluations (evaluation_id, {_ABOUT}, signal_id, evaluated_on, inputs_hash, verdict,"
            " change, severity, value, k, n, low, high, period, ruleset, thresholds, evidence) VALUES (:id, :room,"
            " :signal_type, :subject_type, :subject_id, :context, :signal_id, :on, :hash, :verdict, :change,"
            " :severity, :value, :k, :n, :low, :high, CAST(:period AS jsonb), :ruleset, CAST(:thresholds AS jsonb),"
            " CAST(:evidence AS jsonb))"
        ),
        {
            **_values(evaluation.about),
            "id": evaluation_id,
            "signal_id": signal.signal_id if signal else None,
            "on": evaluation.evaluated_on,
            "hash": inputs_hash,
            "verdict": evaluation.verdict.value,
            "change": change,
            "severity": evaluation.severity.value if evaluation.severity else None,
            "value": evaluation.value,
            "k": evaluation.k,
            "n": evaluation.n,
            "low": evaluation.low,
            "high": evaluation.high,
            "period": json.dumps(dict(evaluation.period)),
            "ruleset": evaluation.ruleset,
            "thresholds": json.dumps(dict(evaluation.thresholds)),
            "evidence": json.dumps(dict(evaluation.evidence)),
        },
    )
    return evaluation_id


def evaluations_of(connection: Connection, signal_id: uuid.UUID, limit: int = 200) -> list[dict[str, Any]]:
    """What was seen while the episode lasted, the newest first."""
    rows = connection.execute(
        text(
            f"SELECT {_EVALUATION} FROM signal_evaluations WHERE signal_id = :id"
            " ORDER BY evaluated_on DESC, evaluated_at DESC, evaluation_id DESC LIMIT :n"
        ),
        {"id": signal_id, "n": limit},
    )
    return [dict(row._mapping) for row in rows]


@dataclass(frozen=True)
class Wanted:
    """Which signals are wanted; what is None does not matter."""

    room: str | None = None
    state: str | None = None
    signal_type: str | None = None
    severity: str | None = None
    context: str | None = None
    course_id: str | None = None

    def condition(self) -> tuple[str, dict[str, Any]]:
        """As SQL with its parameters."""
        parts = {
            "s.room = :room": ("room", self.room),
            "s.state = :state": ("state", self.state),
            "s.signal_type = :signal_type": ("signal_type", self.signal_type),
            "s.severity = :severity": ("severity", self.severity),
            "s.context = :context": ("context", self.context),
            "split_part(s.context, '@', 1) = :course_id": ("course_id", self.course_id),
        }
        return conditions(parts)


def listed(
    connection: Connection, wanted: Wanted, *, beyond: str = "true", order: str, values: dict[str, Any], limit: int
) -> list[dict[str, Any]]:
    """Signals with the numbers of their last evaluation, in the order asked for; one more than a page tells of more."""
    condition, given = wanted.condition()
    rows = connection.execute(
        text(
            "SELECT s.*, e.value, e.k, e.n, e.low, e.high, e.thresholds FROM signals AS s LEFT JOIN LATERAL ("
            "  SELECT v.value, v.k, v.n, v.low, v.high, v.thresholds FROM signal_evaluations AS v"
            "  WHERE v.tenant_id = s.tenant_id AND v.signal_id = s.signal_id"
            "  ORDER BY v.evaluated_on DESC, v.evaluated_at DESC, v.evaluation_id DESC LIMIT 1) AS e ON true"
            f" WHERE {condition} AND {beyond} ORDER BY {order} LIMIT :n"
        ),
        given | values | {"n": limit},
    )
    return [dict(row._mapping) for row in rows]


def archive(connection: Connection, before: date) -> int:
    """Put signals that closed before the day away; the rows stay, with all that they led to. Answers how many."""
    done = connection.execute(
        text("UPDATE signals SET state = 'ARCHIVED' WHERE state = 'CLOSED' AND closed_on < :before"), {"before": before}
    )
    return done.rowcount


def _values(about: About) -> dict[str, str]:
    return {
        "room": about.room,
        "signal_type": about.signal_type,
        "subject_type": about.subject_type,
        "subject_id": about.subject_id,
        "context": about.context,
    }


def _of_row(row: Row[Any]) -> Signal:
    return Signal(
        row.signal_id,
        About(row.room, row.signal_type, row.subject_type, row.subject_id, row.context),
        row.number,
        row.state,
        Severity(row.severity),
        row.ruleset,
        row.opened_on,
        row.last_evaluated_on,
        row.opened_at,
        row.closed_at,
    )
