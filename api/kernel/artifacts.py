"""Artifacts over HTTP: the list, one with a fresh link to its bytes, and the door behind the links of a local store."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from api.deps import MaybeCallerDep, TenantSession, allow
from domain.kernel import artifacts
from domain.kernel.clock import utc_now
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.links import check_link
from domain.kernel.objects.local import LocalStore
from domain.kernel.principal import Role

router = APIRouter(tags=["Artifacts"])
READERS = frozenset(Role) - {Role.LEARNER}
LOOKS = allow(roles=READERS, scopes={"kernel:read"})
# A file of ours opens nothing and runs nothing, whatever is in it.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


class ArtifactRow(BaseModel):
    """One file as it was made."""

    artifact_id: uuid.UUID
    kind: str = Field(examples=["retention.archive"])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    size_bytes: int = Field(examples=[18231])
    media_type: str = Field(examples=["application/pdf"])
    made_from: dict[str, Any] = Field(description="What it follows from.")
    countersignature_id: uuid.UUID | None = Field(description="The signature that it carries out; null for a draft.")
    created_at: datetime


class ArtifactList(BaseModel):
    """A page of artifacts, newest first."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int] = Field(examples=[{"artifacts": 1}])
    rows: list[ArtifactRow]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null at the end.")


class ArtifactAnswer(ArtifactRow):
    """One artifact with a link that was signed for this answer."""

    status: Literal["ok"] = "ok"
    url: str = Field(description="Opens the bytes until `url_expires_at`; it is stored nowhere.")
    url_expires_at: datetime
    url_warning: str | None = Field(description="For example that the link ends before its time.")


@router.get("/v1/artifacts", dependencies=[LOOKS], summary="What was made, newest first")
def list_artifacts(
    connection: TenantSession,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    kind: Annotated[str | None, Query(max_length=100, description="Of this kind alone.")] = None,
    sha256: Annotated[
        str | None, Query(pattern="^[0-9a-f]{1,64}$", description="Whose hash begins with these digits alone.")
    ] = None,
) -> ArtifactList:
    """Files by the hash of their bytes, with what each was made from."""
    rows, following = artifacts.page(connection, limit, cursor, kind, sha256)
    return ArtifactList(counts={"artifacts": len(rows)}, rows=[_row(row) for row in rows], next_cursor=following)


@router.get(
    "/v1/artifacts/{artifact_id}",
    dependencies=[LOOKS],
    summary="One artifact, with a link to its bytes",
    response_model=ArtifactAnswer,
    responses={304: {"description": "It is what `If-None-Match` names; an artifact never changes."}},
)
def one_artifact(
    artifact_id: uuid.UUID,
    connection: TenantSession,
    response: Response,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Any:
    """What it is, and a link that is signed anew each time it is asked for."""
    found = artifacts.load(connection, artifact_id)
    etag = f'"{found.sha256}"'
    if names(if_none_match, etag):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    link = artifacts.link_to(open_store(), found, utc_now())
    said = {"url": link.url, "url_expires_at": link.expires_at, "url_warning": link.warning}
    return ArtifactAnswer(**_row(found).model_dump(), **said)


@router.api_route(
    "/objects/{key:path}",
    methods=["GET", "HEAD"],
    summary="The bytes behind a signed link of a local store",
    include_in_schema=False,
)
def serve(key: str, request: Request, _: MaybeCallerDep) -> FileResponse:
    """Serve what the link leads to; the signature in its query is what opens it. Parts of a file by `Range`.

    Raises:
        Forbidden: LINK_INVALID, LINK_EXPIRED.
        NotFound: the bytes are not there, or lie in a bucket, whose links lead to the bucket.
        Conflict: OBJECT_DAMAGED, the file is shorter or longer than what was kept.
    """
    target = check_link(key, request.query_params, utc_now())
    store = open_store()
    size = store.size_bytes(target.key) if isinstance(store, LocalStore) else None
    if size is None or not isinstance(store, LocalStore):
        raise NotFound("The file is not in this store any more.", hint="Ask for a new link.", code="OBJECT_MISSING")
    if size != target.size_bytes:
        raise Conflict(
            "The file in the store is not the one that was kept; nothing of it was sent.",
            hint="`countersign verify artifact` says what is wrong with it.",
            code="OBJECT_DAMAGED",
        )
    headers = {"Content-Security-Policy": SANDBOX, "X-Content-Type-Options": "nosniff"}
    return FileResponse(
        store.path(target.key), media_type=target.media_type, filename=target.file_name, headers=headers
    )


def names(if_none_match: str | None, etag: str) -> bool:
    """Whether the header names this version."""
    given = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return etag in given or given == ["*"]


def _row(found: artifacts.Artifact) -> ArtifactRow:
    return ArtifactRow(**{name: getattr(found, name) for name in ArtifactRow.model_fields})
