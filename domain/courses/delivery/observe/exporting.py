"""Exports: who may take one, how large it may be, how many fit. What is refused does not count."""

from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection

from domain.courses.content.package import TOO_LARGE_BYTES
from domain.courses.delivery.observe.learner import Learner, tell
from domain.courses.delivery.observe.reading import opened
from domain.courses.delivery.rules.window import EXPORTS
from domain.courses.delivery.store import exports
from domain.courses.delivery.store.versions import Version
from domain.kernel.errors import CountersignError, TooLarge, TooManyRequests

PDF = "pdf"
LmsFormat = Literal["scorm12", "scorm2004", "web"]
LMS_FORMATS: tuple[LmsFormat, ...] = get_args(LmsFormat)


@dataclass(frozen=True)
class Granted:
    """An export that may be made now, and how many more fit."""

    version: Version
    left: int


def exportable(connection: Connection, learner: Learner, course_id: str) -> Version:
    """The version that the learner would take along.

    Raises:
        NotFound: COURSE_NOT_FOUND.
        Forbidden: whatever keeps the course shut to the learner.
        TooLarge: PACKAGE_TOO_LARGE, at 5,000,000 bytes of canonical UTF-8 and more.
    """
    version = opened(connection, learner, course_id).version
    refuse_too_large(version.size_bytes)
    return version


def refuse_too_large(size_bytes: int) -> None:
    """Refuse what is too large to export.

    Raises:
        TooLarge: PACKAGE_TOO_LARGE.
    """
    if size_bytes >= TOO_LARGE_BYTES:
        raise TooLarge(
            f"The course was not exported: its content takes {size_bytes:,} bytes, and an export stays below"
            f" {TOO_LARGE_BYTES:,}.",
            hint="Ask its authors to make two courses of it.",
            code="PACKAGE_TOO_LARGE",
        )


def take(connection: Connection, learner: Learner, version: Version, export_format: str) -> Granted:
    """Count one export for learner and course, or refuse. From then on it is given out.

    Raises:
        TooManyRequests: EXPORT_LIMIT, with the seconds to wait.
    """
    exports.lock(connection, learner.tenant_id, learner.user_id, version.course_id)
    given, now = exports.recent(connection, learner.user_id, version.course_id, EXPORTS.span)
    wait_s = EXPORTS.retry_after_s(given, now)
    if wait_s:
        minutes = int(EXPORTS.span.total_seconds()) // 60
        raise TooManyRequests(
            f"The course was not exported: {EXPORTS.times} exports within {minutes} minutes were taken, as PDF and as"
            " packages together.",
            hint=f"The next fits in {wait_s} seconds.",
            code="EXPORT_LIMIT",
            retry_after_s=wait_s,
        )
    exports.insert(connection, learner.user_id, version, export_format)
    told = {
        "courseId": version.course_id,
        "version": version.version,
        "format": export_format,
        "contentHash": version.content_hash,
    }
    event = "EXPORT_PDF" if export_format == PDF else "EXPORT_LMS"
    tell(connection, learner, event, ("course", version.course_id), told)
    return Granted(version, EXPORTS.left(given, now) - 1)


def left(connection: Connection, learner: Learner, course_id: str) -> int:
    """How many exports fit now."""
    given, now = exports.recent(connection, learner.user_id, course_id, EXPORTS.span)
    return EXPORTS.left(given, now)


def tell_refused(
    connection: Connection, learner: Learner, course_id: str, export_format: str, error: CountersignError
) -> None:
    """Note in the ledger that an export was refused, and why."""
    tell(
        connection,
        learner,
        "EXPORT_REFUSED",
        ("course", course_id),
        {"courseId": course_id, "format": export_format, "code": error.code},
        status="refused",
    )
