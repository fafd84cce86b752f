"""The whole content of a proposal: the very bytes that are signed, for whoever reads, keeps or hashes them."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.responses import Response

from api.deps import TenantSession, allow
from api.kernel.artifacts import names
from domain.kernel.principal import Role
from domain.kernel.proposals import Proposal, load_proposal
from domain.kernel.proposed import content_bytes

router = APIRouter(tags=["Countersign"])
PEOPLE = allow(roles=frozenset(Role) - {Role.LEARNER})
LONGEST_INLINE = 128 * 1024


def is_short(found: Proposal) -> bool:
    """Whether the content is short enough to stand in an answer beside the rest."""
    return len(json.dumps(found.content)) <= LONGEST_INLINE


@router.get(
    "/v1/proposals/{proposal_id}/content",
    dependencies=[PEOPLE],
    summary="What is signed, whole",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {}}}, "description": "RFC 8785 canonical JSON."},
        304: {"description": "It is what `If-None-Match` names; the content of a proposal never changes."},
    },
)
def content(
    connection: TenantSession,
    proposal_id: UUID,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Any:
    """The bytes whose SHA-256 is the proposal's `content_hash`."""
    found = load_proposal(connection, proposal_id)
    etag = f'"{found.content_hash}"'
    if names(if_none_match, etag):
        return Response(status_code=304, headers={"ETag": etag})
    return Response(content_bytes(found), media_type="application/json", headers={"ETag": etag})
