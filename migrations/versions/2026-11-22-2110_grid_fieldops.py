"""Count outages, interruptions and crews by local day, as the KPI views tell them.

Reversible: the downgrade drops the functions, and with them the views that ask them; a later upgrade in dev makes the
reference views anew.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, run_sql_file

revision = "202611222110"
down_revision = "202611222100"
branch_labels = None
depends_on = None

FUNCTIONS = {
    "interruptions_of_day": "text, timestamptz, timestamptz, timestamptz",
    "outages_standing": "text, timestamptz",
    "major_event_threshold": "text, date",
    "fieldops_of_day": "text, date, timestamptz, timestamptz, timestamptz, bigint",
}
INDEXES = {
    "outage_impacts_day": "outage_impacts (tenant_id, out_at)",
    "outage_impacts_meter": "outage_impacts (tenant_id, meter_id, out_at)",
    "outages_over": "outages (tenant_id, (coalesce(restored_at, closed_at, 'infinity'::timestamptz)))",
    "meters_served": "meters (tenant_id) WHERE is_active",
    "outages_excluded": "outages (tenant_id, outage_id) WHERE excluded_reason IS NOT NULL",
    "provisional_outages_decided": "provisional_outages (tenant_id, decided_at)",
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {columns}")
    for name in FUNCTIONS:
        run_sql_file(f"grid/functions/{name}.sql")
    told = ", ".join(f"{name}({arguments})" for name, arguments in FUNCTIONS.items())
    op.execute(f"REVOKE ALL ON FUNCTION {told} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {told} TO {APP}, {MACHINE}, {AUDITOR}")


def downgrade() -> None:
    for name, arguments in reversed(FUNCTIONS.items()):
        op.execute(f"DROP FUNCTION {name}({arguments}) CASCADE")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
