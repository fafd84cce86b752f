"""Add what Prometheus may know of the loop from signals to retries: counts over all tenants, without names.

Reversible: the downgrade drops the function.
"""

from alembic import op

from migrations.sqltools import APP, run_sql_file

revision = "202611211930"
down_revision = "202611211920"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file("kernel/functions/loop_counts.sql")
    op.execute("REVOKE ALL ON FUNCTION loop_counts() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION loop_counts() TO {APP}")


def downgrade() -> None:
    op.execute("DROP FUNCTION loop_counts()")
