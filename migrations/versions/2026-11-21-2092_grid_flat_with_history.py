"""Let what every page asks stay as cheap in its second year: the newest load, and how many meters scored high.

Reversible: the downgrade drops the indexes.
"""

from alembic import op

revision = "202611212092"
down_revision = "202611212080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # How far the reads go is asked by every page and every publish; a tenant that publishes each quarter of an hour
    # has 35,000 loads a year.
    op.execute("CREATE INDEX IF NOT EXISTS read_batches_through ON read_batches (tenant_id, window_end DESC)")
    # How many meters scored high is counted for each day that is shown; all the others need not be looked at.
    op.execute(
        "CREATE INDEX IF NOT EXISTS meter_suspicion_high ON meter_suspicion (tenant_id, local_date) WHERE score >= 60"
    )


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS meter_suspicion_high")
    op.execute("DROP INDEX IF EXISTS read_batches_through")
