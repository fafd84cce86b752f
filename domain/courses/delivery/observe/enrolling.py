"""Enrol a learner: once in each course, pinned to the version that is the newest then."""

from sqlalchemy import Connection

from domain.courses.delivery.observe.learner import Learner, tell
from domain.courses.delivery.observe.reading import newest, shut
from domain.courses.delivery.store import access, enrollments, products
from domain.courses.delivery.store.enrollments import Enrollment


def enroll(connection: Connection, learner: Learner, course_id: str) -> tuple[Enrollment, bool]:
    """The learner's enrolment, and whether this call made it.

    Raises:
        NotFound: COURSE_NOT_FOUND.
        Forbidden: PURCHASE_REQUIRED or ACCESS_REVOKED, where the course is sold and no purchase stands.
    """
    # Before the look: a refund at the same moment would find nothing to end, and leave an access that nobody paid.
    access.lock(connection, learner.tenant_id, learner.user_id, course_id)
    found = access.access_of(connection, learner.tenant_id, learner.user_id, course_id)
    if found.enrollment is not None and found.is_enrolled:
        return found.enrollment, False
    version = newest(connection, course_id)
    is_sold = products.is_monetised(connection, learner.tenant_id, version.owner, course_id)
    if is_sold and found.purchase is None:
        raise shut(connection, learner, found, version)
    if found.enrollment is not None:
        enrollments.reinstate(connection, found.enrollment, found.purchase.purchase_id if found.purchase else None)
        return _standing(connection, learner, course_id), False
    is_new = enrollments.insert(connection, learner.user_id, version)
    enrollment = _standing(connection, learner, course_id)
    if is_new:
        tell(
            connection,
            learner,
            "ENROLLMENT_CREATED",
            ("enrollment", str(enrollment.enrollment_id)),
            {"courseId": course_id, "version": version.version, "courseTenantId": version.owner},
        )
    return enrollment, is_new


def _standing(connection: Connection, learner: Learner, course_id: str) -> Enrollment:
    found = enrollments.find(connection, learner.tenant_id, learner.user_id, course_id)
    if found is None:
        raise LookupError(f"the enrolment in {course_id} that was just written is not there")
    return found
