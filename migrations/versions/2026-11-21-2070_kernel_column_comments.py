"""Say of each column what it means and in which unit, where psql and the data dictionary show it.

Reversible: the downgrade takes the comments away.
"""

from migrations.columns import comment_columns, uncomment_columns

revision = "202611212070"
down_revision = "202611212061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment_columns()


def downgrade() -> None:
    uncomment_columns()
