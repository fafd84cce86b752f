"""Find proposals by the hash of what they hold, as pages of artifacts do, without reading all of them.

Reversible: the downgrade drops the index.
"""

from alembic import op

revision = "202611222120"
down_revision = "202611222110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX proposals_content ON proposals (content_hash, tenant_id)")


def downgrade() -> None:
    op.execute("DROP INDEX proposals_content")
