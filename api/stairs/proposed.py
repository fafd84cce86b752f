"""How FireMode tells that something waits for a person's signature."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from domain.kernel.proposals import Proposal
from domain.stairs.rules.scenario import Note


class Warned(BaseModel):
    """Something to know before signing; it stops nothing."""

    code: str = Field(examples=["BASELINE_MISSING"])
    identifier: str = Field(examples=["PRESSURE_STAIR-A_L8_ALL-CLOSED"])
    text: str


class Laid(BaseModel):
    """What was laid before a person: nothing of it holds until it is signed."""

    success: bool = True
    state: str = Field(
        description="proposed; unchanged, where all of it stands already; approved, where the same was signed before.",
        examples=["proposed"],
    )
    proposal_id: UUID | None = None
    content_hash: str | None = Field(None, description="Send it with the signature.")
    page: str | None = Field(None, examples=["/countersign/0190b6a2-5f5e-7c3a-8000-000000000000"])
    warnings: list[Warned] = Field(default_factory=list)


def laid(proposal: Proposal | None, warnings: Iterable[Note] = ()) -> dict[str, Any]:
    """The members of `Laid` for a proposal; without one everything stands already."""
    told = {"warnings": [note.row() for note in warnings]}
    if proposal is None:
        return told | {"state": "unchanged"}
    return told | {
        "state": "proposed" if proposal.is_waiting else proposal.state.lower(),
        "proposal_id": proposal.proposal_id,
        "content_hash": proposal.content_hash,
        "page": f"/countersign/{proposal.proposal_id}",
    }
