"""Find a feeder's meter-days by an index: a meter's page looked through those of the whole tenant.

Reversible: the downgrade drops the index.
"""

from alembic import op

revision = "202611212001"
down_revision = "202611212000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX gl_meter_day_feeder ON gl_meter_day (tenant_id, feeder_id, local_date)")


def downgrade() -> None:
    op.execute("DROP INDEX gl_meter_day_feeder")
