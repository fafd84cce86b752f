"""Create doors, whose opening force is measured, and doorways, whose air velocity is.

Reversible: the downgrade adds every row to `doors_archived` and `doorways_archived`.
"""

from migrations.sqltools import APP, grant
from migrations.stairs import OF_FLOOR, OF_STAIR, STAMPS, archive_and_drop, create, index

revision = "003_add_doors_doorways"
down_revision = "002_add_floors_registry"
branch_labels = None
depends_on = None

# handle_offset_m: from the handle to the edge of the leaf, away from the hinges.
DOORS = f"""
  door_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  floor_id uuid NOT NULL,
  door_identifier varchar(100) NOT NULL CHECK (btrim(door_identifier) <> ''),
  door_type varchar(50) CONSTRAINT ck_doors_type CHECK (door_type IN ('fire_rated', 'smoke_rated', 'standard',
    'emergency_exit')),
  fire_rating_minutes integer,
  door_closer_model varchar(100),
  door_hand varchar(20) CONSTRAINT ck_doors_hand CHECK (door_hand IN ('left', 'right', 'double')),
  width_m numeric(4, 2) CONSTRAINT ck_doors_dimensions CHECK (width_m > 0 AND width_m <= 3.0),
  height_m numeric(4, 2) CHECK (height_m > 0 AND height_m <= 3.5),
  handle_offset_m numeric(4, 3) CHECK (handle_offset_m >= 0 AND handle_offset_m < width_m),
  retired_at timestamptz,
  {STAMPS},
  PRIMARY KEY (tenant_id, door_id),
  UNIQUE (tenant_id, stair_id, door_id),
  CONSTRAINT uq_door_identifier UNIQUE (tenant_id, building_id, stair_id, floor_id, door_identifier),
  {OF_STAIR},
  {OF_FLOOR}"""
DOORWAYS = f"""
  doorway_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  floor_id uuid NOT NULL,
  doorway_identifier varchar(100) NOT NULL CHECK (btrim(doorway_identifier) <> ''),
  width_m numeric(4, 2) CONSTRAINT ck_doorways_dimensions CHECK (width_m > 0 AND width_m <= 5.0),
  height_m numeric(4, 2) CHECK (height_m > 0 AND height_m <= 4.0),
  orientation varchar(50),
  adjacent_space varchar(100),
  retired_at timestamptz,
  {STAMPS},
  PRIMARY KEY (tenant_id, doorway_id),
  UNIQUE (tenant_id, stair_id, doorway_id),
  CONSTRAINT uq_doorway_identifier UNIQUE (tenant_id, building_id, stair_id, floor_id, doorway_identifier),
  {OF_STAIR},
  {OF_FLOOR}"""


def upgrade() -> None:
    for table, columns in (("doors", DOORS), ("doorways", DOORWAYS)):
        create(table, columns)
        grant(table, "INSERT, UPDATE, DELETE", APP)
        index(f"idx_{table}_stair_floor", table, "stair_id, floor_id")
        index(f"idx_{table}_building", table, "building_id")


def downgrade() -> None:
    archive_and_drop("doorways", "doors")
