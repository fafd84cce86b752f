"""Record no event within what a seal already covers, also where the server's clock goes back.

Reversible: the downgrade gives the column its former default and drops the function.
"""

from alembic import op

from migrations.sqltools import APP, DELIVERY, LOADER, MACHINE, run_sql_file

revision = "202611212040"
down_revision = "202611212030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file("kernel/functions/ledger_now.sql")
    op.execute("COMMENT ON FUNCTION ledger_now() IS 'Now, and never within what a seal of the tenant already covers.'")
    op.execute("REVOKE ALL ON FUNCTION ledger_now() FROM PUBLIC")
    for role in (APP, DELIVERY, LOADER, MACHINE):
        op.execute(f"GRANT EXECUTE ON FUNCTION ledger_now() TO {role}")
    op.execute("ALTER TABLE events ALTER COLUMN recorded_at SET DEFAULT ledger_now()")


def downgrade() -> None:
    op.execute("ALTER TABLE events ALTER COLUMN recorded_at SET DEFAULT clock_timestamp()")
    op.execute("DROP FUNCTION ledger_now()")
