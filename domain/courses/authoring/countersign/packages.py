"""Countersign: a version published, restored or retired, in the signing transaction."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.courses.authoring.store import packages
from domain.courses.authoring.store.assembly import approved_parts
from domain.courses.authoring.store.packages import Published
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature

COURSE_PACKAGES = ("courses", "course_packages")


def publish(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Insert the next version with exactly what was signed.

    Raises:
        Conflict: HASH_MISMATCH, what is approved is another since; ALREADY_PUBLISHED_AS.
    """
    syllabus_id = proposal.subject.id
    packages.hold_course(connection, syllabus_id)
    built = approved_parts(connection, syllabus_id).build()
    if built.hash != signed.content_hash:
        raise Conflict(
            "What is approved now is not what was proposed; nothing was published and no version was used up.",
            hint="Look at the preview again and publish that.",
            code="HASH_MISMATCH",
        )
    packages.refuse_repeated(packages.versions_of(connection, syllabus_id), built.hash)
    made = packages.insert_version(connection, signed, built.package, built.text, built.hash)
    _tell(connection, signed, made, "PUBLISHED", {})


def restore(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Insert the next version with the content of an earlier one, and say which.

    Raises:
        Conflict: OTHER_VERSION, another version was published since it was proposed.
    """
    said = proposal.content
    packages.hold_course(connection, said["syllabusId"])
    newest = packages.versions_of(connection, said["syllabusId"])[0]
    if newest.version != said["after"]:
        raise Conflict(
            f"Version {newest.version} was published since it was proposed; nothing was restored.",
            hint="Look at it, and ask for the restoration anew if it is still wanted.",
            code="OTHER_VERSION",
        )
    former = packages.load_version(connection, said["syllabusId"], said["version"])
    content = packages.content_text_of(connection, former.package_id)
    made = packages.insert_version(
        connection, signed, packages.parsed(content), content, former.content_hash, restored_from=former.version
    )
    _tell(connection, signed, made, "PUBLISHED", {"restoredFrom": former.version})


def retire(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Write that the version is no longer offered; it stays readable where it is pinned."""
    package = packages.load_package(connection, uuid.UUID(proposal.subject.id))
    packages.insert_retirement(connection, signed, package.package_id, signed.reason or "No reason was given.")
    _tell(connection, signed, package, "RETIRED", {"reason": signed.reason})


def hash_now(connection: Connection, proposal: Proposal) -> str | None:
    """The hash of what would be published now.

    Raises:
        Conflict: something is no longer there to be published.
    """
    return approved_parts(connection, proposal.subject.id).build().hash


def _tell(
    connection: Connection, signed: Countersignature, package: Published, what: str, more: dict[str, Any]
) -> None:
    record(
        connection,
        f"COURSE_PACKAGE_{what}",
        **signed.actor,
        entity_type="course_package",
        entity_id=str(package.package_id),
        payload={
            "syllabusId": package.syllabus_id,
            "version": package.version,
            "contentHash": package.content_hash,
            "countersignature_id": str(signed.countersignature_id),
            **more,
        },
    )
    enqueue(connection, COURSE_PACKAGES, metadata={what.lower(): package.version, "course": package.syllabus_id})
