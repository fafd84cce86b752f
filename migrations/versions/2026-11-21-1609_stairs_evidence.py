"""Create evidence records, and tell of each fault where, against what and by which rule it was found.

Reversible: the downgrade adds every row to `evidence_records_archived`, and what faults had from here to
`faults_enhanced_archived`.
"""

from alembic import op

from migrations.sqltools import APP, MACHINE, grant
from migrations.stairs import CREATED, archive_and_drop, archive_columns_and_drop, create, index, lock_with_session

revision = "009_add_evidence_enhance_faults"
down_revision = "008_add_test_instances"
branch_labels = None
depends_on = None

# file_hash_sha256: what the phone declared. stored_sha256: what the server found when all bytes had arrived.
EVIDENCE = f"""
  evidence_id uuid NOT NULL DEFAULT gen_random_uuid(),
  instance_id uuid NOT NULL,
  session_id uuid NOT NULL,
  evidence_type varchar(50) NOT NULL CONSTRAINT ck_evidence_type
    CHECK (evidence_type IN ('photo', 'video', 'structured_data', 'metadata')),
  description text,
  file_path text,
  file_hash_sha256 varchar(64) CHECK (file_hash_sha256 ~ '^[0-9a-f]{{64}}$'),
  device_attestation_token text,
  gps_coordinates jsonb,
  captured_at timestamptz NOT NULL,
  uploaded_at timestamptz,
  file_size_bytes bigint CONSTRAINT ck_evidence_file_size CHECK (file_size_bytes BETWEEN 1 AND 104857600),
  mime_type varchar(100),
  metadata jsonb,
  {CREATED},
  artifact_id uuid,
  stored_sha256 varchar(64),
  received_bytes bigint NOT NULL DEFAULT 0,
  created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  PRIMARY KEY (tenant_id, evidence_id),
  FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, artifact_id),
  FOREIGN KEY (tenant_id, session_id, instance_id) REFERENCES test_instances (tenant_id, session_id, instance_id)
    ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, session_id) REFERENCES test_sessions (tenant_id, id) ON DELETE CASCADE"""
CONTEXT = {
    "instance_id": "uuid",
    "stair_id": "uuid",
    "floor_id": "uuid",
    "door_id": "uuid",
    "doorway_id": "uuid",
    "zone_id": "uuid",
    "door_configuration": "varchar(50)",
    "measurement_type": "varchar(50)",
    "measured_value": "numeric(10, 3)",
    "design_setpoint": "numeric(10, 3)",
    "baseline_value": "numeric(10, 3)",
    "min_threshold": "numeric(10, 3)",
    "max_threshold": "numeric(10, 3)",
    "unit": "varchar(20)",
    "deviation_from_baseline_pct": "numeric(6, 2)",
    "rule_applied": "varchar(50)",
    "rule_version": "varchar(50)",
    "environmental_conditions": "jsonb",
}
PLACES = {
    "instance_id": "test_instances",
    "stair_id": "stairs",
    "floor_id": "floors",
    "door_id": "doors",
    "doorway_id": "doorways",
    "zone_id": "zones",
}
# The place of a fault is in its building and in one stair, and its instance is of its session.
WHOLE = {
    "instance_id": ("test_session_id", "test_instances"),
    "stair_id": ("building_id", "stairs"),
    "floor_id": ("stair_id", "floors"),
    "door_id": ("stair_id", "doors"),
    "doorway_id": ("stair_id", "doorways"),
    "zone_id": ("stair_id", "zones"),
}
OTHERWISE = {"test_session_id": "session_id"}
FOUND = "measured_value, deviation_from_baseline_pct, rule_version, min_threshold, max_threshold"


def upgrade() -> None:
    create("evidence_records", EVIDENCE)
    grant("evidence_records", "INSERT, UPDATE, DELETE", APP)
    lock_with_session("evidence_records", "stairs_refuse_after_approval")
    index("idx_evidence_instance", "evidence_records", "instance_id")
    index("idx_evidence_session", "evidence_records", "session_id")
    index("idx_evidence_captured", "evidence_records", "captured_at")
    index("idx_evidence_hash", "evidence_records", "file_hash_sha256")
    for column, kind in CONTEXT.items():
        op.execute(f"ALTER TABLE faults ADD COLUMN {column} {kind}")
    for column, table in PLACES.items():
        op.execute(
            f"ALTER TABLE faults ADD FOREIGN KEY (tenant_id, {column}) REFERENCES {table} (tenant_id, {column})"
            f" ON DELETE SET NULL ({column})"
        )
    # These look after the references above, which have set to NULL what is gone.
    for column, (key, table) in WHOLE.items():
        op.execute(
            f"ALTER TABLE faults ADD CONSTRAINT fk_faults_{column}_whole FOREIGN KEY (tenant_id, {key}, {column})"
            f" REFERENCES {table} (tenant_id, {OTHERWISE.get(key, key)}, {column})"
        )
    op.execute(f"GRANT INSERT ({', '.join(CONTEXT)}), UPDATE ({FOUND}) ON faults TO {MACHINE}")
    index("idx_faults_instance", "faults", "instance_id")
    index("idx_faults_stair_floor", "faults", "stair_id, floor_id")
    index("idx_faults_measurement_type", "faults", "measurement_type")
    op.execute(
        "CREATE UNIQUE INDEX uq_faults_open ON faults (tenant_id, instance_id, rule_applied)"
        " WHERE status = 'open' AND instance_id IS NOT NULL"
    )


def downgrade() -> None:
    archive_and_drop("evidence_records")
    archive_columns_and_drop("faults", "faults_enhanced_archived", "id", *CONTEXT)
