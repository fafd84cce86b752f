"""Suggest: a licence of a course for another tenant, or its end, as the content that another person countersigns."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.courses.delivery.rules.gates import LICENCE
from domain.courses.delivery.store import licences
from domain.kernel.clock import LAST_YEAR
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal, Subject, propose


def propose_licence(
    connection: Connection,
    principal: Principal,
    course_id: str,
    licensee: str,
    valid_to: datetime | None,
    reason: str | None,
    now: datetime,
) -> Proposal:
    """Lay down that the other tenant may deliver and sell the course, until an instant or until it is ended.

    Raises:
        NotFound: COURSE_NOT_FOUND, TENANT_NOT_FOUND.
        Invalid: LICENSEE_IS_OWNER, ENDS_BEFORE_IT_BEGINS.
    """
    title = owned(connection, principal, course_id)
    if licensee == principal.tenant_id:
        raise Invalid("A course is licensed to another tenant, not to its owner.", code="LICENSEE_IS_OWNER")
    if licensee not in connection.execute(text("SELECT tenant_id FROM tenant_directory()")).scalars().all():
        raise NotFound("There is no such tenant.", hint="Check how its id is spelt.", code="TENANT_NOT_FOUND")
    if valid_to is not None and valid_to <= now:
        raise Invalid("The licence would end before it begins.", code="ENDS_BEFORE_IT_BEGINS")
    if valid_to is not None and valid_to.year > LAST_YEAR:
        raise Invalid(f"The licence would end after {LAST_YEAR}.", hint="Leave its end out; it can be ended any day.")
    until = f" until {valid_to:%Y-%m-%d}" if valid_to else ""
    content = _content(connection, principal, course_id, title, licensee)
    content |= {"ends": False, "validTo": valid_to.isoformat() if valid_to else None, "reason": reason}
    return _laid_down(connection, principal, content, f"License '{title}' to {licensee}{until}")


def propose_end(connection: Connection, principal: Principal, licence_id: uuid.UUID, reason: str) -> Proposal:
    """Lay down that a licence ends when this is signed.

    Raises:
        NotFound: LICENCE_NOT_FOUND, the tenant has given none of that id.
        Conflict: LICENCE_NOT_IN_FORCE.
    """
    found = licences.load(connection, principal.tenant_id, licence_id)
    if found is None:
        raise NotFound("The tenant has given no such licence.", code="LICENCE_NOT_FOUND")
    if not found.in_force:
        raise Conflict("The licence is not in force; there is nothing to end.", code="LICENCE_NOT_IN_FORCE")
    title = owned(connection, principal, found.course_id)
    content = _content(connection, principal, found.course_id, title, found.licensee)
    content |= {"ends": True, "validTo": None, "reason": reason}
    return _laid_down(connection, principal, content, f"End the licence of '{title}' for {found.licensee}")


def owned(connection: Connection, principal: Principal, course_id: str) -> str:
    """The title of a published course that is the tenant's own.

    Raises:
        NotFound: COURSE_NOT_FOUND.
    """
    title = licences.owns(connection, principal.tenant_id, course_id)
    if title is None:
        raise NotFound("The tenant has published no such course of its own.", code="COURSE_NOT_FOUND")
    return title


def _content(connection: Connection, principal: Principal, course_id: str, title: str, licensee: str) -> dict[str, Any]:
    last = licences.given(connection, principal.tenant_id, course_id, licensee)
    seq = 1 if last is None else last.seq + 1
    return {"courseId": course_id, "title": title, "licenseeTenantId": licensee, "seq": seq}


def _laid_down(connection: Connection, principal: Principal, content: dict[str, Any], summary: str) -> Proposal:
    subject = Subject("course_licence", f"{content['courseId']}/{content['licenseeTenantId']}")
    return propose(
        connection,
        LICENCE,
        subject,
        content=content,
        summary=summary,
        proposed_by=principal.id,
        actor_role=principal.actor_role,
        authors=[principal.id],
        page_url="/admin/store#licences",
    )
