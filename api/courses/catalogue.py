"""What is published, over HTTP: read only, and each version for ever the same bytes."""

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
from domain.courses.authoring.store.packages import Published
from domain.courses.delivery.rules.projection import package_seen
from domain.courses.delivery.store.access import access_of
from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.principal import Principal

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
    """Staff get the package file that `countersign verify package` checks; learners what they may see of it.

    Raises:
        Forbidden: FULL_CONTENT, the caller neither makes courses nor reads this one.
        NotFound: the course has no such version.
    """
    is_staff = _is_staff(caller)
    if not is_staff:
        _check_access(connection, caller, syllabus_id, version)
    found = packages.load_version(connection, syllabus_id, version)
    # Another representation, another tag: a learner's copy is never taken for the whole.
    etag = f'"{found.content_hash}"' if is_staff else f'"{found.content_hash}-learner"'
    headers = {"ETag": etag, "Cache-Control": FOR_EVER, "Vary": "Authorization"}
    if names(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    told = envelope_of(connection, found) if is_staff else _seen(connection, found)
    return JSONResponse(told, headers=headers)


def _check_access(connection: Connection, caller: Principal, syllabus_id: str, version: int) -> None:
    access = access_of(connection, caller.tenant_id, caller.id, syllabus_id)
    if not access.is_open:
        raise Forbidden(
            "The whole content holds the answers; it is for those who make and check courses.",
            hint=f"Enrol, and read it as a learner: GET /api/learn/courses/{syllabus_id}.",
            code="FULL_CONTENT",
        )
    pinned = access.enrollment.package_version if access.enrollment and access.is_enrolled else None
    if version != pinned and packages.load_version(connection, syllabus_id, version).status == "ARCHIVED":
        raise NotFound(f"Course {syllabus_id} has no version {version}.", hint="GET /api/courses lists what there is.")


def _seen(connection: Connection, found: Published) -> dict[str, Any]:
    package = packages.parsed(packages.content_text_of(connection, found.package_id))
    return {"syllabusId": found.syllabus_id, "version": found.version, "content": package_seen(package)}


def _is_staff(caller: Principal) -> bool:
    return not caller.is_person or bool(caller.roles & STAFF)
