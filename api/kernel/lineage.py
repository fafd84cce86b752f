"""Where something comes from, as JSON and as a page: from an artifact, a signature or a run back to the raw rows."""

import uuid
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TenantSession, allow
from api.kernel.artifacts import READERS
from api.kernel.lineage_page import drawn
from api.pages import PageDep
from domain.courses.regeneration.store.came_of import came_of
from domain.kernel.trace import lineage_of

router = APIRouter(tags=["Artifacts"])
LOOKS = allow(roles=READERS, scopes={"kernel:read"})


class LineageNode(BaseModel):
    """One thing on the way back."""

    type: str = Field(examples=["countersignature"])
    id: str
    label: str = Field(examples=["APPROVED: retention.disposal"])
    at: datetime | None = Field(description="When it was made, UTC.")
    depth: int = Field(description="Steps from what was asked for.", examples=[1])
    facts: dict[str, Any]


class LineageEdge(BaseModel):
    """That one thing was made from another."""

    from_type: str = Field(examples=["artifact"])
    from_id: str
    relation: str = Field(examples=["carries out"])
    to_type: str = Field(examples=["countersignature"])
    to_id: str


class LineageAhead(BaseModel):
    """One thing that followed."""

    model_config = ConfigDict(from_attributes=True)
    type: str = Field(examples=["course_package"])
    id: str
    label: str
    at: datetime | None
    status: str | None


class LineageAnswer(BaseModel):
    """The way back from one thing to the raw rows, and what came of it."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int] = Field(examples=[{"nodes": 6, "edges": 5}])
    nodes: list[LineageNode] = Field(description="What was asked for first, then nearest first.")
    edges: list[LineageEdge]
    came_of_it: list[LineageAhead] = Field(
        description="What followed from a signal, an evaluation, a suggestion, a job or an output, nearest first."
    )


@router.get("/v1/lineage/{thing_id}", dependencies=[LOOKS], summary="From a thing back to the raw rows")
def lineage(thing_id: uuid.UUID, connection: TenantSession) -> LineageAnswer:
    """The chain behind an artifact, a countersignature, a proposal, a run or an outage, found by one query."""
    found = lineage_of(connection, thing_id)
    edges = [
        LineageEdge(
            from_type=one.thing[0],
            from_id=one.thing[1],
            relation=one.relation,
            to_type=one.source[0],
            to_id=one.source[1],
        )
        for one in found.edges
    ]
    nodes = [LineageNode(**vars(node)) for node in found.nodes]
    ahead = [LineageAhead.model_validate(one) for one in came_of(connection, thing_id)]
    return LineageAnswer(counts={"nodes": len(nodes), "edges": len(edges)}, nodes=nodes, edges=edges, came_of_it=ahead)


@router.get("/lineage/{thing_id}", dependencies=[allow(roles=READERS)], include_in_schema=False)
def page(thing_id: uuid.UUID, page: PageDep) -> Response:
    """The same, drawn."""
    found = lineage_of(page.connection, thing_id)
    return page.show(
        "kernel/lineage.html", **drawn(found), came=came_of(page.connection, thing_id), error=None, done=None
    )
