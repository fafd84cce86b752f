"""Create zones, the floors that one signal pressurises together, and the equipment that does it.

Reversible: the downgrade adds every row to `control_equipment_archived` and `zones_archived`.
"""

from migrations.sqltools import APP, grant
from migrations.stairs import OF_STAIR, STAMPS, archive_and_drop, create, index

revision = "004_add_zones_equipment"
down_revision = "003_add_doors_doorways"
branch_labels = None
depends_on = None

ZONES = f"""
  zone_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  zone_name varchar(100) NOT NULL CHECK (btrim(zone_name) <> ''),
  floors_covered jsonb NOT NULL CONSTRAINT ck_zones_floors_covered_not_empty CHECK (
    CASE WHEN jsonb_typeof(floors_covered) = 'array' THEN jsonb_array_length(floors_covered) > 0 ELSE false END),
  floor_ids_covered uuid[] NOT NULL CHECK (cardinality(floor_ids_covered) > 0),
  retired_at timestamptz,
  {STAMPS},
  PRIMARY KEY (tenant_id, zone_id),
  UNIQUE (tenant_id, stair_id, zone_id),
  CONSTRAINT uq_zone_name UNIQUE (tenant_id, building_id, stair_id, zone_name),
  {OF_STAIR}"""
EQUIPMENT = f"""
  equipment_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  zone_id uuid,
  equipment_type varchar(50) NOT NULL CONSTRAINT ck_equipment_type CHECK (equipment_type IN ('fan', 'damper',
    'pressure_sensor', 'control_panel', 'detector', 'actuator')),
  equipment_identifier varchar(100) NOT NULL CHECK (btrim(equipment_identifier) <> ''),
  manufacturer varchar(100),
  model varchar(100),
  serial_number varchar(100),
  installation_date date,
  specifications jsonb,
  retired_at timestamptz,
  {STAMPS},
  PRIMARY KEY (tenant_id, equipment_id),
  CONSTRAINT uq_equipment_identifier UNIQUE (tenant_id, building_id, stair_id, equipment_identifier),
  FOREIGN KEY (tenant_id, stair_id, zone_id) REFERENCES zones (tenant_id, stair_id, zone_id)
    ON DELETE SET NULL (zone_id),
  {OF_STAIR}"""


def upgrade() -> None:
    create("zones", ZONES)
    create("control_equipment", EQUIPMENT)
    for table in ("zones", "control_equipment"):
        grant(table, "INSERT, UPDATE, DELETE", APP)
    index("idx_zones_stair", "zones", "stair_id")
    index("idx_zones_building", "zones", "building_id")
    index("idx_equipment_stair_zone", "control_equipment", "stair_id, zone_id")
    index("idx_equipment_type", "control_equipment", "equipment_type")


def downgrade() -> None:
    archive_and_drop("control_equipment", "zones")
