"""Create what is expected: cause-and-effect scenarios with their sequence, and interface tests.

Both stand by a countersignature; a scenario changes by a new version.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from migrations.sqltools import APP, grant
from migrations.stairs import (
    CREATED,
    OF_STAIR,
    OF_ZONE,
    SIGNED,
    archive_and_drop,
    create,
    index,
)

revision = "006_add_ce_interface_definitions"
down_revision = "005_add_baseline_tables"
branch_labels = None
depends_on = None

# expected_sequence: steps {step_order, component_id, component_type, expected_action, expected_delay_seconds (from the
# trigger), tolerance_seconds}.
SCENARIOS = f"""
  scenario_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  zone_id uuid NOT NULL,
  scenario_name varchar(255) NOT NULL CHECK (btrim(scenario_name) <> ''),
  scenario_type varchar(50) NOT NULL CONSTRAINT ck_ce_scenario_type
    CHECK (scenario_type IN ('baseline_commissioning', 'six_monthly', 'annual')),
  trigger_device_id varchar(100) NOT NULL,
  trigger_device_type varchar(50) CONSTRAINT ck_ce_trigger_device_type
    CHECK (trigger_device_type IN ('smoke_detector', 'heat_detector', 'manual_call_point', 'test_switch')),
  expected_sequence jsonb NOT NULL CONSTRAINT ck_ce_expected_sequence_format CHECK (
    CASE WHEN jsonb_typeof(expected_sequence) = 'array' THEN jsonb_array_length(expected_sequence) > 0 ELSE false END),
  {CREATED},
  created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  active boolean NOT NULL DEFAULT true,
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, scenario_id),
  UNIQUE (tenant_id, stair_id, scenario_id),
  CONSTRAINT uq_ce_scenario UNIQUE (tenant_id, building_id, stair_id, zone_id, scenario_name, version),
  {SIGNED},
  {OF_STAIR},
  {OF_ZONE}"""
# response_time_s: at most so many seconds.
DEFINITIONS = f"""
  definition_id uuid NOT NULL DEFAULT gen_random_uuid(),
  building_id uuid NOT NULL,
  stair_id uuid NOT NULL,
  interface_type varchar(50) NOT NULL CONSTRAINT ck_interface_type
    CHECK (interface_type IN ('manual_override', 'alarm_coordination', 'shutdown_sequence', 'sprinkler_activation')),
  location_id varchar(100) NOT NULL CHECK (btrim(location_id) <> ''),
  location_name varchar(255),
  test_action text,
  expected_result text,
  response_time_s integer CHECK (response_time_s BETWEEN 1 AND 300),
  active boolean NOT NULL DEFAULT true,
  {CREATED},
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, definition_id),
  UNIQUE (tenant_id, stair_id, definition_id),
  CONSTRAINT uq_interface_definition UNIQUE (tenant_id, building_id, stair_id, interface_type, location_id),
  {SIGNED},
  {OF_STAIR}"""


def upgrade() -> None:
    create("ce_scenarios", SCENARIOS)
    create("interface_test_definitions", DEFINITIONS)
    for table in ("ce_scenarios", "interface_test_definitions"):
        grant(table, "INSERT, UPDATE, DELETE", APP)
    index("idx_ce_scenarios_zone", "ce_scenarios", "zone_id")
    index("idx_ce_scenarios_active", "ce_scenarios", "active")
    index("idx_interface_defs_stair_type", "interface_test_definitions", "stair_id, interface_type")


def downgrade() -> None:
    archive_and_drop("interface_test_definitions", "ce_scenarios")
