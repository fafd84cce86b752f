"""Add what an operator is alerted by: stale reads, failed jobs, gaps of the audit, a ledger without a seal.

Reversible: the downgrade drops the function.
"""

from alembic import op

from migrations.sqltools import APP, run_sql_file

revision = "202611212030"
down_revision = "202611212010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file("kernel/functions/health_figures.sql")
    op.execute("REVOKE ALL ON FUNCTION health_figures() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION health_figures() TO {APP}")


def downgrade() -> None:
    op.execute("DROP FUNCTION health_figures()")
