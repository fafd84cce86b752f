"""Faults over HTTP: what was found, what a person says of it, and that it is mended."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import CallerDep, TenantSession, allow
from api.kernel.acting import Acting, ActingDep
from api.paging import LONGEST_CURSOR, By, Keyset
from api.stairs.access import LOOKS
from api.stairs.answers import plain
from api.stairs.schemas import Review, WithReason
from api.stairs.sync import REVIEWS
from domain.kernel.clock import utc_now
from domain.kernel.signed import Decision
from domain.stairs.observe.mended import mend
from domain.stairs.store import faults
from domain.stairs.suggest.fault_review import Said, review
from domain.stairs.suggest.handing_in import proposed_anew

router = APIRouter(prefix="/faults")
MENDS = allow(roles={"TECHNICIAN", "MANAGER", "ADMIN", "TENANT_OWNER"})
ORDER = Keyset("faults", By("detected_at", datetime, descending=True), By("id", UUID, descending=True))


@router.get("", dependencies=[LOOKS], summary="Faults, the newest first")
def listed(
    connection: TenantSession,
    building_id: UUID | None = None,
    session_id: UUID | None = None,
    status: Literal["open", "resolved", "dismissed"] | None = None,
    review_state: Literal["proposed", "confirmed", "reclassified", "dismissed"] | None = None,
    severity: Literal["critical", "high", "medium", "low"] | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> dict[str, Any]:
    """A proposed one is a machine's finding, not yet reviewed; its clock runs all the same."""
    after: Any = None if cursor is None else tuple(ORDER.read(cursor))
    found = faults.listed(
        connection,
        limit + 1,
        building_id=building_id,
        session_id=session_id,
        status=status,
        review_state=review_state,
        severity=severity,
        after=after,
    )
    rows = found[:limit]
    last = {"detected_at": rows[-1]["detected_at"], "id": rows[-1]["id"]} if rows else {}
    return {
        "rows": [_told(one) for one in rows],
        "next_cursor": ORDER.write(last) if len(found) > limit else None,
    }


@router.get("/{fault_id}", dependencies=[LOOKS], summary="One fault")
def one(fault_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """With the rule that it rests on."""
    return _told(faults.load(connection, fault_id))


@router.post("/{fault_id}/review", dependencies=[REVIEWS], summary="Confirm, reclassify or dismiss a fault")
def review_one(fault_id: UUID, body: Review, act: ActingDep) -> dict[str, Any]:
    """The person's countersignature on what the person says; it holds from then on."""
    return sign_review(act, fault_id, Said(**body.model_dump()))


def sign_review(act: Acting, fault_id: UUID, said: Said) -> dict[str, Any]:
    """Lay down what the person says and sign it as that person; pages and programs come here alike."""
    proposal = review(act.connection, fault_id, said)
    signed = act.decide(proposal.proposal_id, Decision.APPROVED, reason=said.reason, content_hash=proposal.content_hash)
    row = faults.load(act.connection, fault_id)
    if row["test_session_id"] is not None:
        proposed_anew(act.connection, row["test_session_id"])
    return _told(row) | {"countersignature_id": str(signed.countersignature.countersignature_id)}


@router.post("/{fault_id}/resolve", dependencies=[MENDS], summary="Say that a fault is mended, and how")
def resolve(fault_id: UUID, body: WithReason, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """A reviewed fault alone; the finding stays as it was found."""
    return _told(mend(connection, caller, fault_id, body.reason, utc_now()))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    note = "machine finding, not yet reviewed" if row["review_state"] == "proposed" else None
    return plain(row) | {"fault_id": str(row["id"]), "note": note}
