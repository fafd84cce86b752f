"""Test instances: one measurement of one place in one session, a copy of the template that it was made from."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound
from domain.kernel.sqlfiles import sql_file
from domain.stairs.rules.progress import Progress, progress_of

_JSON = {
    "acknowledged",
    "validation_result",
    "context_snapshot",
    "definition_snapshot",
    "sequence_snapshot",
    "baseline_snapshot",
}


def clone(connection: Connection, session_id: uuid.UUID, building_id: uuid.UUID, frequency: str) -> int:
    """Copy the published templates of a building and frequency into a session; answer how many.

    What they depend on (baseline, expected sequence, definition, names of places) is copied with them, so that nothing
    that changes later changes what was tested.
    """
    made = connection.execute(
        text(sql_file("stairs/clone_templates.sql")),
        {"session_id": session_id, "building_id": building_id, "frequency": frequency},
    )
    return made.rowcount


def clone_again(
    connection: Connection, session_id: uuid.UUID, instance_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, uuid.UUID]:
    """Copy what is to be tested of instances, without results, into a session; answer new ids by those they repeat."""
    rows = connection.execute(
        text(sql_file("stairs/clone_instances.sql")), {"session_id": session_id, "ids": list(instance_ids)}
    )
    return {row.retest_of: row.instance_id for row in rows}


def load(
    connection: Connection, session_id: uuid.UUID, instance_id: uuid.UUID, *, lock: bool = False
) -> dict[str, Any]:
    """The row of an instance.

    Raises:
        NotFound: the session has no such instance.
    """
    row = connection.execute(
        text(
            "SELECT * FROM test_instances WHERE tenant_id = current_setting('app.tenant') AND session_id = :session"
            f" AND instance_id = :id{' FOR UPDATE' if lock else ''}"
        ),
        {"session": session_id, "id": instance_id},
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"The session has no instance {instance_id}.",
            hint=f"GET /api/v1/tests/sessions/{session_id}/instances lists them.",
        )
    return dict(row._mapping)


def of_session(
    connection: Connection,
    session_id: uuid.UUID,
    *,
    status: str | None = None,
    stair_id: uuid.UUID | None = None,
    after: int = 0,
    limit: int = 10_000,
) -> list[dict[str, Any]]:
    """Instances of a session in walk order, with the names of stair and floor."""
    rows = connection.execute(
        text(sql_file("stairs/session_instances.sql")),
        {"session_id": session_id, "status": status, "stair_id": stair_id, "after": after, "how_many": limit},
    )
    return [dict(row._mapping) for row in rows]


def change(connection: Connection, instance_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    """Set columns of an instance whose session is not approved."""
    told = ", ".join(
        f"{name} = CAST(:{name} AS jsonb)" if name in _JSON else f"{name} = :{name}" for name in sorted(values)
    )
    given = {
        name: json.dumps(value) if name in _JSON and value is not None else value for name, value in values.items()
    }
    connection.execute(
        text(f"UPDATE test_instances SET {told} WHERE tenant_id = current_setting('app.tenant') AND instance_id = :id"),
        {**given, "id": instance_id},
    )


def progress(connection: Connection, session_id: uuid.UUID) -> Progress:
    """How far a session is, each place by its newest instance and each repeated one besides."""
    row = connection.execute(text(sql_file("stairs/session_progress.sql")), {"session_id": session_id}).one()
    return progress_of({name: int(value) for name, value in row._mapping.items()})
