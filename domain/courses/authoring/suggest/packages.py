"""Suggest: a version to publish, to restore or to retire, laid before whoever may sign it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from domain.courses.authoring.rules.gates import PUBLISH, RESTORE, RETIRE
from domain.courses.authoring.rules.package import Missing
from domain.courses.authoring.store import packages
from domain.courses.authoring.store.assembly import Built, approved_parts
from domain.courses.authoring.store.packages import Published
from domain.kernel.errors import Conflict
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal, Subject, lock_subject, propose

COURSE, PACKAGE = "course", "course_package"


@dataclass(frozen=True)
class Preview:
    """What would be published now; nothing of it is stored.

    Attributes:
        built: None while something is missing.
        missing: what the syllabus plans and nobody has approved.
        published_as: the version that holds this content already.
        latest: the newest version of the course.
    """

    built: Built | None
    missing: list[Missing]
    published_as: Published | None
    latest: Published | None


def preview(connection: Connection, syllabus_id: str) -> Preview:
    """Put the approved parts together and look at them.

    Raises:
        NotFound: the tenant has no such course.
        Conflict: SYLLABUS_NOT_APPROVED, CONTENT_DOES_NOT_FIT.
        Invalid: PACKAGE_TOO_LARGE.
    """
    parts = approved_parts(connection, syllabus_id)
    versions = packages.versions_of(connection, syllabus_id)
    latest = versions[0] if versions else None
    missing = parts.missing()
    if missing:
        return Preview(None, missing, None, latest)
    built = parts.build()
    same = [one for one in versions if one.content_hash == built.hash]
    return Preview(built, [], same[0] if same else None, latest)


def lay_publication(
    connection: Connection, caller: Principal, syllabus_id: str, content_hash: str
) -> Proposal | Published:
    """Propose to publish exactly what was previewed; the newest version itself where that holds it already.

    Raises:
        NotFound: the tenant has no such course.
        Conflict: SYLLABUS_NOT_APPROVED, MISSING_APPROVED_CONTENT; HASH_MISMATCH, something was approved since the
            preview; ALREADY_PUBLISHED_AS, an earlier version holds it.
    """
    _hold(connection, PUBLISH.kind, Subject(COURSE, syllabus_id), syllabus_id)
    versions = packages.versions_of(connection, syllabus_id)
    if versions and versions[0].content_hash == content_hash and versions[0].status == "PUBLISHED":
        return versions[0]
    built = approved_parts(connection, syllabus_id).build()
    if built.hash != content_hash:
        raise Conflict(
            "What is approved now is not what was previewed; nothing was published and no version was used up.",
            hint="Look at the preview again and publish its contentHash.",
            code="HASH_MISMATCH",
            errors=[{"field": "contentHash", "message": f"It is {built.hash} now."}],
        )
    packages.refuse_repeated(versions, content_hash)
    totals = built.package.totals
    return propose(
        connection,
        PUBLISH,
        Subject(COURSE, syllabus_id),
        hashed=built.hash,
        summary=f"Publish '{built.package.title}' as version {versions[0].version + 1 if versions else 1}",
        proposed_by=caller.id,
        actor_role=caller.actor_role,
        evidence={"course": syllabus_id, "bytes": len(built.text.encode()), **totals.model_dump(mode="json")},
        page_url=f"/admin/courses/{syllabus_id}",
    )


def lay_restoration(connection: Connection, caller: Principal, syllabus_id: str, version: int) -> Proposal:
    """Propose that an earlier version's content becomes the newest version.

    Raises:
        NotFound: the course has no such version.
        Conflict: ALREADY_LATEST.
    """
    _hold(connection, RESTORE.kind, Subject(COURSE, syllabus_id), syllabus_id)
    former = packages.load_version(connection, syllabus_id, version)
    newest = packages.versions_of(connection, syllabus_id)[0]
    if former.content_hash == newest.content_hash and newest.status == "PUBLISHED":
        raise Conflict(
            f"Version {newest.version} holds that content and is in force; nothing was restored.",
            code="ALREADY_LATEST",
        )
    content = {
        "syllabusId": syllabus_id,
        "version": version,
        "contentHash": former.content_hash,
        "after": newest.version,
    }
    return propose(
        connection,
        RESTORE,
        Subject(COURSE, syllabus_id),
        content=content,
        summary=f"Restore version {version} of '{former.title}' as version {newest.version + 1}",
        proposed_by=caller.id,
        actor_role=caller.actor_role,
        severity=1,
        page_url=f"/admin/courses/{syllabus_id}",
    )


def lay_retirement(connection: Connection, caller: Principal, package: Published) -> Proposal:
    """Propose that a version is no longer offered.

    Raises:
        Conflict: ALREADY_RETIRED.
    """
    lock_subject(connection, RETIRE.kind, Subject(PACKAGE, str(package.package_id)))
    if packages.load_package(connection, package.package_id).status == "ARCHIVED":
        raise retired(package)
    content = {
        "packageId": str(package.package_id),
        "syllabusId": package.syllabus_id,
        "version": package.version,
        "contentHash": package.content_hash,
    }
    return propose(
        connection,
        RETIRE,
        Subject(PACKAGE, str(package.package_id)),
        content=content,
        summary=f"Retire version {package.version} of '{package.title}'",
        proposed_by=caller.id,
        actor_role=caller.actor_role,
        severity=1,
        page_url=f"/admin/courses/{package.syllabus_id}/{package.version}",
    )


def retired(package: Published) -> Conflict:
    """What is said to whoever retires a version twice."""
    return Conflict(
        f"Version {package.version} of {package.syllabus_id} is retired already; nothing was done.",
        code="ALREADY_RETIRED",
    )


def _hold(connection: Connection, kind: str, subject: Subject, syllabus_id: str) -> None:
    # In this order everywhere, as a signature takes them too.
    lock_subject(connection, kind, subject)
    packages.hold_course(connection, syllabus_id)
