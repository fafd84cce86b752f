"""Licences as rows: the owner of a course lets another tenant deliver and sell it. Only a signature writes one."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import new_id
from domain.kernel.signed import Countersignature

_COLUMNS = (
    "tenant_id AS owner, licence_id, syllabus_id AS course_id, licensee_tenant_id AS licensee, seq, ends, reason,"
    " valid_from, valid_to, countersignature_id, in_force"
)
MOST_LISTED = 500


@dataclass(frozen=True)
class Licence:
    """One countersigned licence, or the end of one."""

    owner: str
    licence_id: uuid.UUID
    course_id: str
    licensee: str
    seq: int
    ends: bool
    reason: str | None
    valid_from: datetime
    valid_to: datetime | None
    countersignature_id: uuid.UUID
    in_force: bool


def listed(connection: Connection) -> list[Licence]:
    """The licences that the tenant has given and holds, the newest first; at most 500."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM v_course_licences ORDER BY valid_from DESC, licence_id LIMIT :most"),
        {"most": MOST_LISTED},
    ).all()
    return [Licence(**row._mapping) for row in rows]


def given(connection: Connection, tenant_id: str, course_id: str, licensee: str) -> Licence | None:
    """What the tenant last gave or ended for that course and licensee."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_course_licences WHERE tenant_id = :tenant AND syllabus_id = :course"
            " AND licensee_tenant_id = :licensee ORDER BY seq DESC LIMIT 1"
        ),
        {"tenant": tenant_id, "course": course_id, "licensee": licensee},
    ).one_or_none()
    return None if row is None else Licence(**row._mapping)


def load(connection: Connection, tenant_id: str, licence_id: uuid.UUID) -> Licence | None:
    """A licence that the tenant has given."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM v_course_licences WHERE tenant_id = :tenant AND licence_id = :id"),
        {"tenant": tenant_id, "id": licence_id},
    ).one_or_none()
    return None if row is None else Licence(**row._mapping)


def owns(connection: Connection, tenant_id: str, course_id: str) -> str | None:
    """The title of the tenant's own course as it was last published; None where it has published none of that id."""
    found: str | None = connection.execute(
        text(
            "SELECT title FROM v_course_packages WHERE tenant_id = :tenant AND syllabus_id = :course"
            " ORDER BY version DESC LIMIT 1"
        ),
        {"tenant": tenant_id, "course": course_id},
    ).scalar_one_or_none()
    return found


def insert(connection: Connection, signed: Countersignature, content: dict[str, Any]) -> None:
    """Let what was signed hold; the caller has checked that nothing came between."""
    connection.execute(
        text(
            "INSERT INTO course_licences (licence_id, syllabus_id, licensee_tenant_id, seq, ends, reason, valid_from,"
            " valid_to, countersignature_id) VALUES (:id, :course, :licensee, :seq, :ends, :reason, :at,"
            " CAST(:until AS timestamptz), :countersignature)"
        ),
        {
            "id": new_id(),
            "course": content["courseId"],
            "licensee": content["licenseeTenantId"],
            "seq": content["seq"],
            "ends": content["ends"],
            "reason": content["reason"],
            "at": signed.signed_at,
            "until": content["validTo"],
            "countersignature": signed.countersignature_id,
        },
    )
