"""One published version: what it holds, on whose signatures it stands, its file, and whether all of it still fits."""

import json
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.courses.access import STAFF
from api.courses.answers import versions_told
from api.courses.pages.board import SIGNERS, STATES
from api.deps import allow
from api.forms import FormDep
from api.pages import Page, PageDep
from domain.courses.authoring.observe.package_proof import Difference, differences
from domain.courses.authoring.store import packages
from domain.courses.authoring.store.chain import envelope_of
from domain.kernel.signing import Purpose, registered_keys

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=STAFF)])


@router.get("/admin/courses/{syllabus_id}/{version}")
def version(page: PageDep, syllabus_id: str, version: int) -> Response:
    """What it holds, on whose signatures it stands, and the file."""
    return _show(page, syllabus_id, version)


@router.post("/admin/courses/{syllabus_id}/{version}/verify")
def verify(page: PageDep, _: FormDep, syllabus_id: str, version: int) -> Response:
    """Recompute every hash and check every signature with the registered keys. Nothing is kept."""
    envelope = envelope_of(page.connection, packages.load_version(page.connection, syllabus_id, version))
    keys = registered_keys(page.connection)
    trusted = {key: raw for key, purpose, raw, _at in keys if purpose is Purpose.COUNTERSIGN}
    return _show(page, syllabus_id, version, found=list(differences(envelope, trusted)))


@router.get("/admin/courses/{syllabus_id}/{version}/package.json")
def package_file(page: PageDep, syllabus_id: str, version: int) -> Response:
    """The package file, as `countersign verify package` takes it."""
    found = packages.load_version(page.connection, syllabus_id, version)
    named = {"Content-Disposition": f'attachment; filename="{syllabus_id}-{version}.json"'}
    told = json.dumps(envelope_of(page.connection, found), ensure_ascii=False)
    return Response(told, media_type="application/json", headers=named)


def _show(page: Page, syllabus_id: str, version: int, found: list[Difference] | None = None) -> Response:
    kept = packages.load_version(page.connection, syllabus_id, version)
    envelope: dict[str, Any] = envelope_of(page.connection, kept)
    return page.show(
        "courses/version.html",
        version=versions_told(page.connection, [kept])[0],
        envelope=envelope,
        content=envelope["content"],
        lines=json.dumps(envelope["content"], indent=1, ensure_ascii=False).splitlines(),
        states=STATES,
        may_sign=bool(page.principal.roles & SIGNERS),
        differences=found,
    )
