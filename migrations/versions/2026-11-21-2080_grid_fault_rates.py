"""Let each demo tenant have its own rates of what goes wrong between its emulated meters and the head end.

Reversible: the downgrade drops the column; what a load was made with stands with the load.
"""

from alembic import op

from migrations.columns import comment_columns

revision = "202611212080"
down_revision = "202611212070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE publish_schedules ADD COLUMN IF NOT EXISTS fault_rates jsonb NOT NULL DEFAULT '{}'")
    comment_columns()


def downgrade() -> None:
    op.execute("ALTER TABLE publish_schedules DROP COLUMN IF EXISTS fault_rates")
