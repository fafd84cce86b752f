"""Lay the ground of signing: artifacts, proposals, countersignatures, standing orders, delegations, fulfilments.

Each is insert-only for everyone, but fulfilments, whose progress the machine notes. The machine proposes and fulfils;
it has no grant to insert a countersignature, an order or a delegation.

Reversible: the downgrade drops what this revision made. It refuses while countersignatures stand, because dropping
them would leave effects without proof.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, guard_by_tenant, make_append_only, run_sql_file

revision = "202611210900"
down_revision = "202611210820"
branch_labels = None
depends_on = None

TENANT = "text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"
HASH = "~ '^[0-9a-f]{64}$'"
TABLES = (
    "fulfilments",
    "standing_order_uses",
    "delegations",
    "standing_orders",
    "artifacts",
    "countersignatures",
    "proposals",
    "signing_keys",
)


def upgrade() -> None:
    _signing_keys()
    _proposals()
    _countersignatures()
    _artifacts()
    _authority_lent()
    _fulfilments()
    run_sql_file("kernel/v_proposals.sql")
    grant("v_proposals", "SELECT", APP, MACHINE, AUDITOR)


def _signing_keys() -> None:
    # Public halves alone, so that a signature of years ago names the key that made it. The owner registers them.
    op.execute(f"""
CREATE TABLE signing_keys (
  key_id text PRIMARY KEY CHECK (key_id {HASH}),
  purpose text NOT NULL CHECK (purpose IN ('countersign', 'seal')),
  public_key bytea NOT NULL CHECK (length(public_key) = 32),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)""")
    make_append_only("signing_keys")
    grant("signing_keys", "SELECT", APP, MACHINE, AUDITOR)


def _proposals() -> None:
    op.execute(f"""
CREATE TABLE proposals (
  proposal_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  kind text NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  content_hash text NOT NULL CHECK (content_hash {HASH}),
  content jsonb,
  summary text NOT NULL,
  evidence jsonb NOT NULL DEFAULT '{{}}',
  severity smallint NOT NULL DEFAULT 0 CHECK (severity BETWEEN 0 AND 3),
  page_url text,
  proposed_by text NOT NULL,
  authors text[] NOT NULL DEFAULT '{{}}',
  run_id uuid,
  supersedes uuid,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  UNIQUE (tenant_id, proposal_id),
  CHECK (expires_at > created_at)
)""")
    op.execute("CREATE INDEX proposals_subject ON proposals (tenant_id, kind, subject_type, subject_id, content_hash)")
    op.execute("CREATE INDEX proposals_queue ON proposals (tenant_id, severity DESC, created_at, proposal_id)")
    guard_by_tenant("proposals")
    make_append_only("proposals")
    grant("proposals", "SELECT, INSERT", APP, MACHINE)
    grant("proposals", "SELECT", AUDITOR)


def _countersignatures() -> None:
    op.execute(f"""
CREATE TABLE countersignatures (
  countersignature_id uuid PRIMARY KEY,
  proposal_id uuid NOT NULL,
  tenant_id {TENANT},
  kind text NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  content_hash text NOT NULL CHECK (content_hash {HASH}),
  decision text NOT NULL CHECK (decision IN ('APPROVED', 'REFUSED', 'WITHDRAWN', 'MORE_INFORMATION')),
  signer_id uuid NOT NULL REFERENCES users (id),
  signer_role text NOT NULL,
  on_behalf_of uuid REFERENCES users (id),
  delegation_id uuid,
  meaning text NOT NULL,
  reason text,
  supersedes uuid,
  withdraws uuid,
  signed_at timestamptz NOT NULL,
  key_id text NOT NULL REFERENCES signing_keys (key_id),
  signature bytea NOT NULL CHECK (length(signature) = 64),
  UNIQUE (tenant_id, countersignature_id),
  FOREIGN KEY (tenant_id, proposal_id) REFERENCES proposals (tenant_id, proposal_id),
  FOREIGN KEY (tenant_id, supersedes) REFERENCES countersignatures (tenant_id, countersignature_id),
  FOREIGN KEY (tenant_id, withdraws) REFERENCES countersignatures (tenant_id, countersignature_id),
  CHECK ((delegation_id IS NULL) = (on_behalf_of IS NULL)),
  CHECK (withdraws IS NULL OR decision = 'WITHDRAWN')
)""")
    # One approval for each thing that was seen; a correction stands beside the one that it supersedes.
    op.execute(
        "CREATE UNIQUE INDEX countersignatures_one_approval ON countersignatures"
        " (tenant_id, kind, subject_type, subject_id, content_hash, supersedes) NULLS NOT DISTINCT"
        " WHERE decision = 'APPROVED'"
    )
    op.execute(
        "CREATE UNIQUE INDEX countersignatures_one_verdict ON countersignatures (proposal_id)"
        " WHERE decision IN ('APPROVED', 'REFUSED')"
    )
    op.execute(
        "CREATE UNIQUE INDEX countersignatures_one_withdrawal ON countersignatures (proposal_id)"
        " WHERE decision = 'WITHDRAWN'"
    )
    op.execute("CREATE INDEX countersignatures_proposal ON countersignatures (tenant_id, proposal_id, signed_at)")
    op.execute("CREATE INDEX countersignatures_time ON countersignatures (tenant_id, signed_at, countersignature_id)")
    guard_by_tenant("countersignatures")
    make_append_only("countersignatures")
    grant("countersignatures", "SELECT, INSERT", APP)
    grant("countersignatures", "SELECT", MACHINE, AUDITOR)


def _artifacts() -> None:
    op.execute(f"""
