"""What must be so at every moment, whoever was killed: the parts of an act are all there, once, or none of them."""

import hashlib

import psycopg

from domain.kernel.settings import settings
from tests.conftest import Database

# Of each subject the number of parts that stand, each of which is 0 or 1, and all the same.
PARTS = {
    "a session is approved by its row, the signature, and an event each of room and kernel": """
SELECT s.id, CAST(s.status = 'approved' AS int), num_nonnulls(s.countersignature_id), num_nonnulls(s.approved_at),
  num_nonnulls(s.report_hash),
  (SELECT count(*) FROM countersignatures AS c WHERE c.kind = 'stairs.session' AND c.subject_id = s.id::text
    AND c.decision = 'APPROVED' AND c.countersignature_id IS NOT DISTINCT FROM s.countersignature_id),
  (SELECT count(*) FROM events AS e WHERE e.event_type = 'stairs.session.approved' AND e.entity_id = s.id::text),
  (SELECT count(*) FROM events AS e WHERE e.event_type = 'kernel.proposal.approved'
    AND e.payload ->> 'subject' = 'test_session/' || s.id::text)
FROM test_sessions AS s""",
    "a session is handed in by its row, the event, and a proposal": """
SELECT s.id, CAST(s.status IN ('submitted', 'approved') AS int), num_nonnulls(s.submitted_at),
  (SELECT count(*) FROM events AS e WHERE e.event_type = 'stairs.session.submitted' AND e.entity_id = s.id::text),
  (SELECT count(*) FROM v_proposals AS p WHERE p.kind = 'stairs.session' AND p.subject_id = s.id::text
    AND p.state IN ('WAITING', 'APPROVED'))
FROM test_sessions AS s""",
    "a session is planned by its row, the event, and its instances": """
SELECT s.id, 1, (SELECT count(*) FROM events AS e WHERE e.event_type = 'stairs.session.planned'
    AND e.entity_id = s.id::text),
  (SELECT CAST(count(*) = 5 AS int) FROM test_instances AS i WHERE i.session_id = s.id)
FROM test_sessions AS s""",
    "a test is done by its row, what was sent, and an evaluation": """
SELECT i.instance_id, CAST(i.status = 'completed' AS int), num_nonnulls(i.verdict), num_nonnulls(i.completed_at),
  (SELECT count(*) FROM session_submissions AS u WHERE u.instance_id = i.instance_id AND u.outcome = 'accepted'),
  (SELECT CAST(count(*) > 0 AS int) FROM instance_evaluations AS v WHERE v.instance_id = i.instance_id),
  (SELECT CAST(count(*) > 0 AS int) FROM events AS e WHERE e.event_type = 'stairs.instance.tested'
    AND e.entity_id = i.instance_id::text)
FROM test_instances AS i""",
    "a conflict is settled by its row, the event, and the result that then counts": """
SELECT u.submission_id, num_nonnulls(u.resolution), num_nonnulls(u.resolved_by),
  (SELECT count(*) FROM events AS e WHERE e.event_type = 'stairs.submission.settled'
    AND e.payload ->> 'submission_id' = u.submission_id::text),
  (SELECT count(*) FROM test_instances AS i WHERE i.instance_id = u.instance_id AND i.measured_value_numeric = 18.2),
  (SELECT count(*) FROM faults AS f WHERE f.instance_id = u.instance_id)
FROM session_submissions AS u WHERE u.outcome = 'conflict'""",
    "a fault is reviewed by its row and the signature": """
SELECT f.id, CAST(f.review_state <> 'proposed' AS int), num_nonnulls(f.reviewed_by),
  num_nonnulls(f.countersignature_id),
  (SELECT count(*) FROM countersignatures AS c WHERE c.kind = 'stairs.fault' AND c.subject_id = f.id::text
    AND c.decision = 'APPROVED')
FROM faults AS f""",
    "a file has arrived by its row and its artifact": """
SELECT e.evidence_id, num_nonnulls(e.uploaded_at), num_nonnulls(e.stored_sha256), num_nonnulls(e.artifact_id),
  (SELECT count(*) FROM artifacts AS a WHERE a.artifact_id = e.artifact_id AND a.sha256 = e.stored_sha256)
FROM evidence_records AS e""",
    "a report is drafted by its row, two files, and the event": """
SELECT r.report_id, 1, CAST(r.blob_ref -> 'draft' ->> 'content_hash' = r.content_hash AS int),
  (SELECT CAST(count(*) = 2 AS int) FROM artifacts AS a WHERE a.made_from ->> 'report_id' = r.report_id::text
    AND a.made_from ->> 'edition' = 'draft' AND a.countersignature_id IS NULL
    AND r.blob_ref -> 'draft' -> 'files' -> (a.made_from ->> 'format') ->> 'sha256' = a.sha256),
  (SELECT count(*) FROM events AS e WHERE e.event_type = 'stairs.report.exported'
    AND e.entity_id = r.report_id::text)
FROM compliance_reports AS r""",
    "a report is signed by its row, two files, and the note that it was carried out": """
SELECT r.report_id, CAST(r.status = 'SIGNED' AS int), num_nonnulls(r.countersignature_id),
  CAST(r.blob_ref ? 'signed' AS int),
  (SELECT CAST(count(*) = 2 AS int) FROM artifacts AS a WHERE a.made_from ->> 'report_id' = r.report_id::text
    AND a.countersignature_id = r.countersignature_id
    AND r.blob_ref -> 'signed' -> 'files' -> (a.made_from ->> 'format') ->> 'sha256' = a.sha256),
  (SELECT count(*) FROM fulfilments AS f WHERE f.countersignature_id = r.countersignature_id AND f.status = 'DONE'
    AND cardinality(f.artifact_ids) = 2),
  (SELECT count(*) FROM events AS e WHERE e.event_type = 'kernel.fulfilment.done'
    AND e.entity_id = r.countersignature_id::text)
FROM compliance_reports AS r""",
}
# What one visit leaves, however often it was cut.
LEFT = {
    "sessions of the day": "test_sessions AS s JOIN test_sessions AS t USING (planned_for) WHERE s.id = %(id)s",
    "approvals": "countersignatures WHERE kind = 'stairs.session' AND subject_id = %(id)s::text",
    "handings in": "events WHERE event_type = 'stairs.session.submitted' AND entity_id = %(id)s::text",
    "conflicts": "session_submissions WHERE session_id = %(id)s AND outcome = 'conflict' AND resolution = 'took_this'",
    "faults": "faults WHERE test_session_id = %(id)s AND review_state = 'confirmed'",
    "reports": "compliance_reports WHERE session_id = %(id)s AND status = 'SIGNED'",
    "reports in any state": "compliance_reports WHERE session_id = %(id)s",
}


def look(database: Database) -> None:
    """Everything that stands, stands whole, with whole files."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SELECT set_config('app.tenant', 'T', true)")
        for what, query in PARTS.items():
            for own, *parts in connection.execute(query):
                assert set(parts) <= {0} or set(parts) <= {1}, (what, own, parts)
        kept = connection.execute("SELECT store_key, sha256, size_bytes FROM artifacts").fetchall()
    for key, sha256, size in kept:
        data = (settings().home_path / "objects" / key).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (sha256, size), key


def one_of_each(database: Database, session: str) -> None:
    """The whole visit is there, and nothing of it twice."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', true)")
        found = {
            what: connection.execute(f"SELECT count(*) FROM {rows}", {"id": session}).fetchone()
            for what, rows in LEFT.items()
        }
        assert found == dict.fromkeys(LEFT, (1,))
        sent = connection.execute(
            "SELECT count(*) FILTER (WHERE outcome = 'accepted'), count(*) FROM session_submissions"
            " WHERE session_id = %s",
            (session,),
        ).fetchone()
        assert sent == (5, 6)
