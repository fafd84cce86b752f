"""Exports that were given out, so that any number of copies of the API count the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.courses.delivery.store.versions import Version
from domain.kernel.canonical import new_id


def lock(connection: Connection, tenant_id: str, user_id: str, course_id: str) -> None:
    """Let nobody else count or take an export of this course for this learner until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"export|{tenant_id}|{user_id}|{course_id}"},
    )


def recent(
    connection: Connection, user_id: str, course_id: str, span: timedelta
) -> tuple[Sequence[datetime], datetime]:
    """When the learner was given exports of the course within the span, and the database's present instant.

    Every copy of the API asks the one clock that all share.
    """
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    rows = connection.execute(
        text(
            "SELECT at FROM course_exports WHERE user_id = CAST(:user AS uuid) AND course_id = :course"
            " AND at > CAST(:now AS timestamptz) - CAST(:span AS interval) ORDER BY at"
        ),
        {"user": user_id, "course": course_id, "now": now, "span": span},
    )
    return list(rows.scalars()), now


def insert(connection: Connection, user_id: str, version: Version, export_format: str) -> None:
    """Note that an export is given out."""
    connection.execute(
        text(
            "INSERT INTO course_exports (export_id, user_id, course_id, package_version, format, content_hash)"
            " VALUES (:id, CAST(:user AS uuid), :course, :version, :format, :hash)"
        ),
        {
            "id": new_id(),
            "user": user_id,
            "course": version.course_id,
            "version": version.version,
            "format": export_format,
            "hash": version.content_hash,
        },
    )
