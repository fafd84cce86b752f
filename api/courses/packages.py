"""Packages over HTTP: looked at before, published, restored, retired. Nothing changes one that stands."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api.courses import acting
from api.courses.access import DECIDES, LOOKS, SigningDep
from api.courses.answers import items_told, versions_told
from api.courses.schemas import (
    CourseTold,
    MissingTold,
    PreviewTold,
    Publish,
    Restore,
    VersionTold,
    WithReason,
)
from api.deps import TenantSession, allow
from domain.courses.authoring.store import items, packages
from domain.courses.authoring.store.items import Item
from domain.courses.authoring.store.packages import Published
from domain.courses.authoring.suggest.packages import Preview, preview
from domain.courses.content.package import TOO_LARGE_BYTES

router = APIRouter(prefix="/api/admin")


def _course(syllabus_id: str, connection: TenantSession) -> Item:
    """The course's syllabus; asked for before the body is judged."""
    return items.load_item(connection, syllabus_id, ("SYLLABUS",))


def _package(package_id: UUID, connection: TenantSession) -> Published:
    """The version to retire; asked for before the body is judged."""
    return packages.load_package(connection, package_id)


# After the signer, so that a role that may not decide is told so before what is there.
CourseDep = Annotated[Item, Depends(_course)]
PackageDep = Annotated[Published, Depends(_package)]
PREVIEWS = allow(roles={"AUTHOR", "REVIEWER", "ADMIN", "TENANT_OWNER", "AUDITOR"}, scopes={"courses:write"})


@router.get("/courses/{syllabus_id}", dependencies=[LOOKS], summary="A course: its syllabus and its versions")
def course(syllabus_id: str, connection: TenantSession) -> CourseTold:
    """Versions, the newest first, with who published them and how they stand."""
    item = items.load_item(connection, syllabus_id, ("SYLLABUS",))
    versions = packages.versions_of(connection, syllabus_id)
    return CourseTold(syllabus=items_told(connection, [item])[0], versions=versions_told(connection, versions))


@router.post(
    "/syllabi/{syllabus_id}/package", status_code=201, dependencies=[PREVIEWS], summary="What would be published now"
)
def package(syllabus_id: str, connection: TenantSession) -> PreviewTold:
    """Composed from what is approved; nothing of it is stored. `missing` names what is not approved yet."""
    return preview_told(syllabus_id, preview(connection, syllabus_id))


@router.post(
    "/syllabi/{syllabus_id}/publish",
    status_code=201,
    dependencies=[DECIDES],
    responses={200: {"model": VersionTold, "description": "The newest version holds exactly this already."}},
    summary="Publish what was previewed",
)
def publish(
    syllabus_id: str,
    body: Publish,
    response: Response,
    act: SigningDep,
    _item: CourseDep,
) -> VersionTold:
    """A person's signature on exactly that content: 409 where something was approved since, and no version is lost."""
    version, is_new = acting.publish(act, syllabus_id, body.content_hash, body.note)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/api/courses/{syllabus_id}/{version.version}"
    return versions_told(act.connection, [version], already=not is_new)[0]


@router.post(
    "/syllabi/{syllabus_id}/restore", status_code=201, dependencies=[DECIDES], summary="Restore an earlier version"
)
def restore(
    syllabus_id: str,
    body: Restore,
    response: Response,
    act: SigningDep,
    _item: CourseDep,
) -> VersionTold:
    """Its content becomes the newest version, which says from which it was restored."""
    version = acting.restore(act, syllabus_id, body.version, body.reason)
    response.headers["Location"] = f"/api/courses/{syllabus_id}/{version.version}"
    return versions_told(act.connection, [version])[0]


@router.post("/packages/{package_id}/retire", status_code=201, dependencies=[DECIDES], summary="Retire a version")
def retire(body: WithReason, act: SigningDep, package: PackageDep) -> VersionTold:
    """Nobody enrols in it any more; who is enrolled keeps it. The package itself never changes."""
    version = acting.retire(act, package.package_id, body.reason)
    return versions_told(act.connection, [version])[0]


def preview_told(syllabus_id: str, found: Preview) -> PreviewTold:
    """A preview as it is answered."""
    built = found.built
    return PreviewTold(
        syllabus_id=syllabus_id,
        content_hash=built.hash if built else None,
        byte_size=len(built.text.encode()) if built else None,
        limit_bytes=TOO_LARGE_BYTES,
        missing=[MissingTold(kind=one.kind, id=one.id, title=one.title) for one in found.missing],
        totals=built.package.totals.model_dump(mode="json") if built else None,
        published_as=found.published_as.version if found.published_as else None,
        latest_version=found.latest.version if found.latest else None,
    )
