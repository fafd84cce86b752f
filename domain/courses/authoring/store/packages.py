"""Published versions: inserted once, numbered without gaps, never changed."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.courses.content.package import CoursePackage
from domain.kernel.canonical import new_id
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.signed import Countersignature

_MINE = "tenant_id = NULLIF(current_setting('app.tenant', true), '')"
MOST = 2**31 - 1


@dataclass(frozen=True)
class Published:
    """One version without its content. Grain: one version.

    Attributes:
        status: PUBLISHED, or ARCHIVED once it is retired.
        restored_from: the version whose content it puts in force again.
        size_bytes: of the canonical UTF-8 text.
        minutes: as the lessons plan them.
    """

    package_id: uuid.UUID
    syllabus_id: str
    version: int
    syllabus_revision: int
    title: str
    language: str
    level: str
    lessons: int
    minutes: int
    content_hash: str
    size_bytes: int
    restored_from: int | None
    note: str | None
    published_by: uuid.UUID
    published_at: datetime
    countersignature_id: uuid.UUID
    status: str
    retired_at: datetime | None
    retired_reason: str | None


_COLUMNS = ", ".join(Published.__dataclass_fields__)


def hold_course(connection: Connection, syllabus_id: str) -> None:
    """Let nobody else approve a part of the course or publish it until this transaction ends."""
    connection.execute(
        text(
            "SELECT pg_advisory_xact_lock(hashtextextended('pkg:' || current_setting('app.tenant') || ':' || :id, 0))"
        ),
        {"id": syllabus_id},
    )


def versions_of(connection: Connection, syllabus_id: str) -> list[Published]:
    """Every version of a course, the newest first."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM v_course_packages WHERE {_MINE} AND syllabus_id = :id ORDER BY version DESC"),
        {"id": syllabus_id},
    )
    return [_published(row) for row in rows]


def load_version(connection: Connection, syllabus_id: str, version: int) -> Published:
    """One version of a course.

    Raises:
        NotFound: the course has no such version.
    """
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_course_packages WHERE {_MINE} AND syllabus_id = :id"
            " AND version = CAST(:version AS bigint)"
        ),
        {"id": syllabus_id, "version": version if 0 < version <= MOST else 0},
    ).all()
    if not rows:
        raise NotFound(
            f"Course {syllabus_id} has no version {version}.", hint="GET /api/courses/{syllabusId} lists its versions."
        )
    return _published(rows[0])


def load_package(connection: Connection, package_id: uuid.UUID) -> Published:
    """One version, by the package's own id.

    Raises:
        NotFound: the tenant has no such package.
    """
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM v_course_packages WHERE {_MINE} AND package_id = :id"), {"id": package_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such package.", hint="GET /api/admin/courses/{syllabusId} lists a course's.")
    return _published(row)


def content_text_of(connection: Connection, package_id: uuid.UUID) -> str:
    """The canonical text of a version: the very characters whose SHA-256 was signed."""
    return str(
        connection.execute(
            text(f"SELECT content_text FROM course_packages WHERE {_MINE} AND package_id = :id"), {"id": package_id}
        ).scalar_one()
    )


def latest(connection: Connection, limit: int, after: str | None = None, status: str | None = None) -> list[Published]:
    """The newest version of each course, by course, from behind `after` on; of those that have this status."""
    rows = connection.execute(
        text(
            f'SELECT DISTINCT ON (syllabus_id COLLATE "C") {_COLUMNS} FROM v_course_packages WHERE {_MINE}'
            ' AND (CAST(:after AS text) IS NULL OR syllabus_id COLLATE "C" > :after)'
            " AND (CAST(:status AS text) IS NULL OR status = :status)"
            ' ORDER BY syllabus_id COLLATE "C", version DESC LIMIT :n'
        ),
        {"after": after, "status": status, "n": limit},
    )
    return [_published(row) for row in rows]


def insert_version(
    connection: Connection,
    signed: Countersignature,
    package: CoursePackage,
    content_text: str,
    content_hash: str,
    restored_from: int | None = None,
) -> Published:
    """Insert the next version of a course that the caller holds. Grain: version; it never changes.

    Args:
        connection: the signing transaction, in which the course is locked.
        signed: whose reason, signer and instant the version carries.
        package: what is published; its totals are lessons and minutes.
        content_text: its RFC 8785 text.
        content_hash: the SHA-256 over it, as it was signed.
        restored_from: the earlier version whose content it is.
    """
    package_id = new_id()
    connection.execute(
        text(
            "INSERT INTO course_packages (package_id, syllabus_id, version, syllabus_revision, title, language, level,"
            " lessons, minutes, content_text, content_hash, size_bytes, restored_from, note, published_by,"
            " published_at, countersignature_id)"
            " SELECT :package_id, :syllabus_id, coalesce(max(version), 0) + 1, :syllabus_revision, :title, :language,"
            " :level, :lessons, :minutes, :content_text, :content_hash, :size_bytes, :restored_from, :note, :by, :at,"
            f" :signed FROM course_packages WHERE {_MINE} AND syllabus_id = :syllabus_id"
        ),
        {
            "package_id": package_id,
            "syllabus_id": package.syllabus_id,
            "syllabus_revision": package.syllabus_revision,
            "title": package.title,
            "language": package.language,
            "level": package.level,
            "lessons": package.totals.lessons,
            "minutes": package.totals.minutes,
            "content_text": content_text,
            "content_hash": content_hash,
            "size_bytes": len(content_text.encode()),
            "restored_from": restored_from,
            "note": signed.reason,
            "by": signed.signer_id,
            "at": signed.signed_at,
            "signed": signed.countersignature_id,
        },
    )
    return load_package(connection, package_id)


def insert_retirement(connection: Connection, signed: Countersignature, package_id: uuid.UUID, reason: str) -> None:
    """Write that a version is no longer offered."""
    connection.execute(
        text(
            "INSERT INTO course_package_retirements (package_id, reason, actor, at, countersignature_id)"
            " VALUES (:id, :reason, :actor, :at, :signed)"
        ),
        {
            "id": package_id,
            "reason": reason,
            "actor": signed.signer_id,
            "at": signed.signed_at,
            "signed": signed.countersignature_id,
        },
    )


def refuse_repeated(versions: Sequence[Published], content_hash: str) -> None:
    """One content is published once; to have an earlier one again is to restore it.

    Raises:
        Conflict: ALREADY_PUBLISHED_AS.
    """
    same = next((one for one in versions if one.content_hash == content_hash and one.restored_from is None), None)
    if same is not None:
        raise Conflict(
            f"Version {same.version} holds exactly this content; nothing was published.",
            hint=f"Restore version {same.version}: that puts its content in force as a new version.",
            code="ALREADY_PUBLISHED_AS",
            errors=[{"field": "version", "message": str(same.version), "advice": "restore"}],
        )


def parsed(content_text: str) -> CoursePackage:
    """The package that a stored text holds."""
    return CoursePackage.model_validate(json.loads(content_text))


def _published(row: Row[Any]) -> Published:
    return Published(**row._mapping)
