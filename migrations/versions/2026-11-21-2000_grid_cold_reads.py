"""Add where archived days of reads lie, and the record of those that were brought back.

Reversible: the downgrade drops both. It refuses while restores stand: without them a day that was brought back would
take no reads any more.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, LOADER, MACHINE, grant, guard_by_tenant, make_append_only, run_sql_file

revision = "202611212000"
down_revision = "202611211930"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE retention_disposals ADD CONSTRAINT retention_disposals_of_tenant UNIQUE (tenant_id, disposal_id)"
    )
    op.execute("""
CREATE TABLE read_restores (
  restore_id uuid PRIMARY KEY,
  tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id),
  local_date date NOT NULL,
  disposal_id uuid NOT NULL,
  rows bigint NOT NULL CHECK (rows > 0),
  rows_hash text NOT NULL CHECK (rows_hash ~ '^[0-9a-f]{64}$'),
  restored_by text NOT NULL CHECK (restored_by <> ''),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
  restored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (tenant_id, disposal_id),
  FOREIGN KEY (tenant_id, disposal_id) REFERENCES retention_disposals (tenant_id, disposal_id)
)""")
    op.execute("CREATE INDEX read_restores_day ON read_restores (tenant_id, local_date)")
    guard_by_tenant("read_restores")
    make_append_only("read_restores")
    grant("read_restores", "SELECT, INSERT", LOADER)
    grant("read_restores", "SELECT", APP, MACHINE, AUDITOR)
    run_sql_file("grid/v_read_archives.sql")
    grant("v_read_archives", "SELECT", APP, MACHINE, AUDITOR)


def downgrade() -> None:
    op.execute("""
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM read_restores) THEN
    RAISE EXCEPTION 'days of reads were brought back: without the record of it they would take no reads any more'
      USING HINT = 'Restore the backup that was taken before this release instead.';
  END IF;
END $$""")
    op.execute("DROP VIEW v_read_archives")
    op.execute("DROP TABLE read_restores")
    op.execute("ALTER TABLE retention_disposals DROP CONSTRAINT retention_disposals_of_tenant")
