"""Open a day's table to the loader for the length of one load, and attach a fresh one at the load's end.

Until now a partition of reads kept the rights that the loader was given when it was made, which
sql/verify/partitions_grant_nothing.sql reports; and ATTACH came in the middle of a load, so that a second load of the
tenant waited for the rest of the first.

Reversible: the former functions are put back, and the loader's rights with them.
"""

from alembic import op

from migrations.sqltools import LOADER, run_sql_file

revision = "202611211850"
down_revision = "202611211800"
branch_labels = None
depends_on = None

FORMER = ("day_open(text, date)", "day_attach(text, date, text)")
ADDED = ("day_key(text, date, text, text)", "day_close(text, date, text)")
# Days stand two levels below meter_reads_electric: tenant, then local day.
ON_EACH_DAY = """
DO $$
DECLARE
    day_table regclass;
BEGIN
    FOR day_table IN
        SELECT relid FROM pg_partition_tree('meter_reads_electric') WHERE isleaf AND level = 2
    LOOP
        EXECUTE format('{act}', day_table);
    END LOOP;
END
$$"""


def upgrade() -> None:
    for name in ("day_open", "day_key", "day_close", "day_attach"):
        run_sql_file(f"grid/functions/day_tables/{name}.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(ADDED)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(ADDED)} TO {LOADER}")
    op.execute(ON_EACH_DAY.format(act=f"REVOKE ALL ON %s FROM {LOADER}"))


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {', '.join((*FORMER, *ADDED))}")
    for name in ("day_open", "day_attach"):
        run_sql_file(f"grid/functions/{name}.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(FORMER)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(FORMER)} TO {LOADER}")
    op.execute(ON_EACH_DAY.format(act=f"GRANT SELECT, INSERT, UPDATE ON %s TO {LOADER}"))
