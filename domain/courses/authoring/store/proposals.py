"""The proposal that stands for a content, whoever laid it down."""

from sqlalchemy import Connection, text

from domain.kernel.gates import Gate
from domain.kernel.proposed import Proposal, Subject, of_row


def newest_for(connection: Connection, gate: Gate, subject: Subject, content_hash: str) -> Proposal | None:
    """The newest proposal of exactly this content, in whatever state; None where nobody laid one down."""
    row = connection.execute(
        text(
            "SELECT * FROM v_proposals WHERE tenant_id = current_setting('app.tenant') AND kind = :kind"
            " AND subject_type = :type AND subject_id = :id AND content_hash = :hash"
            " ORDER BY created_at DESC, proposal_id DESC LIMIT 1"
        ),
        {"kind": gate.kind, "type": subject.type, "id": subject.id, "hash": content_hash},
    ).one_or_none()
    return None if row is None else of_row(row)
