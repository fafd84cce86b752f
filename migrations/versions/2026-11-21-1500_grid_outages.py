"""Add the impedance of edges, so that restoration options can be calculated and not only drawn."""

from alembic import op

revision = "202611211500"
down_revision = "202611210940"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE network_edges ADD COLUMN r_ohm double precision, ADD COLUMN x_ohm double precision")


def downgrade() -> None:
    op.execute("ALTER TABLE network_edges DROP COLUMN r_ohm, DROP COLUMN x_ohm")
