"""Lay the ground of the kernel: roles, tenants, people, keys, the ledger.

Reversible: the downgrade drops what this revision made; roles stay, since they belong to the whole server.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, LOADER, MACHINE, grant, guard_by_tenant, make_append_only

revision = "202611210800"
down_revision = None
branch_labels = None
depends_on = None

ROLES = """
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['countersign_app', 'countersign_loader', 'countersign_machine', 'countersign_auditor'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', r);
      EXECUTE format('GRANT %I TO CURRENT_USER', r);
    END IF;
  END LOOP;
END $$
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: this table is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', HINT = 'Record a new row that supersedes the old one.';
END $$
"""


def upgrade() -> None:
    op.execute(ROLES)
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP}, {LOADER}, {MACHINE}, {AUDITOR}")
    op.execute(REFUSE_CHANGE)
    _tenants()
    _people()
    _keys()
    _login_sessions()
    _ledger()
    _limits()
    _lineage()


def _tenants() -> None:
    op.execute("""
CREATE TABLE tenants (
  tenant_id text PRIMARY KEY CHECK (tenant_id ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'),
  name text NOT NULL,
  timezone text NOT NULL DEFAULT 'UTC',
  is_demo boolean NOT NULL DEFAULT false,
  public_quickcheck boolean NOT NULL DEFAULT false,
  settings jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)""")
    op.execute("INSERT INTO tenants (tenant_id, name) VALUES ('PLATFORM', 'The platform itself')")
    guard_by_tenant("tenants")
    grant("tenants", "SELECT", APP, LOADER, MACHINE, AUDITOR)
    # Before a caller is known no tenant is bound: two questions are answered without one, nothing else.
    op.execute("""
CREATE FUNCTION tenant_is_public(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT COALESCE((SELECT public_quickcheck FROM tenants WHERE tenant_id = wanted), false) $$""")
    op.execute("""
CREATE FUNCTION tenant_directory() RETURNS TABLE (tenant_id text, timezone text, is_demo boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT tenant_id, timezone, is_demo FROM tenants WHERE tenant_id <> 'PLATFORM' ORDER BY tenant_id $$""")
    op.execute("REVOKE ALL ON FUNCTION tenant_is_public(text), tenant_directory() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION tenant_is_public(text) TO {APP}")
    op.execute(f"GRANT EXECUTE ON FUNCTION tenant_directory() TO {APP}, {MACHINE}")


def _people() -> None:
    op.execute("""
CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  licence_number text,
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)""")
    op.execute("""
CREATE TABLE role_assignments (
  user_id uuid NOT NULL REFERENCES users (id),
  tenant_id text NOT NULL REFERENCES tenants (tenant_id),
  role text NOT NULL CHECK (role IN ('LEARNER', 'TECHNICIAN', 'AUTHOR', 'OPERATOR', 'REVIEWER', 'ADMIN',
    'TENANT_OWNER', 'MANAGER', 'OWNER', 'AUDITOR', 'RELEASE_APPROVER', 'PLATFORM_ADMIN')),
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz,
  PRIMARY KEY (user_id, tenant_id, role, valid_from),
  CHECK (valid_to IS NULL OR valid_to > valid_from)
)""")
    guard_by_tenant("role_assignments")
    op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE users FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY colleagues ON users FOR SELECT"
        " USING (EXISTS (SELECT 1 FROM role_assignments AS ra WHERE ra.user_id = users.id))"
    )
    op.execute("CREATE POLICY owner_sees_all ON users TO CURRENT_USER USING (true) WITH CHECK (true)")
    grant("users", "SELECT", APP, MACHINE, AUDITOR)
    grant("role_assignments", "SELECT", APP, MACHINE, AUDITOR)


def _keys() -> None:
    op.execute("""
CREATE TABLE api_keys (
  key_id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants (tenant_id),
  name text NOT NULL,
  secret_hash text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz
)""")
    guard_by_tenant("api_keys")
    grant("api_keys", "SELECT", AUDITOR)
    op.execute("""
CREATE FUNCTION find_api_key(wanted text)
RETURNS TABLE (key_id text, tenant_id text, name text, secret_hash text, scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT key_id, tenant_id, name, secret_hash, scopes FROM api_keys
   WHERE key_id = wanted AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp()) $$""")
    op.execute("REVOKE ALL ON FUNCTION find_api_key(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION find_api_key(text) TO {APP}")


def _login_sessions() -> None:
    # Browser sessions: the cookie's secret is kept as a hash only. `roles` narrows what the person holds; NULL: all.
    op.execute("""
CREATE TABLE login_sessions (
  session_hash text PRIMARY KEY,
  tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id),
  user_id uuid NOT NULL REFERENCES users (id),
  roles text[],
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
)""")
    guard_by_tenant("login_sessions")
    grant("login_sessions", "SELECT, INSERT, UPDATE", APP)
    grant("login_sessions", "SELECT", AUDITOR)
    op.execute("""
CREATE FUNCTION find_login_session(wanted text)
RETURNS TABLE (tenant_id text, user_id uuid, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT tenant_id, user_id, roles FROM login_sessions
   WHERE session_hash = wanted AND ended_at IS NULL AND expires_at > clock_timestamp() $$""")
    op.execute("REVOKE ALL ON FUNCTION find_login_session(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION find_login_session(text) TO {APP}")


def _ledger() -> None:
    op.execute("""
CREATE TABLE events (
  event_id uuid PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id),
  event_type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor_id text NOT NULL,
  actor_role text NOT NULL,
  entity_type text,
  entity_id text,
  outage_id text,
  canon_outage_id text,
  prov_outage_id text,
  run_id uuid,
  replay_id uuid,
  request_id text,
  ip inet,
  status text NOT NULL DEFAULT 'ok',
  payload jsonb NOT NULL DEFAULT '{}'
)""")
    op.execute("CREATE INDEX events_tenant_canon_outage ON events (tenant_id, canon_outage_id, occurred_at)")
    op.execute("CREATE INDEX events_tenant_prov_outage ON events (tenant_id, prov_outage_id)")
    op.execute("CREATE INDEX events_tenant_time ON events (tenant_id, occurred_at DESC, event_id)")
    op.execute("CREATE INDEX events_tenant_entity ON events (tenant_id, event_type, entity_id)")
    op.execute("CREATE INDEX events_run ON events (tenant_id, run_id) WHERE run_id IS NOT NULL")
    guard_by_tenant("events")
    make_append_only("events")
    grant("events", "SELECT, INSERT", APP, MACHINE)
    grant("events", "INSERT", LOADER)
    grant("events", "SELECT", AUDITOR)


def _limits() -> None:
    op.execute("""
CREATE UNLOGGED TABLE rate_limits (
  bucket text NOT NULL,
  window_start timestamptz NOT NULL,
  hits integer NOT NULL,
  PRIMARY KEY (bucket, window_start)
)""")
    grant("rate_limits", "SELECT, INSERT, UPDATE, DELETE", APP)


def _lineage() -> None:
    # What was made outside Dagster and is to show in its graph; written with the thing itself, sent by a sensor.
    op.execute("""
CREATE TABLE lineage_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id),
  asset_key text[] NOT NULL CHECK (cardinality(asset_key) > 0),
  partition text NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz,
  attempts integer NOT NULL DEFAULT 0
)""")
    op.execute("CREATE INDEX lineage_outbox_waiting ON lineage_outbox (tenant_id, id) WHERE sent_at IS NULL")
    guard_by_tenant("lineage_outbox")
    grant("lineage_outbox", "INSERT", APP, MACHINE, LOADER)
    grant("lineage_outbox", "SELECT, UPDATE", MACHINE)
    grant("lineage_outbox", "SELECT", AUDITOR)


def downgrade() -> None:
    for function in ("find_login_session(text)", "find_api_key(text)", "tenant_directory()", "tenant_is_public(text)"):
        op.execute(f"DROP FUNCTION {function}")
    for table in (
        "lineage_outbox",
        "rate_limits",
        "events",
        "login_sessions",
        "api_keys",
        "role_assignments",
        "users",
        "tenants",
    ):
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute("DROP FUNCTION refuse_change()")
