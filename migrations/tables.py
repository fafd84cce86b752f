"""Words that the rooms' revisions share: a tenant's table, its stamps, its signature, its index, its archive."""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, guard_by_tenant

TENANT = (
    "tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"
)
CREATED = "created_at timestamptz NOT NULL DEFAULT now()"
SIGNED = "FOREIGN KEY (tenant_id, countersignature_id) REFERENCES countersignatures (tenant_id, countersignature_id)"


def create_guarded(table: str, columns: str) -> None:
    """A guarded tenant table that app, machine and auditor read."""
    op.execute(f"CREATE TABLE {table} (\n  {TENANT},{columns}\n)")
    guard_by_tenant(table)
    grant(table, "SELECT", APP, MACHINE, AUDITOR)


def index(name: str, table: str, columns: str, where: str = "") -> None:
    """An index under the name that the field's documents give it."""
    op.execute(f"CREATE INDEX {name} ON {table} ({columns}){f' WHERE {where}' if where else ''}")


def archive_and_drop(*tables: str) -> None:
    """Add every row to `<table>_archived`, whatever stands there already, then drop the tables."""
    for table in tables:
        op.execute(f"SELECT stairs_archive('{table}', '{table}_archived', NULL)")
    for table in tables:
        op.execute(f"DROP TABLE {table}")
