"""Administration by the API, signing in at an organisation's issuer, and messages to people.

The API's role changes tenants, people, roles and keys through functions alone, each of which asks who does it. Messages
are appended with what they tell of; how far each delivery has come is kept beside them.

Reversible: the downgrade drops what this revision made.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, guard_by_tenant, make_append_only, run_sql_file

revision = "202611210930"
down_revision = "202611210920"
branch_labels = None
depends_on = None

TENANT = "text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"
DOORS = (
    "admin_add_tenant(uuid, text, text, text, boolean)",
    "admin_set_tenant(uuid, text, text, boolean, jsonb)",
    "admin_tenants(uuid, text, integer)",
    "admin_add_person(uuid, uuid, text, text)",
    "admin_give_role(uuid, uuid, text, timestamptz)",
    "admin_end_role(uuid, uuid, text, timestamptz)",
    "admin_set_active(uuid, uuid, boolean)",
    "admin_add_key(uuid, text, text, text, text[], timestamptz, text)",
    "admin_end_key(uuid, text, timestamptz)",
    "tenants_of_email(text)",
)
INSIDE = (
    "admin_keep_one(uuid, text, text)",
    "admin_demand_role(uuid, uuid, text)",
    "admin_demand(uuid, boolean)",
    "holds_role(uuid, text, text)",
    "bound_tenant()",
    "admin_refuse(text, text, text, text)",
)


def upgrade() -> None:
    _people_and_keys()
    _administration()
    _sign_ins()
    _channels()
    _messages()


def _people_and_keys() -> None:
    op.execute(f"""
CREATE TABLE suspensions (
  tenant_id {TENANT},
  user_id uuid NOT NULL REFERENCES users (id),
  suspended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, user_id)
)""")
    guard_by_tenant("suspensions")
    grant("suspensions", "SELECT", APP, MACHINE, AUDITOR)
    run_sql_file("kernel/v_people.sql")
    grant("v_people", "SELECT", APP, MACHINE, AUDITOR)
    op.execute("ALTER TABLE api_keys ADD replaces text, ADD created_by text, ADD UNIQUE (tenant_id, key_id)")
    op.execute("ALTER TABLE api_keys ADD FOREIGN KEY (tenant_id, replaces) REFERENCES api_keys (tenant_id, key_id)")
    op.execute("CREATE UNIQUE INDEX api_keys_one_successor ON api_keys (replaces)")
    shown = "key_id, tenant_id, name, scopes, created_at, expires_at, revoked_at, replaces, created_by"
    op.execute(f"GRANT SELECT ({shown}) ON api_keys TO {APP}")
    op.execute("ALTER TABLE login_sessions ADD opened_by text NOT NULL DEFAULT 'token'")


def _administration() -> None:
    run_sql_file("kernel/functions/administration.sql")
    for door in DOORS:
        op.execute(f"REVOKE ALL ON FUNCTION {door} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {door} TO {APP}")


def _sign_ins() -> None:
    # A sign-in under way at the issuer. Before it is over nobody and no tenant is known; rows last ten minutes.
    op.execute("""
CREATE TABLE sign_ins (
  sign_in_hash text PRIMARY KEY,
  state_hash text NOT NULL UNIQUE,
  nonce text NOT NULL,
  code_verifier text NOT NULL,
  back text NOT NULL,
  email text,
  expires_at timestamptz NOT NULL
)""")
    grant("sign_ins", "SELECT, INSERT, UPDATE, DELETE", APP)


def _channels() -> None:
    op.execute(f"""
CREATE TABLE message_channels (
  channel_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  user_id uuid NOT NULL REFERENCES users (id),
  medium text NOT NULL CHECK (medium IN ('EMAIL', 'WEBHOOK', 'CHAT')),
  address text NOT NULL,
  kinds text[] NOT NULL,
  digest_minutes integer NOT NULL DEFAULT 15 CHECK (digest_minutes BETWEEN 0 AND 1440),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_sent_at timestamptz,
  ended_at timestamptz,
  UNIQUE (tenant_id, channel_id)
)""")
    op.execute(
        "CREATE UNIQUE INDEX message_channels_one ON message_channels (tenant_id, user_id, medium, address)"
        " WHERE ended_at IS NULL"
    )
    guard_by_tenant("message_channels")
    grant("message_channels", "SELECT, INSERT, UPDATE", APP)
    grant("message_channels", "SELECT, INSERT", MACHINE)
    op.execute(f"GRANT UPDATE (last_sent_at) ON message_channels TO {MACHINE}")
    grant("message_channels", "SELECT", AUDITOR)


def _messages() -> None:
    op.execute(f"""
CREATE TABLE messages (
  message_id uuid PRIMARY KEY,
  tenant_id {TENANT},
  user_id uuid NOT NULL REFERENCES users (id),
  kind text NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  path text NOT NULL,
  roles text[] NOT NULL,
  gate_kind text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (tenant_id, message_id),
  UNIQUE (tenant_id, user_id, kind, subject_type, subject_id)
)""")
    op.execute(f"""
CREATE TABLE message_deliveries (
  message_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  tenant_id {TENANT},
  status text NOT NULL DEFAULT 'WAITING' CHECK (status IN ('WAITING', 'SENT', 'DROPPED', 'FAILED')),
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at timestamptz,
  reason text,
  PRIMARY KEY (message_id, channel_id),
  FOREIGN KEY (tenant_id, message_id) REFERENCES messages (tenant_id, message_id),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES message_channels (tenant_id, channel_id)
)""")
    op.execute(
        "CREATE INDEX message_deliveries_due ON message_deliveries (tenant_id, channel_id, next_try_at)"
        " WHERE status = 'WAITING'"
    )
    for table in ("messages", "message_deliveries"):
        guard_by_tenant(table)
        grant(table, "SELECT, INSERT", APP, MACHINE)
        grant(table, "SELECT", AUDITOR)
    make_append_only("messages")
    grant("message_deliveries", "UPDATE", MACHINE)


def downgrade() -> None:
    for function in (*DOORS, *INSIDE):
        op.execute(f"DROP FUNCTION {function}")
    for table in ("message_deliveries", "messages", "message_channels", "sign_ins"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE login_sessions DROP opened_by")
    op.execute("ALTER TABLE api_keys DROP created_by, DROP replaces, DROP CONSTRAINT api_keys_tenant_id_key_id_key")
    op.execute(f"REVOKE SELECT ON api_keys FROM {APP}")
    op.execute("DROP VIEW v_people")
    op.execute("DROP TABLE suspensions")
