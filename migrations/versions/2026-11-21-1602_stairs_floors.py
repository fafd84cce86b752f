"""Create the floors of stairs: one row for each stair and storey, a landing.

Reversible: the downgrade adds every row to `floors_archived`.
"""

from migrations.sqltools import APP, grant
from migrations.stairs import OF_STAIR, STAMPS, archive_and_drop, create, index

revision = "002_add_floors_registry"
down_revision = "001_add_stairs_registry"
branch_labels = None
depends_on = None

# floor_number: 0 is the ground floor. height_m: of the landing above ground, negative below it.
FLOORS = f"""
  floor_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  floor_level varchar(50) NOT NULL CHECK (btrim(floor_level) <> ''),
  floor_number integer NOT NULL CONSTRAINT ck_floors_number_range CHECK (floor_number BETWEEN -5 AND 200),
  height_m numeric(5, 2),
  retired_at timestamptz,
  {STAMPS},
  PRIMARY KEY (tenant_id, floor_id),
  UNIQUE (tenant_id, stair_id, floor_id),
  UNIQUE (tenant_id, stair_id, floor_number),
  CONSTRAINT uq_building_stair_floor UNIQUE (tenant_id, building_id, stair_id, floor_level),
  {OF_STAIR}"""


def upgrade() -> None:
    create("floors", FLOORS)
    grant("floors", "INSERT, UPDATE, DELETE", APP)
    index("idx_floors_stair", "floors", "stair_id")
    index("idx_floors_building", "floors", "building_id")
    index("idx_floors_building_number", "floors", "building_id, floor_number")
    index("idx_floors_stair_number", "floors", "stair_id, floor_number")


def downgrade() -> None:
    archive_and_drop("floors")
