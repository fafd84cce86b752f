"""Countersign: another tenant may deliver and sell a course, or may no longer."""

from datetime import datetime

from sqlalchemy import Connection

from domain.courses.delivery.store import licences
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature


def license_course(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Write the signed licence, or its end, in the signing transaction.

    Raises:
        Conflict: LICENCE_CHANGED, another licence of the course was signed for that tenant since; ENDED_ALREADY, its
            last day has passed.
    """
    content = proposal.content
    last = licences.given(connection, signed.tenant_id, content["courseId"], content["licenseeTenantId"])
    if content["seq"] != (1 if last is None else last.seq + 1):
        raise Conflict(
            "Another licence of this course was signed for this tenant since; nothing was signed.",
            hint="Look at what holds now, and propose it anew.",
            code="LICENCE_CHANGED",
        )
    if content["validTo"] is not None and datetime.fromisoformat(content["validTo"]) <= signed.signed_at:
        raise Conflict("The proposed end has passed; nothing was signed.", code="ENDED_ALREADY")
    licences.insert(connection, signed, content)
    record(
        connection,
        "COURSE_LICENCE_ENDED" if content["ends"] else "COURSE_LICENSED",
        **signed.actor,
        entity_type="course",
        entity_id=content["courseId"],
        payload={"countersignature_id": str(signed.countersignature_id), **content},
    )
