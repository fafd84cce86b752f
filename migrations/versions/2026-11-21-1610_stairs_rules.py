"""Create the limits, the schedule and the classes of defects as dated rows that a person countersigned.

No row is brought by this revision: a tenant adopts the shipped ruleset by a countersigned proposal.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from migrations.sqltools import APP, grant
from migrations.stairs import OF_BUILDING, OF_STAIR, SIGNED, STAMPS, archive_and_drop, create, index

revision = "010_add_as1851_rules"
down_revision = "009_add_evidence_enhance_faults"
branch_labels = None
depends_on = None

# One version of a rule at a date: ranges of one code never overlap. The code's hash stands for it, so that no extension
# is needed for an equality beside a range.
RULES = f"""
  rule_id uuid NOT NULL DEFAULT gen_random_uuid(),
  rule_code varchar(50) NOT NULL,
  version varchar(50) NOT NULL,
  measurement_type varchar(50) NOT NULL CONSTRAINT ck_rules_measurement_type
    CHECK (measurement_type IN ('pressure_differential', 'air_velocity', 'door_opening_force',
    'cause_and_effect_logic', 'interface_test')),
  min_threshold numeric(10, 3),
  max_threshold numeric(10, 3),
  unit varchar(20),
  severity_if_fail varchar(20) NOT NULL CONSTRAINT ck_rules_severity
    CHECK (severity_if_fail IN ('critical', 'high', 'medium', 'low')),
  defect_classification varchar(10) NOT NULL CONSTRAINT ck_rules_defect_class
    CHECK (defect_classification IN ('1A', '1B', '2', '3')),
  description text,
  reference_standard varchar(100),
  active boolean NOT NULL DEFAULT true,
  effective_date date NOT NULL,
  superseded_date date,
  source text,
  verified boolean NOT NULL DEFAULT false,
  reference_status varchar(20) NOT NULL DEFAULT 'unverified' CHECK (reference_status IN ('unverified', 'verified')),
  countersignature_id uuid NOT NULL,
  {STAMPS},
  PRIMARY KEY (tenant_id, rule_id),
  CONSTRAINT uq_rule_code_version UNIQUE (tenant_id, rule_code, version),
  CONSTRAINT ck_rules_unit CHECK (unit IS NOT NULL OR num_nonnulls(min_threshold, max_threshold) = 0),
  CONSTRAINT ck_rules_limits CHECK (min_threshold <= max_threshold),
  CONSTRAINT ck_rules_superseded CHECK (superseded_date > effective_date),
  CONSTRAINT ex_rules_one_in_force EXCLUDE USING gist (
    int8range(hashtextextended(tenant_id || '|' || rule_code, 0), hashtextextended(tenant_id || '|' || rule_code, 0),
      '[]') WITH &&,
    daterange(effective_date, superseded_date) WITH &&) WHERE (active),
  {SIGNED}"""
# What is expanded at which frequency. dimension: floor, doorway, door, scenario, definition. selector: which of them.
SCHEDULE = f"""
  archetype_id varchar(50) NOT NULL,
  frequency varchar(20) NOT NULL CHECK (frequency IN ('monthly', 'six_monthly', 'annual')),
  dimension varchar(50) NOT NULL,
  selector varchar(100) NOT NULL,
  source text NOT NULL,
  verified boolean NOT NULL DEFAULT false,
  countersignature_id uuid NOT NULL,
  {STAMPS},
  PRIMARY KEY (tenant_id, archetype_id, frequency, dimension, selector),
  {SIGNED}"""
# Classes of the ruleset in the words of the standard, and how soon the owner is told in writing. notice_hours: hours.
CLASSES = f"""
  defect_classification varchar(10) NOT NULL CHECK (defect_classification IN ('1A', '1B', '2', '3')),
  jurisdiction varchar(20) NOT NULL DEFAULT '*',
  standard_class varchar(30) NOT NULL CHECK (standard_class IN ('critical', 'non_critical', 'non_conformance')),
  notice_hours integer NOT NULL CHECK (notice_hours >= 0),
  condition text,
  source text NOT NULL,
  verified boolean NOT NULL DEFAULT false,
  countersignature_id uuid NOT NULL,
  {STAMPS},
  PRIMARY KEY (tenant_id, defect_classification, jurisdiction),
  {SIGNED}"""
# A looser limit by a performance solution, for a building or one stair, until it expires.
OVERRIDES = f"""
  override_id uuid NOT NULL DEFAULT gen_random_uuid(),
  rule_code varchar(50) NOT NULL,
  building_id uuid NOT NULL,
  stair_id uuid,
  min_threshold numeric(10, 3),
  max_threshold numeric(10, 3),
  document_reference text NOT NULL CHECK (btrim(document_reference) <> ''),
  scope text NOT NULL,
  valid_from date NOT NULL,
  expires_on date NOT NULL,
  countersignature_id uuid NOT NULL,
  {STAMPS},
  PRIMARY KEY (tenant_id, override_id),
  CHECK (expires_on > valid_from),
  CHECK (num_nonnulls(min_threshold, max_threshold) > 0),
  {SIGNED},
  {OF_BUILDING},
  {OF_STAIR}"""
TABLES = {
    "as1851_rules": RULES,
    "archetype_schedule": SCHEDULE,
    "defect_class_map": CLASSES,
    "rule_overrides": OVERRIDES,
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        create(table, columns)
        grant(table, "INSERT, UPDATE", APP)
    grant("archetype_schedule", "DELETE", APP)
    index("idx_rules_measurement_type", "as1851_rules", "measurement_type")
    index("idx_rules_active", "as1851_rules", "active")
    index("idx_rules_code", "as1851_rules", "rule_code")
    index("idx_overrides_building", "rule_overrides", "tenant_id, building_id, rule_code")


def downgrade() -> None:
    archive_and_drop(*reversed(TABLES))