CREATE TABLE artifacts (
  artifact_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  kind text NOT NULL,
  sha256 text NOT NULL CHECK (sha256 {HASH}),
  size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
  media_type text NOT NULL,
  store_key text NOT NULL,
  made_from jsonb NOT NULL DEFAULT '{{}}',
  countersignature_id uuid,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (tenant_id, artifact_id),
  FOREIGN KEY (tenant_id, countersignature_id) REFERENCES countersignatures (tenant_id, countersignature_id)
)""")
    op.execute("CREATE INDEX artifacts_sha256 ON artifacts (tenant_id, sha256)")
    op.execute("CREATE INDEX artifacts_signed ON artifacts (tenant_id, countersignature_id)")
    guard_by_tenant("artifacts")
    make_append_only("artifacts")
    grant("artifacts", "SELECT, INSERT", APP, MACHINE)
    grant("artifacts", "SELECT", AUDITOR)


def _authority_lent() -> None:
    op.execute(f"""
CREATE TABLE standing_orders (
  order_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  kind text NOT NULL,
  scope jsonb NOT NULL DEFAULT '{{}}',
  times_per_day integer NOT NULL CHECK (times_per_day > 0),
  valid_from timestamptz NOT NULL,
  valid_to timestamptz NOT NULL,
  countersignature_id uuid NOT NULL UNIQUE,
  UNIQUE (tenant_id, order_id),
  CHECK (valid_to > valid_from),
  FOREIGN KEY (tenant_id, countersignature_id) REFERENCES countersignatures (tenant_id, countersignature_id)
)""")
    op.execute(f"""
CREATE TABLE standing_order_uses (
  use_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  order_id uuid NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  content_hash text NOT NULL CHECK (content_hash {HASH}),
  used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (tenant_id, order_id, subject_type, subject_id, content_hash),
  FOREIGN KEY (tenant_id, order_id) REFERENCES standing_orders (tenant_id, order_id)
)""")
    op.execute("CREATE INDEX standing_order_uses_time ON standing_order_uses (tenant_id, order_id, used_at)")
    op.execute(f"""
CREATE TABLE delegations (
  delegation_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  role text NOT NULL,
  from_user uuid NOT NULL REFERENCES users (id),
  to_user uuid NOT NULL REFERENCES users (id),
  kinds text[] NOT NULL DEFAULT '{{}}',
  valid_from timestamptz NOT NULL,
  valid_to timestamptz NOT NULL,
  countersignature_id uuid NOT NULL UNIQUE,
  UNIQUE (tenant_id, delegation_id),
  CHECK (valid_to > valid_from),
  CHECK (from_user <> to_user),
  FOREIGN KEY (tenant_id, countersignature_id) REFERENCES countersignatures (tenant_id, countersignature_id)
)""")
    op.execute("CREATE INDEX delegations_to ON delegations (tenant_id, to_user, valid_to)")
    op.execute(
        "ALTER TABLE countersignatures ADD FOREIGN KEY (tenant_id, delegation_id)"
        " REFERENCES delegations (tenant_id, delegation_id)"
    )
    for table in ("standing_orders", "standing_order_uses", "delegations"):
        guard_by_tenant(table)
        make_append_only(table)
        grant(table, "SELECT, INSERT", APP)
        grant(table, "SELECT", MACHINE, AUDITOR)
    grant("standing_order_uses", "INSERT", MACHINE)


def _fulfilments() -> None:
    op.execute(f"""
CREATE TABLE fulfilments (
  countersignature_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  run_id text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  alive_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  status text NOT NULL DEFAULT 'STARTED' CHECK (status IN ('STARTED', 'DONE', 'FAILED')),
  attempts integer NOT NULL DEFAULT 1,
  artifact_ids uuid[] NOT NULL DEFAULT '{{}}',
  outcome jsonb NOT NULL DEFAULT '{{}}',
  FOREIGN KEY (tenant_id, countersignature_id) REFERENCES countersignatures (tenant_id, countersignature_id),
  CHECK ((status = 'STARTED') = (finished_at IS NULL))
)""")
    op.execute("CREATE INDEX fulfilments_open ON fulfilments (tenant_id, status) WHERE status <> 'DONE'")
    guard_by_tenant("fulfilments")
    grant("fulfilments", "SELECT, INSERT, UPDATE", MACHINE)
    grant("fulfilments", "SELECT", APP, AUDITOR)
    # What is done stays done: only an attempt that has not ended well may be noted again.
    op.execute("""
CREATE FUNCTION refuse_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' OR OLD.status = 'DONE' OR NEW.countersignature_id <> OLD.countersignature_id THEN
    RAISE EXCEPTION '% on fulfilments is refused: what was carried out stays on record', TG_OP
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""")
    op.execute(
        "CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON fulfilments"
        " FOR EACH ROW EXECUTE FUNCTION refuse_undoing()"
    )
    op.execute(
        "CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON fulfilments"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE fulfilments ENABLE ALWAYS TRIGGER refuse_change")
    op.execute("ALTER TABLE fulfilments ENABLE ALWAYS TRIGGER refuse_truncate")


def downgrade() -> None:
    op.execute("""
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM countersignatures) THEN
    RAISE EXCEPTION 'countersignatures stand: dropping them would leave effects without proof'
      USING HINT = 'Restore the backup that was taken before this release instead.';
  END IF;
END $$""")
    op.execute("DROP VIEW v_proposals")
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute("DROP FUNCTION refuse_undoing()")
