"""Create what a course is written in: items with insert-only revisions, decisions on them, and how drafts were made.

A revision is bound to the SHA-256 of its canonical text. A decision names revision, hash and countersignature. A
generation job moves forward only; what a model answered is kept with the prompt that asked for it.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, make_append_only, run_sql_file
from migrations.tables import SIGNED, archive_and_drop, create_guarded, index

revision = "202611211700"
down_revision = "011_enhance_instruments_calibration"
branch_labels = None
depends_on = None

HASH = "~ '^[0-9a-f]{64}$'"
NOW = "timestamptz NOT NULL DEFAULT clock_timestamp()"
# A course is named by its syllabus' id; each part of it by course, kind and place in the syllabus.
ITEMS = """
  item_id text NOT NULL CHECK (item_id ~ '^[a-z0-9][a-z0-9.-]{1,99}$'),
  kind text NOT NULL CHECK (kind IN ('SYLLABUS', 'LESSON', 'QUIZ', 'PROJECT')),
  syllabus_id text NOT NULL CHECK (syllabus_id ~ '^[a-z0-9][a-z0-9-]{1,63}$'),
  slot text NOT NULL CHECK (slot ~ '^(syllabus|m[0-9]{2}(l[0-9]{2})?)$'),
  created_by text NOT NULL,
  created_at {NOW},
  PRIMARY KEY (tenant_id, item_id),
  UNIQUE (tenant_id, syllabus_id, kind, slot),
  CHECK ((kind = 'SYLLABUS') = (item_id = syllabus_id)),
  CHECK ((kind = 'SYLLABUS') = (slot = 'syllabus')),
  FOREIGN KEY (tenant_id, syllabus_id) REFERENCES content_items (tenant_id, item_id)""".replace("{NOW}", NOW)
# What somebody asked to be drafted, and how far it is. It is asked for by a person and done by the worker.
JOBS = f"""
  job_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('SYLLABUS', 'LESSON', 'QUIZ', 'PROJECT')),
  syllabus_id text NOT NULL,
  syllabus_revision integer,
  syllabus_hash text CHECK (syllabus_hash {HASH}),
  module_id text CHECK (module_id ~ '^m[0-9]{{2}}$'),
  request jsonb NOT NULL,
  request_sha256 text NOT NULL CHECK (request_sha256 {HASH}),
  status text NOT NULL DEFAULT 'QUEUED' CHECK (status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED')),
  claim_token uuid,
  claimed_at timestamptz,
  lease_until timestamptz,
  finished_at timestamptz,
  made jsonb,
  error jsonb,
  requested_by text NOT NULL,
  created_at {NOW},
  PRIMARY KEY (tenant_id, job_id),
  CHECK ((kind = 'SYLLABUS') = (module_id IS NULL)),
  CHECK ((kind = 'SYLLABUS') = (syllabus_revision IS NULL)),
  CHECK ((syllabus_revision IS NULL) = (syllabus_hash IS NULL)),
  CHECK ((status = 'QUEUED') = (claim_token IS NULL)),
  CHECK ((status IN ('COMPLETED', 'FAILED')) = (finished_at IS NOT NULL)),
  CHECK ((status = 'COMPLETED') = (made IS NOT NULL)),
  CHECK ((status = 'FAILED') = (error IS NOT NULL))"""
# What was asked and answered, word for word, of answers that were taken. Grain: one call of an author.
ANSWERS = f"""
  job_id uuid NOT NULL,
  seq integer NOT NULL CHECK (seq >= 0),
  slot text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  seed bigint NOT NULL,
  prompt_id text NOT NULL,
  prompt_sha256 text NOT NULL CHECK (prompt_sha256 {HASH}),
  prompt_text text NOT NULL,
  raw_answer text NOT NULL,
  raw_sha256 text NOT NULL CHECK (raw_sha256 = encode(sha256(convert_to(raw_answer, 'UTF8')), 'hex')),
  made_at {NOW},
  PRIMARY KEY (tenant_id, job_id, seq),
  FOREIGN KEY (tenant_id, job_id) REFERENCES generation_jobs (tenant_id, job_id)"""
# The text is the canonical one (RFC 8785), so that hash and bytes agree; the jsonb beside it is for queries.
REVISIONS = f"""
  item_id text NOT NULL,
  revision integer NOT NULL CHECK (revision >= 1),
  origin text NOT NULL CHECK (origin IN ('GENERATED', 'EDITED', 'REOPENED', 'REGENERATION')),
  based_on integer,
  content_text text NOT NULL,
  content_hash text NOT NULL CHECK (content_hash = encode(sha256(convert_to(content_text, 'UTF8')), 'hex')),
  content jsonb NOT NULL GENERATED ALWAYS AS (content_text::jsonb) STORED,
  warnings jsonb NOT NULL DEFAULT '[]',
  syllabus_revision integer,
  syllabus_hash text CHECK (syllabus_hash {HASH}),
  generation_job_id uuid,
  reason text,
  created_by text NOT NULL,
  created_at {NOW},
  PRIMARY KEY (tenant_id, item_id, revision),
  UNIQUE (tenant_id, item_id, revision, content_hash),
  CHECK (based_on < revision),
  CHECK ((syllabus_revision IS NULL) = (syllabus_hash IS NULL)),
  FOREIGN KEY (tenant_id, item_id) REFERENCES content_items (tenant_id, item_id),
  FOREIGN KEY (tenant_id, item_id, based_on) REFERENCES content_revisions (tenant_id, item_id, revision),
  FOREIGN KEY (tenant_id, generation_job_id) REFERENCES generation_jobs (tenant_id, job_id)"""
# One decision for a revision, for ever; the hash is the one of that revision and no other.
DECISIONS = f"""
  item_id text NOT NULL,
  revision integer NOT NULL,
  content_hash text NOT NULL,
  decision text NOT NULL CHECK (decision IN ('APPROVED', 'REJECTED')),
  note text,
  decided_by uuid NOT NULL REFERENCES users (id),
  decided_at {NOW},
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, item_id, revision),
  UNIQUE (tenant_id, countersignature_id),
  CHECK (decision = 'APPROVED' OR btrim(COALESCE(note, '')) <> ''),
  FOREIGN KEY (tenant_id, item_id, revision, content_hash)
    REFERENCES content_revisions (tenant_id, item_id, revision, content_hash),
  {SIGNED}"""


def upgrade() -> None:
    create_guarded("content_items", ITEMS)
    create_guarded("generation_jobs", JOBS)
    create_guarded("generation_answers", ANSWERS)
    create_guarded("content_revisions", REVISIONS)
    create_guarded("content_decisions", DECISIONS)
    for table in ("content_items", "generation_answers", "content_revisions", "content_decisions"):
        make_append_only(table)
    # Drafts are made by people and by the worker for them; what a decision does is written with a signature alone.
    for table in ("content_items", "generation_jobs", "generation_answers", "content_revisions"):
        grant(table, "INSERT", APP, MACHINE)
    grant("content_decisions", "INSERT", APP)
    op.execute(
        "GRANT UPDATE (status, claim_token, claimed_at, lease_until, finished_at, made, error)"
        f" ON generation_jobs TO {APP}, {MACHINE}"
    )
    run_sql_file("courses/functions/generation_job_moves.sql")
    index("generation_jobs_waiting", "generation_jobs", "tenant_id, created_at", "status IN ('QUEUED', 'RUNNING')")
    index("generation_jobs_of_course", "generation_jobs", "tenant_id, syllabus_id, created_at")
    index("content_revisions_by_job", "content_revisions", "tenant_id, generation_job_id")
    run_sql_file("courses/v_content_items.sql")
    grant("v_content_items", "SELECT", APP, MACHINE, AUDITOR)


def downgrade() -> None:
    op.execute("DROP VIEW v_content_items")
    archive_and_drop("content_decisions", "content_revisions", "generation_answers", "generation_jobs", "content_items")
    op.execute("DROP FUNCTION generation_job_moves()")
