"""Open a course to a learner: the version that is pinned, or the newest where it was bought and not begun."""

from dataclasses import dataclass

from sqlalchemy import Connection

from domain.courses.content.package import CoursePackage, PackagedLesson
from domain.courses.delivery.observe.learner import Learner
from domain.courses.delivery.store import products, versions
from domain.courses.delivery.store.access import Access, access_of
from domain.courses.delivery.store.enrollments import Enrollment
from domain.courses.delivery.store.versions import Version
from domain.kernel.errors import CountersignError, Forbidden, NotFound


@dataclass(frozen=True)
class Opened:
    """A version that the learner may read, and the enrolment that it is read in, if it was begun."""

    version: Version
    enrollment: Enrollment | None


@dataclass(frozen=True)
class Begun:
    """A version that the learner is enrolled in, with its content."""

    version: Version
    enrollment: Enrollment
    package: CoursePackage


def opened(connection: Connection, learner: Learner, course_id: str) -> Opened:
    """The version that the learner reads.

    Raises:
        NotFound: COURSE_NOT_FOUND, the tenant offers no such course.
        Forbidden: NOT_ENROLLED, PURCHASE_REQUIRED, ACCESS_REVOKED or LICENCE_ENDED.
    """
    access = access_of(connection, learner.tenant_id, learner.user_id, course_id)
    if access.enrollment is not None and access.is_enrolled:
        return Opened(_pinned(connection, access.enrollment), access.enrollment)
    version = newest(connection, course_id)
    if not access.is_open:
        raise shut(connection, learner, access, version)
    return Opened(version, None)


def begun(connection: Connection, learner: Learner, course_id: str) -> Begun:
    """The version that the learner is enrolled in; having bought it is not enough.

    Raises:
        NotFound: COURSE_NOT_FOUND.
        Forbidden: NOT_ENROLLED, PURCHASE_REQUIRED, ACCESS_REVOKED or LICENCE_ENDED.
    """
    found = opened(connection, learner, course_id)
    if found.enrollment is None:
        raise _not_enrolled(course_id)
    return Begun(found.version, found.enrollment, versions.content(connection, found.version))


def newest(connection: Connection, course_id: str) -> Version:
    """The newest published version of a course that the tenant offers.

    Raises:
        NotFound: COURSE_NOT_FOUND.
    """
    version = versions.newest(connection, course_id)
    if version is None:
        raise NotFound(
            "There is no such course here.",
            hint="GET /api/learn/courses lists the courses that there are.",
            code="COURSE_NOT_FOUND",
        )
    return version


def lesson_at(package: CoursePackage, lesson_idx: int) -> PackagedLesson:
    """The lesson at a place of the course, counted from 0 over all modules.

    Raises:
        NotFound: LESSON_NOT_FOUND, there is none at that place.
    """
    if not 0 <= lesson_idx < len(package.lessons):
        raise NotFound(
            "There is no lesson at this place of the course.",
            hint=f"The lessons are counted from 0 to {len(package.lessons) - 1}.",
            code="LESSON_NOT_FOUND",
        )
    return package.lessons[lesson_idx]


def shut(connection: Connection, learner: Learner, access: Access, version: Version) -> CountersignError:
    """Why a course that is there is not open to the learner."""
    if products.is_monetised(connection, learner.tenant_id, version.owner, version.course_id):
        if access.enrollment is not None and not access.enrollment.is_standing:
            return Forbidden(
                "Your purchase of this course was refunded, and with it the access ended; what you did is kept.",
                hint="Buy it again to go on where you stopped.",
                code="ACCESS_REVOKED",
            )
        return Forbidden(
            "This course is sold here, and you have not bought it.",
            hint="GET /api/store/products lists the prices; POST /api/store/purchase buys.",
            code="PURCHASE_REQUIRED",
        )
    return _not_enrolled(version.course_id)


def _not_enrolled(course_id: str) -> Forbidden:
    return Forbidden(
        "You are not enrolled in this course.",
        hint=f'POST /api/learn/enroll with {{"courseId": "{course_id}"}} enrols you.',
        code="NOT_ENROLLED",
    )


def _pinned(connection: Connection, enrollment: Enrollment) -> Version:
    version = versions.one(connection, enrollment.owner, enrollment.course_id, enrollment.package_version)
    if version is None:
        raise Forbidden(
            "The licence under which this course was delivered here has ended; what you did is kept.",
            hint="Ask the school whether it is offered again.",
            code="LICENCE_ENDED",
        )
    return version
