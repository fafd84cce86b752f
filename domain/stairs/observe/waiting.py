"""Observe: what of a tenant's stairs waits for a machine."""

import uuid

from sqlalchemy import Connection, text

# In these a test without a clear verdict may still get one.
WAITS = ("active", "returned", "submitted")


def buildings(connection: Connection) -> list[uuid.UUID]:
    """Buildings that are not retired, by name."""
    return list(
        connection.execute(
            text(
                "SELECT id FROM buildings WHERE tenant_id = current_setting('app.tenant') AND retired_at IS NULL"
                ' ORDER BY name COLLATE "C", id'
            )
        ).scalars()
    )


def scheduled(connection: Connection) -> list[str]:
    """Frequencies that the tenant's schedule has, in order."""
    return list(
        connection.execute(
            text(
                "SELECT DISTINCT frequency FROM archetype_schedule WHERE tenant_id = current_setting('app.tenant')"
                " ORDER BY frequency"
            )
        ).scalars()
    )


def undecided(connection: Connection) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Session and instance of tests without a clear verdict in sessions that are not over."""
    rows = connection.execute(
        text(
            "SELECT i.session_id, i.instance_id FROM test_instances AS i"
            " JOIN test_sessions AS s ON s.tenant_id = i.tenant_id AND s.id = i.session_id"
            " WHERE i.tenant_id = current_setting('app.tenant') AND i.verdict = 'indeterminate'"
            " AND i.status = 'completed' AND s.status = ANY(:waits)"
            " ORDER BY i.session_id, i.sequence_order, i.instance_id"
        ),
        {"waits": list(WAITS)},
    )
    return [(row.session_id, row.instance_id) for row in rows]


def handed_in(connection: Connection) -> list[tuple[uuid.UUID, str, str]]:
    """Sessions that were handed in or approved in the last year, the newest first: id, state, hash of what is proposed.

    State and hash name what the session is: what has been looked at so need not be looked at again.
    """
    rows = connection.execute(
        text(
            "SELECT s.id, s.status, p.content_hash FROM test_sessions AS s"
            " JOIN LATERAL (SELECT content_hash FROM proposals AS p WHERE p.tenant_id = s.tenant_id"
            "  AND p.kind = 'stairs.session' AND p.subject_id = s.id::text"
            "  ORDER BY p.created_at DESC, p.proposal_id DESC LIMIT 1) AS p ON true"
            " WHERE s.tenant_id = current_setting('app.tenant') AND s.status IN ('submitted', 'approved')"
            " AND s.submitted_at > now() - interval '1 year' ORDER BY s.submitted_at DESC, s.id"
        )
    )
    return [(row.id, row.status, row.content_hash) for row in rows]


def unreported(connection: Connection) -> list[uuid.UUID]:
    """Approved sessions of the last year of which there is no report, the newest first."""
    return list(
        connection.execute(
            text(
                "SELECT s.id FROM test_sessions AS s WHERE s.tenant_id = current_setting('app.tenant')"
                " AND s.status = 'approved' AND s.approved_at > now() - interval '1 year'"
                " AND NOT EXISTS (SELECT 1 FROM compliance_reports AS r WHERE r.tenant_id = s.tenant_id"
                "  AND r.session_id = s.id AND r.kind = 'session')"
                " ORDER BY s.approved_at DESC, s.id"
            )
        ).scalars()
    )
