"""Create the baselines of commissioning: pressure by floor, velocity by doorway, force by door.

A baseline stands by its countersignature; one that is replaced goes to `baseline_history`.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from migrations.sqltools import APP, grant, make_append_only
from migrations.stairs import (
    OF_DOOR,
    OF_DOORWAY,
    OF_FLOOR,
    OF_STAIR,
    SIGNED,
    STAMPS,
    archive_and_drop,
    create,
    index,
)

revision = "005_add_baseline_tables"
down_revision = "004_add_zones_equipment"
branch_labels = None
depends_on = None

PRESSURES = f"""
  baseline_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  floor_id uuid NOT NULL,
  door_configuration varchar(50) NOT NULL CONSTRAINT ck_baseline_pressure_door_config
    CHECK (door_configuration IN ('all_closed', 'evac_doors_open')),
  pressure_pa numeric(6, 2) NOT NULL CONSTRAINT ck_baseline_pressure_range CHECK (pressure_pa BETWEEN 10 AND 100),
  commissioned_date date NOT NULL,
  commissioned_by varchar(255),
  commissioning_report_ref varchar(255),
  environmental_conditions jsonb,
  countersignature_id uuid NOT NULL,
  {STAMPS},
  PRIMARY KEY (tenant_id, baseline_id),
  CONSTRAINT uq_baseline_pressure UNIQUE (tenant_id, building_id, stair_id, floor_id, door_configuration),
  {SIGNED},
  {OF_STAIR},
  {OF_FLOOR}"""
VELOCITIES = f"""
  baseline_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  doorway_id uuid NOT NULL,
  door_scenario varchar(50) NOT NULL,
  velocity_ms numeric(5, 3) NOT NULL CONSTRAINT ck_baseline_velocity_range CHECK (velocity_ms BETWEEN 0.5 AND 5.0),
  measurement_points jsonb,
  average_velocity_ms numeric(5, 3),
  commissioned_date date NOT NULL,
  commissioned_by varchar(255),
  countersignature_id uuid NOT NULL,
  {STAMPS},
  PRIMARY KEY (tenant_id, baseline_id),
  CONSTRAINT uq_baseline_velocity UNIQUE (tenant_id, building_id, stair_id, doorway_id, door_scenario),
  {SIGNED},
  {OF_STAIR},
  {OF_DOORWAY}"""
FORCES = f"""
  baseline_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  door_id uuid NOT NULL,
  pressurization_active boolean NOT NULL DEFAULT true,
  force_newtons numeric(6, 2) NOT NULL CONSTRAINT ck_baseline_door_force_range CHECK (force_newtons BETWEEN 0 AND 200),
  measurement_position varchar(50) CONSTRAINT ck_baseline_door_force_position
    CHECK (measurement_position IN ('at_handle', 'at_edge')),
  commissioned_date date NOT NULL,
  commissioned_by varchar(255),
  countersignature_id uuid NOT NULL,
  {STAMPS},
  PRIMARY KEY (tenant_id, baseline_id),
  CONSTRAINT uq_baseline_door_force UNIQUE (tenant_id, building_id, stair_id, door_id, pressurization_active),
  {SIGNED},
  {OF_STAIR},
  {OF_DOOR}"""
# A baseline as it was until the countersignature that replaced it.
HISTORY = f"""
  history_id uuid NOT NULL DEFAULT gen_random_uuid(),
  baseline_table text NOT NULL CHECK (baseline_table IN ('baseline_pressure_differentials', 'baseline_air_velocities',
    'baseline_door_forces')),
  baseline_id uuid NOT NULL,
  "row" jsonb NOT NULL,
  superseded_at timestamptz NOT NULL,
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, history_id),
  {SIGNED}"""
TABLES = {
    "baseline_pressure_differentials": PRESSURES,
    "baseline_air_velocities": VELOCITIES,
    "baseline_door_forces": FORCES,
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        create(table, columns)
        grant(table, "INSERT, UPDATE, DELETE", APP)
    create("baseline_history", HISTORY)
    grant("baseline_history", "INSERT", APP)
    make_append_only("baseline_history")
    index("idx_baseline_pressure_stair_floor", "baseline_pressure_differentials", "stair_id, floor_id")
    index("idx_baseline_velocity_doorway", "baseline_air_velocities", "doorway_id")
    index("idx_baseline_door_force_door", "baseline_door_forces", "door_id")


def downgrade() -> None:
    archive_and_drop("baseline_history", *reversed(TABLES))
