"""Artifacts for people: what was made, found by kind and hash, each with its way back and a link to its bytes."""

import json
import re
import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.kernel.artifacts import READERS
from api.pages import PageDep
from domain.kernel import artifacts
from domain.kernel.artifacts import Artifact
from domain.kernel.clock import utc_now
from domain.kernel.errors import NotFound
from domain.kernel.objects.chosen import open_store

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READERS)])
PER_PAGE = 50


@router.get("/artifacts")
def listed(
    page: PageDep,
    kind: Annotated[str, Query(max_length=100)] = "",
    sha256: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """What was made, the newest first; a hash that cannot be one is told, not used."""
    digits = sha256.strip().lower()
    is_hash = re.fullmatch(r"[0-9a-f]{0,64}", digits) is not None
    used = {name: value for name, value in (("kind", kind), ("sha256", digits if is_hash else "")) if value}
    rows, following = artifacts.page(page.connection, PER_PAGE, after, used.get("kind"), used.get("sha256"))
    return page.show(
        "kernel/artifacts.html",
        rows=rows,
        next_cursor=following,
        after=after,
        kinds=artifacts.kinds(page.connection),
        filters={"kind": kind, "sha256": sha256},
        used=used,
        error=None if is_hash else "A SHA-256 has up to 64 digits from 0 to 9 and a to f.",
    )


@router.get("/artifacts/{artifact_id}")
def one(page: PageDep, artifact_id: str) -> Response:
    """One artifact: its hash, what it was made from, and where its bytes are."""
    found = _load(page, artifact_id)
    made_from = json.dumps(found.made_from, indent=2, ensure_ascii=False, sort_keys=True)
    return page.show("kernel/artifact.html", row=found, made_from=made_from)


@router.get("/artifacts/{artifact_id}/file")
def file(page: PageDep, artifact_id: str) -> Response:
    """On to the bytes, by a link that is signed for this click."""
    link = artifacts.link_to(open_store(), _load(page, artifact_id), utc_now())
    return RedirectResponse(link.url, 303)


def _load(page: PageDep, artifact_id: str) -> Artifact:
    try:
        wanted = uuid.UUID(artifact_id)
    except ValueError as cause:
        raise NotFound("There is no such artifact.", hint="/artifacts lists what there is.") from cause
    return artifacts.load(page.connection, wanted)
