"""Create governed regeneration: jobs, their triggers, leases and outputs, adoptions, and intents to try again.

A job is made of an accepted suggestion or of a consumed retry intent, moves forward only, and never runs before a
person has triggered it. Its output is evidence; a person's adoption makes a draft of it. Where things come from leads
on from packages and drafts to jobs, suggestions, signals and their evaluations.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, make_append_only, run_sql_file
from migrations.tables import SIGNED, archive_and_drop, create_guarded, index

revision = "202611211920"
down_revision = "202611211910"
branch_labels = None
depends_on = None

HASH = "~ '^[0-9a-f]{64}$'"
AT = "at timestamptz NOT NULL DEFAULT clock_timestamp()"
OF_JOB = "FOREIGN KEY (tenant_id, job_id) REFERENCES regeneration_jobs (tenant_id, job_id)"
OF_INTENT = "FOREIGN KEY (tenant_id, intent_id) REFERENCES retry_intents (tenant_id, intent_id)"
# The instruction is the canonical text, so that a retry copies it byte for byte. syllabus_id is the course.
JOBS = f"""
  job_id uuid NOT NULL,
  status text NOT NULL DEFAULT 'PENDING'
    CHECK (status IN ('PENDING', 'TRIGGERED', 'RUNNING', 'COMPLETED', 'FAILED')),
  target_type text NOT NULL CHECK (target_type IN ('COURSE', 'MODULE', 'LESSON', 'QUIZ')),
  target_id text NOT NULL,
  syllabus_id text NOT NULL,
  instruction_text text NOT NULL,
  instruction_hash text NOT NULL
    CHECK (instruction_hash = encode(sha256(convert_to(instruction_text, 'UTF8')), 'hex')),
  instruction jsonb NOT NULL GENERATED ALWAYS AS (instruction_text::jsonb) STORED,
  suggestion_id uuid,
  retry_of_job_id uuid,
  retry_intent_id uuid,
  output_ref text,
  error jsonb,
  locked_at timestamptz,
  claim_token uuid,
  completed_at timestamptz,
  created_by uuid NOT NULL REFERENCES users (id),
  created_{AT},
  PRIMARY KEY (tenant_id, job_id),
  UNIQUE (tenant_id, suggestion_id, target_id),
  UNIQUE (tenant_id, retry_of_job_id),
  UNIQUE (tenant_id, retry_intent_id),
  UNIQUE (tenant_id, job_id, instruction_hash),
  CHECK ((suggestion_id IS NULL) <> (retry_of_job_id IS NULL)),
  CHECK ((retry_of_job_id IS NULL) = (retry_intent_id IS NULL)),
  CHECK ((status IN ('PENDING', 'TRIGGERED')) = (locked_at IS NULL)),
  CHECK ((locked_at IS NULL) = (claim_token IS NULL)),
  CHECK ((status IN ('COMPLETED', 'FAILED')) = (completed_at IS NOT NULL)),
  CHECK ((status = 'COMPLETED') = (output_ref IS NOT NULL)),
  CHECK ((status = 'FAILED') = (error IS NOT NULL)),
  FOREIGN KEY (tenant_id, syllabus_id) REFERENCES content_items (tenant_id, item_id),
  FOREIGN KEY (tenant_id, suggestion_id) REFERENCES suggestions (tenant_id, suggestion_id),
  FOREIGN KEY (tenant_id, retry_of_job_id) REFERENCES regeneration_jobs (tenant_id, job_id)"""
TRIGGERS = f"""
  job_id uuid NOT NULL,
  actor uuid NOT NULL REFERENCES users (id),
  {AT},
  rationale text,
  instruction_hash text NOT NULL,
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, job_id),
  UNIQUE (tenant_id, countersignature_id),
  FOREIGN KEY (tenant_id, job_id, instruction_hash)
    REFERENCES regeneration_jobs (tenant_id, job_id, instruction_hash),
  {SIGNED}"""
# Until when a worker's claim holds; the one thing of a job that is renewed.
LEASES = f"""
  job_id uuid NOT NULL,
  claim_token uuid NOT NULL,
  lease_until timestamptz NOT NULL,
  renewed_{AT},
  PRIMARY KEY (tenant_id, job_id),
  {OF_JOB}"""
# What a job brought: the parts as canonical text, and what was asked and answered, word for word.
OUTPUTS = f"""
  output_id uuid NOT NULL,
  job_id uuid NOT NULL,
  ref text NOT NULL,
  content_text text NOT NULL,
  content_hash text NOT NULL CHECK (content_hash = encode(sha256(convert_to(content_text, 'UTF8')), 'hex')),
  answers jsonb NOT NULL,
  artifact_id uuid NOT NULL,
  created_{AT},
  PRIMARY KEY (tenant_id, output_id),
  UNIQUE (tenant_id, job_id),
  UNIQUE (tenant_id, ref),
  {OF_JOB},
  FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, artifact_id)"""
# made: the items and revisions that became drafts by it.
ADOPTIONS = f"""
  output_id uuid NOT NULL,
  actor uuid NOT NULL REFERENCES users (id),
  {AT},
  note text,
  made jsonb NOT NULL,
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, output_id),
  UNIQUE (tenant_id, countersignature_id),
  FOREIGN KEY (tenant_id, output_id) REFERENCES regeneration_outputs (tenant_id, output_id),
  {SIGNED}"""
INTENTS = f"""
  intent_id uuid NOT NULL,
  source_job_id uuid NOT NULL,
  source_output_ref text,
  reason_code text NOT NULL
    CHECK (reason_code IN ('TRANSIENT_FAILURE', 'BAD_INPUT', 'IMPROVED_PROMPT', 'INFRA_ERROR', 'OTHER')),
  reason_text text NOT NULL CHECK (btrim(reason_text) <> ''),
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'CONSUMED', 'REJECTED')),
  approved_by uuid REFERENCES users (id),
  approved_at timestamptz,
  created_by uuid NOT NULL REFERENCES users (id),
  created_{AT},
  PRIMARY KEY (tenant_id, intent_id),
  CHECK ((status = 'CONSUMED') = (approved_by IS NOT NULL)),
  CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
  FOREIGN KEY (tenant_id, source_job_id) REFERENCES regeneration_jobs (tenant_id, job_id)"""
EXECUTIONS = f"""
  intent_id uuid NOT NULL,
  job_id uuid NOT NULL,
  actor uuid NOT NULL REFERENCES users (id),
  {AT},
  instruction_patch jsonb,
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, intent_id),
  UNIQUE (tenant_id, job_id),
  UNIQUE (tenant_id, countersignature_id),
  {OF_INTENT},
  {OF_JOB},
  {SIGNED}"""
REJECTIONS = f"""
  intent_id uuid NOT NULL,
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  actor uuid NOT NULL REFERENCES users (id),
  {AT},
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, intent_id),
  UNIQUE (tenant_id, countersignature_id),
  {OF_INTENT},
  {SIGNED}"""
TABLES = {
    "regeneration_jobs": JOBS,
    "regeneration_job_triggers": TRIGGERS,
    "regeneration_job_leases": LEASES,
    "regeneration_outputs": OUTPUTS,
    "regeneration_output_adoptions": ADOPTIONS,
    "retry_intents": INTENTS,
    "retry_intent_executions": EXECUTIONS,
    "retry_intent_rejections": REJECTIONS,
}
RECORDS = (
    "regeneration_job_triggers",
    "regeneration_outputs",
    "regeneration_output_adoptions",
    "retry_intent_executions",
    "retry_intent_rejections",
)
LINEAGE = ("lineage_courses", "lineage_advice", "lineage_advice_described", "lineage_courses_described")


def upgrade() -> None:
    for table, columns in TABLES.items():
        create_guarded(table, columns)
    op.execute(
        "ALTER TABLE regeneration_jobs ADD CONSTRAINT regeneration_jobs_intent FOREIGN KEY (tenant_id, retry_intent_id)"
        " REFERENCES retry_intents (tenant_id, intent_id)"
    )
    for table in RECORDS:
        make_append_only(table)
    # People ask, trigger, adopt and try again; the worker claims, renews, brings outputs and ends jobs.
    for table in ("regeneration_jobs", "retry_intents", *RECORDS):
        if table != "regeneration_outputs":
            grant(table, "INSERT", APP)
    for table in ("regeneration_outputs", "regeneration_job_leases"):
        grant(table, "INSERT", MACHINE)
    op.execute(f"GRANT UPDATE (status) ON regeneration_jobs TO {APP}")
    op.execute(
        "GRANT UPDATE (status, locked_at, claim_token, output_ref, error, completed_at)"
        f" ON regeneration_jobs TO {MACHINE}"
    )
    op.execute(f"GRANT UPDATE (lease_until, renewed_at) ON regeneration_job_leases TO {MACHINE}")
    op.execute(f"GRANT UPDATE (status, approved_by, approved_at) ON retry_intents TO {APP}")
    run_sql_file("courses/functions/regeneration_moves.sql")
    _indexes()
    _lineage()


def _indexes() -> None:
    op.execute(
        "CREATE UNIQUE INDEX retry_intents_one_pending ON retry_intents (tenant_id, source_job_id)"
        " WHERE status = 'PENDING'"
    )
    index("regeneration_jobs_listed", "regeneration_jobs", "tenant_id, created_at, job_id")
    index("regeneration_jobs_waiting", "regeneration_jobs", "tenant_id, status", "status IN ('TRIGGERED', 'RUNNING')")
    index("retry_intents_of_job", "retry_intents", "tenant_id, source_job_id, created_at")
    index("regeneration_outputs_artifact", "regeneration_outputs", "tenant_id, artifact_id")


def _lineage() -> None:
    """A thing of a course, and advice of any room, lead back as all else does."""
    run_sql_file("kernel/functions/lineage_advice.sql")
    run_sql_file("courses/functions/lineage_courses.sql")
    run_sql_file("kernel/functions/lineage_step_all.sql")
    named = ", ".join(f"{name}(text, text)" for name in LINEAGE)
    op.execute(f"REVOKE ALL ON FUNCTION {named} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {named} TO {APP}, {MACHINE}, {AUDITOR}")


def downgrade() -> None:
    op.execute("DROP FUNCTION lineage_step(text, text)")
    run_sql_file("kernel/functions/lineage_step.sql")
    op.execute("REVOKE ALL ON FUNCTION lineage_step(text, text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION lineage_step(text, text) TO {APP}, {MACHINE}, {AUDITOR}")
    op.execute(f"DROP FUNCTION {', '.join(f'{name}(text, text)' for name in LINEAGE)}")
    op.execute("ALTER TABLE regeneration_jobs DROP CONSTRAINT regeneration_jobs_intent")
    archive_and_drop(*reversed(TABLES))
    op.execute("DROP FUNCTION regeneration_job_moves(), regeneration_lease_moves(), retry_intent_moves()")
