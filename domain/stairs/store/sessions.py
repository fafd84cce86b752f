"""Test sessions: one visit of a building's routine. Grain: one session."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound
from domain.kernel.proposals import Subject, lock_subject
from domain.kernel.sqlfiles import sql_file
from domain.stairs.rules.due import Routine
from domain.stairs.rules.session_gates import SESSION
from domain.stairs.rules.session_state import SessionStatus, move_session

_COLUMNS = (
    "s.id, s.building_id, b.name AS building_name, b.timezone, b.jurisdiction, s.frequency, s.status, s.planned_for,"
    " s.technician_id, s.created_by, s.started_at, s.submitted_at, s.submitted_by, s.approved_at, s.approved_by,"
    " s.returned_reason, s.void_reason, s.report_hash, s.ruleset_version, s.bundle_hash, s.revision,"
    " s.supersedes_session_id, s.countersignature_id, s.created_at, s.updated_at"
)
_FROM = "test_sessions AS s JOIN buildings AS b ON b.tenant_id = s.tenant_id AND b.id = s.building_id"
OPEN = ("draft", "active", "returned")


@dataclass(frozen=True)
class Session:
    """One session with the building that it is of; instants in UTC, planned_for a local date."""

    id: uuid.UUID
    building_id: uuid.UUID
    building_name: str
    timezone: str
    jurisdiction: str | None
    frequency: str
    status: SessionStatus
    planned_for: date
    technician_id: uuid.UUID | None
    created_by: uuid.UUID | None
    started_at: datetime | None
    submitted_at: datetime | None
    submitted_by: uuid.UUID | None
    approved_at: datetime | None
    approved_by: uuid.UUID | None
    returned_reason: str | None
    void_reason: str | None
    report_hash: str | None
    ruleset_version: str | None
    bundle_hash: str | None
    revision: int
    supersedes_session_id: uuid.UUID | None
    countersignature_id: uuid.UUID | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether results are still taken."""
        return self.status in OPEN


def hold(connection: Connection, session_id: uuid.UUID) -> None:
    """Let nobody else sign or change what the session holds until the transaction ends.

    It comes before every other lock on a session, its tests and its faults: a signature takes the same one first, so
    that neither waits for the other in a circle. A machine, which may not lock the row, takes this one.
    """
    lock_subject(connection, SESSION.kind, Subject("test_session", str(session_id)))


def load(connection: Connection, session_id: uuid.UUID, *, lock: bool = False) -> Session:
    """The session under that id; with `lock` nobody else changes it until the transaction ends.

    Raises:
        NotFound: the tenant has no such session.
    """
    if lock:
        hold(connection, session_id)
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_FROM} WHERE s.tenant_id = current_setting('app.tenant') AND s.id = :id"
            f"{' FOR UPDATE OF s' if lock else ''}"
        ),
        {"id": session_id},
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no test session {session_id}.", hint="GET /api/v1/tests/sessions lists those of the tenant."
        )
    return Session(**row._mapping)


def amendment_of(connection: Connection, session_id: uuid.UUID) -> uuid.UUID | None:
    """The session that corrects an approved one; None where nothing does, or what did was given up."""
    found: uuid.UUID | None = connection.execute(
        text(
            "SELECT id FROM test_sessions WHERE tenant_id = current_setting('app.tenant')"
            " AND supersedes_session_id = :id AND status <> 'void' ORDER BY created_at, id LIMIT 1"
        ),
        {"id": session_id},
    ).scalar_one_or_none()
    return found


def insert(connection: Connection, row: Mapping[str, Any]) -> uuid.UUID:
    """Write a new session; answer its id."""
    columns = sorted(row)
    made: uuid.UUID = connection.execute(
        text(
            f"INSERT INTO test_sessions ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
            " RETURNING id"
        ),
        dict(row),
    ).scalar_one()
    return made


def change(connection: Connection, session_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a session that is not approved."""
    told = ", ".join(f"{name} = :{name}" for name in sorted(values))
    connection.execute(
        text(f"UPDATE test_sessions SET {told} WHERE tenant_id = current_setting('app.tenant') AND id = :id"),
        {**values, "id": session_id},
    )


def move(connection: Connection, session: Session, then: SessionStatus, values: Mapping[str, Any]) -> None:
    """Let a session take another state, and set columns with it.

    Raises:
        Conflict: SESSION_STATE, that state does not follow the one that the session was loaded with.
    """
    change(connection, session.id, {**values, "status": move_session(session.status, then)})


def routines(connection: Connection) -> list[Routine]:
    """Each routine of each building with published tests, when it was last approved and is planned next; by name."""
    rows = connection.execute(text(sql_file("stairs/routines.sql")))
    return [Routine(**{**row, "building_id": str(row["building_id"])}) for row in rows.mappings()]


def listed(
    connection: Connection,
    limit: int,
    *,
    building_id: uuid.UUID | None = None,
    statuses: Sequence[str] = (),
    before: tuple[date, uuid.UUID] | None = None,
) -> list[Session]:
    """Visits by their local date, the latest planned first, at most `limit`. Grain: session.

    `before` holds `planned_for` and id of the row behind which the page begins; no `statuses` means any.
    """
    day, own = before or (None, None)
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_FROM} WHERE s.tenant_id = current_setting('app.tenant')"
            " AND (CAST(:building AS uuid) IS NULL OR s.building_id = :building)"
            " AND (CAST(:statuses AS text[]) IS NULL OR s.status = ANY(CAST(:statuses AS text[])))"
            " AND (CAST(:day AS date) IS NULL OR (s.planned_for, s.id) < (CAST(:day AS date), CAST(:own AS uuid)))"
            " ORDER BY s.planned_for DESC, s.id DESC LIMIT :n"
        ),
        {"building": building_id, "statuses": list(statuses) or None, "day": day, "own": own, "n": limit},
    )
    return [Session(**row._mapping) for row in rows]
