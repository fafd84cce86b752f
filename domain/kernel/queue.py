"""The queue: what waits for a person, the most severe first and then the oldest; and what has been decided."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.proposals import Proposal, of_row

# A list shows neither content nor evidence, and fifty contents can be half a gigabyte.
_LISTED = (
    "proposal_id, tenant_id, kind, subject_type, subject_id, content_hash, NULL AS content, summary,"
    " CAST('{}' AS jsonb) AS evidence, severity, page_url, proposed_by, authors, run_id, supersedes, created_at,"
    " expires_at, state, countersignature_id"
)


@dataclass(frozen=True)
class Place:
    """Where a page of the queue ended: the next one begins behind it."""

    severity: int
    created_at: datetime
    proposal_id: uuid.UUID


def waiting(
    connection: Connection, kinds: Collection[str], *, after: Place | None = None, limit: int = 50
) -> list[Proposal]:
    """What waits among the kinds, without content: severity downwards, then age; from behind `after` on."""
    rows = connection.execute(
        text(
            f"SELECT {_LISTED} FROM v_waiting_proposals WHERE kind = ANY(:kinds)"
            " AND (CAST(:severity AS int) IS NULL"
            "   OR (-severity, created_at, proposal_id) > (-CAST(:severity AS int), :created_at, CAST(:id AS uuid)))"
            " ORDER BY severity DESC, created_at, proposal_id LIMIT :n"
        ),
        {
            "kinds": sorted(kinds),
            "severity": after.severity if after else None,
            "created_at": after.created_at if after else None,
            "id": after.proposal_id if after else None,
            "n": limit,
        },
    )
    return [of_row(row) for row in rows]


def how_many_wait(
    connection: Connection, kinds: Collection[str], most: int | None = None, since: datetime | None = None
) -> int:
    """How many proposals of the kinds wait, laid down after `since`; counted up to `most` where that will do."""
    found = connection.execute(
        text(
            "SELECT count(*) FROM (SELECT 1 FROM v_waiting_proposals WHERE kind = ANY(:kinds)"
            " AND (CAST(:since AS timestamptz) IS NULL OR created_at > :since) LIMIT :most) AS waiting"
        ),
        {"kinds": sorted(kinds), "most": most, "since": since},
    ).scalar_one()
    return int(found)


def history(
    connection: Connection,
    *,
    state: str | None = None,
    kind: str | None = None,
    subject_id: str | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> list[Proposal]:
    """Proposals in any state, without content and evidence, the newest first. Grain: proposal; at most `limit`.

    Args:
        connection: bound to the tenant.
        state: WAITING, APPROVED, REFUSED, WITHDRAWN, OUTDATED or EXPIRED; None: any.
        kind: of the gate.
        subject_id: of what was proposed.
        after: the row behind which the page begins.
        limit: how many at most.
    """
    rows = connection.execute(
        text(
            f"SELECT {_LISTED} FROM v_proposals WHERE (CAST(:state AS text) IS NULL OR state = :state)"
            " AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
            " AND (CAST(:subject_id AS text) IS NULL OR subject_id = :subject_id)"
            " AND (CAST(:created_at AS timestamptz) IS NULL OR (created_at, proposal_id) < (:created_at, :id))"
            " ORDER BY created_at DESC, proposal_id DESC LIMIT :n"
        ),
        {
            "state": state,
            "kind": kind,
            "subject_id": subject_id,
            "created_at": after.created_at if after else None,
            "id": after.proposal_id if after else None,
            "n": limit,
        },
    )
    return [of_row(row) for row in rows]


def fulfilment_of(connection: Connection, countersignature_id: uuid.UUID) -> dict[str, Any] | None:
    """How the carrying out of a countersignature stands, or None where it has not begun."""
    row = connection.execute(
        text(
            "SELECT status, run_id, started_at, finished_at, attempts, artifact_ids, outcome FROM fulfilments"
            " WHERE countersignature_id = :id"
        ),
        {"id": countersignature_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def artifacts_of(
    connection: Connection, countersignature_id: uuid.UUID, named: Collection[uuid.UUID]
) -> list[dict[str, Any]]:
    """The artifacts that a countersignature stands on or that its fulfilment brought, by id."""
    rows = connection.execute(
        text(
            "SELECT artifact_id, kind, sha256, size_bytes, media_type FROM artifacts"
            " WHERE countersignature_id = :id OR artifact_id = ANY(:named) ORDER BY artifact_id"
        ),
        {"id": countersignature_id, "named": list(named)},
    )
    return [dict(row._mapping) for row in rows]


def names_of(connection: Connection, people: Collection[str]) -> dict[str, str]:
    """Names by user id, for those of the ids that are people of the tenant."""
    ids = sorted({one for one in people if is_uuid(one)})
    rows = connection.execute(text("SELECT id, name FROM users WHERE id = ANY(CAST(:ids AS uuid[]))"), {"ids": ids})
    return {str(row.id): row.name for row in rows}


def is_uuid(value: str) -> bool:
    """Whether it is written as one."""
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def by_hash(connection: Connection, content_hash: str) -> list[uuid.UUID]:
    """The proposals of exactly this content, oldest first."""
    rows = connection.execute(
        text("SELECT proposal_id FROM proposals WHERE content_hash = :hash ORDER BY created_at, proposal_id"),
        {"hash": content_hash},
    )
    return list(rows.scalars())


def summaries_by_hash(connection: Connection, hashes: Collection[str]) -> dict[str, str]:
    """What the newest proposal of each content says of it, by the content's hash, where there is one."""
    if not hashes:
        return {}
    rows = connection.execute(
        text(
            "SELECT content_hash, summary FROM proposals WHERE tenant_id = current_setting('app.tenant')"
            " AND content_hash = ANY(:hashes) ORDER BY created_at, proposal_id"
        ),
        {"hashes": sorted(set(hashes))},
    )
    return {row.content_hash: row.summary for row in rows}


def last_signed(connection: Connection, proposal: Proposal) -> Proposal | None:
    """The newest approved proposal about the same subject before this one: what a reader compares with."""
    row = connection.execute(
        text(
            "SELECT * FROM v_proposals WHERE kind = :kind AND subject_type = :type AND subject_id = :id"
            " AND state = 'APPROVED' AND proposal_id <> :self AND created_at < :at ORDER BY created_at DESC LIMIT 1"
        ),
        {
            "kind": proposal.kind,
            "type": proposal.subject.type,
            "id": proposal.subject.id,
            "self": proposal.proposal_id,
            "at": proposal.created_at,
        },
    ).one_or_none()
    return None if row is None else of_row(row)
