"""What waits for a signature about one building, or about the ruleset."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text


def waiting(connection: Connection, kinds: Sequence[str], subject_prefix: str = "") -> list[dict[str, Any]]:
    """Proposals of these kinds that wait, whose subject's id begins so; the oldest first."""
    found = connection.execute(
        text(
            "SELECT proposal_id, kind, summary, created_at FROM v_proposals"
            " WHERE tenant_id = current_setting('app.tenant') AND state = 'WAITING' AND kind = ANY(:kinds)"
            " AND starts_with(subject_id, :prefix) ORDER BY created_at, proposal_id LIMIT 50"
        ),
        {"kinds": list(kinds), "prefix": subject_prefix},
    )
    return [dict(row) for row in found.mappings()]
