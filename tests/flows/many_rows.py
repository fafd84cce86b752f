"""A hundred thousand of everything that pages list, planted by one statement a table.

Planting past the foreign keys and the ordinary triggers is what makes it quick; the rows are such as could stand.
"""

import psycopg

from tests.conftest import Database

ROWS = 100_000
# What a copy of a row that stands has of its own; `n` counts from one, and a column of None is left to its default.
COPIES: dict[str, dict[str, str | None]] = {
    "provisional_outages": {
        "prov_outage_id": "gen_random_uuid()",
        "eq_class_id": "r.eq_class_id || '-' || n",
        "posterior": "r.posterior * n / 100001.0",
        "status": "(ARRAY['VERIFY', 'EXPIRED', 'CANDIDATE'])[n % 3 + 1]",
        "nested_of": "NULL",
    },
    "outages": {
        "outage_id": "gen_random_uuid()",
        "canon_key": "r.canon_key || '-' || n",
        "started_at": "r.started_at - make_interval(mins => n)",
        "status": "'CLOSED'",
        "countersignature_id": "gen_random_uuid()",
    },
    "proposals": {
        "proposal_id": "gen_random_uuid()",
        "subject_id": "gen_random_uuid()::text",
        "content_hash": "encode(sha256(n::text::bytea), 'hex')",
        "expires_at": "now() + interval '30 days'",
        "content": "NULL",
    },
    "events": {"event_id": "uuidv7()", "seq": None, "occurred_at": "r.occurred_at - make_interval(secs => n)"},
    "read_batches": {
        "batch_id": "gen_random_uuid()",
        "published_at": "r.published_at - make_interval(mins => n)",
        "window_start": "r.window_start - make_interval(mins => n)",
        "window_end": "r.window_end - make_interval(mins => n)",
        "digest": "encode(sha256(n::text::bytea), 'hex')",
    },
}
HEX = "repeat('a', 64)"
WRITTEN = {
    "faults": """
INSERT INTO faults (tenant_id, building_id, severity, defect_classification, description, detected_at, notice_due_at)
SELECT b.tenant_id, b.id, (ARRAY['critical', 'high', 'medium', 'low'])[n % 4 + 1], '2',
  'Pressure too low at point ' || n, now() - make_interval(mins => n), now() + make_interval(mins => n)
FROM buildings AS b, generate_series(1, {n}) AS n WHERE b.tenant_id = '{t}'""",
    "test_sessions": """
INSERT INTO test_sessions (tenant_id, building_id, frequency, planned_for)
SELECT b.tenant_id, b.id, 'annual', current_date - n % 4000 FROM buildings AS b, generate_series(1, {n}) AS n
WHERE b.tenant_id = '{t}'""",
    "artifacts": """
INSERT INTO artifacts (tenant_id, artifact_id, kind, sha256, size_bytes, media_type, store_key, made_from, created_at)
SELECT '{t}', gen_random_uuid(), CASE WHEN n % 500 = 0 THEN 'grid.after_action_report' ELSE 'stairs.evidence' END,
  encode(sha256(n::text::bytea), 'hex'), n, 'application/pdf', 'k/' || n,
  jsonb_build_object('content_hash', encode(sha256(n::text::bytea), 'hex')), now() - make_interval(secs => n)
FROM generate_series(1, {n}) AS n""",
    "meters": """
INSERT INTO meters (tenant_id, meter_id, feeder_id, base_kwh_day, topology_version_id)
SELECT f.tenant_id, 'X' || n, f.feeder_id, 10, f.topology_version_id FROM
  (SELECT * FROM feeders WHERE tenant_id = '{t}' ORDER BY feeder_id LIMIT 1) AS f, generate_series(1, {n}) AS n""",
    "signals": """
INSERT INTO signals (tenant_id, signal_id, room, signal_type, subject_type, subject_id, number, severity, ruleset,
  opened_on, last_evaluated_on)
SELECT '{t}', md5('signal' || n)::uuid, 'courses', 'HIGH_DROP_OFF', 'lesson', 'm01l' || n, 1, 'HIGH', '2026-1',
  current_date, current_date FROM generate_series(1, {n}) AS n""",
    "signal_evaluations": """
INSERT INTO signal_evaluations (tenant_id, evaluation_id, signal_id, room, signal_type, subject_type, subject_id,
  evaluated_on, inputs_hash, verdict, change, severity, value, k, n, low, high, period, ruleset, thresholds, evidence)
SELECT '{t}', md5('evaluation' || n)::uuid, md5('signal' || n)::uuid, 'courses', 'HIGH_DROP_OFF', 'lesson',
  'm01l' || n, current_date, encode(sha256(n::text::bytea), 'hex'), 'OPENS', 'OPENED', 'HIGH', 0.4, 40, 100, 0.3, 0.5,
  '{{}}', '2026-1', '{{}}', '{{"lessonId": "m01l01"}}' FROM generate_series(1, {n}) AS n""",
    "suggestions": """
INSERT INTO suggestions (tenant_id, suggestion_id, room, source_signal_id, evaluation_id, scope, suggestion_type,
  target_id, context, severity, message, ruleset, evidence, content_hash, status, created_at)
SELECT '{t}', md5('suggestion' || n)::uuid, 'courses', md5('signal' || n)::uuid, md5('evaluation' || n)::uuid,
  'LESSON', 'REWRITE_LESSON', 'm01l' || n, 'demo@1', (ARRAY['LOW', 'MEDIUM', 'HIGH'])[n % 3 + 1],
  'Learners leave at lesson ' || n, '2026-1', '{{}}', {hex}, (ARRAY['OPEN', 'ACCEPTED'])[n % 2 + 1],
  now() - make_interval(secs => n) FROM generate_series(1, {n}) AS n""",
    "work_items": """
INSERT INTO work_items (tenant_id, work_item_id, suggestion_id, room, kind, title, target_id, signal_type, ruleset,
  opened_by, opened_at, countersignature_id)
SELECT '{t}', gen_random_uuid(), md5('suggestion' || n)::uuid, 'grid', 'inspection_case', 'Inspect meter ' || n,
  'X' || n, 'THEFT', '2026-1', u.id, now() - make_interval(secs => n), gen_random_uuid()
FROM (SELECT user_id AS id FROM role_assignments WHERE tenant_id = '{t}' LIMIT 1) AS u, generate_series(1, {n}) AS n""",
    "users": """
INSERT INTO users (id, email, name)
SELECT md5('user' || n)::uuid, 'person' || n || '@long.example', 'Person ' || n FROM generate_series(1, {n}) AS n""",
    "role_assignments": """
INSERT INTO role_assignments (user_id, tenant_id, role)
SELECT md5('user' || n)::uuid, '{t}', 'LEARNER' FROM generate_series(1, {n}) AS n""",
    "content_items": """
INSERT INTO content_items (tenant_id, item_id, kind, syllabus_id, slot, created_by)
SELECT '{t}', 'course-' || n, 'SYLLABUS', 'course-' || n, 'syllabus', 'nobody' FROM generate_series(1, {n}) AS n""",
    "content_revisions": """
INSERT INTO content_revisions (tenant_id, item_id, revision, origin, content_text, content_hash, created_by)
SELECT '{t}', 'course-' || n, 1, 'EDITED', c.words, encode(sha256(convert_to(c.words, 'UTF8')), 'hex'), 'nobody'
FROM generate_series(1, {n}) AS n CROSS JOIN LATERAL (SELECT '{{"title":"Course ' || n || '"}}' AS words) AS c""",
    "regeneration_jobs": """
INSERT INTO regeneration_jobs (tenant_id, job_id, target_type, target_id, syllabus_id, instruction_text,
  instruction_hash, suggestion_id, created_by, created_at)
SELECT '{t}', md5('job' || n)::uuid, 'LESSON', 'm01l' || n, 'course-1', '{{}}',
  encode(sha256(convert_to('{{}}', 'UTF8')), 'hex'), md5('suggestion' || n)::uuid, u.id,
  now() - make_interval(secs => n)
FROM (SELECT user_id AS id FROM role_assignments WHERE tenant_id = '{t}' LIMIT 1) AS u,
  generate_series(1, {n}, 2) AS n""",
    "products": """
INSERT INTO products (tenant_id, product_id, course_tenant_id, course_id, price_cents, currency, created_by)
SELECT '{t}', md5('product' || n)::uuid, '{t}', 'course-' || n, 1000, 'USD', u.id
FROM (SELECT user_id AS id FROM role_assignments WHERE tenant_id = '{t}' LIMIT 1) AS u, generate_series(1, {n}) AS n""",
    "purchases": """
INSERT INTO purchases (tenant_id, purchase_id, user_id, product_id, price_cents, currency, created_at)
SELECT '{t}', gen_random_uuid(), md5('user' || n)::uuid, md5('product' || n % 1000 + 1)::uuid, 1000, 'USD',
  now() - make_interval(secs => n) FROM generate_series(1, {n}) AS n""",
}


def plant(database: Database, tenant: str) -> None:
    """Fill the tenant's lists. One row of each table of COPIES must stand.

    Each table is analysed before the next is filled, whose triggers may look into it.
    """
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"SET app.tenant = '{tenant}'")
        for table, own in COPIES.items():
            connection.execute(_copied(connection, table, own, tenant))
            connection.execute(f"VACUUM ANALYZE {table}")
        for table, statement in WRITTEN.items():
            connection.execute(statement.format(t=tenant, n=ROWS, hex=HEX))
            connection.execute(f"VACUUM ANALYZE {table}")


def _copied(connection: psycopg.Connection, table: str, own: dict[str, str | None], tenant: str) -> str:
    columns = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
        " AND is_generated = 'NEVER' ORDER BY ordinal_position",
        (table,),
    ).fetchall()
    kept = [name for (name,) in columns if own.get(name, "") is not None]
    values = ", ".join(own.get(name) or f"r.{name}" for name in kept)
    return (
        f"INSERT INTO {table} ({', '.join(kept)}) SELECT {values} FROM"
        f" (SELECT * FROM {table} WHERE tenant_id = '{tenant}' LIMIT 1) AS r, generate_series(1, {ROWS}) AS n"
    )
