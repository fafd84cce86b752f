"""Who may read a course: an enrolment that stands, or a purchase that was not refunded, in the same tenant."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from domain.courses.delivery.store import enrollments, purchases
from domain.courses.delivery.store.enrollments import Enrollment
from domain.courses.delivery.store.purchases import Purchase


@dataclass(frozen=True)
class Access:
    """What a learner has to do with a course: the enrolment, revoked or not, and a purchase that stands."""

    enrollment: Enrollment | None
    purchase: Purchase | None

    @property
    def is_open(self) -> bool:
        """Whether the learner may read it."""
        return self.is_enrolled or self.purchase is not None

    @property
    def is_enrolled(self) -> bool:
        """Whether an enrolment stands."""
        return self.enrollment is not None and self.enrollment.is_standing


def access_of(connection: Connection, tenant_id: str, user_id: str, course_id: str) -> Access:
    """What the learner has to do with the course in that tenant."""
    return Access(
        enrollments.find(connection, tenant_id, user_id, course_id),
        purchases.standing(connection, tenant_id, user_id, course_id),
    )


def lock(connection: Connection, tenant_id: str, user_id: str, course_id: str) -> None:
    """Let nobody else buy, refund or enrol for this learner and course until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"access|{tenant_id}|{user_id}|{course_id}"},
    )
