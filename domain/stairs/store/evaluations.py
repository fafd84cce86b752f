"""Evaluations: every verdict that was ever given, with all that it was made from. Append-only."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import NotFound
from domain.kernel.events import record

ENTITY, MACHINE = "instance_evaluation", "stairs.evaluation"


@dataclass(frozen=True)
class Evaluation:
    """One verdict on one instance. The hashes are those of the canonical JSON of inputs and outputs."""

    evaluation_id: uuid.UUID
    instance_id: uuid.UUID
    session_id: uuid.UUID
    seq: int
    engine_version: str
    rule_ids: list[uuid.UUID]
    inputs: dict[str, Any]
    inputs_sha256: str
    outputs: dict[str, Any]
    outputs_sha256: str
    evaluated_at: datetime


_COLUMNS = ", ".join(Evaluation.__dataclass_fields__)


def append(
    connection: Connection,
    instance: Mapping[str, Any],
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    *,
    now: datetime,
) -> uuid.UUID:
    """Add a verdict behind those that an instance has; the same inputs and engine as the last one add none.

    Args:
        connection: bound to the tenant.
        instance: the test's row.
        inputs: all that the verdict was made from, with its rules; what makes it again.
        outputs: verdict, `engine_version` and how it came about.
        now: when it was judged, UTC.

    Returns:
        The id of the verdict that stands from now on, which follows from its inputs.
    """
    last = newest(connection, instance["instance_id"])
    digest = content_hash(inputs)
    engine = str(outputs["engine_version"])
    if last is not None and (last.inputs_sha256, last.engine_version) == (digest, engine):
        return last.evaluation_id
    seq = 1 if last is None else last.seq + 1
    evaluation_id = derived_id("stairs.evaluation", str(instance["instance_id"]), str(seq), engine, digest)
    used = sorted({one["rule_id"] for one in inputs["rules"] if one["rule_id"]})
    connection.execute(
        text(
            f"INSERT INTO instance_evaluations ({_COLUMNS}) VALUES (:evaluation_id, :instance_id, :session_id, :seq,"
            " :engine_version, CAST(:rule_ids AS uuid[]), CAST(:inputs AS jsonb), :inputs_sha256,"
            " CAST(:outputs AS jsonb), :outputs_sha256, :evaluated_at)"
        ),
        {
            "evaluation_id": evaluation_id,
            "instance_id": instance["instance_id"],
            "session_id": instance["session_id"],
            "seq": seq,
            "engine_version": engine,
            "rule_ids": used,
            "inputs": json.dumps(inputs),
            "inputs_sha256": digest,
            "outputs": json.dumps(outputs),
            "outputs_sha256": content_hash(outputs),
            "evaluated_at": now,
        },
    )
    record(
        connection,
        "stairs.instance.judged",
        actor_id=MACHINE,
        actor_role="MACHINE",
        entity_type=ENTITY,
        entity_id=str(evaluation_id),
        # Under its own id as run, so that `verify run` finds what makes it again.
        run_id=evaluation_id,
        payload={"instance_id": str(instance["instance_id"]), "verdict": outputs["verdict"], "inputs_sha256": digest},
    )
    return evaluation_id


def newest(connection: Connection, instance_id: uuid.UUID) -> Evaluation | None:
    """The verdict that stands, or None."""
    found = of_instance(connection, instance_id)
    return found[-1] if found else None


def of_instance(connection: Connection, instance_id: uuid.UUID) -> list[Evaluation]:
    """All verdicts on an instance, in the order in which they were given."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM instance_evaluations WHERE tenant_id = current_setting('app.tenant')"
            " AND instance_id = :id ORDER BY seq"
        ),
        {"id": instance_id},
    )
    return [Evaluation(**row._mapping) for row in rows]


def load(connection: Connection, evaluation_id: uuid.UUID) -> Evaluation:
    """One verdict.

    Raises:
        NotFound: the tenant has no such evaluation.
    """
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM instance_evaluations WHERE tenant_id = current_setting('app.tenant')"
            " AND evaluation_id = :id"
        ),
        {"id": evaluation_id},
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no evaluation {evaluation_id}.", hint="GET .../instances/{id}/evaluations lists them."
        )
    return Evaluation(**row._mapping)


def newest_of_session(connection: Connection, session_id: uuid.UUID) -> dict[uuid.UUID, Evaluation]:
    """The verdict that stands for each instance of a session."""
    rows = connection.execute(
        text(
            f"SELECT DISTINCT ON (instance_id) {_COLUMNS} FROM instance_evaluations"
            " WHERE tenant_id = current_setting('app.tenant') AND session_id = :id ORDER BY instance_id, seq DESC"
        ),
        {"id": session_id},
    )
    return {row.instance_id: Evaluation(**row._mapping) for row in rows}
