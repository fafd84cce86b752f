"""Moves to a newer version: asked for by the learner, never by itself. What was completed and is still there stays."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.courses.delivery.observe.learner import Learner, tell
from domain.courses.delivery.observe.lessons import Progress, finished
from domain.courses.delivery.rules.progress import Carried, carry
from domain.courses.delivery.store import enrollments, lessons, versions
from domain.courses.delivery.store.enrollments import Enrollment
from domain.courses.delivery.store.versions import Version
from domain.kernel.errors import Conflict, Forbidden, NotFound


@dataclass(frozen=True)
class Newer:
    """A version that the learner may move to, and what would come over."""

    version: Version
    carried: Carried


@dataclass(frozen=True)
class Moved:
    """An enrolment after it was asked to move; `carried` is None where it stood there already."""

    enrollment: Enrollment
    from_version: int
    carried: Carried | None
    progress: Progress


def newer(connection: Connection, enrollment: Enrollment) -> Newer | None:
    """The newest published version, where it is newer than the pinned one."""
    found = versions.newest(connection, enrollment.course_id)
    if found is None or found.owner != enrollment.owner or found.version <= enrollment.package_version:
        return None
    return Newer(found, _carried(connection, enrollment, found))


def upgrade(connection: Connection, learner: Learner, enrollment_id: uuid.UUID, to_version: int | None = None) -> Moved:
    """Move the learner's enrolment to that version, or to the newest published one.

    Raises:
        NotFound: ENROLLMENT_NOT_FOUND, also where it is another learner's; VERSION_NOT_FOUND, also a retired one.
        Forbidden: ACCESS_REVOKED.
        Conflict: NOT_NEWER, an older version was asked for.
    """
    enrollments.lock(connection, learner.tenant_id, enrollment_id)
    enrollment = _own(connection, learner, enrollment_id)
    target = _target(connection, enrollment, to_version)
    if target.version == enrollment.package_version:
        package = versions.content(connection, target)
        return Moved(enrollment, enrollment.package_version, None, finished(connection, enrollment, package))
    carried = _carried(connection, enrollment, target)
    _carry_over(connection, enrollment, target, carried)
    enrollments.move(connection, enrollment, target.version, len(carried.kept), len(carried.dropped), learner.user_id)
    moved = _own(connection, learner, enrollment_id)
    progress = finished(connection, moved, versions.content(connection, target))
    tell(
        connection,
        learner,
        "ENROLLMENT_UPGRADED",
        ("enrollment", str(enrollment_id)),
        {
            "courseId": moved.course_id,
            "fromVersion": enrollment.package_version,
            "toVersion": target.version,
            "kept": len(carried.kept),
            "dropped": len(carried.dropped),
        },
    )
    return Moved(moved, enrollment.package_version, carried, progress)


def own_enrollment(connection: Connection, learner: Learner, enrollment_id: uuid.UUID) -> Enrollment:
    """The learner's own enrolment under that id.

    Raises:
        NotFound: ENROLLMENT_NOT_FOUND, also where it is another learner's.
    """
    found = enrollments.load(connection, learner.tenant_id, learner.user_id, enrollment_id)
    if found is None:
        raise NotFound("You have no such enrolment.", code="ENROLLMENT_NOT_FOUND")
    return found


def _own(connection: Connection, learner: Learner, enrollment_id: uuid.UUID) -> Enrollment:
    found = own_enrollment(connection, learner, enrollment_id)
    if not found.is_standing:
        raise Forbidden(
            "The purchase of this course was refunded, and with it the access ended; nothing was changed.",
            hint="Buy it again to go on.",
            code="ACCESS_REVOKED",
        )
    return found


def _target(connection: Connection, enrollment: Enrollment, to_version: int | None) -> Version:
    if to_version is None:
        newest = versions.newest(connection, enrollment.course_id)
        # A pinned version that is newer than every published one was retired: the learner stays on it.
        is_newer = newest is not None and newest.version > enrollment.package_version
        to_version = newest.version if newest is not None and is_newer else enrollment.package_version
    found = versions.one(connection, enrollment.owner, enrollment.course_id, to_version)
    is_pinned = to_version == enrollment.package_version
    if found is None or (found.status != "PUBLISHED" and not is_pinned):
        raise NotFound(
            f"The course has no published version {to_version}; nothing was changed.", code="VERSION_NOT_FOUND"
        )
    if to_version < enrollment.package_version:
        raise Conflict(
            f"You read version {enrollment.package_version}, which is newer; nothing was changed.", code="NOT_NEWER"
        )
    return found


def _carried(connection: Connection, enrollment: Enrollment, target: Version) -> Carried:
    pinned = versions.one(connection, enrollment.owner, enrollment.course_id, enrollment.package_version)
    before = versions.content(connection, pinned).lesson_order if pinned is not None else []
    done = lessons.completed(connection, enrollment.enrollment_id, enrollment.package_version)
    return carry([one.lesson_id for one in done], before, versions.content(connection, target).lesson_order)


def _carry_over(connection: Connection, enrollment: Enrollment, target: Version, carried: Carried) -> None:
    """Note the kept lessons in the new version, each at the instant at which it was completed."""
    done = lessons.completed(connection, enrollment.enrollment_id, enrollment.package_version)
    at = {one.lesson_id: one.completed_at for one in done}
    for index, lesson_id in carried.kept:
        lessons.complete(connection, enrollment.enrollment_id, target.version, index, lesson_id, at[lesson_id])
