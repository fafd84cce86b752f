"""Let further pages of long lists cost what their rows cost: an index in each list's own order.

Loads of reads, the newest first; products, the oldest first; people by name, and those that work here beside those
that only learn. What waits in the queue is a view that can end early.

Reversible: the indexes and the view go.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, run_sql_file

revision = "202611212060"
down_revision = "202611212040"
branch_labels = None
depends_on = None

INDEXES = {
    "read_batches_page": "read_batches (tenant_id, published_at DESC, window_end DESC, batch_id DESC)",
    "products_page": "products (tenant_id, created_at, product_id)",
    "purchases_page": "purchases (tenant_id, created_at DESC, purchase_id DESC)",
    "users_by_name": "users (name, id)",
    "role_assignments_by_role": "role_assignments (tenant_id, role, user_id)",
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {columns}")
    run_sql_file("kernel/v_waiting_proposals.sql")
    op.execute(
        "COMMENT ON VIEW v_waiting_proposals IS 'What waits for a person: neither decided, withdrawn, overtaken nor"
        " expired. Grain: one row a proposal.'"
    )
    grant("v_waiting_proposals", "SELECT", APP, MACHINE, AUDITOR)


def downgrade() -> None:
    op.execute("DROP VIEW v_waiting_proposals")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
