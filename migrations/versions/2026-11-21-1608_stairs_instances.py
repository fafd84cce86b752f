"""Create test instances, their evaluations, and what phones carry to them and back.

Evaluations are append-only; with its session's approval everything about an instance is.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from alembic import op

from migrations.sqltools import APP, MACHINE, grant, make_append_only
from migrations.stairs import (
    OF_BUILDING,
    OF_DOOR,
    OF_DOORWAY,
    OF_FLOOR,
    OF_STAIR,
    OF_ZONE,
    STAMPS,
    archive_and_drop,
    create,
    index,
    lock_with_session,
)

revision = "008_add_test_instances"
down_revision = "007_add_test_instance_templates"
branch_labels = None
depends_on = None

OF_SESSION = "FOREIGN KEY (tenant_id, session_id) REFERENCES test_sessions (tenant_id, id) ON DELETE CASCADE"
# Of a session of the same building.
OF_VISIT = (
    "FOREIGN KEY (tenant_id, building_id, session_id) REFERENCES test_sessions (tenant_id, building_id, id)"
    " ON DELETE CASCADE"
)
# Records of an instance name its session too, and never another one.
OF_INSTANCE = (
    "FOREIGN KEY (tenant_id, session_id, instance_id) REFERENCES test_instances (tenant_id, session_id, instance_id)"
)
# The template's columns again, so that an instance stays what it was when it was cloned; snapshots of what was due.
INSTANCES = f"""
  instance_id uuid NOT NULL DEFAULT gen_random_uuid(),
  template_instance_id uuid,
  session_id uuid NOT NULL,
  building_id uuid NOT NULL,
  archetype_id varchar(50) NOT NULL,
  measurement_type varchar(50) NOT NULL,
  frequency varchar(20) NOT NULL,
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
  sequence_order integer NOT NULL,
  definition_snapshot jsonb,
  sequence_snapshot jsonb,
  baseline_snapshot jsonb,
  context_snapshot jsonb NOT NULL DEFAULT '{{}}',
  retest_of uuid,
  required_instrument_id uuid,
  used_instrument_id uuid,
  status varchar(20) NOT NULL DEFAULT 'pending' CONSTRAINT ck_instance_status
    CHECK (status IN ('pending', 'in_progress', 'completed', 'skipped', 'failed')),
  started_at timestamptz,
  completed_at timestamptz,
  tested_at timestamptz,
  technician_id uuid REFERENCES users (id) ON DELETE SET NULL,
  measured_value_numeric numeric(10, 3),
  measured_value_text text,
  is_compliant boolean,
  verdict varchar(20) CHECK (verdict IN ('compliant', 'non_compliant', 'indeterminate')),
  deviation_from_baseline_pct numeric(6, 2),
  validation_result jsonb,
  acknowledged jsonb NOT NULL DEFAULT '[]',
  fault_id uuid,
  evidence_ids uuid[],
  notes text,
  {STAMPS},
  PRIMARY KEY (tenant_id, instance_id),
  UNIQUE (tenant_id, session_id, instance_id),
  CONSTRAINT ck_instance_completed_timestamps CHECK (status <> 'completed' OR completed_at IS NOT NULL),
  CHECK (completed_at >= started_at),
  FOREIGN KEY (tenant_id, template_instance_id) REFERENCES test_instance_templates (tenant_id, template_instance_id)
    ON DELETE SET NULL (template_instance_id),
  FOREIGN KEY (tenant_id, retest_of) REFERENCES test_instances (tenant_id, instance_id) ON DELETE SET NULL (retest_of),
  FOREIGN KEY (tenant_id, required_instrument_id) REFERENCES instruments (tenant_id, id)
    ON DELETE SET NULL (required_instrument_id),
  FOREIGN KEY (tenant_id, used_instrument_id) REFERENCES instruments (tenant_id, id)
    ON DELETE SET NULL (used_instrument_id),
  FOREIGN KEY (tenant_id, fault_id) REFERENCES faults (tenant_id, id) ON DELETE SET NULL (fault_id),
  {OF_VISIT},
  FOREIGN KEY (tenant_id, stair_id, scenario_id) REFERENCES ce_scenarios (tenant_id, stair_id, scenario_id)
    ON DELETE SET NULL (scenario_id),
  FOREIGN KEY (tenant_id, stair_id, definition_id)
    REFERENCES interface_test_definitions (tenant_id, stair_id, definition_id) ON DELETE SET NULL (definition_id),
  {OF_STAIR},
  {OF_FLOOR},
  {OF_DOOR},
  {OF_DOORWAY},
  {OF_ZONE}"""
# Every verdict that was ever given, with all that it was made from: replaying `inputs` gives the bytes of `outputs`.
EVALUATIONS = f"""
  evaluation_id uuid NOT NULL,
  instance_id uuid NOT NULL,
  session_id uuid NOT NULL,
  seq integer NOT NULL CHECK (seq > 0),
  engine_version text NOT NULL,
  rule_ids uuid[] NOT NULL,
  inputs jsonb NOT NULL,
  inputs_sha256 varchar(64) NOT NULL,
  outputs jsonb NOT NULL,
  outputs_sha256 varchar(64) NOT NULL,
  evaluated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, evaluation_id),
  UNIQUE (tenant_id, instance_id, seq),
  {OF_INSTANCE}"""
# What a phone was given to work from without a signal. manifest: SHA-256 by part.
BUNDLES = f"""
  bundle_hash varchar(64) NOT NULL,
  session_id uuid NOT NULL,
  issued_at timestamptz NOT NULL,
  manifest jsonb NOT NULL,
  size_bytes bigint NOT NULL,
  PRIMARY KEY (tenant_id, session_id, bundle_hash),
  {OF_SESSION}"""
# What a phone sent, under the id that the phone gave it; nothing is overwritten. A conflict waits for a person.
SUBMISSIONS = f"""
  submission_id uuid NOT NULL,
  session_id uuid NOT NULL,
  instance_id uuid NOT NULL,
  bundle_hash varchar(64),
  payload jsonb NOT NULL,
  payload_sha256 varchar(64) NOT NULL,
  device_clock timestamptz,
  submitted_by uuid REFERENCES users (id) ON DELETE SET NULL,
  received_at timestamptz NOT NULL,
  outcome varchar(20) NOT NULL CHECK (outcome IN ('accepted', 'conflict', 'locked')),
  resolution varchar(20) CHECK (resolution IN ('kept_first', 'took_this')),
  resolved_by uuid REFERENCES users (id) ON DELETE SET NULL,
  resolved_at timestamptz,
  resolution_reason text,
  PRIMARY KEY (tenant_id, submission_id),
  FOREIGN KEY (tenant_id, session_id) REFERENCES test_sessions (tenant_id, id),
  {OF_INSTANCE}"""
# Physics and trend: what a model noticed. Never part of a verdict.
OBSERVATIONS = f"""
  observation_id uuid NOT NULL,
  building_id uuid NOT NULL,
  stair_id uuid,
  session_id uuid,
  code varchar(50) NOT NULL,
  text text NOT NULL,
  data jsonb NOT NULL,
  engine_version text NOT NULL,
  made_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, observation_id),
  FOREIGN KEY (tenant_id, building_id, stair_id) REFERENCES stairs (tenant_id, building_id, stair_id),
  FOREIGN KEY (tenant_id, building_id, session_id) REFERENCES test_sessions (tenant_id, building_id, id),
  {OF_BUILDING}"""


def upgrade() -> None:
    create("test_instances", INSTANCES)
    create("instance_evaluations", EVALUATIONS)
    create("session_bundles", BUNDLES)
    create("session_submissions", SUBMISSIONS)
    create("stair_observations", OBSERVATIONS)
    grant("test_instances", "INSERT, UPDATE, DELETE", APP)
    # Evidence that arrived late is judged again by a machine.
    op.execute(
        "GRANT UPDATE (is_compliant, verdict, measured_value_numeric, deviation_from_baseline_pct, validation_result,"
        " fault_id, updated_at)"
        f" ON test_instances TO {MACHINE}"
    )
    grant("instance_evaluations", "INSERT", APP, MACHINE)
    grant("session_bundles", "INSERT", APP)
    grant("session_submissions", "INSERT", APP)
    op.execute(
        f"GRANT UPDATE (resolution, resolved_by, resolved_at, resolution_reason) ON session_submissions TO {APP}"
    )
    grant("stair_observations", "INSERT", APP, MACHINE)
    make_append_only("instance_evaluations")
    make_append_only("session_bundles")
    make_append_only("stair_observations")
    for table in ("test_instances", "instance_evaluations", "session_bundles"):
        lock_with_session(table, "stairs_refuse_after_approval")
    lock_with_session("session_submissions", "stairs_refuse_change_of_submission")
    _indexes()


def _indexes() -> None:
    table = "test_instances"
    index("idx_instances_session", table, "session_id")
    index("idx_instances_status", table, "status")
    index("idx_instances_stair_floor", table, "stair_id, floor_id")
    index("idx_instances_template", table, "template_instance_id")
    index("idx_instances_session_sequence", table, "session_id, sequence_order")
    index("idx_instances_technician", table, "technician_id")
    index("idx_instances_measurement_type", table, "measurement_type")
    index("idx_instances_compliance", table, "is_compliant")
    index(
        "idx_instances_trend",
        table,
        "stair_id, floor_id, measurement_type, door_configuration, completed_at DESC",
    )
    index("idx_instances_building", table, "tenant_id, building_id")
    index("idx_submissions_session", "session_submissions", "tenant_id, session_id, received_at")
    index("idx_observations_session", "stair_observations", "tenant_id, session_id")


def downgrade() -> None:
    archive_and_drop(
        "stair_observations", "session_submissions", "session_bundles", "instance_evaluations", "test_instances"
    )
