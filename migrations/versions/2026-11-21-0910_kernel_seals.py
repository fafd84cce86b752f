"""Lay the ground of tamper evidence: seals with their leaves, gaps of the audit, the ledger under the courses' names.

Each table is insert-only for everyone. A leaf has no foreign key to what it covers: it must outlive the removal of that
row, because it is what names it.

Reversible: the downgrade drops what this revision made. It refuses while seals stand, because a ledger whose seals are
gone can be changed without anybody noticing.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, LOADER, MACHINE, grant, guard_by_tenant, make_append_only, run_sql_file

revision = "202611210910"
down_revision = "202611210900"
branch_labels = None
depends_on = None

TENANT = "text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"
HASH = "~ '^[0-9a-f]{64}$'"


def upgrade() -> None:
    _seals()
    _seal_leaves()
    _audit_gaps()
    run_sql_file("kernel/audit_log.sql")
    grant("audit_log", "SELECT", APP, MACHINE, AUDITOR)
    op.execute(f"GRANT EXECUTE ON FUNCTION tenant_directory() TO {AUDITOR}")


def _seals() -> None:
    op.execute(f"""
CREATE TABLE seals (
  seal_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  seal_number integer NOT NULL CHECK (seal_number > 0),
  size bigint NOT NULL CHECK (size > 0),
  total bigint NOT NULL,
  root text NOT NULL CHECK (root {HASH}),
  previous_root text CHECK (previous_root {HASH}),
  previous_seal_hash text CHECK (previous_seal_hash {HASH}),
  seal_hash text NOT NULL CHECK (seal_hash {HASH}),
  complete_through timestamptz,
  sealed_at timestamptz NOT NULL,
  key_id text NOT NULL REFERENCES signing_keys (key_id),
  signature bytea NOT NULL CHECK (length(signature) = 64),
  UNIQUE (tenant_id, seal_number),
  UNIQUE (tenant_id, seal_id),
  CHECK ((seal_number = 1) = (previous_seal_hash IS NULL)),
  CHECK ((seal_number = 1) = (previous_root IS NULL)),
  CHECK (total >= size)
)""")
    guard_by_tenant("seals")
    make_append_only("seals")
    grant("seals", "SELECT, INSERT", MACHINE)
    grant("seals", "SELECT", APP, AUDITOR)


def _seal_leaves() -> None:
    # The leaves of a seal are written before it, since its root is made of them: no foreign key, which for a million
    # leaves would keep a million checks until the end. A leaf without its seal is named by the verification.
    op.execute(f"""
CREATE TABLE seal_leaves (
  event_id uuid PRIMARY KEY,
  seal_id uuid NOT NULL,
  leaf_index bigint NOT NULL CHECK (leaf_index >= 0),
  leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
  of_table text NOT NULL CHECK (of_table IN ('events', 'countersignatures')),
  event_type text NOT NULL,
  tenant_id {TENANT},
  UNIQUE (seal_id, leaf_index)
)""")
    guard_by_tenant("seal_leaves")
    make_append_only("seal_leaves")
    grant("seal_leaves", "SELECT, INSERT", MACHINE)
    grant("seal_leaves", "SELECT", APP, AUDITOR)


def _audit_gaps() -> None:
    op.execute(f"""
CREATE TABLE audit_gaps (
  event_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  event jsonb NOT NULL,
  reason text NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
)""")
    op.execute("CREATE INDEX audit_gaps_time ON audit_gaps (tenant_id, noted_at, event_id)")
    guard_by_tenant("audit_gaps")
    make_append_only("audit_gaps")
    grant("audit_gaps", "SELECT, INSERT", APP, MACHINE)
    grant("audit_gaps", "INSERT", LOADER)
    grant("audit_gaps", "SELECT", AUDITOR)


def downgrade() -> None:
    op.execute("""
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM seals) THEN
    RAISE EXCEPTION 'seals stand: without them a change of the ledger could no longer be proven'
      USING HINT = 'Restore the backup that was taken before this release instead.';
  END IF;
END $$""")
    op.execute(f"REVOKE EXECUTE ON FUNCTION tenant_directory() FROM {AUDITOR}")
    op.execute("DROP VIEW audit_log")
    for table in ("audit_gaps", "seal_leaves", "seals"):
        op.execute(f"DROP TABLE {table}")
