"""Create generation runs, which propose what is to be tested, and the templates that a person published.

Reversible: the downgrade adds every row to `test_instance_templates_archived` and `generation_runs_archived`.
"""

from alembic import op

from migrations.sqltools import APP, MACHINE, grant, make_append_only
from migrations.stairs import (
    CREATED,
    OF_BUILDING,
    OF_DOOR,
    OF_DOORWAY,
    OF_FLOOR,
    OF_STAIR,
    OF_ZONE,
    SIGNED,
    STAMPS,
    archive_and_drop,
    create,
    index,
)

revision = "007_add_test_instance_templates"
down_revision = "006_add_ce_interface_definitions"
branch_labels = None
depends_on = None

# What a run would add to, and retire from, the published templates of a building and frequency.
RUNS = f"""
  run_id uuid NOT NULL,
  building_id uuid NOT NULL,
  frequency varchar(20) NOT NULL CHECK (frequency IN ('monthly', 'six_monthly', 'annual')),
  profile varchar(20) NOT NULL,
  counts jsonb NOT NULL,
  expected jsonb NOT NULL,
  added jsonb NOT NULL,
  retired jsonb NOT NULL,
  unchanged integer NOT NULL,
  warnings jsonb NOT NULL,
  content_hash varchar(64) NOT NULL,
  requested_by text NOT NULL,
  {CREATED},
  PRIMARY KEY (tenant_id, run_id),
  {OF_BUILDING}"""
TEMPLATES = f"""
  template_instance_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  archetype_id varchar(50) NOT NULL,
  measurement_type varchar(50) NOT NULL CONSTRAINT ck_template_measurement_type
    CHECK (measurement_type IN ('pressure_differential', 'air_velocity', 'door_opening_force',
    'cause_and_effect_logic', 'interface_test')),
  frequency varchar(20) NOT NULL CONSTRAINT ck_template_frequency
    CHECK (frequency IN ('monthly', 'six_monthly', 'annual')),
  stair_id uuid NOT NULL,
  floor_id uuid,
  door_id uuid,
  doorway_id uuid,
  zone_id uuid,
  scenario_id uuid,
  definition_id uuid,
  door_configuration varchar(50),
  door_scenario varchar(50),
  pressurization_active boolean,
  interface_type varchar(50),
  location_id varchar(100),
  design_setpoint numeric(10, 3),
  baseline_value numeric(10, 3),
  min_threshold numeric(10, 3),
  max_threshold numeric(10, 3),
  baseline_date date,
  unit varchar(20),
  visual_asset_path text,
  descriptive_instructions jsonb,
  audible_cues jsonb,
  safety_warnings jsonb,
  required_instrument_type varchar(50),
  calibration_requirement jsonb,
  evidence_prompts jsonb,
  scoped_identifier text NOT NULL,
  sequence_order integer NOT NULL CONSTRAINT ck_template_sequence_positive CHECK (sequence_order > 0),
  generation_run_id uuid NOT NULL,
  retired_at timestamptz,
  countersignature_id uuid NOT NULL,
  {STAMPS},
  PRIMARY KEY (tenant_id, template_instance_id),
  FOREIGN KEY (tenant_id, generation_run_id) REFERENCES generation_runs (tenant_id, run_id),
  {SIGNED},
  FOREIGN KEY (tenant_id, stair_id, scenario_id) REFERENCES ce_scenarios (tenant_id, stair_id, scenario_id)
    ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, stair_id, definition_id)
    REFERENCES interface_test_definitions (tenant_id, stair_id, definition_id) ON DELETE SET NULL (definition_id),
  {OF_STAIR},
  {OF_FLOOR},
  {OF_DOOR},
  {OF_DOORWAY},
  {OF_ZONE}"""


def upgrade() -> None:
    create("generation_runs", RUNS)
    grant("generation_runs", "INSERT", APP, MACHINE)
    make_append_only("generation_runs")
    create("test_instance_templates", TEMPLATES)
    grant("test_instance_templates", "INSERT, UPDATE, DELETE", APP)
    table = "test_instance_templates"
    index("idx_templates_building_freq", table, "building_id, frequency")
    index("idx_templates_stair_floor", table, "stair_id, floor_id")
    index("idx_templates_archetype", table, "archetype_id")
    index("idx_templates_measurement_type", table, "measurement_type")
    index("idx_templates_sequence", table, "building_id, frequency, sequence_order")
    op.execute(
        f"CREATE UNIQUE INDEX uq_templates_scoped ON {table} (tenant_id, building_id, frequency, scoped_identifier)"
        " WHERE retired_at IS NULL"
    )


def downgrade() -> None:
    archive_and_drop("test_instance_templates", "generation_runs")
