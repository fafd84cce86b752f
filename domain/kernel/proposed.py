"""What a proposal is, as it is read and held against its hash: `proposals` lays them down."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import canonical_json, content_hash, sha256_hex
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.signed import Countersignature


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


def load_proposal(connection: Connection, proposal_id: uuid.UUID) -> Proposal:
    """The proposal under that id.

    Raises:
        NotFound: the tenant has no such proposal.
    """
    row = connection.execute(
        text("SELECT * FROM v_proposals WHERE proposal_id = :id"), {"id": proposal_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such proposal.", hint="The queue at / shows what waits for you.")
    return of_row(row)


def check_content(proposal: Proposal) -> None:
    """Hold the stored content against the hash that is signed; asked before every use of it.

    Raises:
        Conflict: CONTENT_CHANGED, somebody changed the row behind the triggers.
    """
    if proposal.content is not None and content_hash(proposal.content) != proposal.content_hash:
        raise _changed(proposal)


def content_bytes(proposal: Proposal) -> bytes:
    """The stored content as the very bytes whose SHA-256 is signed: RFC 8785 canonical JSON.

    Raises:
        NotFound: the proposal holds no content; the room keeps it under its hash.
        Conflict: CONTENT_CHANGED, somebody changed the row behind the triggers.
    """
    if proposal.content is None:
        raise NotFound("The proposal holds no content of its own.", hint="Its `page_url` leads to where it is kept.")
    found = canonical_json(proposal.content)
    if sha256_hex(found) != proposal.content_hash:
        raise _changed(proposal)
    return found


def check_signed(proposal: Proposal, signed: Countersignature) -> None:
    """Hold the proposal as it stands against what was signed; asked before anything is done by its content.

    Raises:
        Conflict: CONTENT_CHANGED.
    """
    check_content(proposal)
    if proposal.content_hash != signed.content_hash:
        raise _changed(proposal)


def _changed(proposal: Proposal) -> Conflict:
    return Conflict(
        f"The content of proposal {proposal.proposal_id} is not what its hash says; nothing was done.",
        hint="Somebody changed it behind the triggers. `countersign verify ledger` says what else was touched.",
        code="CONTENT_CHANGED",
    )


def lock_subject(connection: Connection, kind: str, subject: Subject, *, is_shared: bool = False) -> None:
    """Let nobody else propose, decide or start a fulfilment about the subject until this transaction ends.

    Those who only rest on how it stands hold it shared, any number of them at once.
    """
    lock = "pg_advisory_xact_lock_shared" if is_shared else "pg_advisory_xact_lock"
    connection.execute(
        text(f"SELECT {lock}(hashtextextended(:key, 0))"),
        {"key": f"proposal|{_tenant(connection)}|{kind}|{subject.type}|{subject.id}"},
    )


def _tenant(connection: Connection) -> str:
    return str(connection.execute(text("SELECT current_setting('app.tenant', true)")).scalar_one())
