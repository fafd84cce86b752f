"""Keep, for a day, the answers to requests that carried an Idempotency-Key.

An answer is kept encrypted under the key that the caller sent, which is itself not kept. Rows are pruned, so that the
downgrade loses nothing that anybody could still ask for after a day.
"""

from alembic import op

from migrations.sqltools import APP, grant, guard_by_tenant

revision = "202611210940"
down_revision = "202611210930"
branch_labels = None
depends_on = None

TENANT = "text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"


def upgrade() -> None:
    op.execute(f"""
CREATE TABLE idempotency_keys (
  tenant_id {TENANT},
  caller_id text NOT NULL,
  key_hash text NOT NULL CHECK (key_hash ~ '^[0-9a-f]{{64}}$'),
  request_hash text NOT NULL CHECK (request_hash ~ '^[0-9a-f]{{64}}$'),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  status smallint CHECK (status BETWEEN 200 AND 499),
  answer bytea,
  PRIMARY KEY (tenant_id, caller_id, key_hash),
  CHECK ((finished_at IS NULL) = (status IS NULL))
)""")
    op.execute("CREATE INDEX idempotency_keys_age ON idempotency_keys (tenant_id, created_at)")
    guard_by_tenant("idempotency_keys")
    grant("idempotency_keys", "SELECT, INSERT, UPDATE, DELETE", APP)


def downgrade() -> None:
    op.execute("DROP TABLE idempotency_keys")
