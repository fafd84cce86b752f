"""Licences: an owner lets another tenant deliver and sell a course. Proposed here, countersigned by another person."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from api.courses.products import SEES_SALES, SELLS
from api.courses.store_schemas import EndLicense, LicenceRow, License, ProposedTold
from api.deps import CallerDep, TenantSession
from domain.courses.delivery import suggest
from domain.courses.delivery.store import licences
from domain.courses.delivery.store.licences import Licence
from domain.kernel.clock import utc_now
from domain.kernel.errors import NotFound
from domain.kernel.proposals import Proposal

router = APIRouter(prefix="/api/admin/licences", tags=["Store"])


@router.get("", dependencies=[SEES_SALES], response_model=list[LicenceRow], summary="Licences given and held")
def listed(connection: TenantSession) -> list[dict[str, Any]]:
    """The newest first; of several for the same course and tenant the last one holds."""
    return [_licence(one) for one in licences.listed(connection)]


@router.post(
    "", dependencies=[SELLS], response_model=ProposedTold, status_code=201, summary="Propose a licence of a course"
)
def propose(body: License, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Nothing is licensed until another person countersigns: POST /v1/proposals/{id}/approve, or the queue."""
    made = suggest.propose_licence(
        connection, caller, body.course_id, body.licensee_tenant_id, body.valid_to, body.reason, utc_now()
    )
    return _proposed(made)


def _given(licence_id: UUID, connection: TenantSession, caller: CallerDep) -> Licence:
    found = licences.load(connection, caller.tenant_id, licence_id)
    if found is None:
        raise NotFound("The tenant has given no such licence.", code="LICENCE_NOT_FOUND")
    return found


@router.post(
    "/{licence_id}/end",
    dependencies=[SELLS],
    response_model=ProposedTold,
    status_code=201,
    summary="Propose that a licence ends",
)
def propose_end(
    given: Annotated[Licence, Depends(_given)], body: EndLicense, connection: TenantSession, caller: CallerDep
) -> dict[str, Any]:
    """It ends when another person countersigns; who was enrolled there can then read it no more."""
    return _proposed(suggest.propose_end(connection, caller, given.licence_id, body.reason))


def _licence(licence: Licence) -> dict[str, Any]:
    return {
        "licenceId": licence.licence_id,
        "ownerTenantId": licence.owner,
        "licenseeTenantId": licence.licensee,
        "courseId": licence.course_id,
        "ends": licence.ends,
        "reason": licence.reason,
        "validFrom": licence.valid_from,
        "validTo": licence.valid_to,
        "inForce": licence.in_force,
        "countersignatureId": licence.countersignature_id,
    }


def _proposed(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposalId": proposal.proposal_id,
        "contentHash": proposal.content_hash,
        "state": proposal.state,
        "expiresAt": proposal.expires_at,
    }
