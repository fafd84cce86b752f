"""Create what FireMode stands on: buildings, test sessions, faults, instruments, and how a downgrade keeps rows.

The names of the revisions that follow are those of the field's documents and longer than Alembic's 32 characters.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from alembic import op

from migrations.sqltools import APP, MACHINE, grant, run_sql_file
from migrations.stairs import (
    OF_BUILDING,
    SIGNED,
    STAMPS,
    archive_and_drop,
    create,
    index,
    lock_with_session,
    refuse_emptying,
)

revision = "000_core"
down_revision = "202611211500"
branch_labels = None
depends_on = None

BUILDINGS = f"""
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  name varchar(200) NOT NULL CHECK (btrim(name) <> ''),
  address text,
  timezone text NOT NULL,
  jurisdiction varchar(20),
  classification varchar(50),
  retired_at timestamptz,
  {STAMPS},
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)"""
# One visit of a routine. Approved: immutable, with the countersignature that approved it.
SESSIONS = f"""
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  frequency varchar(20) NOT NULL CHECK (frequency IN ('monthly', 'six_monthly', 'annual')),
  status varchar(20) NOT NULL DEFAULT 'draft'
    CHECK (status IN ('draft', 'active', 'submitted', 'returned', 'approved', 'void')),
  planned_for date NOT NULL,
  technician_id uuid REFERENCES users (id) ON DELETE SET NULL,
  created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  started_at timestamptz,
  submitted_at timestamptz,
  submitted_by uuid REFERENCES users (id) ON DELETE SET NULL,
  approved_at timestamptz,
  approved_by uuid REFERENCES users (id) ON DELETE SET NULL,
  returned_reason text,
  void_reason text,
  report_hash varchar(64),
  ruleset_version varchar(50),
  bundle_hash varchar(64),
  revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
  supersedes_session_id uuid,
  countersignature_id uuid,
  {STAMPS},
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, building_id, id),
  CHECK (status <> 'approved' OR (countersignature_id IS NOT NULL AND approved_by IS NOT NULL)),
  FOREIGN KEY (tenant_id, building_id, supersedes_session_id) REFERENCES test_sessions (tenant_id, building_id, id),
  {SIGNED},
  {OF_BUILDING}"""
FAULTS = f"""
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  test_session_id uuid,
  building_id uuid NOT NULL,
  severity varchar(20) NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  defect_classification varchar(10) NOT NULL CHECK (defect_classification IN ('1A', '1B', '2', '3')),
  standard_class varchar(30) CHECK (standard_class IN ('critical', 'non_critical', 'non_conformance')),
  description text NOT NULL,
  action_required text,
  detected_at timestamptz NOT NULL,
  status varchar(20) NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved', 'dismissed')),
  evidence_ids uuid[] NOT NULL DEFAULT '{{}}',
  resolved_at timestamptz,
  resolved_by uuid REFERENCES users (id) ON DELETE SET NULL,
  resolution text,
  review_state varchar(20) NOT NULL DEFAULT 'proposed'
    CHECK (review_state IN ('proposed', 'confirmed', 'reclassified', 'dismissed')),
  reviewed_by uuid REFERENCES users (id) ON DELETE SET NULL,
  reviewed_at timestamptz,
  review_reason text,
  notice_due_at timestamptz,
  notified_at timestamptz,
  notice_artifact_id uuid,
  countersignature_id uuid,
  {STAMPS},
  PRIMARY KEY (tenant_id, id),
  CHECK (review_state = 'proposed' OR countersignature_id IS NOT NULL),
  CHECK (status <> 'resolved' OR resolved_at IS NOT NULL),
  FOREIGN KEY (tenant_id, building_id, test_session_id) REFERENCES test_sessions (tenant_id, building_id, id)
    ON DELETE SET NULL (test_session_id),
  FOREIGN KEY (tenant_id, notice_artifact_id) REFERENCES artifacts (tenant_id, artifact_id),
  {SIGNED},
  {OF_BUILDING}"""
INSTRUMENTS = f"""
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid,
  serial_number varchar(100) NOT NULL CHECK (btrim(serial_number) <> ''),
  manufacturer varchar(100),
  model varchar(100),
  retired_at timestamptz,
  {STAMPS},
  PRIMARY KEY (tenant_id, id),
  UNIQUE NULLS NOT DISTINCT (tenant_id, manufacturer, serial_number),
  FOREIGN KEY (tenant_id, building_id) REFERENCES buildings (tenant_id, id) ON DELETE SET NULL (building_id)"""
# Reports of sessions, logbooks, yearly statements and notices: content is what is signed. Both editions in blob_ref.
REPORTS = f"""
  report_id uuid NOT NULL,
  building_id uuid NOT NULL,
  session_id uuid,
  kind varchar(30) NOT NULL CHECK (kind IN ('session', 'logbook', 'yearly_statement', 'fault_notice')),
  content jsonb NOT NULL,
  content_hash varchar(64) NOT NULL,
  blob_ref jsonb NOT NULL DEFAULT '{{}}',
  status varchar(10) NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('DRAFT', 'SIGNED')),
  requested_by text NOT NULL,
  countersignature_id uuid,
  {STAMPS},
  PRIMARY KEY (tenant_id, report_id),
  CHECK (status <> 'SIGNED' OR countersignature_id IS NOT NULL),
  FOREIGN KEY (tenant_id, building_id, session_id) REFERENCES test_sessions (tenant_id, building_id, id),
  {SIGNED},
  {OF_BUILDING}"""
TABLES = {
    "buildings": BUILDINGS,
    "test_sessions": SESSIONS,
    "faults": FAULTS,
    "instruments": INSTRUMENTS,
    "compliance_reports": REPORTS,
}
FOUND = (
    "severity, defect_classification, standard_class, description, action_required, evidence_ids, notice_due_at,"
    " notified_at, status, resolved_at, resolution, updated_at"
)

# They run with the owner's rights: nobody calls them by name.
OWNERS_RIGHTS = (
    "stairs_session_state(text, uuid)",
    "stairs_refuse_after_approval()",
    "stairs_refuse_change_of_found_fault()",
    "stairs_refuse_change_of_submission()",
)


def upgrade() -> None:
    op.execute("ALTER TABLE alembic_version ALTER COLUMN version_num TYPE varchar(64)")
    for function in ("touch_updated_at", "archive", "refuse_after_approval"):
        run_sql_file(f"stairs/functions/{function}.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(OWNERS_RIGHTS)} FROM PUBLIC")
    for table, columns in TABLES.items():
        create(table, columns)
    for table in ("buildings", "test_sessions", "faults", "instruments"):
        grant(table, "INSERT, UPDATE, DELETE", APP)
    # A machine proposes a fault and corrects its proposal; what a person said of it is not the machine's to write.
    op.execute(
        f"GRANT INSERT (id, tenant_id, test_session_id, building_id, detected_at, {FOUND}) ON faults TO {MACHINE}"
    )
    op.execute(f"GRANT UPDATE ({FOUND}) ON faults TO {MACHINE}")
    grant("compliance_reports", "INSERT", APP, MACHINE)
    op.execute(f"GRANT UPDATE (blob_ref, status, countersignature_id) ON compliance_reports TO {APP}, {MACHINE}")
    _locks()
    index("idx_sessions_building", "test_sessions", "tenant_id, building_id, planned_for")
    index("idx_sessions_status", "test_sessions", "tenant_id, status, planned_for")
    index("idx_faults_building_status", "faults", "tenant_id, building_id, status, detected_at")
    index("idx_faults_session", "faults", "tenant_id, test_session_id")
    index("idx_reports_building", "compliance_reports", "tenant_id, building_id, created_at")


def _locks() -> None:
    for table, function in (
        ("test_sessions", "stairs_refuse_change_of_approved_session"),
        ("faults", "stairs_refuse_change_of_found_fault"),
    ):
        lock_with_session(table, function)
    op.execute(
        "CREATE TRIGGER refuse_after_approval BEFORE UPDATE OR DELETE ON compliance_reports"
        " FOR EACH ROW EXECUTE FUNCTION stairs_refuse_change_of_report()"
    )
    op.execute("ALTER TABLE compliance_reports ENABLE ALWAYS TRIGGER refuse_after_approval")
    refuse_emptying("compliance_reports")


def downgrade() -> None:
    archive_and_drop("compliance_reports", "faults", "instruments", "test_sessions", "buildings")
    for function in (
        "stairs_refuse_change_of_report()",
        "stairs_refuse_change_of_submission()",
        "stairs_refuse_change_of_found_fault()",
        "stairs_refuse_change_of_approved_session()",
        "stairs_refuse_after_approval()",
        "stairs_refuse(text, text, text)",
        "stairs_session_state(text, uuid)",
        "stairs_archive(text, text, text[])",
        "stairs_touch_updated_at()",
    ):
        op.execute(f"DROP FUNCTION {function}")
