"""Countersign: a person's approval of a session, from which on nothing about it can change; or its return."""

import uuid

from sqlalchemy import Connection

from domain.kernel.errors import Conflict, Forbidden
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature
from domain.stairs.rules.handing_in import session_hash, undecided
from domain.stairs.store import faults, instances, sessions, submissions
from domain.stairs.store.session_content import content_of


def approve(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Record the approval, in the signing transaction.

    Raises:
        Forbidden: SELF_APPROVAL, who tested does not approve, whatever the tenant's settings.
        Conflict: NOT_SUBMITTED, OPEN_CONFLICT, INDETERMINATE, UNREVIEWED_FAULT: what must be settled before.
    """
    session_id = uuid.UUID(proposal.subject.id)
    session = sessions.load(connection, session_id, lock=True)
    if session.status != "submitted":
        raise Conflict(f"The session is {session.status}, not handed in; nothing was approved.", code="NOT_SUBMITTED")
    rows = instances.of_session(connection, session_id)
    signers = {signed.signer_id, signed.on_behalf_of} - {None}
    if signers & {row["technician_id"] for row in rows}:
        raise Forbidden(
            "You tested in this session; another person approves it.",
            hint="Ask a colleague who may review.",
            code="SELF_APPROVAL",
        )
    _check_settled(connection, session_id, [dict(row) for row in rows])
    sessions.change(
        connection,
        session_id,
        {
            "status": "approved",
            "approved_at": signed.signed_at,
            "approved_by": signed.signer_id,
            "report_hash": signed.content_hash,
            "countersignature_id": signed.countersignature_id,
        },
    )
    _tell(connection, signed, session_id, "approved")
    enqueue(connection, ("stairs", "test_sessions"), metadata={"instances": len(rows)})


def give_back(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Record the refusal: the session takes results again, with what the reviewer said."""
    session_id = uuid.UUID(proposal.subject.id)
    session = sessions.load(connection, session_id, lock=True)
    if session.status == "submitted":
        sessions.change(connection, session_id, {"status": "returned", "returned_reason": signed.reason})
        _tell(connection, signed, session_id, "returned")


def hash_now(connection: Connection, proposal: Proposal) -> str | None:
    """The hash of the session as its rows stand."""
    return session_hash(content_of(connection, uuid.UUID(proposal.subject.id)))


def _check_settled(connection: Connection, session_id: uuid.UUID, rows: list[dict[str, object]]) -> None:
    open_conflicts = submissions.conflicts(connection, session_id)
    if open_conflicts:
        raise Conflict(
            f"{len(open_conflicts)} results conflict with those that stand; nothing was approved.",
            hint=f"Decide each: GET /api/v1/tests/sessions/{session_id}/conflicts.",
            code="OPEN_CONFLICT",
        )
    unclear = undecided(rows)
    if unclear:
        raise Conflict(
            f"{len(unclear)} tests are without a clear verdict; nothing was approved.",
            hint=f"Complete their proof or test them again: {', '.join(unclear[:5])}.",
            code="INDETERMINATE",
        )
    waiting = faults.waiting(connection, session_id)
    if waiting:
        raise Conflict(
            f"{waiting} faults are proposed and not reviewed; nothing was approved.",
            hint=f"Review each: GET /api/v1/faults?session_id={session_id}&review_state=proposed.",
            code="UNREVIEWED_FAULT",
        )


def _tell(connection: Connection, signed: Countersignature, session_id: uuid.UUID, what: str) -> None:
    record(
        connection,
        f"stairs.session.{what}",
        actor_id=str(signed.signer_id),
        actor_role=signed.signer_role,
        occurred_at=signed.signed_at,
        entity_type="test_session",
        entity_id=str(session_id),
        payload={"countersignature_id": str(signed.countersignature_id), "reason": signed.reason},
    )
