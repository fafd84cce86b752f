"""Words of FireMode's revisions: how its tables name what they belong to, and how a downgrade keeps every row."""

from alembic import op

from migrations.tables import CREATED, SIGNED, TENANT, archive_and_drop, create_guarded, index

__all__ = ["CREATED", "SIGNED", "TENANT", "archive_and_drop", "index"]

STAMPS = f"{CREATED},\n  updated_at timestamptz NOT NULL DEFAULT now()"
# Whole chains, so that a door cannot stand on a floor of another stair, nor a stair in another building.
OF_BUILDING = "FOREIGN KEY (tenant_id, building_id) REFERENCES buildings (tenant_id, id) ON DELETE CASCADE"
OF_STAIR = (
    "FOREIGN KEY (tenant_id, building_id, stair_id) REFERENCES stairs (tenant_id, building_id, stair_id)"
    " ON DELETE CASCADE"
)
OF_FLOOR = (
    "FOREIGN KEY (tenant_id, stair_id, floor_id) REFERENCES floors (tenant_id, stair_id, floor_id) ON DELETE CASCADE"
)
OF_DOOR = "FOREIGN KEY (tenant_id, stair_id, door_id) REFERENCES doors (tenant_id, stair_id, door_id) ON DELETE CASCADE"
OF_DOORWAY = (
    "FOREIGN KEY (tenant_id, stair_id, doorway_id) REFERENCES doorways (tenant_id, stair_id, doorway_id)"
    " ON DELETE CASCADE"
)
OF_ZONE = "FOREIGN KEY (tenant_id, stair_id, zone_id) REFERENCES zones (tenant_id, stair_id, zone_id) ON DELETE CASCADE"


def create(table: str, columns: str) -> None:
    """A guarded tenant table that app, machine and auditor read."""
    create_guarded(table, columns)
    if "updated_at timestamptz" in columns:
        op.execute(
            f"CREATE TRIGGER touch_updated_at BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION stairs_touch_updated_at()"
        )


def lock_with_session(table: str, function: str) -> None:
    """Refuse changes of what an approved session rests on, for everybody and whatever the replication role."""
    op.execute(
        f"CREATE TRIGGER refuse_after_approval BEFORE INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_after_approval")
    refuse_emptying(table)


def refuse_emptying(table: str) -> None:
    """Rows of approved sessions are among them: the table is never emptied as a whole."""
    op.execute(
        f"CREATE TRIGGER refuse_emptying BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_emptying")


def archive_columns_and_drop(table: str, archive: str, key: str, *columns: str) -> None:
    """Add key and columns of every row to the archive, then drop the columns."""
    listed = ", ".join(f"'{column}'" for column in ("tenant_id", key, *columns))
    op.execute(f"SELECT stairs_archive('{table}', '{archive}', ARRAY[{listed}])")
    op.execute(f"ALTER TABLE {table} {', '.join(f'DROP COLUMN {column} CASCADE' for column in columns)}")
