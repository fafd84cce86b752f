"""The content of a session that its approval signs, read from the rows as they stand."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.stairs.rules.handing_in import session_content, unacknowledged, undecided, unfinished
from domain.stairs.rules.session_state import Standing
from domain.stairs.store import evaluations, evidence, faults, instances, sessions, submissions


def content_of(connection: Connection, session_id: uuid.UUID) -> dict[str, Any]:
    """What an approval signs, read from the rows as they stand."""
    session = sessions.load(connection, session_id)
    verdicts = evaluations.newest_of_session(connection, session_id)
    rows = instances.of_session(connection, session_id)
    return session_content(
        {
            "session_id": str(session.id),
            "building_id": str(session.building_id),
            "frequency": session.frequency,
            "planned_for": session.planned_for.isoformat(),
            "revision": session.revision,
            "supersedes": None if session.supersedes_session_id is None else str(session.supersedes_session_id),
        },
        [
            {
                "instance_id": str(row["instance_id"]),
                "scoped_identifier": row["scoped_identifier"],
                "status": row["status"],
                "verdict": row["verdict"],
                "retest_of": None if row["retest_of"] is None else str(row["retest_of"]),
            }
            for row in rows
        ],
        {
            str(instance): {
                "evaluation_id": str(one.evaluation_id),
                "engine_version": one.engine_version,
                "inputs_sha256": one.inputs_sha256,
                "outputs_sha256": one.outputs_sha256,
            }
            for instance, one in verdicts.items()
        },
        [
            {
                "evidence_id": str(one["evidence_id"]),
                "instance_id": str(one["instance_id"]),
                "stored_sha256": one["stored_sha256"],
            }
            for one in evidence.of_session(connection, session_id)
        ],
        [
            {
                "fault_id": str(one["id"]),
                "instance_id": None if one["instance_id"] is None else str(one["instance_id"]),
                "rule_applied": one["rule_applied"],
                "severity": one["severity"],
                "defect_classification": one["defect_classification"],
                "review_state": one["review_state"],
            }
            for one in faults.listed(connection, 100_000, session_id=session_id)
        ],
    )


def standing(connection: Connection, session_id: uuid.UUID) -> Standing:
    """What stands open in a session that somebody would approve."""
    session = sessions.load(connection, session_id)
    rows = instances.of_session(connection, session_id)
    hands = {str(row["technician_id"]) for row in rows if row["technician_id"]}
    hands |= {str(session.submitted_by)} if session.submitted_by else set()
    return Standing(
        status=session.status,
        open_tests=len(unfinished(rows)),
        indeterminate=undecided(rows),
        open_conflicts=len(submissions.conflicts(connection, session_id)),
        proposed_faults=faults.waiting(connection, session_id),
        unacknowledged=unacknowledged(rows),
        technician_ids=frozenset(hands),
    )
