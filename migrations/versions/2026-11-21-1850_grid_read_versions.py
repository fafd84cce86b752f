"""Keep a whole replaced day of reads as it lies, and open a day's table to the loader for the length of one load.

meter_read_versions becomes a partitioned table. Its rows so far, and whatever a row-level load keeps from now on, are
its partition 'rows'; where a load replaces a day as a whole, the day's former table becomes a partition of its own.

A partition of reads kept the rights that the loader was given when it was made, which
sql/verify/partitions_grant_nothing.sql reports; and ATTACH came in the middle of a load, so that a second load of the
tenant waited for the rest of the first. Both are done at the load's end now.

Reversible: former days become rows again, the former functions are put back, and the loader's rights with them.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, LOADER, MACHINE, grant, guard_by_tenant, run_sql_file

revision = "202611211850"
down_revision = "202611211810"
branch_labels = None
depends_on = None

FORMER = ("day_open(text, date)", "day_attach(text, date, text)")
ADDED = (
    "day_key(text, date, text, text)",
    "day_close(text, date, text)",
    "day_beside(text, date, timestamptz)",
    "day_drop_beside(text, date)",
    "day_swap(text, date, text, uuid, timestamptz)",
)
FILES = ("day_open", "day_key", "day_close", "day_attach", "day_beside", "day_drop_beside", "day_swap")
VERSION = "tenant_id, meter_id, read_at, kind, kwh, voltage, quality_flags, source, arrived_at, batch_id, recorded_at"
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
    _versions()
    for name in FILES:
        run_sql_file(f"grid/functions/day_tables/{name}.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(ADDED)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(ADDED)} TO {LOADER}")
    op.execute(ON_EACH_DAY.format(act=f"REVOKE ALL ON %s FROM {LOADER}"))


def _versions() -> None:
    """The table as a partition of one of its own name; its rows stay where they are."""
    op.execute("ALTER TABLE meter_read_versions RENAME TO meter_read_versions_rows")
    op.execute(
        "ALTER TABLE meter_read_versions_rows ADD COLUMN piece text NOT NULL DEFAULT 'rows', ADD COLUMN feeder_id text,"
        " ADD COLUMN interval_minutes smallint, ADD COLUMN updated_at timestamptz"
    )
    op.execute(f"REVOKE ALL ON meter_read_versions_rows FROM {', '.join((APP, MACHINE, AUDITOR, LOADER))}")
    # A day's versions are written together: a summary of each block range finds them, and costs a write nothing.
    op.execute("CREATE INDEX meter_read_versions_rows_time ON meter_read_versions_rows USING brin (read_at)")
    # Every value of a read that did not become, or no longer is, the value in meter_reads_electric. piece: 'rows', or
    # the name of a day that was replaced as a whole, whose feeder, interval and update it still has.
    op.execute("""
CREATE TABLE meter_read_versions (
  tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), ''),
  meter_id text NOT NULL,
  read_at timestamptz NOT NULL,
  kind text NOT NULL,
  kwh double precision NOT NULL,
  voltage double precision,
  quality_flags integer NOT NULL,
  source text NOT NULL,
  arrived_at timestamptz NOT NULL,
  batch_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  piece text NOT NULL DEFAULT 'rows',
  feeder_id text,
  interval_minutes smallint,
  updated_at timestamptz
) PARTITION BY LIST (piece)""")
    guard_by_tenant("meter_read_versions")
    grant("meter_read_versions", "SELECT", APP, MACHINE, AUDITOR, LOADER)
    grant("meter_read_versions", "INSERT, UPDATE", LOADER)
    op.execute("ALTER TABLE meter_read_versions ATTACH PARTITION meter_read_versions_rows FOR VALUES IN ('rows')")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {', '.join((*FORMER, *ADDED))}")
    for name in ("day_open", "day_attach"):
        run_sql_file(f"grid/functions/{name}.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {', '.join(FORMER)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(FORMER)} TO {LOADER}")
    op.execute(ON_EACH_DAY.format(act=f"GRANT SELECT, INSERT, UPDATE ON %s TO {LOADER}"))
    op.execute("ALTER TABLE meter_read_versions DETACH PARTITION meter_read_versions_rows")
    op.execute(
        f"INSERT INTO meter_read_versions_rows ({VERSION}) SELECT {VERSION} FROM meter_read_versions"
        " ORDER BY piece, meter_id, read_at ON CONFLICT DO NOTHING"
    )
    op.execute("DROP TABLE meter_read_versions")
    op.execute("DROP INDEX meter_read_versions_rows_time")
    op.execute(
        "ALTER TABLE meter_read_versions_rows DROP COLUMN piece, DROP COLUMN feeder_id, DROP COLUMN interval_minutes,"
        " DROP COLUMN updated_at"
    )
    op.execute("ALTER TABLE meter_read_versions_rows RENAME TO meter_read_versions")
    grant("meter_read_versions", "SELECT", APP, MACHINE, AUDITOR, LOADER)
    grant("meter_read_versions", "INSERT, UPDATE", LOADER)
