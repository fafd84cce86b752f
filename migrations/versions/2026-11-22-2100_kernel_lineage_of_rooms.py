"""Let lineage go through outages, inspections and visits back to their rows; count signatures that wait.

Reversible: the downgrade drops the functions and gives the step of lineage its former rooms.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, run_sql_file

revision = "202611222100"
down_revision = "202611212092"
branch_labels = None
depends_on = None

LINEAGE = ", ".join(
    f"{name}(text, text)"
    for name in (
        "lineage_outages",
        "lineage_outages_described",
        "lineage_inspections",
        "lineage_stairs",
        "lineage_stairs_described",
    )
)
WAITING = "unfulfilled_figures(text[], integer)"


def upgrade() -> None:
    run_sql_file("grid/functions/lineage_outages.sql")
    run_sql_file("grid/functions/lineage_inspections.sql")
    run_sql_file("stairs/functions/lineage_stairs.sql")
    run_sql_file("kernel/functions/lineage_step_of_rooms.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {LINEAGE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {LINEAGE} TO {APP}, {MACHINE}, {AUDITOR}")
    run_sql_file("kernel/functions/unfulfilled_figures.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {WAITING} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {WAITING} TO {APP}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {WAITING}")
    run_sql_file("kernel/functions/lineage_step_all.sql")
    op.execute(f"DROP FUNCTION {LINEAGE}")
