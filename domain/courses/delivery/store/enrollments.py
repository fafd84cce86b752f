"""Enrolments as rows: one a learner and course; access that ended and came back; moves to newer versions."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.courses.delivery.store.versions import Version
from domain.kernel.canonical import new_id

_COLUMNS = (
    "enrollment_id, user_id, course_tenant_id AS owner, course_id, package_version, created_at, completed_at,"
    " revocation_id, revoked_at"
)


@dataclass(frozen=True)
class Enrollment:
    """One learner's enrolment in one course.

    Attributes:
        owner: the tenant whose course it is.
        package_version: the version that the learner reads, until the learner moves.
        completed_at: when everything was done for the first time; it stays.
        revocation_id: of the revocation by which access has ended, or None.
    """

    enrollment_id: uuid.UUID
    user_id: uuid.UUID
    owner: str
    course_id: str
    package_version: int
    created_at: datetime
    completed_at: datetime | None
    revocation_id: uuid.UUID | None
    revoked_at: datetime | None

    @property
    def is_standing(self) -> bool:
        """Whether it gives access."""
        return self.revocation_id is None


def find(connection: Connection, tenant_id: str, user_id: str, course_id: str) -> Enrollment | None:
    """The learner's enrolment in that course, revoked or not."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_enrollments"
            " WHERE tenant_id = :tenant AND user_id = CAST(:user AS uuid) AND course_id = :course"
        ),
        {"tenant": tenant_id, "user": user_id, "course": course_id},
    ).one_or_none()
    return None if row is None else _enrollment(row)


def load(connection: Connection, tenant_id: str, user_id: str, enrollment_id: uuid.UUID) -> Enrollment | None:
    """The learner's own enrolment under that id; None where it is somebody else's."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_enrollments"
            " WHERE tenant_id = :tenant AND user_id = CAST(:user AS uuid) AND enrollment_id = :id"
        ),
        {"tenant": tenant_id, "user": user_id, "id": enrollment_id},
    ).one_or_none()
    return None if row is None else _enrollment(row)


def of_learner(connection: Connection, tenant_id: str, user_id: str) -> list[Enrollment]:
    """Everything that the learner is or was enrolled in, the oldest first."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_enrollments WHERE tenant_id = :tenant AND user_id = CAST(:user AS uuid)"
            " ORDER BY created_at, enrollment_id"
        ),
        {"tenant": tenant_id, "user": user_id},
    ).all()
    return [_enrollment(row) for row in rows]


def insert(connection: Connection, user_id: str, version: Version) -> bool:
    """Enrol the learner, pinned to the version; False where an enrolment stands already, also one made just now."""
    made = connection.execute(
        text(
            "INSERT INTO enrollments (enrollment_id, user_id, course_tenant_id, course_id, package_version)"
            " VALUES (:id, CAST(:user AS uuid), :owner, :course, :version)"
            " ON CONFLICT (tenant_id, user_id, course_id) DO NOTHING RETURNING enrollment_id"
        ),
        {
            "id": new_id(),
            "user": user_id,
            "owner": version.owner,
            "course": version.course_id,
            "version": version.version,
        },
    ).one_or_none()
    return made is not None


def lock(connection: Connection, tenant_id: str, enrollment_id: uuid.UUID) -> None:
    """Let nobody else count, complete or move this enrolment until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"enrollment|{tenant_id}|{enrollment_id}"},
    )


def set_completed(connection: Connection, enrollment_id: uuid.UUID) -> datetime | None:
    """Note that everything is done now; answers the instant, or None where that was noted before."""
    found: datetime | None = connection.execute(
        text(
            "UPDATE enrollments SET completed_at = clock_timestamp()"
            " WHERE enrollment_id = :id AND completed_at IS NULL RETURNING completed_at"
        ),
        {"id": enrollment_id},
    ).scalar_one_or_none()
    return found


def move(connection: Connection, enrollment: Enrollment, to_version: int, kept: int, dropped: int, actor: str) -> None:
    """Pin another version, and keep what it cost: how many completed lessons stay, and how many are gone."""
    connection.execute(
        text(
            "INSERT INTO enrollment_upgrades (enrollment_id, seq, from_version, to_version, kept, dropped, actor)"
            " SELECT :id, COALESCE(max(seq), 0) + 1, :before, :after, :kept, :dropped, CAST(:actor AS uuid)"
            " FROM enrollment_upgrades WHERE enrollment_id = :id"
        ),
        {
            "id": enrollment.enrollment_id,
            "before": enrollment.package_version,
            "after": to_version,
            "kept": kept,
            "dropped": dropped,
            "actor": actor,
        },
    )
    connection.execute(
        text("UPDATE enrollments SET package_version = :version WHERE enrollment_id = :id"),
        {"version": to_version, "id": enrollment.enrollment_id},
    )


def revoke(connection: Connection, enrollment: Enrollment, purchase_id: uuid.UUID, reason: str, by: str) -> uuid.UUID:
    """End the access that an enrolment gives; answers the revocation."""
    revocation_id = new_id()
    connection.execute(
        text(
            "INSERT INTO enrollment_revocations (revocation_id, enrollment_id, purchase_id, reason, actor)"
            " VALUES (:id, :enrollment, :purchase, :reason, CAST(:actor AS uuid))"
        ),
        {
            "id": revocation_id,
            "enrollment": enrollment.enrollment_id,
            "purchase": purchase_id,
            "reason": reason,
            "actor": by,
        },
    )
    return revocation_id


def reinstate(connection: Connection, enrollment: Enrollment, purchase_id: uuid.UUID | None) -> None:
    """Give back the access that had ended, with all that was done before."""
    connection.execute(
        text(
            "INSERT INTO enrollment_reinstatements (revocation_id, purchase_id) VALUES (:id, :purchase)"
            " ON CONFLICT (tenant_id, revocation_id) DO NOTHING"
        ),
        {"id": enrollment.revocation_id, "purchase": purchase_id},
    )


def _enrollment(row: Row[Any]) -> Enrollment:
    return Enrollment(**row._mapping)
