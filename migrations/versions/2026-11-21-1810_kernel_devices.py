"""Let a person hand a device a session that opens one thing alone, so that a phone can work without the browser's.

Such a session is a bearer token and no cookie: neither door takes the other's.

Reversible: the downgrade ends what devices hold, and drops what this revision made.
"""

from alembic import op

from migrations.sqltools import APP

revision = "202611211810"
down_revision = "202611211800"
branch_labels = None
depends_on = None

OF_BROWSERS = """
CREATE OR REPLACE FUNCTION find_login_session(wanted text)
RETURNS TABLE (tenant_id text, user_id uuid, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT tenant_id, user_id, roles FROM login_sessions
   WHERE session_hash = wanted AND ended_at IS NULL AND expires_at > clock_timestamp() {only} $$"""
OF_DEVICES = """
CREATE FUNCTION find_device_session(wanted text)
RETURNS TABLE (tenant_id text, user_id uuid, roles text[], bound_to text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT tenant_id, user_id, roles, bound_to FROM login_sessions
   WHERE session_hash = wanted AND ended_at IS NULL AND expires_at > clock_timestamp() AND bound_to IS NOT NULL $$"""


def upgrade() -> None:
    # What the session opens, for example tests/sessions/<id>; NULL: a browser's, which opens every page.
    op.execute("ALTER TABLE login_sessions ADD bound_to text CHECK (bound_to ~ '^[a-z/]+/[0-9a-f-]{36}$')")
    op.execute(OF_BROWSERS.format(only="AND bound_to IS NULL"))
    op.execute(OF_DEVICES)
    op.execute("REVOKE ALL ON FUNCTION find_device_session(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION find_device_session(text) TO {APP}")


def downgrade() -> None:
    op.execute("UPDATE login_sessions SET ended_at = clock_timestamp() WHERE bound_to IS NOT NULL AND ended_at IS NULL")
    op.execute("DROP FUNCTION find_device_session(text)")
    op.execute(OF_BROWSERS.format(only=""))
    op.execute("ALTER TABLE login_sessions DROP bound_to")
