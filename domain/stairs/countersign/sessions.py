"""Countersign: a person's approval of a session, from which on nothing about it can change; or its return."""

import uuid

from sqlalchemy import Connection

from domain.kernel.errors import Conflict, Forbidden
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature
from domain.stairs.rules.handing_in import session_hash
from domain.stairs.rules.session_state import Standing, hindrances
from domain.stairs.store import sessions
from domain.stairs.store.session_content import content_of, standing


def approve(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Record the approval, in the signing transaction.

    Raises:
        Forbidden: SAME_PERSON, who tested does not approve, whatever the tenant's settings.
        Conflict: NOT_SUBMITTED, TESTS_OPEN, INDETERMINATE, CONFLICTS_OPEN, FAULTS_PROPOSED or UNACKNOWLEDGED: what
            must be settled before.
    """
    session_id = uuid.UUID(proposal.subject.id)
    session = sessions.load(connection, session_id, lock=True)
    for signer in sorted({str(one) for one in (signed.signer_id, signed.on_behalf_of) if one is not None}):
        _check_settled(standing(connection, session_id), signer)
    sessions.move(
        connection,
        session,
        "approved",
        {
            "approved_at": signed.signed_at,
            "approved_by": signed.signer_id,
            "report_hash": signed.content_hash,
            "countersignature_id": signed.countersignature_id,
        },
    )
    _tell(connection, signed, session_id, "approved")
    enqueue(connection, ("stairs", "test_sessions"), metadata={"approved": 1})


def give_back(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Record the refusal: the session takes results again, with what the reviewer said."""
    session_id = uuid.UUID(proposal.subject.id)
    session = sessions.load(connection, session_id, lock=True)
    if session.status == "submitted":
        sessions.move(connection, session, "returned", {"returned_reason": signed.reason})
        _tell(connection, signed, session_id, "returned")


def hash_now(connection: Connection, proposal: Proposal) -> str | None:
    """The hash of the session as its rows stand."""
    return session_hash(content_of(connection, uuid.UUID(proposal.subject.id)))


def _check_settled(found: Standing, signer: str) -> None:
    reasons = hindrances(found, signer)
    if not reasons:
        return
    family = Forbidden if reasons[0].code == "SAME_PERSON" else Conflict
    raise family(
        f"{reasons[0].text} Nothing was approved.",
        hint=reasons[0].hint,
        code=reasons[0].code,
        errors=[{"field": one.code, "message": f"{one.text} {one.hint}"} for one in reasons],
    )


def _tell(connection: Connection, signed: Countersignature, session_id: uuid.UUID, what: str) -> None:
    record(
        connection,
        f"stairs.session.{what}",
        **signed.actor,
        entity_type="test_session",
        entity_id=str(session_id),
        payload={"countersignature_id": str(signed.countersignature_id), "reason": signed.reason},
    )
