"""Let each page of a long list cost what its rows cost: an index in the list's own order.

Faults, sessions and outages, the newest first; provisional outages, the most customers at stake first.

Reversible: the indexes go.
"""

from alembic import op

revision = "202611212029"
down_revision = "202611212010"
branch_labels = None
depends_on = None

INDEXES = {
    "faults_page": "faults (tenant_id, detected_at DESC, id DESC)",
    "test_sessions_page": "test_sessions (tenant_id, planned_for DESC, id DESC)",
    "outages_page": "outages (tenant_id, started_at DESC, outage_id)",
    "provisional_outages_page": "provisional_outages (tenant_id, (posterior * meters_predicted) DESC, prov_outage_id)",
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {columns}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
