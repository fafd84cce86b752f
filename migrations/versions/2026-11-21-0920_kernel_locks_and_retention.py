"""Add named locks, the record of disposals, and the way of a thing back to what it was made from.

Reversible: the downgrade drops what this revision made. It refuses while disposals stand, because they are the only
trace of which archive holds what was removed.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, LOADER, MACHINE, grant, guard_by_tenant, make_append_only, run_sql_file

revision = "202611210920"
down_revision = "202611210910"
branch_labels = None
depends_on = None

TENANT = "text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"
LINEAGE = (
    "lineage_kernel(text, text)",
    "lineage_grid(text, text)",
    "lineage_kernel_described(text, text)",
    "lineage_step(text, text)",
)
TRIM = "retention_trim(text, timestamptz, boolean)"
DISPOSE = "day_dispose(text, date)"


def upgrade() -> None:
    _locks()
    _disposals()
    for name in ("kernel/functions/lineage_kernel", "grid/functions/lineage_grid"):
        run_sql_file(f"{name}.sql")
    for name in ("lineage_kernel_described", "lineage_step", "retention_trim"):
        run_sql_file(f"kernel/functions/{name}.sql")
    run_sql_file("grid/functions/day_dispose.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join((*LINEAGE, TRIM, DISPOSE))} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(LINEAGE)} TO {APP}, {MACHINE}, {AUDITOR}")
    op.execute(f"GRANT EXECUTE ON FUNCTION {TRIM} TO {APP}, {MACHINE}")
    op.execute(f"GRANT EXECUTE ON FUNCTION {DISPOSE} TO {MACHINE}")
    run_sql_file("kernel/v_retention_plans.sql")
    grant("v_retention_plans", "SELECT", APP, MACHINE, AUDITOR)
    op.execute("CREATE INDEX artifacts_page ON artifacts (tenant_id, created_at DESC, artifact_id DESC)")
    op.execute("CREATE INDEX fulfilments_artifacts ON fulfilments USING gin (artifact_ids)")


def _locks() -> None:
    op.execute(f"""
CREATE TABLE named_locks (
  tenant_id {TENANT},
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  owner uuid NOT NULL,
  held_by text NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name)
)""")
    guard_by_tenant("named_locks")
    grant("named_locks", "SELECT, INSERT, UPDATE, DELETE", APP, MACHINE)
    grant("named_locks", "SELECT", AUDITOR)


def _disposals() -> None:
    # xact_id: the removal is let through by a disposal of the same transaction alone, never by an old one.
    op.execute(f"""
CREATE TABLE retention_disposals (
  disposal_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  subject text NOT NULL,
  piece text NOT NULL,
  rows bigint NOT NULL CHECK (rows >= 0),
  rows_hash text CHECK (rows_hash ~ '^[0-9a-f]{{64}}$'),
  artifact_id uuid,
  countersignature_id uuid NOT NULL,
  disposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  xact_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CHECK ((rows_hash IS NULL) = (artifact_id IS NULL)),
  FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, artifact_id),
  FOREIGN KEY (tenant_id, countersignature_id) REFERENCES countersignatures (tenant_id, countersignature_id)
)""")
    op.execute("CREATE INDEX retention_disposals_piece ON retention_disposals (tenant_id, subject, piece)")
    op.execute("""
CREATE FUNCTION refuse_unsigned_disposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.xact_id <> pg_current_xact_id() OR NOT EXISTS (
    SELECT 1 FROM countersignatures AS c WHERE c.tenant_id = NEW.tenant_id
      AND c.countersignature_id = NEW.countersignature_id AND c.decision = 'APPROVED'
      AND c.kind IN ('retention.disposal', 'standing.order')
  ) THEN
    RAISE EXCEPTION 'a disposal rests on a countersigned plan or standing order, and is written when it is done'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""")
    op.execute(
        "CREATE TRIGGER refuse_unsigned BEFORE INSERT ON retention_disposals"
        " FOR EACH ROW EXECUTE FUNCTION refuse_unsigned_disposal()"
    )
    op.execute("ALTER TABLE retention_disposals ENABLE ALWAYS TRIGGER refuse_unsigned")
    guard_by_tenant("retention_disposals")
    make_append_only("retention_disposals")
    grant("retention_disposals", "SELECT, INSERT", MACHINE)
    grant("retention_disposals", "SELECT", APP, AUDITOR, LOADER)


def downgrade() -> None:
    op.execute("""
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM retention_disposals) THEN
    RAISE EXCEPTION 'disposals stand: dropping them would lose which archive holds what was removed'
      USING HINT = 'Restore the backup that was taken before this release instead.';
  END IF;
END $$""")
    op.execute("DROP INDEX artifacts_page, fulfilments_artifacts")
    op.execute("DROP VIEW v_retention_plans")
    for function in (DISPOSE, TRIM, *reversed(LINEAGE)):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TABLE retention_disposals, named_locks")
    op.execute("DROP FUNCTION refuse_unsigned_disposal()")
