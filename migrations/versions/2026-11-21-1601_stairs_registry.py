"""Create the registry of stairs.

Reversible: the downgrade adds every row to `stairs_archived`.
"""

from migrations.sqltools import APP, grant
from migrations.stairs import OF_BUILDING, STAMPS, archive_and_drop, create, index

revision = "001_add_stairs_registry"
down_revision = "000_core"
branch_labels = None
depends_on = None

# design_setpoint_pa: the pressure that the stair was designed for, from its design record; it sets no limit.
STAIRS = f"""
  stair_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_name varchar(100) NOT NULL CHECK (btrim(stair_name) <> ''),
  orientation varchar(50) CONSTRAINT ck_stairs_orientation CHECK (orientation IN ('North', 'South', 'East', 'West',
    'Central', 'North-East', 'North-West', 'South-East', 'South-West')),
  stair_type varchar(50) CONSTRAINT ck_stairs_type CHECK (stair_type IN ('fire_isolated', 'smoke_proof', 'pressurized',
    'standard')),
  floor_range_bottom varchar(50),
  floor_range_top varchar(50),
  design_standard varchar(100),
  design_setpoint_pa numeric(6, 2),
  retired_at timestamptz,
  {STAMPS},
  PRIMARY KEY (tenant_id, stair_id),
  UNIQUE (tenant_id, building_id, stair_id),
  CONSTRAINT uq_building_stair_name UNIQUE (tenant_id, building_id, stair_name),
  {OF_BUILDING}"""


def upgrade() -> None:
    create("stairs", STAIRS)
    grant("stairs", "INSERT, UPDATE, DELETE", APP)
    index("idx_stairs_building", "stairs", "building_id")
    index("idx_stairs_building_type", "stairs", "building_id, stair_type")


def downgrade() -> None:
    archive_and_drop("stairs")
