"""What a proposal is, as it is read: `proposals` lays them down, messages and lent authority only name them."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True)
class Subject:
    """The thing that a decision is about."""

    type: str
    id: str


@dataclass(frozen=True)
class Proposal:
    """One proposal and how it stands. Grain: one proposal.

    Attributes:
        content: what is signed, where it is small enough to stand here; else the room keeps it under its hash.
        evidence: facts for the signer, shown beside the summary.
        severity: 0 routine, 1 notable, 2 serious, 3 critical.
        proposed_by: a user id, or the name of the machine.
        authors: user ids of everybody who had a hand in the content; none of them may sign under four eyes.
        state: WAITING, APPROVED, REFUSED, WITHDRAWN, OUTDATED or EXPIRED.
        countersignature_id: the verdict, where there is one.
    """

    proposal_id: uuid.UUID
    tenant_id: str
    kind: str
    subject: Subject
    content_hash: str
    content: Any
    summary: str
    evidence: dict[str, Any]
    severity: int
    page_url: str | None
    proposed_by: str
    authors: tuple[str, ...]
    run_id: uuid.UUID | None
    supersedes: uuid.UUID | None
    created_at: datetime
    expires_at: datetime
    state: str
    countersignature_id: uuid.UUID | None

    @property
    def is_waiting(self) -> bool:
        """Whether a person can still decide."""
        return self.state == "WAITING"


def of_row(row: Row[Any]) -> Proposal:
    """A row of `v_proposals`."""
    return Proposal(
        proposal_id=row.proposal_id,
        tenant_id=row.tenant_id,
        kind=row.kind,
        subject=Subject(row.subject_type, row.subject_id),
        content_hash=row.content_hash,
        content=row.content,
        summary=row.summary,
        evidence=row.evidence,
        severity=row.severity,
        page_url=row.page_url,
        proposed_by=row.proposed_by,
        authors=tuple(row.authors),
        run_id=row.run_id,
        supersedes=row.supersedes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=row.state,
        countersignature_id=row.countersignature_id,
    )
