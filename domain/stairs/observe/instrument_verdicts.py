"""Observe: what rests on an instrument is judged again when what is known of the instrument has changed.

A certificate that is entered late turns an undecided result into a verdict, one that is withdrawn turns it back. What
was approved stays as it was signed: its evaluations hold what they were made from.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from domain.stairs.observe.judge import judge_again
from domain.stairs.store import instances, sessions

CLOSED = frozenset({"approved", "void"})


def judge_used(connection: Connection, instrument_id: UUID, now: datetime) -> list[UUID]:
    """Judge again what was measured with an instrument in sessions that are not closed; answer those sessions."""
    used = connection.execute(
        text(
            "SELECT i.session_id, i.instance_id FROM test_instances AS i"
            " WHERE i.tenant_id = current_setting('app.tenant') AND i.used_instrument_id = :id"
            " AND i.status = 'completed' AND EXISTS (SELECT 1 FROM test_sessions AS s"
            "  WHERE s.tenant_id = i.tenant_id AND s.id = i.session_id AND s.status NOT IN ('approved', 'void'))"
            " ORDER BY i.session_id, i.sequence_order, i.instance_id"
        ),
        {"id": instrument_id},
    ).all()
    touched = []
    for session_id in dict.fromkeys(row.session_id for row in used):
        session = sessions.load(connection, session_id, lock=True)
        if session.status in CLOSED:
            continue
        for row in (one for one in used if one.session_id == session_id):
            instance = instances.load(connection, session_id, row.instance_id, lock=True)
            judge_again(connection, session, instance, now)
        touched.append(session_id)
    return touched
