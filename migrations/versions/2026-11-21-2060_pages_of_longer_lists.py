"""Let further pages of long lists cost what their rows cost: an index in each list's own order.

Loads of reads, the newest first.

Reversible: the indexes go.
"""

from alembic import op

revision = "202611212060"
down_revision = "202611212030"
branch_labels = None
depends_on = None

INDEXES = {
    "read_batches_page": "read_batches (tenant_id, published_at DESC, window_end DESC, batch_id DESC)",
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {columns}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
