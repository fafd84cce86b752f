"""Proposals: what waits for a person. Machines and people lay them down; nothing takes effect by one.

A proposal is bound to the hash of its content. A newer one for the same subject makes the older ones outdated, so that
nobody signs what has been replaced.
"""

import json
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import content_hash, new_id
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.events import record
from domain.kernel.gates import Gate
from domain.kernel.messages.outbox import waiting_for_you
from domain.kernel.proposed import Proposal, Subject, check_content, load_proposal, lock_subject, of_row
from domain.kernel.redaction import as_text, redact, redact_text
from domain.kernel.signed import check

__all__ = ["Proposal", "Subject", "load_proposal", "lock_subject", "of_row", "propose"]

_INSERT = text("""
INSERT INTO proposals (proposal_id, kind, subject_type, subject_id, content_hash, content, summary, evidence, severity,
  page_url, proposed_by, authors, run_id, supersedes, created_at, expires_at)
SELECT :proposal_id, :kind, :subject_type, :subject_id, :content_hash, CAST(:content AS jsonb), :summary,
  CAST(:evidence AS jsonb), :severity, :page_url, :proposed_by, :authors, :run_id, :supersedes, at.now,
  at.now + CAST(:lasts AS interval)
FROM (SELECT clock_timestamp() AS now) AS at
""")
_STANDING = text("""
SELECT * FROM v_proposals
WHERE kind = :kind AND subject_type = :type AND subject_id = :id AND content_hash = :hash
  AND supersedes IS NOT DISTINCT FROM CAST(:supersedes AS uuid) AND state IN ('WAITING', 'APPROVED')
ORDER BY created_at DESC
LIMIT 1
""")


def propose(
    connection: Connection,
    gate: Gate,
    subject: Subject,
    *,
    content: Any = None,
    hashed: str | None = None,
    summary: str,
    proposed_by: str,
    actor_role: str = "MACHINE",
    authors: Collection[str] = (),
    evidence: Mapping[str, Any] | None = None,
    severity: int = 0,
    page_url: str | None = None,
    run_id: uuid.UUID | None = None,
    supersedes: uuid.UUID | None = None,
) -> Proposal:
    """Lay a proposal down for the tenant that the transaction is bound to.

    Args:
        connection: the caller's transaction.
        gate: the kind of act.
        subject: what it is about.
        content: what is to be signed; its hash is taken here.
        hashed: the hash, where the room keeps the content itself. One of the two is given.
        summary: one sentence for the queue.
        proposed_by: a user id, or the name of the machine.
        actor_role: what the ledger writes as the proposer's role.
        authors: user ids of everybody who had a hand in it.
        evidence: facts to show beside it.
        severity: 0 routine to 3 critical.
        page_url: the room's page about the subject.
        run_id: the run that suggests it.
        supersedes: the countersignature that this one is to correct.

    Proposing the same content again while it waits, or after it was approved, answers the proposal that stands. Of a
    new one everybody is told who may sign it, in the same transaction.

    Raises:
        Invalid: neither content nor hash, or both.
        NotFound: there is no such countersignature to supersede.
        Conflict: what it would supersede is no standing approval of the same kind and subject.
    """
    if (content is None) == (hashed is None):
        raise Invalid("A proposal carries its content or the hash of it, one of the two.")
    digest = hashed if hashed is not None else content_hash(content)
    if supersedes is not None:
        _check_superseded(connection, gate, subject, supersedes)
    lock_subject(connection, gate.kind, subject)
    standing = _standing(connection, gate.kind, subject, digest, supersedes)
    if standing is not None:
        return standing
    proposal_id = new_id()
    connection.execute(
        _INSERT,
        {
            "proposal_id": proposal_id,
            "kind": gate.kind,
            "subject_type": subject.type,
            "subject_id": subject.id,
            "content_hash": digest,
            "content": None if content is None else json.dumps(content),
            "summary": redact_text(summary),
            "evidence": json.dumps(redact(dict(evidence or {})), default=as_text),
            "severity": severity,
            "page_url": page_url,
            "proposed_by": proposed_by,
            "authors": sorted(set(authors)),
            "run_id": run_id,
            "supersedes": supersedes,
            "lasts": gate.lasts,
        },
    )
    record(
        connection,
        "kernel.proposal.made",
        actor_id=proposed_by,
        actor_role=actor_role,
        entity_type="proposal",
        entity_id=str(proposal_id),
        run_id=run_id,
        payload={"kind": gate.kind, "subject": f"{subject.type}/{subject.id}", "content_hash": digest},
    )
    made = load_proposal(connection, proposal_id)
    check_content(made)
    waiting_for_you(connection, made, gate)
    return made


def _check_superseded(connection: Connection, gate: Gate, subject: Subject, superseded: uuid.UUID) -> None:
    former = check(connection, superseded, gate.kind)
    if (former.subject_type, former.subject_id) != (subject.type, subject.id):
        raise Conflict("A correction is about the same subject as what it supersedes.", code="OTHER_SUBJECT")


def _standing(
    connection: Connection, kind: str, subject: Subject, digest: str, supersedes: uuid.UUID | None
) -> Proposal | None:
    row = connection.execute(
        _STANDING,
        {"kind": kind, "type": subject.type, "id": subject.id, "hash": digest, "supersedes": supersedes},
    ).one_or_none()
    return None if row is None else of_row(row)
