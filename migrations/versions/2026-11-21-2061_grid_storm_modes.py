"""Let the control room declare storm mode, or declare that there is none, for a time and with a reason.

What holds at an as-of time is the newest declaration by then, so that advice can be made again as it was made.

Reversible: the downgrade drops the table; what advice was made under a declaration can then no longer be made again.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, guard_by_tenant, make_append_only

revision = "202611212061"
down_revision = "202611212060"
branch_labels = None
depends_on = None

COMMENTS = {
    "storm_mode_id": "The declaration.",
    "tenant_id": "Whose control room it is.",
    "declared_at": "From when on advice is made by it, UTC.",
    "mode": "ON, OFF, or AUTOMATIC: whatever the signals say from then on.",
    "ends_at": "When AUTOMATIC returns by itself, UTC; NULL for AUTOMATIC.",
    "reason": "Why, in words.",
    "declared_by": "The person, as the ledger names people.",
}


def upgrade() -> None:
    op.execute("""
CREATE TABLE storm_modes (
  tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id),
  storm_mode_id uuid NOT NULL,
  declared_at timestamptz NOT NULL,
  mode text NOT NULL CHECK (mode IN ('ON', 'OFF', 'AUTOMATIC')),
  ends_at timestamptz,
  reason text NOT NULL CHECK (reason <> ''),
  declared_by text NOT NULL,
  PRIMARY KEY (tenant_id, storm_mode_id),
  CHECK ((mode = 'AUTOMATIC') = (ends_at IS NULL)),
  CHECK (ends_at > declared_at)
)""")
    op.execute("CREATE INDEX storm_modes_newest ON storm_modes (tenant_id, declared_at DESC, storm_mode_id DESC)")
    op.execute("COMMENT ON TABLE storm_modes IS 'Declarations of storm mode by people. Grain: one row a declaration.'")
    for column, words in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN storm_modes.{column} IS '{words}'")
    guard_by_tenant("storm_modes")
    make_append_only("storm_modes")
    grant("storm_modes", "SELECT, INSERT", APP)
    grant("storm_modes", "SELECT", MACHINE, AUDITOR)


def downgrade() -> None:
    op.execute("DROP TABLE storm_modes")
