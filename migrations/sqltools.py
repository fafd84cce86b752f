"""Words that every migration uses: guard a table by tenant, make it append-only, run a file of `sql/`."""

import re
from pathlib import Path

from alembic import context, op
from sqlalchemy import text

SQL = Path(__file__).resolve().parent.parent / "sql"
APP, LOADER, MACHINE, AUDITOR = (
    "countersign_app",
    "countersign_loader",
    "countersign_machine",
    "countersign_auditor",
)
# Without a login: app steps into it for a learner's transaction.
DELIVERY = "countersign_delivery"


def run_sql_file(name: str) -> None:
    """Execute one file of `sql/`, as it stands there; whoever renders a plan is told its name."""
    context.config.attributes.get("sql_files", set()).add(name)
    op.execute(text(re.sub(r":(?=\w)", r"\:", (SQL / name).read_text())))


def guard_by_tenant(table: str) -> None:
    """Row-level security, forced: a session sees and writes the rows of the tenant it is bound to, no others.

    The owner alone sees every tenant's rows, for migrations, retention and the operator's `countersign psql`.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant_isolation ON {table}"
        " USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))"
        " WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''))"
    )
    op.execute(f"CREATE POLICY owner_sees_all ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def grant(table: str, privileges: str, *roles: str) -> None:
    """GRANT `privileges` on `table` to the named roles."""
    op.execute(f"GRANT {privileges} ON {table} TO {', '.join(roles)}")


def make_append_only(table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on `table` for everyone, whatever the session's replication role."""
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_truncate")
