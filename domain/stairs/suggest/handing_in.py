"""Suggest: hand a walked session in, so that another person reviews it."""

import uuid
from datetime import datetime

from sqlalchemy import Connection

from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal, Subject, propose
from domain.stairs.rules.handing_in import unfinished
from domain.stairs.rules.session_gates import SESSION
from domain.stairs.store import instances, sessions
from domain.stairs.store.session_content import content_of
from domain.stairs.store.sessions import Session

MACHINE = "stairs.sessions"


def hand_in(connection: Connection, caller: Principal, session_id: uuid.UUID, now: datetime) -> Proposal:
    """Propose the session as it stands for approval; handing in again after late evidence proposes what stands now.

    Raises:
        NotFound: no such session.
        Conflict: UNFINISHED, something is neither tested nor skipped; SESSION_CLOSED.
    """
    session = sessions.load(connection, session_id, lock=True)
    if session.status in ("approved", "void"):
        raise Conflict(f"The session is {session.status}; nothing was handed in.", code="SESSION_CLOSED")
    rows = instances.of_session(connection, session_id)
    left = unfinished(rows)
    if left:
        raise Conflict(
            f"{len(left)} of {len(rows)} instances are neither tested nor skipped; nothing was handed in.",
            hint=f"Test them, or skip them with a reason: {', '.join(left[:5])}{' and more' if len(left) > 5 else ''}.",
            code="UNFINISHED",
        )
    if session.status != "submitted":
        who = uuid.UUID(caller.id) if caller.is_person else None
        told = {"submitted_at": now, "submitted_by": who, "returned_reason": None}
        sessions.move(connection, session, "submitted", told)
        record(
            connection,
            "stairs.session.submitted",
            actor_id=caller.id,
            actor_role=caller.actor_role,
            entity_type="test_session",
            entity_id=str(session_id),
        )
    return _propose(connection, sessions.load(connection, session_id))


def proposed_anew(connection: Connection, session_id: uuid.UUID) -> Proposal | None:
    """Bring the proposal of a session that was handed in up to date with its rows; None where it was not."""
    sessions.hold(connection, session_id)
    session = sessions.load(connection, session_id)
    return _propose(connection, session) if session.status == "submitted" else None


def _propose(connection: Connection, session: Session) -> Proposal:
    rows = instances.of_session(connection, session.id)
    done = instances.progress(connection, session.id)
    hands = {str(row["technician_id"]) for row in rows if row["technician_id"]}
    return propose(
        connection,
        SESSION,
        Subject("test_session", str(session.id)),
        content=content_of(connection, session.id),
        summary=f"{session.building_name}: {session.frequency.replace('_', '-')} test of {session.planned_for},"
        f" {done.total} tests, {done.non_compliant} not compliant, {done.indeterminate} undecided",
        proposed_by=str(session.submitted_by or MACHINE),
        actor_role="TECHNICIAN" if session.submitted_by else "MACHINE",
        authors=sorted(hands | {str(session.submitted_by)}),
        severity=2 if done.non_compliant else 0,
        page_url=f"/stairs/sessions/{session.id}",
    )
