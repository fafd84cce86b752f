"""Learners take a course along: as PDF, as a package for an LMS, as plain pages. Three within ten minutes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import contextmanager_in_threadpool
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.courses.learn_metrics import exports_total
from api.courses.learn_session import LEARNS, LearnerDep, delivering
from api.page_words import file_name
from domain.courses.content.package import CoursePackage
from domain.courses.delivery.exports.export import export_course_to_lms, export_course_to_pdf
from domain.courses.delivery.observe import exporting
from domain.courses.delivery.observe.exporting import LMS_FORMATS, PDF, Granted
from domain.courses.delivery.observe.learner import Learner
from domain.courses.delivery.store import versions
from domain.kernel.errors import CountersignError, Invalid

router = APIRouter(prefix="/api/learn/courses/{course_id}/export", tags=["Learning"])
LEFT_HEADER = "X-Exports-Left"
RESULTS = {403: "forbidden", 404: "not_found", 413: "too_large", 422: "invalid", 429: "limited"}
FORMATS = ", ".join(LMS_FORMATS)
AskedFormat = Annotated[
    str,
    Query(alias="format", max_length=20, description="What kind of package.", json_schema_extra={"enum": LMS_FORMATS}),
]


def _bytes(media_type: str, what: str) -> dict[int | str, dict[str, Any]]:
    header = {LEFT_HEADER: {"description": "Exports that still fit now.", "schema": {"type": "integer"}}}
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": what, "content": content, "headers": header}}


@router.get(
    "/pdf",
    dependencies=[LEARNS],
    response_class=Response,
    responses=_bytes("application/pdf", "The course to print."),
    summary="The course as PDF",
)
async def pdf(course_id: str, request: Request, learner: LearnerDep) -> Response:
    """The fourth within ten minutes, over all formats, is 429 with Retry-After. What is refused does not count."""
    return await export(request, learner, course_id, PDF)


@router.get(
    "/lms",
    dependencies=[LEARNS],
    response_class=Response,
    responses=_bytes("application/zip", "The package."),
    summary="The course as a package",
)
async def lms(course_id: str, request: Request, learner: LearnerDep, kind: AskedFormat = "scorm12") -> Response:
    """SCORM 1.2, SCORM 2004 4th edition, or plain web pages. The same version is the same bytes."""
    return await export(request, learner, course_id, kind)


async def export(request: Request, learner: Learner, course_id: str, kind: str) -> Response:
    """Count the export, then make it outside of any transaction.

    Raises:
        NotFound: COURSE_NOT_FOUND.
        Forbidden: whatever keeps the course shut to the learner.
        TooLarge: PACKAGE_TOO_LARGE.
        Invalid: UNKNOWN_FORMAT.
        TooManyRequests: EXPORT_LIMIT.
    """
    label = kind if kind in (PDF, *LMS_FORMATS) else "unknown"
    try:
        granted = await _in_transaction(
            request, learner, lambda connection: _grant(connection, learner, course_id, kind)
        )
    except CountersignError as error:
        exports_total.labels(label, RESULTS.get(error.status, "failed")).inc()
        await _tell_refused(request, learner, course_id, kind, error)
        raise
    made = await run_in_threadpool(_made, granted.package, granted.granted, kind)
    exports_total.labels(label, "ok").inc()
    suffix, media_type = ("pdf", "application/pdf") if kind == PDF else (f"{kind}.zip", "application/zip")
    name = file_name(f"{course_id}-v{granted.granted.version.version}.{suffix}")
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        LEFT_HEADER: str(granted.granted.left),
        "X-Content-Hash": granted.granted.version.content_hash,
    }
    return Response(made, media_type=media_type, headers=headers)


@dataclass(frozen=True)
class _Ready:
    """What may be made, and of what."""

    granted: Granted
    package: CoursePackage


def _grant(connection: Connection, learner: Learner, course_id: str, kind: str) -> _Ready:
    """Each check in its place: 403, 404, 413, 422, 429."""
    version = exporting.exportable(connection, learner, course_id)
    if kind not in (PDF, *LMS_FORMATS):
        raise Invalid(
            "The course was not exported: there is no such format.",
            hint=f"The formats are {FORMATS}.",
            code="UNKNOWN_FORMAT",
            errors=[{"field": "format", "message": f"one of {FORMATS}"}],
        )
    package = versions.content(connection, version)
    return _Ready(exporting.take(connection, learner, version, kind), package)


def _made(package: CoursePackage, granted: Granted, kind: str) -> bytes:
    number = granted.version.version
    if kind == PDF:
        return export_course_to_pdf(package, number)
    return export_course_to_lms(package, number, next(one for one in LMS_FORMATS if one == kind))


async def _tell_refused(request: Request, learner: Learner, course_id: str, kind: str, error: CountersignError) -> None:
    """In a transaction of its own: that of the refusal is undone."""
    await _in_transaction(
        request,
        learner,
        lambda connection: exporting.tell_refused(connection, learner, course_id[:64], kind[:20], error),
    )


async def _in_transaction(request: Request, learner: Learner, act: Callable[[Connection], Any]) -> Any:
    async with _session(request, learner) as connection:
        return await run_in_threadpool(act, connection)


@asynccontextmanager
async def _session(request: Request, learner: Learner) -> AsyncIterator[Connection]:
    async with request.app.state.sessions, contextmanager_in_threadpool(delivering(learner)) as connection:
        yield connection
