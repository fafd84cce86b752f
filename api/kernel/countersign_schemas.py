"""What the countersigning endpoints take and answer."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

HASH = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
State = Literal["WAITING", "APPROVED", "REFUSED", "WITHDRAWN", "OUTDATED", "EXPIRED"]


class Approve(BaseModel):
    """An approval: the hash of what was seen, and a reason if there is one to give."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"content_hash": "ab" * 32}]})
    content_hash: HASH | None = Field(
        None,
        validation_alias=AliasChoices("content_hash", "contentHash"),
        description="As the proposal shows it. Needed wherever the content can change between look and act.",
    )
    reason: str | None = Field(None, max_length=2000)


class WithReason(BaseModel):
    """A refusal, a question or a withdrawal."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Feeder 7 was switched."}]})
    reason: str = Field(min_length=1, max_length=2000)


class RefuseMany(WithReason):
    """One reason for several refusals. There is no such thing for approvals."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "Outdated.", "proposal_ids": ["0190b6a2-5f5e-7c3a-8000-000000000000"]}]
        },
    )
    proposal_ids: list[UUID] = Field(min_length=1, max_length=100)


class Countersigned(BaseModel):
    """One decision of one person."""

    countersignature_id: UUID
    proposal_id: UUID
    kind: str
    subject_type: str
    subject_id: str
    content_hash: str
    decision: Literal["APPROVED", "REFUSED", "WITHDRAWN", "MORE_INFORMATION"]
    signer_id: UUID
    signer_name: str
    signer_role: str
    on_behalf_of: UUID | None
    on_behalf_of_name: str | None
    meaning: str
    reason: str | None
    supersedes: UUID | None
    withdraws: UUID | None
    signed_at: datetime
    key_id: str
    signature: str = Field(description="Ed25519, base64, over the canonical JSON (RFC 8785) of all other members.")


class Decided(BaseModel):
    """What came of a decision."""

    status: Literal["signed", "already_signed"]
    countersignature: Countersigned


class Waiting(BaseModel):
    """One proposal as the queue shows it; flat, so that a table takes it as it is."""

    proposal_id: UUID
    kind: str
    title: str
    room: str
    subject_type: str
    subject_id: str
    content_hash: str
    summary: str
    severity: int
    state: State
    proposed_by: str
    proposed_by_name: str | None
    created_at: datetime
    expires_at: datetime
    age_s: int
    page_url: str | None
    consequence: str
    may_sign: bool
    why_not: str | None


class Proposed(Waiting):
    """One proposal with everything that a signer looks at."""

    content: Any = Field(description="What is signed; null where it is longer than 128 kB, or where the room keeps it.")
    content_url: str | None = Field(
        description="Where the whole content is, as the bytes whose SHA-256 is signed; null where a room keeps it."
    )
    evidence: dict[str, Any]
    meaning: str
    roles: list[str]
    run_id: UUID | None
    supersedes: UUID | None
    decisions: list[Countersigned]


class Queue(BaseModel):
    """A page of proposals."""

    items: list[Waiting]
    counts: dict[str, int] = Field(examples=[{"waiting": 3}])
    next_cursor: str | None


class Refused(BaseModel):
    """What came of one of several refusals."""

    proposal_id: UUID
    status: Literal["refused", "not_refused"]
    code: str | None = None
    detail: str | None = None


class RefusedMany(BaseModel):
    """What came of each."""

    results: list[Refused]
    counts: dict[str, int]


class Fulfilment(BaseModel):
    """How the carrying out stands."""

    status: Literal["STARTED", "DONE", "FAILED"]
    run_id: str
    started_at: datetime
    finished_at: datetime | None
    attempts: int
    artifact_ids: list[UUID]
    outcome: dict[str, Any]


class ArtifactRef(BaseModel):
    """One artifact by name and hash."""

    artifact_id: UUID
    kind: str
    sha256: str
    size_bytes: int
    media_type: str


class Chain(BaseModel):
    """From what was proposed to what was made of it."""

    countersignature: Countersigned
    proposal: Proposed
    fulfilment: Fulfilment | None
    artifacts: list[ArtifactRef]
