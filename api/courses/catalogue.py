"""What is published, over HTTP: read only, and each version for ever the same bytes."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from api.courses.access import BROWSES, STAFF
from api.courses.schemas import Listed, Versions
from api.deps import CallerDep, TenantSession
from api.kernel.artifacts import names
from api.paging import By, Keyset, PageDep
from domain.courses.authoring.store import packages
from domain.courses.authoring.store.chain import envelope_of
from domain.courses.delivery.observe.learner import learner_of
from domain.courses.delivery.observe.reading import opened
from domain.courses.delivery.rules.projection import package_seen
from domain.courses.delivery.store.versions import content
from domain.kernel.canonical import content_hash
from domain.kernel.db import narrowed
from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.principal import Principal
from domain.kernel.settings import DELIVERY_ROLE

router = APIRouter(prefix="/api/courses")
ORDER = Keyset("courses", By("syllabus_id", str))
FOR_EVER = "private, max-age=31536000, immutable"
OF_VERSION: dict[int | str, dict[str, Any]] = {
    200: {"description": "Content, hash, and the signatures behind it; the ETag is the content's hash."},
    304: {"description": "It is what `If-None-Match` names; a version never changes."},
}


@router.get("", dependencies=[BROWSES], summary="Published courses with their newest version")
def courses(connection: TenantSession, caller: CallerDep, page: PageDep, response: Response) -> list[Listed]:
    """By course. A course whose versions are all retired is shown to staff alone. `Link` leads to the next page."""
    after = None if page.cursor is None else str(ORDER.read(page.cursor)[0])
    found = packages.latest(connection, page.limit + 1, after, None if _is_staff(caller) else "PUBLISHED")
    shown = found[: page.limit]
    if len(found) > page.limit:
        cursor = ORDER.write({"syllabus_id": shown[-1].syllabus_id})
        response.headers["Link"] = f'</api/courses?limit={page.limit}&cursor={cursor}>; rel="next"'
    return [Listed(syllabus_id=one.syllabus_id, latest_version=one.version, title=one.title) for one in shown]


@router.get("/{syllabus_id}", dependencies=[BROWSES], summary="The versions of a course, the newest first")
def versions(syllabus_id: str, connection: TenantSession, caller: CallerDep) -> Versions:
    """Retired ones are shown to staff alone."""
    found = packages.versions_of(connection, syllabus_id)
    shown = [one.version for one in found if _is_staff(caller) or one.status == "PUBLISHED"]
    if not shown:
        raise NotFound(f"There is no published course {syllabus_id}.", hint="GET /api/courses lists them.")
    return Versions(syllabus_id=syllabus_id, versions=shown)


@router.get(
    "/{syllabus_id}/{version}", dependencies=[BROWSES], responses=OF_VERSION, summary="One version, whole",
)  # fmt: skip
def version(
    syllabus_id: str,
    version: int,
    connection: TenantSession,
    caller: CallerDep,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Any:
    """The package file that `countersign verify package` checks; to a learner of this version, what learners see.

    Raises:
        Forbidden: FULL_CONTENT, the caller is neither of the staff nor reads this version.
        NotFound: the course has no such version.
    """
    if not _is_staff(caller):
        seen = _as_learner(connection, caller, syllabus_id, version)
        tag = f'"{content_hash(seen)}"'
        told = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        return (
            Response(status_code=304, headers=told) if names(if_none_match, tag) else JSONResponse(seen, headers=told)
        )
    found = packages.load_version(connection, syllabus_id, version)
    etag = f'"{found.content_hash}"'
    headers = {"ETag": etag, "Cache-Control": FOR_EVER, "Vary": "Authorization"}
    if names(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return JSONResponse(envelope_of(connection, found), headers=headers)


def _as_learner(connection: Connection, caller: Principal, syllabus_id: str, version: int) -> dict[str, Any]:
    with narrowed(connection, DELIVERY_ROLE):
        with suppress(Forbidden, NotFound):
            found = opened(connection, learner_of(caller), syllabus_id).version
            if found.version == version:
                seen = package_seen(content(connection, found))
                return {"courseId": syllabus_id, "version": version, "content": seen}
        raise Forbidden(
            "The whole content holds the answers; it is for those who make and check courses.",
            hint=f"Read it as a learner: GET /api/learn/courses/{syllabus_id}.",
            code="FULL_CONTENT",
        )


def _is_staff(caller: Principal) -> bool:
    return not caller.is_person or bool(caller.roles & STAFF)
